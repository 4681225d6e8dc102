//! Many alerts at once, and those that only seem to be at once.

use std::time::Duration;

use monitor_core::incident::Grouping;
use monitor_core::monitor::{Monitor, Settings};
use monitor_core::outcome::Reason;
use services::view::IncidentRow;
use test_support::both;
use test_support::builders::settings;
use test_support::database::TestDatabase;
use test_support::receiver::Receiver;

use crate::common::{World, strict};

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    /// So many monitors of a group, called by it.
    async fn of_group(&self, group: &str, count: u32) -> Vec<Monitor> {
        let mut monitors = Vec::new();
        for number in 1..=count {
            let policy = strict();
            let settings = settings(&format!("{group}{number}"), MINUTE);
            monitors.push(self.add_with(Settings { policy, group: Some(group.to_owned()), ..settings }).await);
        }
        monitors
    }

    /// So many monitors that have nothing in common.
    pub(crate) async fn strangers(&self, count: u32) -> Vec<Monitor> {
        let mut monitors = Vec::new();
        for number in 1..=count {
            monitors.push(self.add(&format!("n{number}")).await);
        }
        monitors
    }
}

/// How many monitors the open incidents have, and how many of them fail.
fn sizes(rows: &[IncidentRow]) -> Vec<(u64, u64)> {
    rows.iter().map(|row| (row.members, row.failing)).collect()
}

both!(what_was_just_to_join_an_incident_that_a_storm_takes_in_joins_the_storm, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let (x, y) = (world.of_group("x", 3).await, world.of_group("y", 4).await);
    let alone = world.strangers(8).await;
    world.all_end(&[&x[..], &y[..1]].concat(), Reason::NoReply).await;
    assert_eq!(world.lasting().await.len(), 2);
    world.all_end(&[&y[1..], &alone[..]].concat(), Reason::NoReply).await;
    assert_eq!(sizes(&world.lasting().await), [(15, 15)]);
    // What made others belong to it does so still.
    world.clock.advance(MINUTE * 2);
    world.slow(&y[3]).await;
    assert_eq!(sizes(&world.lasting().await), [(15, 15)]);
    world.all_end(&[&x[..], &y[..], &alone[..]].concat(), Reason::Ok).await;
    world.later(MINUTE * 2).await;
    assert_eq!(world.said().await.last().unwrap(), "resolved ops");
});

both!(what_fails_in_an_incident_that_is_part_of_another_is_found_again, async |database: TestDatabase| {
    let world = World::new(database).await;
    let (x, y) = (world.of_group("x", 5).await, world.of_group("y", 2).await);
    let alone = world.strangers(8).await;
    world.all_end(&[&x[..], &y[..]].concat(), Reason::NoReply).await;
    let part = world.lasting().await.iter().find(|row| row.members == 2).unwrap().incident.id;
    world.all_end(&alone, Reason::NoReply).await;
    assert_eq!(sizes(&world.lasting().await), [(15, 15)]);
    let lost = format!("UPDATE alert SET incident_id = {part} WHERE monitor_id = {}", y[1].id);
    world.database.execute(&lost).await;
    assert_eq!(sizes(&world.lasting().await), [(14, 14)]);
    world.clock.advance(Grouping::BY_HAND_FOR);
    assert_eq!(world.services.reopen_unresolved().await.unwrap(), 1);
    assert_eq!(world.services.reopen_unresolved().await.unwrap(), 0);
    assert_eq!(sizes(&world.lasting().await), [(15, 15)]);
    // Where nothing else lasts by then, it is an incident of its own again.
    world.database.execute(&lost).await;
    world.all_end(&[&x[..], &y[..1], &alone[..]].concat(), Reason::Ok).await;
    assert_eq!(sizes(&world.lasting().await), []);
    world.clock.advance(Grouping::BY_HAND_FOR);
    assert_eq!(world.services.reopen_unresolved().await.unwrap(), 1);
    let lasting: Vec<_> = world.lasting().await.iter().map(|row| (row.incident.id, row.failing)).collect();
    assert_eq!(lasting, [(part, 1)]);
});

both!(what_failed_before_the_clock_was_set_back_is_no_storm_with_what_fails_after, async |database: TestDatabase| {
    let world = World::new(database).await;
    for monitor in &world.strangers(9).await {
        world.clock.advance(MINUTE);
        world.check(monitor, Reason::NoReply).await;
    }
    assert_eq!(world.lasting().await.len(), 9);
    // Once before that is noticed, and once after.
    for (name, incidents) in [("early", 10), ("late", 11)] {
        world.services.beat().await.unwrap();
        world.clock.set(world.now() - MINUTE * 20);
        if name == "late" {
            world.services.beat().await.unwrap();
        }
        let monitor = world.add(name).await;
        world.check(&monitor, Reason::NoReply).await;
        assert_eq!(world.lasting().await.len(), incidents, "{name}");
    }
});
