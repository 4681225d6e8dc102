//! Security checks of sites: asked for, made, judged, told and kept.
//!
//! ```text
//! request   ── row in the queue, card in the conversation
//! hosts     ── whose a host is, by a token in its DNS or on it: no more is sent to others than a browser would
//! work      ── claimed with a lease, looked at by the Inspector, a deep scan by ZAP
//! digest    ── the review in short, and what changed since the check before
//! look      ── checks in lists and in full
//! ```

mod digest;
mod hosts;
mod inspector;
mod look;
mod request;
mod work;

use std::sync::Arc;

use tokio::sync::Notify;
use url::Url;

pub use hosts::VerifiedHost;
pub use inspector::{Inspector, Probing, Telling};
pub use look::SecurityView;
pub use work::SECURITY_CHECKS_AT_ONCE;

use crate::Services;

/// What an operator may choose of security checks. They are kept as long as audits.
#[derive(Clone, Default)]
pub struct SecurityOptions {
    /// Who looks at sites; without one it is the program itself, without deep scans.
    pub inspector: Option<Arc<dyn Inspector>>,
}

/// What the services remember of security checks.
pub(crate) struct Security {
    inspector: Arc<dyn Inspector>,
    /// Wakes who works on security checks.
    asked: Notify,
}

impl Security {
    pub(crate) fn new(options: SecurityOptions, outbound: &probes::Outbound) -> Self {
        let inspector = options.inspector.unwrap_or_else(|| Arc::new(Probing::new(outbound.clone(), None)));
        Self { inspector, asked: Notify::new() }
    }
}

impl Services {
    /// Wakes who works on security checks, when this process has something for them. Other processes' are found by looking.
    #[must_use]
    pub fn security_check_asked(&self) -> &Notify {
        &self.inner.security.asked
    }

    fn inspector(&self) -> &dyn Inspector {
        self.inner.security.inspector.as_ref()
    }
}

/// The host of a page as it is owned: with its port where that is not the usual one.
fn authority(page: &Url) -> String {
    let host = page.host_str().unwrap_or_default();
    page.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
