//! What is tried again when its destination has quiet hours by then.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{QuietHours, Severity, Zone};
use monitor_core::outcome::Reason;
use services::view::NotificationState;
use test_support::both;
use test_support::database::TestDatabase;
use test_support::receiver::{Reaction, Receiver};
use test_support::targets::Answer;

use crate::common::World;
use crate::worse::{quiet_now, rule};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Quiet hours between these times for what is not critical.
fn between(from: Timestamp, to: Timestamp) -> QuietHours {
    let zone = Zone::new("UTC").unwrap();
    let clock = |at| zone.to_minute(at)[11..].parse().unwrap();
    let (from, to, except) = (clock(from), clock(to), Some(Severity::Critical));
    QuietHours { from, to, zone: zone.clone(), days: "every day".parse().unwrap(), except }
}

both!(what_could_not_be_told_before_quiet_hours_is_not_tried_again_in_them, async |database: TestDatabase| {
    let (world, receiver) = (World::new(database).await, Receiver::start().await);
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let shop = world.add("shop").await;
    rule(&world, &shop, "down", Severity::Warning).await;
    let quiet = between(world.now() + HOUR, world.now() + HOUR * 8);
    world.services.set_quiet_hours(&world.owner, "ops", Some(&quiet)).await.unwrap();
    receiver.otherwise(Reaction::Echo(503));
    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(receiver.requests().len(), 1);
    receiver.otherwise(Reaction::Echo(200));
    world.clock.advance(HOUR * 2);
    world.deliver_all().await;
    let row = world.sent().await.remove(0);
    assert_eq!((receiver.requests().len(), row.state, row.attempts), (1, NotificationState::Due, 1));
    assert!(row.error.as_deref().is_some_and(|error| error.starts_with("quiet hours (")), "{row:?}");
    // What is loud enough to be told takes with it what comes before it.
    rule(&world, &shop, "degraded or down", Severity::Critical).await;
    world.deliver_all().await;
    assert_eq!(world.said().await, ["opened ops", "worse ops"]);
    assert_eq!(receiver.requests().len(), 3);
});

both!(what_waits_to_be_tried_again_waits_for_the_end_of_new_quiet_hours, async |database: TestDatabase| {
    let (world, receiver) = (World::new(database).await, Receiver::start().await);
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let shop = world.add("shop").await;
    receiver.then(Reaction::Echo(503));
    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    world.services.set_quiet_hours(&world.owner, "ops", Some(&quiet_now(&world, None))).await.unwrap();
    world.clock.advance(HOUR);
    world.deliver_all().await;
    assert_eq!(receiver.requests().len(), 1);
    world.clock.advance(HOUR * 2);
    world.deliver_all().await;
    assert_eq!(receiver.requests().len(), 2);
    assert_eq!(world.sent().await[0].state, NotificationState::Sent);
});

both!(what_is_loud_enough_for_new_quiet_hours_waits_for_nothing_quieter, async |database: TestDatabase| {
    let (world, receiver) = (World::new(database).await, Receiver::start().await);
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let shop = world.add("shop").await;
    rule(&world, &shop, "down", Severity::Warning).await;
    receiver.otherwise(Reaction::Echo(503));
    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    rule(&world, &shop, "degraded or down", Severity::Critical).await;
    world.deliver_all().await;
    assert_eq!(receiver.requests().len(), 2);
    receiver.otherwise(Reaction::Echo(200));
    let quiet = quiet_now(&world, Some(Severity::Critical));
    world.services.set_quiet_hours(&world.owner, "ops", Some(&quiet)).await.unwrap();
    world.deliver_all().await;
    assert_eq!(world.said().await, ["opened ops", "worse ops"]);
    assert_eq!(receiver.requests().len(), 4);
});

both!(the_time_in_quiet_hours_is_none_in_which_it_is_tried, async |database: TestDatabase| {
    let (world, receiver) = (World::new(database).await, Receiver::start().await);
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let shop = world.add("shop").await;
    rule(&world, &shop, "down", Severity::Warning).await;
    let quiet = between(world.now() + HOUR, world.now());
    world.services.set_quiet_hours(&world.owner, "ops", Some(&quiet)).await.unwrap();
    receiver.then(Reaction::Echo(503));
    receiver.then(Answer::status(429).header("Retry-After", "120"));
    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    world.clock.advance(HOUR * 2);
    world.deliver_all().await;
    assert_eq!(receiver.requests().len(), 1);
    world.clock.advance(HOUR * 22 + MINUTE);
    world.deliver_all().await;
    let row = world.sent().await.remove(0);
    assert_eq!((receiver.requests().len(), row.state), (2, NotificationState::Due), "a day after the first attempt");
    world.clock.advance(MINUTE * 3);
    world.deliver_all().await;
    assert_eq!(world.sent().await[0].state, NotificationState::Sent);
});
