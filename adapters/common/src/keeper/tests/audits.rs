//! Cards of audits, with their reports.

use monitor_core::audit::spec::AuditSpec;

use super::*;

#[tokio::test]
async fn an_audit_is_one_card_and_its_report_comes_in_its_thread_once() {
    let mut world = World::new().await;
    let ops = world.conversation("ops").await;
    let page = AuditSpec::of("http://127.0.0.1:9/").unwrap();
    world.services.audit(&world.owner, ops, &page).await.unwrap();
    world.keep_for(5 * SECOND).await;
    assert!(world.platform.shown("ops").contains("is the next to be made"), "{}", world.platform.shown("ops"));
    let claim = world.services.claim_audit().await.unwrap().unwrap();
    world.services.work_on_audit(claim, &CancellationToken::new()).await.unwrap();
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["post ops", "edit ops", "tell ops"]);
    let shown = world.platform.shown("ops");
    assert!(shown.contains("is done after") && shown.contains("> File audit-1-127.0.0.1.pdf"), "{shown}");

    // Whoever changes the card again, or starts anew, brings the report no second time.
    let tx = world.services.store().begin().await.unwrap();
    tx.post_task(monitor_core::audit::AuditId(1), world.services.now()).await.unwrap();
    tx.commit().await.unwrap();
    world.restart().await;
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.calls(), ["edit ops"]);
    assert_eq!(world.platform.shown("ops"), shown);
}

#[tokio::test]
async fn a_report_that_cannot_be_brought_is_brought_later() {
    let mut world = World::new().await;
    let ops = world.conversation("ops").await;
    let page = AuditSpec::of("http://127.0.0.1:9/").unwrap();
    world.services.audit(&world.owner, ops, &page).await.unwrap();
    let claim = world.services.claim_audit().await.unwrap().unwrap();
    world.services.work_on_audit(claim, &CancellationToken::new()).await.unwrap();
    world.keep_for(Duration::ZERO).await;
    world.platform.seen().faults.push_back(Fault::Later { after: None, why: "down".to_owned() });
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.calls(), ["post ops", "tell ops"]);
    assert_eq!(world.waits().await, 0);
}
