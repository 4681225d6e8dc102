//! What a platform or the database does not take.

use super::*;

#[tokio::test]
async fn the_cursor_waits_until_the_platform_has_taken_it() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    let later = |after| Fault::Later { after, why: "429".to_owned() };
    world.platform.seen().faults.extend([later(Some(20 * SECOND)), later(None)]);
    world.fail(&shop).await;
    world.keep_for(19 * SECOND).await;
    assert_eq!((world.waits().await, world.platform.seen().tries), (1, 1), "it asked for 20 s");
    world.keep_for(SECOND).await;
    assert_eq!(world.platform.seen().tries, 2);
    world.keep_for(5 * SECOND).await;
    assert_eq!((world.platform.calls(), world.waits().await), (vec!["post ops".to_owned()], 0));
}

#[tokio::test]
async fn a_restart_in_the_middle_posts_nothing_twice() {
    let mut world = World::new().await;
    let (shop, blog) = (world.add("shop", "ops").await, world.add("blog", "ops").await);
    world.fail(&shop).await;
    world.pass(10 * MINUTE);
    world.fail(&blog).await;
    // Killed after the first card was taken, and before anything after it.
    world.keep_for(Duration::ZERO).await;
    assert_eq!(world.platform.calls(), ["post ops"]);
    world.restart().await;
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), ["post ops"]);
    assert!(world.platform.shown("ops").contains("blog"));
    world.restart().await;
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn a_slow_conversation_holds_up_no_other() {
    let mut world = World::new().await;
    let (shop, blog) = (world.add("shop", "slow").await, world.add("blog", "fast").await);
    let gate = Arc::new(Notify::new());
    world.platform.slow.lock().unwrap().insert("slow".to_owned(), Arc::clone(&gate));
    world.fail(&shop).await;
    world.pass(10 * MINUTE);
    world.fail(&blog).await;
    for _ in 0..2 {
        let now = world.now();
        world.keeper.look(now).await;
        let done = world.keeper.running.next().await.unwrap();
        world.keeper.finish(done, now);
        world.pass(SECOND);
    }
    assert_eq!(world.platform.calls(), ["post fast"]);
    assert_eq!(world.keeper.running.len(), 1);
    gate.notify_one();
    let done = world.keeper.running.next().await.unwrap();
    world.keeper.finish(done, world.now());
    assert_eq!(world.platform.calls(), ["post slow"]);
}

#[tokio::test]
async fn a_thread_that_cannot_be_written_in_leaves_the_conversation_open() {
    let mut world = World::new().await;
    let (shop, blog) = (world.add("shop", "ops").await, world.add("blog", "ops").await);
    world.fail(&shop).await;
    world.keep_for(5 * SECOND).await;
    world.services.note(&world.owner, Some("shop"), "somebody looks").await.unwrap();
    world.platform.seen().closed_threads = true;
    world.keep_for(MINUTE).await;
    world.fail(&blog).await;
    world.keep_for(MINUTE).await;
    assert!(world.platform.shown("ops").contains("blog"), "{}", world.platform.shown("ops"));
    assert_eq!(world.waits().await, 0);
}

#[tokio::test]
async fn what_could_not_be_noted_is_not_sent_again() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world
        .database
        .execute(
            "CREATE TRIGGER full BEFORE INSERT ON posted BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        )
        .await;
    world.fail(&shop).await;
    world.keep_for(60 * MINUTE).await;
    assert_eq!(world.platform.calls(), ["post ops"]);
    world.database.execute("DROP TRIGGER full").await;
    world.keep_for(10 * MINUTE).await;
    assert_eq!(world.waits().await, 0);
    world.services.acknowledge(&world.owner, Some("shop"), "").await.unwrap();
    world.keep_for(MINUTE).await;
    assert_eq!(world.platform.calls(), ["edit ops", "tell ops"], "it is the same card");
}

#[tokio::test]
async fn a_message_that_is_refused_is_passed_over() {
    let mut world = World::new().await;
    let (shop, blog) = (world.add("shop", "ops").await, world.add("blog", "ops").await);
    world.platform.seen().faults.push_back(Fault::Refused("too odd".to_owned()));
    world.fail(&shop).await;
    world.pass(10 * MINUTE);
    world.fail(&blog).await;
    world.keep_for(10 * SECOND).await;
    assert_eq!(world.platform.seen().tries, 2);
    assert!(world.platform.shown("ops").contains("blog"));
    assert_eq!(world.waits().await, 0);
}

#[tokio::test]
async fn a_closed_conversation_is_tried_once_an_hour_and_when_somebody_speaks_there() {
    let mut world = World::new().await;
    let shop = world.add("shop", "ops").await;
    world.platform.seen().faults.push_back(Fault::Closed("kicked".to_owned()));
    world.fail(&shop).await;
    world.keep_for(MINUTE).await;
    assert_eq!((world.waits().await, world.platform.seen().tries), (1, 1));
    let conversation = world.conversation("ops").await;
    let closed_at = async |world: &World| world.services.following(&world.owner, conversation).await.unwrap().closed_at;
    let since = closed_at(&world).await;
    assert!(since.is_some());
    // It is closed as long as it was, and again to a process that knows nothing of it.
    world.platform.seen().down = Some(Fault::Closed("kicked".to_owned()));
    world.keep_for(120 * MINUTE).await;
    assert_eq!((closed_at(&world).await, world.platform.seen().tries), (since, 3));
    world.restart().await;
    world.keep_for(MINUTE).await;
    assert_eq!((closed_at(&world).await, world.platform.seen().tries), (since, 4));
    // Who speaks there may be where the bot is not: it is tried at once, and closed as long as it was.
    world.services.store().hear_in_closed(conversation, world.services.now()).await.unwrap();
    world.keep_for(30 * MINUTE).await;
    assert_eq!((closed_at(&world).await, world.platform.seen().tries), (since, 5));
    world.platform.seen().down = None;
    world.services.store().hear_in_closed(conversation, world.services.now()).await.unwrap();
    world.keep_for(MINUTE).await;
    assert_eq!((world.platform.calls(), closed_at(&world).await), (vec!["post ops".to_owned()], None));

    world.platform.seen().faults.push_back(Fault::Closed("muted".to_owned()));
    world.check(&shop, Reason::Ok).await;
    world.keep_for(59 * MINUTE).await;
    assert_eq!(world.platform.calls(), [""; 0]);
    world.keep_for(2 * MINUTE).await;
    assert_eq!(world.platform.calls(), ["edit ops", "tell ops"], "it heals by itself");
    assert_eq!((world.waits().await, closed_at(&world).await), (0, None));
}
