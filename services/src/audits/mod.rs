//! Audits of pages: asked for, made one after the other, judged, told and kept.
//!
//! ```text
//! request   ── row in the queue, card in the conversation
//! work      ── claimed with a lease, audited by the Auditor, its progress on the card
//! judge     ── budgets, and what got worse than before by more than noise
//! news      ── what of that is new, and what could not be judged this time
//! report    ── the PDF, kept as a file and told in the card's thread
//! alarm     ── of a schedule: an incident while something is wrong
//! ```
//!
//! Audit and report, digest, card and incident are written in one transaction. Whoever dies before that leaves a lease that runs
//! out, and the audit is begun again.

mod alarm;
mod auditor;
mod files;
mod judge;
mod look;
mod news;
mod report;
mod request;
mod schedules;
mod work;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;

pub use auditor::{AuditError, Audited, Auditing, Auditor, PrintError, Progress, Sought};
pub use files::{FileError, OpenedFile};
pub use look::{AuditView, Comparison};
pub use report::AuditReport;
pub(crate) use report::print_asked;
pub use schedules::NewSchedule;

use crate::{Result, ServiceError, Services};

/// What an operator may choose of audits.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// Who makes them.
    pub auditing: Auditing,
    /// How long audits are kept after they ended.
    pub keep: Duration,
    /// How long their files and pictures are kept: reports, screenshots, what Lighthouse measured.
    pub keep_files: Duration,
}

impl Default for AuditOptions {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        Self { auditing: Auditing::default(), keep: days(365), keep_files: days(30) }
    }
}

/// What the services remember of audits.
pub(crate) struct Audits {
    pub(crate) options: AuditOptions,
    /// Wakes who works on audits.
    pub(crate) asked: Notify,
    /// Where files can be had from.
    pub(crate) files_url: OnceLock<String>,
}

impl Audits {
    pub(crate) fn new(options: AuditOptions) -> Self {
        Self { options, asked: Notify::new(), files_url: OnceLock::new() }
    }
}

impl Services {
    /// Whether audits can be made here.
    ///
    /// # Errors
    /// [`ServiceError::AuditsUnavailable`] says what to install or set.
    pub fn can_audit(&self) -> Result<()> {
        self.auditor().map(drop)
    }

    pub(crate) fn auditor(&self) -> Result<Arc<dyn Auditor>> {
        self.found_auditor().map_err(ServiceError::AuditsUnavailable)
    }

    /// What prints reports, which is what makes audits.
    pub(crate) fn printer(&self) -> Result<Arc<dyn Auditor>> {
        self.found_auditor().map_err(ServiceError::PrintingUnavailable)
    }

    fn found_auditor(&self) -> std::result::Result<Arc<dyn Auditor>, String> {
        match &self.inner.audits.options.auditing {
            Auditing::Here(auditor) => Ok(Arc::clone(auditor)),
            Auditing::Nowhere(why) => Err(why.clone()),
            Auditing::Sought(sought) => sought.auditor(),
        }
    }

    /// Wakes who works on audits, when this process has something for them. Other processes' are found by looking.
    #[must_use]
    pub fn audit_asked(&self) -> &Notify {
        &self.inner.audits.asked
    }
}
