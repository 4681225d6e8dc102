//! Rules that tell of recoveries.

use std::time::Duration;

use monitor_core::outcome::Reason;
use services::DestinationChange;
use test_support::both;
use test_support::database::TestDatabase;

use crate::common::World;
use crate::rules::BAD;

const SECOND: Duration = Duration::from_secs(1);

both!(a_recovery_is_told_to_a_destination_by_its_new_name, async |database: TestDatabase| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.destinations(&["ops"]).await;
    world.recovery_rule(Duration::ZERO).await;
    world.check(&shop, Reason::Ok).await;
    world.look_after(SECOND).await;
    let renamed = DestinationChange { name: Some("chef".to_owned()), ..DestinationChange::default() };
    world.services.edit_destination(&world.owner, "ops", &renamed).await.unwrap();
    world.check(&shop, BAD).await;
    world.check(&shop, Reason::Ok).await;
    world.look_after(SECOND).await;
    let news = world.news().await;
    assert!(news.len() == 1 && news[0].starts_with("chef: shop has recovered after 10 s"), "{news:?}");
});

both!(a_second_recovery_is_told_however_soon_and_short_the_trouble_was, async |database: TestDatabase| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.destinations(&["ops"]).await;
    world.recovery_rule(Duration::ZERO).await;
    for told in 1..=3 {
        // Between two looks of the chore it fails and is well again.
        world.check(&shop, BAD).await;
        world.check(&shop, Reason::Ok).await;
        world.look_after(SECOND).await;
        assert_eq!(world.news().await.len(), told, "{:?}", world.news().await);
    }
});

both!(each_recovery_is_told_after_the_clock_was_set_back, async |database: TestDatabase| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.destinations(&["ops"]).await;
    world.recovery_rule(Duration::ZERO).await;
    // A trouble of before, which the clock comes to be earlier than, lasted for a minute.
    world.check(&shop, BAD).await;
    world.clock.advance(SECOND * 50);
    world.check(&shop, Reason::Ok).await;
    world.look_after(SECOND).await;
    world.services.beat().await.unwrap();
    world.clock.set(world.now() - SECOND * 600);
    world.services.beat().await.unwrap();
    for _ in 1..=3 {
        world.check(&shop, BAD).await;
        world.check(&shop, Reason::Ok).await;
        world.look_after(SECOND).await;
    }
    let why = "Nothing listens on the target's port.";
    let told = |after: &str| format!("ops: shop has recovered after {after}: {why}");
    assert_eq!(world.news().await, [told("1 min"), told("10 s"), told("10 s"), told("10 s")]);
});

both!(a_recovery_is_told_although_the_process_is_killed_just_after_it, async |database: TestDatabase| {
    let mut world = World::new(database).await;
    let shop = world.add("shop").await;
    world.destinations(&["ops"]).await;
    world.recovery_rule(Duration::ZERO).await;
    world.check(&shop, BAD).await;
    world.check(&shop, Reason::Ok).await;
    world.restart().await;
    world.look_after(SECOND * 600).await;
    assert_eq!(world.news().await, ["ops: shop has recovered after 10 s: Nothing listens on the target's port."]);
});

both!(each_of_several_recoveries_between_two_looks_is_told, async |database: TestDatabase| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.destinations(&["ops"]).await;
    world.recovery_rule(Duration::ZERO).await;
    for _ in 1..=3 {
        world.check(&shop, BAD).await;
        world.check(&shop, Reason::Ok).await;
    }
    assert_eq!(world.news().await.len(), 3, "{:?}", world.news().await);
    world.look_after(SECOND).await;
    assert_eq!(world.news().await.len(), 3, "once");
});

both!(a_recovery_is_told_that_could_not_be_written_down_for_long, async |database: TestDatabase| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.destinations(&["ops"]).await;
    let rule = world.recovery_rule(Duration::ZERO).await;
    world.check(&shop, BAD).await;
    let well = world.finished(&shop, Reason::Ok).await;
    world.clock.advance(SECOND * 120);
    world.services.record(&[well]).await.unwrap();
    assert_eq!(world.news().await.len(), 1);
    world.look_after(SECOND * 60).await;
    assert_eq!(world.services.alert_rule(&world.owner, rule).await.unwrap().firing_count, 0, "it was a moment");
});
