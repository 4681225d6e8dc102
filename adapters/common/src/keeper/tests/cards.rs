//! Cards and their threads, while the platform takes what it is told.

use super::*;

#[tokio::test]
async fn an_incident_is_one_card_and_its_thread_is_the_story() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["post ops"], "the card alone tells that it was opened");

    world.pass(MINUTE);
    world.services.acknowledge(&world.owner, Some("shop"), "on it").await.unwrap();
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["edit ops", "tell ops"]);

    world.pass(MINUTE);
    world.services.note(&world.owner, Some("shop"), "the `disk` is full").await.unwrap();
    world.keep_for(10 * SECOND).await;
    world.pass(MINUTE);
    world.check(&shop, Reason::Ok).await;
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["edit ops", "tell ops", "edit ops", "tell ops"]);
    insta::assert_snapshot!(world.platform.shown("ops"), @r"
    ● up  shop  recovered after 3 min 30 s at 00:03 UTC; it was: Nothing listens on the target's port. #1
        > 00:00 UTC · shop failed: Nothing listens on the target's port.
        > 00:01 UTC · Owner acknowledged it: on it
        > 00:02 UTC · Owner noted: the 'disk' is full
        > 00:03 UTC · It is over: recovered.
    ");
    world.keep_for(MINUTE).await;
    assert_eq!((world.platform.calls(), world.waits().await), (vec![], 0), "each of it once");
}

#[tokio::test]
async fn what_nobody_looks_at_any_more_is_not_said_to_be_well() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    world.services.delete_monitor(&world.owner, "shop").await.unwrap();
    world.keep_for(5 * SECOND).await;
    let shown = world.platform.shown("ops");
    assert!(shown.contains("It is over: its monitor or its alert rule was deleted."), "{shown}");
}

#[tokio::test]
async fn what_happens_elsewhere_edits_the_card_here() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    let elsewhere = world.services.conversation(&world.owner, "web", "page").await.unwrap();
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    let other = services(world.database.open_again(KEY).await, &world.clock);
    assert!(other.last_seq(&world.owner, elsewhere).await.unwrap() == 0);
    other.acknowledge(&world.owner, Some("shop"), "").await.unwrap();
    world.keep_for(5 * SECOND).await;
    assert!(world.platform.shown("ops").contains("has acknowledged it"), "{}", world.platform.shown("ops"));
}

#[tokio::test]
async fn changes_of_a_card_are_told_as_one_and_not_too_often() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(Duration::ZERO).await;
    for minute in 0..5 {
        world.services.note(&world.owner, Some("shop"), &format!("note {minute}")).await.unwrap();
        world.keep_for(SECOND / 10).await;
    }
    assert_eq!(world.platform.calls(), ["post ops"], "two seconds have not passed");
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["edit ops", "tell ops"]);
    assert_eq!(world.platform.shown("ops").matches("noted: note").count(), 5);
}

#[tokio::test]
async fn a_card_that_was_deleted_is_posted_anew() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    world.platform.seen().messages[0].1 = None;
    world.services.acknowledge(&world.owner, Some("shop"), "").await.unwrap();
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["post ops", "edit ops", "post ops", "tell ops"]);
    assert!(world.platform.shown("ops").contains("has acknowledged it"));
}

#[tokio::test]
async fn a_card_that_is_taken_away_again_and_again_is_left_alone() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    world.services.acknowledge(&world.owner, Some("shop"), "").await.unwrap();
    for _ in 0..300 {
        for message in &mut world.platform.seen().messages {
            message.1 = None;
        }
        world.keep_for(Duration::from_millis(500)).await;
    }
    let posts = world.platform.calls().iter().filter(|call| *call == "post ops").count();
    assert_eq!((posts, world.waits().await), (4, 0));
}

#[tokio::test]
async fn a_conversation_that_begins_to_follow_gets_no_history() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    let late = world.conversation("late").await;
    let tx = world.services.store().begin().await.unwrap();
    tx.subscribe(shop.id, late).await.unwrap();
    tx.commit().await.unwrap();
    world.pass(MINUTE);
    world.check(&shop, Reason::Ok).await;
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.shown("late"), "", "it was over when it first came up there");
    world.pass(10 * MINUTE);
    world.fail(&shop).await;
    world.keep_for(MINUTE).await;
    assert!(world.platform.shown("late").contains("shop"));
}

#[tokio::test]
async fn a_silence_is_told_once() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    let what = services::Silenced::Monitors("shop".to_owned());
    world.services.silence(&world.owner, &what, 60 * MINUTE, "deploy").await.unwrap();
    world.keep_for(10 * SECOND).await;
    world.services.note(&world.owner, Some("shop"), "again").await.unwrap();
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.shown("ops").matches("silenced it until").count(), 1, "{}", world.platform.shown("ops"));
}

#[tokio::test]
async fn a_notice_is_a_message_that_changes() {
    let mut world = World::new().await;
    world.add("shop", "ops").await;
    for says in ["I see nothing", "I see again"] {
        let tx = world.services.store().begin().await.unwrap();
        tx.post_notice(storage::Audience::Everybody, "sight", says, world.services.now()).await.unwrap();
        tx.commit().await.unwrap();
        world.keep_for(10 * SECOND).await;
        assert_eq!(world.platform.shown("ops"), says);
    }
    assert_eq!(world.platform.calls(), ["post ops", "edit ops"]);
}
