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
