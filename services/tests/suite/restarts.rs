//! The process is killed between two writes, and another goes on with the database.

use std::time::Duration;

use monitor_core::health::{Health, IncidentChange, Policy};
use monitor_core::monitor::Settings;
use monitor_core::outcome::Reason;
use services::LEASE_SLACK;
use test_support::both;
use test_support::builders::settings;

use crate::common::World;
use crate::random::Random;

const GOOD: [Reason; 4] = [Reason::Ok, Reason::Ok, Reason::Slow, Reason::LocalNetwork];
const BAD: [Reason; 3] = [Reason::ConnectionRefused, Reason::UnexpectedStatus, Reason::LocalNetwork];

both!(killed_between_any_two_records_it_loses_and_doubles_nothing, async |database| {
    let mut world = World::new(database).await;
    let policy = Policy { retries: 1, needed: 2, of: 3, recover: 2 };
    let shop = world.add_with(Settings { policy, ..settings("shop", Duration::from_secs(60)) }).await;
    let (mut random, mut health, mut failing) = (Random(4), Health::default(), false);
    let (mut flips, mut opened, mut resolved) = (Vec::new(), 0, 0);
    for _ in 0..60 {
        world.restart().await;
        failing ^= random.percent(20);
        let reason = if failing { random.one_of(&BAD) } else { random.one_of(&GOOD) };
        let recorded = world.check(&shop, reason).await;
        let step = health.observe(policy, world.now() + Duration::from_millis(120), reason);
        flips.extend(step.flip);
        opened += usize::from(step.incident == Some(IncidentChange::Open));
        resolved += usize::from(step.incident == Some(IncidentChange::Resolve));
        assert_eq!(recorded.flips, usize::from(step.flip.is_some()));
        assert_eq!(world.health(&shop).await, health);
    }
    assert!(opened > 2 && resolved > 2, "{opened} {resolved}");
    assert_eq!(world.flips(shop.id).await, flips);
    let incidents = world.incidents().await;
    assert_eq!(incidents.len(), opened);
    assert_eq!(world.cards().await.len(), 1, "it begins again so soon that it is one incident");
    let closed = incidents.iter().filter(|named| named.alert.resolved.is_some()).count();
    assert_eq!(closed, resolved);
    assert_eq!(world.results(&shop).await, 60);
});

both!(a_check_that_was_killed_is_due_again_when_its_lease_ends, async |database| {
    let mut world = World::new(database).await;
    let shop = world.add("shop").await;
    let killed = world.finished(&shop, Reason::ConnectionRefused).await;
    world.restart().await;
    world.clock.set(killed.claim.lease);
    assert_eq!(world.store().claim(world.now(), world.now(), 10, LEASE_SLACK).await.unwrap(), []);
    world.clock.advance(Duration::from_millis(1));
    let claims = world.store().claim(world.now(), world.now(), 10, LEASE_SLACK).await.unwrap();
    assert_eq!(claims.iter().map(|claim| claim.monitor).collect::<Vec<_>>(), [shop.id]);
});

both!(what_was_recorded_just_before_a_kill_is_not_recorded_again, async |database| {
    let mut world = World::new(database).await;
    let shop = world.add("shop").await;
    let batch = [world.finished(&shop, Reason::ConnectionRefused).await];
    world.services.record(&batch).await.unwrap();
    world.restart().await;
    assert_eq!(world.services.record(&batch).await.unwrap().stale, 1);
    assert_eq!(
        (world.flips(shop.id).await.len(), world.incidents().await.len(), world.results(&shop).await),
        (1, 1, 1)
    );
});
