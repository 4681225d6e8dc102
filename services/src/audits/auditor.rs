//! Who makes audits: a seam, because there is a program that does it with a browser, or none.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use monitor_core::audit::pwa::Observed;
use monitor_core::audit::spec::AuditSpec;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Makes audits and prints pages. Whatever it does ends soon after `cancel` says so.
pub trait Auditor: Send + Sync {
    /// Audits a page, and tells how far that is.
    fn audit<'a>(
        &'a self,
        spec: &'a AuditSpec,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Audited, AuditError>>;

    /// Prints a page as PDF.
    fn print<'a>(&'a self, html: &'a str, cancel: &'a CancellationToken) -> BoxFuture<'a, Result<Vec<u8>, PrintError>>;
}

/// How far an audit is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// How much is done, 0 to 1.
    pub fraction: f32,
    /// What is done now, in words.
    pub text: String,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Audited {
    /// Lighthouse's result of each run, the median first.
    pub lhrs: Vec<serde_json::Value>,
    /// What Chromium says of the page as an app; `None`: it could not be found out.
    pub pwa: Option<Observed>,
    /// The page when it was loaded, as JPEG.
    pub screenshot: Option<Vec<u8>>,
    /// What the page asked for and was not let reach, with the reason, in words.
    pub denied: Vec<String>,
    /// Chromium's version. Lighthouse says its own.
    pub chromium: String,
    /// How long it took.
    pub took: Duration,
}

/// Why an audit was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// The page cannot be audited: Lighthouse's code, and why in words.
    #[error("{message}")]
    Page {
        /// The code.
        code: String,
        /// Why.
        message: String,
    },
    /// The page led to an address that may not be reached.
    #[error("{0}")]
    Refused(String),
    /// It took too long.
    #[error("the audit took too long; the page may never have finished loading")]
    Deadline,
    /// The page took more memory than it may.
    #[error("the page took more memory than an audit may have")]
    Memory,
    /// It was called off.
    #[error("the audit was called off")]
    Cancelled,
    /// What makes audits cannot be spoken to: the audit is made when it is there again.
    #[error("what makes audits is away: {0}")]
    Away(String),
    /// What makes audits broke.
    #[error("what makes audits broke: {0}")]
    Broken(String),
}

impl AuditError {
    /// The code that is kept: Lighthouse's, or one of ours.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Page { code, .. } => code,
            Self::Refused(_) => "address_refused",
            Self::Deadline => "deadline",
            Self::Memory => "memory",
            Self::Cancelled => "cancelled",
            Self::Away(_) => "away",
            Self::Broken(_) => "broken",
        }
    }
}

/// Why a document was not printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// It took too long.
    #[error("printing took too long")]
    Deadline,
    /// The document took more memory than it may.
    #[error("the document took more memory than printing may have")]
    Memory,
    /// It was called off.
    #[error("printing was called off")]
    Cancelled,
    /// What prints broke, or cannot make anything of the document.
    #[error("what prints broke: {0}")]
    Broken(String),
}

/// Whether audits can be made here.
#[derive(Clone)]
pub enum Auditing {
    /// By this one.
    Here(Arc<dyn Auditor>),
    /// Not here: what to install or set.
    Nowhere(String),
    /// That is being found out.
    Sought(Arc<Sought>),
}

/// What is looked for until it is found, and again when it has gone away.
#[derive(Default)]
pub struct Sought {
    state: Mutex<Search>,
    gone: Notify,
}

/// How far a search is.
enum Search {
    /// It was not found, for this reason, if it was looked already.
    Missing(Option<String>),
    Found(Arc<dyn Auditor>),
}

impl Default for Search {
    fn default() -> Self {
        Self::Missing(None)
    }
}

impl Sought {
    /// Tells that it was found.
    pub fn found(&self, auditor: Arc<dyn Auditor>) {
        *self.state() = Search::Found(auditor);
    }

    /// Tells why it is not there, not yet or not any more. Answers whether that is news.
    pub fn missing(&self, why: &str) -> bool {
        let before = mem::replace(&mut *self.state(), Search::Missing(Some(why.to_owned())));
        match before {
            Search::Missing(before) => before.as_deref() != Some(why),
            Search::Found(_) => {
                self.gone.notify_one();
                true
            }
        }
    }

    /// Waits until what was found has gone away.
    pub async fn gone(&self) {
        self.gone.notified().await;
    }

    /// What was found, or why nothing was.
    pub(super) fn auditor(&self) -> Result<Arc<dyn Auditor>, String> {
        match &*self.state() {
            Search::Found(auditor) => Ok(Arc::clone(auditor)),
            Search::Missing(Some(why)) => Err(why.clone()),
            Search::Missing(None) => {
                Err("it is being looked for what makes them; ask again in some seconds".to_owned())
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, Search> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Auditing {
    fn default() -> Self {
        Self::Nowhere("nothing was set up that makes them".to_owned())
    }
}

impl std::fmt::Debug for Auditing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Here(_) => f.write_str("Here"),
            Self::Nowhere(why) => f.debug_tuple("Nowhere").field(why).finish(),
            Self::Sought(sought) => f.debug_tuple("Sought").field(&sought.auditor().map(|_| "found")).finish(),
        }
    }
}
