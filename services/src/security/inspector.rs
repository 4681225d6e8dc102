//! Who looks at sites: a seam, because no test can show to own a name of the public DNS, or have a site hang on demand.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use monitor_core::Timestamp;
use monitor_core::security::observed::{Depth, Observed, Proof};
use probes::Outbound;
use probes::security::zap::{self, Alerts, Zap, ZapError};
use probes::security::{LookError, look, ownership};
use tokio_util::sync::CancellationToken;
use url::Url;

/// How long a deep scan may take.
pub(super) const SCAN_WITHIN: Duration = Duration::from_secs(1_800);

/// Told in a few words what is being looked at.
pub type Telling<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// Looks at sites. Whatever it does ends soon after `cancel` says so.
pub trait Inspector: Send + Sync {
    /// Looks at a page and its host, to that depth.
    #[expect(clippy::too_many_arguments, reason = "as probes::security::look")]
    fn look<'a>(
        &'a self,
        page: &'a Url,
        depth: Depth,
        now: Timestamp,
        telling: Telling<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Observed, LookError>>;

    /// Looks whether a token stands in the DNS of a host, or on it. The error says in words why that cannot be known.
    fn ownership<'a>(&'a self, host: &'a str, token: &'a str) -> BoxFuture<'a, Result<Option<Proof>, String>>;

    /// Whether there is a ZAP for deep scans.
    fn can_scan(&self) -> bool;

    /// Has ZAP scan a page. Answers its alerts.
    fn scan<'a>(
        &'a self,
        page: &'a Url,
        telling: Telling<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Alerts, ZapError>>;

    /// Has ZAP stop what it still does of a page for a process that was killed.
    fn stop_scan<'a>(&'a self, page: &'a Url) -> BoxFuture<'a, Result<(), ZapError>>;
}

/// Looks at real sites.
#[derive(Debug, Clone)]
pub struct Probing {
    outbound: Outbound,
    zap: Option<Zap>,
}

impl Probing {
    /// Reaches out so, and has deep scans made by that ZAP.
    #[must_use]
    pub fn new(outbound: Outbound, zap: Option<Zap>) -> Self {
        Self { outbound, zap }
    }
}

impl Inspector for Probing {
    fn look<'a>(
        &'a self,
        page: &'a Url,
        depth: Depth,
        now: Timestamp,
        telling: Telling<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Observed, LookError>> {
        look(page, depth, &self.outbound, now, cancel, telling).boxed()
    }

    fn ownership<'a>(&'a self, host: &'a str, token: &'a str) -> BoxFuture<'a, Result<Option<Proof>, String>> {
        ownership(host, token, &self.outbound).boxed()
    }

    fn can_scan(&self) -> bool {
        self.zap.is_some()
    }

    fn scan<'a>(
        &'a self,
        page: &'a Url,
        telling: Telling<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Alerts, ZapError>> {
        async move {
            let none = || ZapError::Unreachable("none is set up".to_owned());
            let zap = self.zap.as_ref().ok_or_else(none)?;
            zap::scan(zap, page, SCAN_WITHIN, &self.outbound, cancel, telling).await
        }
        .boxed()
    }

    fn stop_scan<'a>(&'a self, page: &'a Url) -> BoxFuture<'a, Result<(), ZapError>> {
        async move {
            match &self.zap {
                Some(zap) => zap::stop(zap, page, &self.outbound).await,
                None => Ok(()),
            }
        }
        .boxed()
    }
}
