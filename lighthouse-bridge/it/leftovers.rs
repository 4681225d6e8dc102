use std::time::Duration;

use lighthouse_bridge::{AuditError, Stage};
use test_support::targets::{Misbehaviour, misbehaving};
use tokio_util::sync::CancellationToken;

use crate::support::{GOOD, Worker, page};

#[tokio::test]
async fn nothing_is_left_after_twenty_jobs_however_they_end() {
    let worker = Worker::start().await;
    let impatient = Worker::with(|config| config.deadline = Duration::from_secs(5)).await;
    let (target, silent) = (page(GOOD).await, misbehaving(Misbehaviour::Silent).await);
    let document = "<!doctype html><html><head></head><body>Report</body></html>";
    for _ in 0..15 {
        assert!(worker.bridge.print(document, &CancellationToken::new()).await.is_ok());
    }
    assert!(worker.audit(&target.url()).await.is_ok());
    let silent = format!("http://{}/", silent.addr());
    assert_eq!(impatient.audit(&silent).await.unwrap_err(), AuditError::Deadline);
    for stage in [Stage::Start, Stage::Load, Stage::Analyse] {
        let error = worker.cancelled(&target.url(), |progress| progress.stage == stage).await;
        assert_eq!(error, AuditError::Cancelled);
    }
    worker.assert_nothing_left();
    impatient.assert_nothing_left();
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
