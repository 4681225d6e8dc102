use std::time::Duration;

use lighthouse_bridge::{AuditError, Stage};
use test_support::targets::{Answer, Misbehaviour, answering, misbehaving};
use tokio_util::sync::CancellationToken;

use crate::support::{GOOD, GREEDY, Told, Worker, audit, outbound, page, spec};

#[tokio::test]
async fn a_good_page_is_audited() {
    let (worker, target, told) = (Worker::start().await, page(GOOD).await, Told::default());
    let (spec, outbound, cancel) = (spec(&target.url()), outbound(true), CancellationToken::new());
    let audited = worker.bridge.audit(&spec, &outbound, |progress| told.tell(progress), &cancel).await.unwrap();

    let lhr = &audited.lhrs[0];
    assert_eq!((audited.lhrs.len(), lhr["finalDisplayedUrl"].as_str()), (1, Some(target.url().as_str())));
    for (category, least) in [("performance", 0.9), ("accessibility", 0.9), ("best-practices", 0.7), ("seo", 0.7)] {
        let score = lhr["categories"][category]["score"].as_f64().unwrap();
        assert!((least..=1.0).contains(&score), "{category}: {score}");
    }
    let pwa = audited.pwa.unwrap();
    assert_eq!((pwa.manifest_url, pwa.viewport.as_deref()), (None, Some("width=device-width")));
    assert!(audited.screenshot.unwrap().starts_with(b"\xff\xd8"));
    assert_eq!(audited.denied, []);
    assert_eq!(&audited.versions, worker.bridge.versions());
    assert_eq!(lhr["lighthouseVersion"], audited.versions.lighthouse.as_str());
    let memory = audited.peak_memory_bytes.unwrap();
    assert!((50_000_000..1_500_000_000).contains(&memory), "{memory}");

    let told = told.all();
    assert!(told.is_sorted_by(|one, two| one.fraction <= two.fraction), "{told:?}");
    assert!(told.iter().any(|progress| progress.stage == Stage::Load && progress.run == 1 && progress.runs == 1));
    worker.assert_nothing_left();
}

#[tokio::test]
async fn what_a_page_may_not_reach_is_named_and_the_page_audited_all_the_same() {
    let own = page("own").await;
    let worker = Worker::with(|config| config.forbidden = vec![own.addr()]).await;
    let html = format!(
        "{GOOD}<img src=\"http://169.254.169.254/latest/meta-data/\" alt=\"\"><iframe title=\"own\" src=\"{}\"></iframe>\
         <script>fetch('https://169.254.169.254/').catch(() => 0); new WebSocket('ws://{}/')</script>",
        own.url(),
        own.addr()
    );
    let audited = worker.audit(&page(&html).await.url()).await.unwrap();
    let mut denied: Vec<_> = audited.denied.iter().map(|one| (one.host.as_str(), one.port, one.why.as_str())).collect();
    denied.sort_unstable();
    let (own_port, refused) =
        (own.addr().port(), "169.254.169.254 is a cloud metadata address; such addresses are never watched");
    let ours = format!("127.0.0.1 port {own_port} is Watchword's own, which no page is led to");
    let expected =
        [("127.0.0.1", own_port, ours.as_str()), ("169.254.169.254", 80, refused), ("169.254.169.254", 443, refused)];
    assert_eq!(denied, expected);
    assert_eq!(own.requests(), 0);
}

#[tokio::test]
async fn a_page_that_is_or_leads_where_nobody_may_go_is_refused() {
    let (worker, target) = (Worker::start().await, page(GOOD).await);
    let error = audit(&worker.bridge, &target.url_as("localhost"), false).await.unwrap_err();
    let AuditError::Refused { host, why } = &error else { panic!("{error:?}") };
    assert_eq!(host, "localhost");
    assert!(why.starts_with("localhost resolves to 127.0.0.1, a loopback address"), "{why}");
    assert_eq!(target.requests(), 0);

    for leads_to in ["http://169.254.169.254/latest/", "https://169.254.169.254/latest/"] {
        let target = answering(Answer::redirect(302, leads_to)).await;
        let error = worker.audit(&target.url()).await.unwrap_err();
        assert!(matches!(&error, AuditError::Refused { host, .. } if host == "169.254.169.254"), "{error:?}");
    }
    worker.assert_nothing_left();
}

#[tokio::test]
async fn a_page_that_cannot_be_audited_is_told_with_its_reason() {
    let worker = Worker::start().await;
    let refusing = misbehaving(Misbehaviour::Refuses).await;
    // Without a body the browser shows a page of its own.
    let failing = answering(Answer::status(500).with_body("<p>broken").header("Content-Type", "text/html")).await;
    let plain = answering(Answer::ok("text").header("Content-Type", "text/plain")).await;
    for (url, expected, said) in [
        (
            format!("http://{}/", refusing.addr()),
            "connection_refused",
            "the connection was refused while connecting to",
        ),
        (failing.url(), "ERRORED_DOCUMENT_REQUEST", "the page answers 500"),
        (plain.url(), "NOT_HTML", "HTML"),
    ] {
        let error = worker.audit(&url).await.unwrap_err();
        let AuditError::Page { code, message } = &error else { panic!("{url}: {error:?}") };
        assert_eq!(code, expected);
        assert!(message.contains(said), "{message}");
    }
}

#[tokio::test]
async fn an_audit_is_cancelled_in_its_middle() {
    let (worker, target) = (Worker::start().await, page(GOOD).await);
    assert_eq!(worker.cancelled(&target.url(), |progress| progress.stage == Stage::Load).await, AuditError::Cancelled);
    worker.assert_nothing_left();
    // Before it began.
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = worker.bridge.audit(&spec(&target.url()), &outbound(true), |_| (), &cancel).await.unwrap_err();
    assert_eq!(error, AuditError::Cancelled);
    worker.assert_nothing_left();
}

#[tokio::test]
async fn pages_that_never_answer_or_never_end_are_ended_in_time() {
    let worker = Worker::with(|config| config.deadline = Duration::from_secs(8)).await;
    let silent = misbehaving(Misbehaviour::Silent).await;
    let looping = page("<!doctype html><title>x</title><script>while (1);</script>").await;
    for url in [format!("http://{}/", silent.addr()), looping.url()] {
        assert_eq!(worker.audit(&url).await.unwrap_err(), AuditError::Deadline, "{url}");
        worker.assert_nothing_left();
    }
}

#[tokio::test]
async fn a_page_that_takes_too_much_memory_is_ended() {
    let worker = Worker::with(|config| config.memory_bytes = 1_000_000_000).await;
    assert_eq!(worker.audit(&page(GREEDY).await.url()).await.unwrap_err(), AuditError::Memory);
    worker.assert_nothing_left();
}

#[tokio::test]
async fn a_page_that_transfers_too_much_is_cut_off() {
    let worker = Worker::start().await;
    let large = page(&format!("{GOOD}<!-- {} -->", "x".repeat(200_000_000))).await;
    let said = "it was cut off, because 50 MB had been transferred, which is the most of one run";
    match worker.audit(&large.url()).await {
        Ok(audited) => assert_eq!(audited.denied[0].why, said),
        Err(error) => assert_eq!(error, AuditError::Page { code: "body_too_large".into(), message: said.into() }),
    }
}
