//! A health that cannot be read, for example because a newer version wrote it: nothing stops, and no incident is
//! doubled or left open.

use std::time::Duration;

use monitor_core::health::{Flip, Policy, Status};
use monitor_core::incident::Resolution;
use monitor_core::monitor::{Monitor, Settings};
use monitor_core::outcome::Reason;
use services::{BEAT_EVERY, Recorded};
use test_support::both;
use test_support::builders::settings;

use crate::common::World;

const MINUTE: Duration = Duration::from_secs(60);

async fn spoil(world: &World, monitor: &Monitor) {
    let id = monitor.id;
    let spoil = format!("UPDATE monitor_state SET health = 'garbage', details = 'garbage' WHERE monitor_id = {id}");
    world.database.execute(&spoil).await;
}

both!(a_batch_with_one_is_recorded_whole, async |database| {
    let world = World::new(database).await;
    let (shop, blog, wiki) = (world.add("shop").await, world.add("blog").await, world.add("wiki").await);
    for monitor in [&shop, &blog, &wiki] {
        world.check(monitor, Reason::Ok).await;
    }
    spoil(&world, &blog).await;
    world.clock.advance(MINUTE);
    let mut batch = Vec::new();
    for monitor in [&shop, &blog, &wiki] {
        batch.push(world.finished(monitor, Reason::ConnectionRefused).await);
    }
    let recorded = world.services.record(&batch).await.unwrap();
    assert_eq!(recorded, Recorded { flips: 3, opened: 3, ..Recorded::default() });
    for monitor in [&shop, &blog, &wiki] {
        assert_eq!((world.history(monitor).await, world.results(monitor).await), (vec![Status::Up, Status::Down], 2));
    }
});

both!(its_monitor_remembers_votes_from_the_next_one_on, async |database| {
    let world = World::new(database).await;
    let policy = Policy { retries: 1, needed: 2, of: 2, recover: 1 };
    let shop = world.add_with(Settings { policy, ..settings("shop", MINUTE) }).await;
    world.check(&shop, Reason::Ok).await;
    spoil(&world, &shop).await;
    for _ in 0..3 {
        assert_eq!(world.check(&shop, Reason::ConnectionRefused).await, Recorded::default());
    }
    assert_eq!(world.check(&shop, Reason::ConnectionRefused).await.opened, 1);
    assert_eq!(world.history(&shop).await, [Status::Up, Status::Down]);
});

both!(an_open_incident_is_neither_doubled_nor_left_open, async |database| {
    let world = World::new(database).await;
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    world.check(&shop, Reason::ConnectionRefused).await;
    world.check(&blog, Reason::ConnectionRefused).await;
    spoil(&world, &shop).await;
    spoil(&world, &blog).await;
    assert_eq!(world.check(&shop, Reason::Ok).await, Recorded { flips: 1, resolved: 1, ..Recorded::default() });
    assert_eq!(world.check(&blog, Reason::ConnectionRefused).await, Recorded::default());
    spoil(&world, &blog).await;
    assert_eq!(world.check(&blog, Reason::LocalNetwork).await, Recorded::default());
    assert_eq!(world.check(&blog, Reason::Ok).await, Recorded { flips: 1, resolved: 1, ..Recorded::default() });
    for monitor in [&shop, &blog] {
        assert_eq!(world.history(monitor).await, [Status::Down, Status::Up]);
    }
    let incidents = world.incidents().await;
    assert_eq!((incidents.len(), world.cards().await.len()), (2, 2));
    assert!(incidents.iter().all(|named| named.alert.resolved.is_some()), "{incidents:#?}");
});

both!(a_start_accounts_for_the_absence_all_the_same, async |database| {
    let mut world = World::new(database).await;
    let (up, down, blog) = (world.add("up").await, world.add("down").await, world.add("blog").await);
    world.check(&up, Reason::Ok).await;
    world.check(&down, Reason::ConnectionRefused).await;
    world.check(&blog, Reason::Ok).await;
    spoil(&world, &up).await;
    spoil(&world, &down).await;
    world.services.beat().await.unwrap();
    let since = world.now() + BEAT_EVERY;
    world.clock.advance(60 * MINUTE);
    world.restart().await;

    assert_eq!(world.services.account_for_absence().await.unwrap(), Some(since));
    for (monitor, from) in [(&up, Status::Up), (&down, Status::Down), (&blog, Status::Up)] {
        assert_eq!(world.flips(monitor.id).await.last(), Some(&Flip { at: since, from, to: Status::Unknown }));
    }
    assert_eq!(world.check(&up, Reason::Ok).await, Recorded { flips: 1, ..Recorded::default() });
    spoil(&world, &down).await;
    assert_eq!(world.check(&down, Reason::Ok).await, Recorded { flips: 1, resolved: 1, ..Recorded::default() });
    assert_eq!(world.history(&down).await, [Status::Down, Status::Unknown, Status::Up]);
});

both!(its_monitor_is_shown_paused_and_resumed, async |database| {
    let world = World::new(database).await;
    let (services, owner) = (&world.services, &world.owner);
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    spoil(&world, &shop).await;
    assert_eq!(services.show(owner, "shop").await.unwrap().state.status, Status::Down);
    assert_eq!(services.status(owner).await.unwrap().troubled.len(), 1);

    services.pause_monitor(owner, "shop").await.unwrap();
    let resolved = world.incidents().await[0].alert.resolved;
    assert_eq!(resolved, Some((world.now(), Resolution::Paused)));
    spoil(&world, &shop).await;
    assert_eq!(world.check(&shop, Reason::Ok).await, Recorded::default());
    services.resume_monitor(owner, "shop").await.unwrap();
    assert_eq!(world.check(&shop, Reason::Ok).await, Recorded { flips: 1, ..Recorded::default() });
    assert_eq!(world.history(&shop).await, [Status::Down, Status::Paused, Status::Unknown, Status::Up]);
});
