//! The keeper while it runs by itself, and its end.

use super::*;

#[tokio::test]
async fn it_runs_until_it_is_told_to_stop() {
    let world = World::new().await;
    let shop = world.add("shop", "ops").await;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(Keeper::run(Arc::clone(&world.platform), world.services.clone(), shutdown.clone()));
    let mut changes = world.services.changes();
    world.fail(&shop).await;
    changes.changed().await.unwrap();
    while world.waits().await > 0 || world.platform.shown("ops").is_empty() {
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(world.platform.calls(), ["post ops"]);
}

#[tokio::test]
async fn what_follows_a_first_message_is_waited_for_at_the_end() {
    let world = World::new().await;
    let (gate, shutdown) = (Arc::new(Notify::new()), CancellationToken::new());
    let (platform, open) = (Arc::clone(&world.platform), Arc::clone(&gate));
    world.platform.rest.bring("discord", vec![()], move |()| {
        let (platform, open) = (Arc::clone(&platform), Arc::clone(&open));
        async move {
            open.notified().await;
            platform.seen().rest_is_there = true;
            Ok(())
        }
    });
    shutdown.cancel();
    let mut running = Box::pin(Keeper::run(Arc::clone(&world.platform), world.services.clone(), shutdown));
    let looks = async {
        for _ in 0..20 {
            world.waits().await;
        }
    };
    tokio::select! {
        () = &mut running => panic!("it did not wait"),
        () = looks => {}
    }
    gate.notify_one();
    running.await;
    assert!(world.platform.seen().rest_is_there);
}
