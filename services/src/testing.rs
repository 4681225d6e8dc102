//! An auditor and an inspector that do what they are told, for tests of what stands around audits and security checks. The real
//! ones are other crates', and are tested there.

mod sites;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use monitor_core::audit::pwa::Observed;
use monitor_core::audit::spec::AuditSpec;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{AuditError, AuditOptions, Audited, Auditing, Auditor, PrintError, Progress};

pub use sites::{Sight, Sites};

/// What Lighthouse measured of a small page without faults.
const FAST: &str = include_str!("../../monitor-core/src/audit/testdata/good.json");

/// What Lighthouse measured of a page with many faults.
const SLOW: &str = include_str!("../../monitor-core/src/audit/testdata/slow.json");

/// What an audit comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// The page is fast and without faults.
    Fast,
    /// The page is slow and has many faults.
    Slow,
    /// The page is fast, with that score of accessibility from 0 to 100, if any, by that version of Lighthouse.
    Accessible {
        /// The score; `None`: it could not be found out.
        score: Option<u8>,
        /// The version.
        lighthouse: &'static str,
    },
    /// The audit cannot be made.
    Fail(AuditError),
    /// It goes on until it is called off.
    Hang,
    /// It never ends, whoever calls it off.
    Freeze,
}

/// An auditor that does what it is told, in order; without anything left all pages are fast.
#[derive(Debug, Clone, Default)]
pub struct Scripted(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    begun: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    acts: VecDeque<Act>,
    asked: Vec<AuditSpec>,
    printed: Vec<String>,
    refuses_to_print: bool,
}

impl Scripted {
    /// What is done with the next audits, in order.
    pub fn then(&self, acts: impl IntoIterator<Item = Act>) {
        self.state().acts.extend(acts);
    }

    /// Whether printing fails from now on.
    pub fn refuse_to_print(&self, refuse: bool) {
        self.state().refuses_to_print = refuse;
    }

    /// What was asked for, with the secrets.
    #[must_use]
    pub fn asked(&self) -> Vec<AuditSpec> {
        self.state().asked.clone()
    }

    /// The pages that were printed.
    #[must_use]
    pub fn printed(&self) -> Vec<String> {
        self.state().printed.clone()
    }

    /// Waits until so many audits were begun.
    pub async fn begun(&self, number: usize) {
        let mut begun = self.0.begun.subscribe();
        // It is told as long as this auditor is there.
        let _ = begun.wait_for(|begun| *begun >= number).await;
    }

    /// Options with this auditor.
    #[must_use]
    pub fn options(&self) -> AuditOptions {
        AuditOptions { auditing: Auditing::Here(Arc::new(self.clone())), ..AuditOptions::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Auditor for Scripted {
    fn audit<'a>(
        &'a self,
        spec: &'a AuditSpec,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Audited, AuditError>> {
        let act = {
            let mut state = self.state();
            state.asked.push(spec.clone());
            state.acts.pop_front().unwrap_or(Act::Fast)
        };
        progress(Progress { fraction: 0.35, text: "Run 1 of 3: loading the page".to_owned() });
        self.0.begun.send_modify(|begun| *begun += 1);
        async move {
            match act {
                Act::Fast => Ok(measured(FAST, spec)),
                Act::Slow => Ok(measured(SLOW, spec)),
                Act::Accessible { score, lighthouse } => Ok(accessible(measured(FAST, spec), score, lighthouse)),
                Act::Fail(error) => Err(error),
                Act::Hang => {
                    cancel.cancelled().await;
                    Err(AuditError::Cancelled)
                }
                Act::Freeze => std::future::pending().await,
            }
        }
        .boxed()
    }

    fn print<'a>(
        &'a self,
        html: &'a str,
        _cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Vec<u8>, PrintError>> {
        let mut state = self.state();
        if state.refuses_to_print {
            return futures_util::future::ready(Err(PrintError::Broken("the printer is out of paper".to_owned())))
                .boxed();
        }
        state.printed.push(html.to_owned());
        let pdf = format!("%PDF-1.7 {}", state.printed.len()).into_bytes();
        futures_util::future::ready(Ok(pdf)).boxed()
    }
}

/// What was measured, with that score of accessibility by that version of Lighthouse.
fn accessible(mut audited: Audited, score: Option<u8>, lighthouse: &str) -> Audited {
    for lhr in &mut audited.lhrs {
        lhr["lighthouseVersion"] = lighthouse.into();
        lhr["categories"]["accessibility"]["score"] = score.map(|score| f64::from(score) / 100.0).into();
    }
    audited
}

/// What was measured, as if it had been of that page.
fn measured(lhrs: &str, spec: &AuditSpec) -> Audited {
    let mut lhrs: Vec<Value> = serde_json::from_str(lhrs).unwrap_or_default();
    for lhr in &mut lhrs {
        lhr["requestedUrl"] = spec.url.as_str().into();
        lhr["mainDocumentUrl"] = spec.url.as_str().into();
        lhr["environment"]["benchmarkIndex"] = 2_000.into();
    }
    Audited {
        lhrs,
        pwa: Some(Observed::default()),
        screenshot: None,
        denied: Vec::new(),
        chromium: "156.0.8078.79".to_owned(),
        took: Duration::from_secs(28),
    }
}
