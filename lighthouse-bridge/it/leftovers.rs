use std::time::Duration;

use lighthouse_bridge::{AuditError, Stage};
use test_support::targets::{Misbehaviour, misbehaving};
use tokio_util::sync::CancellationToken;

use crate::support::{GOOD, Worker, page};

#[tokio::test]
async fn nothing_is_left_after_twenty_audits_however_they_end() {
    let worker = Worker::start().await;
    let impatient = Worker::with(|config| config.deadline = Duration::from_secs(5)).await;
    let (target, silent) = (page(GOOD).await, misbehaving(Misbehaviour::Silent).await);
    let refusing = misbehaving(Misbehaviour::Refuses).await;
    let before = of_chromium();
    for number in 0..20 {
        match number {
            0..3 => assert!(worker.audit(&target.url()).await.is_ok()),
            3 => {
                let silent = format!("http://{}/", silent.addr());
                assert_eq!(impatient.audit(&silent).await.unwrap_err(), AuditError::Deadline);
            }
            4 => assert!(worker.audit(&format!("http://{}/", refusing.addr())).await.is_err()),
            _ => {
                let stage = [Stage::Start, Stage::Load, Stage::Analyse][number % 3];
                let error = worker.cancelled(&target.url(), |progress| progress.stage == stage).await;
                assert_eq!(error, AuditError::Cancelled);
            }
        }
    }
    worker.assert_nothing_left();
    impatient.assert_nothing_left();
    assert_eq!(of_chromium(), before);
}

/// What browsers have left where temporary files are.
fn of_chromium() -> Vec<std::ffi::OsString> {
    let names = std::fs::read_dir(std::env::temp_dir()).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().contains("chromium")).collect()
}

#[tokio::test]
async fn an_audit_that_nobody_waits_for_any_more_cleans_up_by_itself() {
    let worker = Worker::start().await;
    let silent = misbehaving(Misbehaviour::Silent).await;
    let url = format!("http://{}/", silent.addr());
    let (began, begun) = tokio::sync::oneshot::channel();
    let (bridge, began) = (worker.bridge.clone(), std::sync::Mutex::new(Some(began)));
    let audit = tokio::spawn(async move {
        let progress = |_| {
            if let Some(began) = began.lock().unwrap().take() {
                began.send(()).unwrap();
            }
        };
        let (spec, outbound) = (crate::support::spec(&url), crate::support::outbound(true));
        bridge.audit(&spec, &outbound, progress, &CancellationToken::new()).await
    });
    begun.await.unwrap();
    audit.abort();
    assert!(audit.await.unwrap_err().is_cancelled());
    // It is over when the next one has its turn.
    assert!(worker.audit(&page(GOOD).await.url()).await.is_ok());
    worker.assert_nothing_left();
}
