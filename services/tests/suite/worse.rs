//! What is told of incidents that change several times, and by which alert they go.

use std::time::Duration;

use monitor_core::alerting::rule::Rule;
use monitor_core::alerting::{QuietHours, Severity, Zone};
use monitor_core::monitor::Monitor;
use monitor_core::outcome::Reason;
use services::{NewRoute, Silenced};
use test_support::both;
use test_support::database::TestDatabase;
use test_support::receiver::Receiver;

use crate::common::World;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Quiet hours from an hour before now until two hours after it.
pub(crate) fn quiet_now(world: &World, except: Option<Severity>) -> QuietHours {
    let zone = Zone::new("UTC").unwrap();
    let clock = |at| zone.to_minute(at)[11..].parse().unwrap();
    QuietHours {
        from: clock(world.now() - HOUR),
        to: clock(world.now() + HOUR * 2),
        zone: zone.clone(),
        days: "every day".parse().unwrap(),
        except,
    }
}

pub(crate) async fn rule(world: &World, monitor: &Monitor, condition: &str, severity: Severity) {
    let name = monitor.settings.name.as_str();
    let selector = world.services.about(&world.owner, name).await.unwrap();
    let rule = Rule { severity, ..Rule::new(selector, condition.parse().unwrap()) };
    world.services.add_alert(&world.owner, name, &rule).await.unwrap();
}

both!(what_gets_worse_twice_at_once_is_told_as_bad_as_it_is, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::Ok).await;
    rule(&world, &shop, "latency over 5m > 100ms", Severity::Info).await;
    world.clock.advance(SECOND * 15);
    world.services.evaluate_rules().await.unwrap();
    // One check has this one fire and finds that the shop is down.
    rule(&world, &shop, "degraded or down", Severity::Warning).await;
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.said().await, ["opened ops", "worse ops", "worse ops"]);
    let loud: Vec<_> = world.sent().await.iter().map(|row| row.severity).collect();
    assert_eq!(loud, [Severity::Info, Severity::Warning, Severity::Critical]);
    world.deliver_all().await;
    let last = String::from_utf8_lossy(&receiver.last().body).into_owned();
    assert!(last.contains("Worse: shop is down"), "{last}");
});

both!(what_begins_and_ends_twice_at_a_time_is_told_to_be_over, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let (_, address) = world.heartbeat("nightly").await;
    for signal in ["fail", "", "fail", ""] {
        world.ping(&address, signal).await;
    }
    assert_eq!(world.said().await, ["opened ops", "resolved ops", "reopened ops", "resolved ops"]);
});

both!(what_waits_for_another_monitor_of_an_incident_is_let_through_as_well, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    world.webhook("mail", &receiver, None).await;
    let (shop, blog) = (world.grouped("shop").await, world.grouped("blog").await);
    let (about, severity) = ("shop".to_owned(), Severity::Info);
    let route = NewRoute { about, severity, steps: vec![(Duration::ZERO, vec!["mail".to_owned()])] };
    world.services.add_route(&world.owner, &route).await.unwrap();
    let quiet = quiet_now(&world, Some(Severity::Critical));
    world.services.set_quiet_hours(&world.owner, "mail", Some(&quiet)).await.unwrap();
    world.check(&shop, Reason::Ok).await;
    world.slow(&shop).await;
    assert_eq!(world.said().await, [""; 0]);
    world.check(&blog, Reason::NoReply).await;
    assert_eq!(world.lasting().await.len(), 1);
    assert_eq!(world.said().await, ["opened mail"]);
    world.later(HOUR * 3).await;
    assert_eq!(world.said().await.len(), 1, "once");
});

both!(what_is_louder_than_what_lasts_is_worse_though_it_was_louder_once, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let (a, b, c) = (world.grouped("a").await, world.grouped("b").await, world.grouped("c").await);
    rule(&world, &a, "down", Severity::Info).await;
    rule(&world, &c, "down", Severity::Warning).await;
    for monitor in [&a, &b] {
        world.check(monitor, Reason::NoReply).await;
    }
    world.services.acknowledge(&world.owner, None, "b is mine").await.unwrap();
    world.check(&b, Reason::Ok).await;
    world.check(&c, Reason::NoReply).await;
    let incident = world.lasting().await.remove(0).incident;
    assert!(incident.title.starts_with("c: ") && incident.acknowledged.is_none(), "{incident:?}");
    assert_eq!(incident.severity, Severity::Critical, "as loud as it once was");
    assert_eq!(world.said().await, ["opened ops", "worse ops", "acknowledged ops", "worse ops"]);
});

both!(what_is_quieter_and_joins_leaves_the_severity_as_the_title, async |database: TestDatabase| {
    let world = World::new(database).await;
    let (a, b, c) = (world.grouped("a").await, world.grouped("b").await, world.grouped("c").await);
    for monitor in [&a, &c] {
        world.check(monitor, Reason::Ok).await;
    }
    world.slow(&a).await;
    world.check(&b, Reason::NoReply).await;
    world.check(&b, Reason::Ok).await;
    world.slow(&c).await;
    let rows = world.lasting().await;
    let open: Vec<_> =
        rows.iter().map(|row| (row.incident.title.as_str(), row.incident.severity, row.members)).collect();
    assert_eq!(open, [("b is down", Severity::Critical, 3)]);
});

both!(what_joined_in_a_silence_is_told_though_the_clock_was_set_back, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let (a, b) = (world.grouped("a").await, world.grouped("b").await);
    world.check(&a, Reason::NoReply).await;
    world.services.beat().await.unwrap();
    world.clock.set(world.now() - MINUTE * 10);
    world.services.beat().await.unwrap();
    world.services.silence(&world.owner, &Silenced::Monitors("b".to_owned()), MINUTE, "").await.unwrap();
    world.check(&b, Reason::NoReply).await;
    assert_eq!(world.lasting().await.len(), 1, "what just failed still just failed");
    assert_eq!(world.said().await, ["opened ops"]);
    world.later(MINUTE * 2).await;
    world.later(MINUTE).await;
    assert_eq!(world.said().await[1..], ["grew ops"]);
    world.services.silence(&world.owner, &Silenced::Monitors("all".to_owned()), MINUTE, "").await.unwrap();
    world.later(MINUTE * 2).await;
    world.later(MINUTE).await;
    assert_eq!(world.said().await.len(), 2, "once");
});

both!(growth_after_a_second_silence_is_not_told_to_be_worse_again, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let (a, b, c) = (world.grouped("a").await, world.grouped("b").await, world.grouped("c").await);
    rule(&world, &a, "down", Severity::Warning).await;
    rule(&world, &c, "down", Severity::Info).await;
    world.check(&a, Reason::NoReply).await;
    for (joins, told) in [(&b, "worse ops"), (&c, "grew ops")] {
        let before = world.said().await.len();
        let silenced = Silenced::Monitors(joins.settings.name.to_string());
        let silence = world.services.silence(&world.owner, &silenced, HOUR, "").await.unwrap();
        world.check(joins, Reason::NoReply).await;
        assert_eq!(world.said().await.len(), before);
        world.services.end_silence(&world.owner, silence.id).await.unwrap();
        world.later(SECOND * 10).await;
        assert_eq!(world.said().await[before..], [told]);
    }
    assert_eq!(world.lasting().await.len(), 1);
});

both!(quiet_hours_go_by_the_loudest_that_lasts, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    for name in ["ops", "mail"] {
        world.webhook(name, &receiver, None).await;
    }
    world.all_to(&["ops"]).await;
    let mut group = Vec::new();
    for name in ["blog", "shop", "cafe", "desk"] {
        group.push(world.grouped(name).await);
    }
    for (monitor, severity) in group[1..].iter().zip([Severity::Info, Severity::Info, Severity::Warning]) {
        rule(&world, monitor, "down", severity).await;
    }
    let steps = vec![(Duration::ZERO, vec!["mail".to_owned()])];
    let route = NewRoute { about: "cafe".to_owned(), severity: Severity::Info, steps };
    world.services.add_route(&world.owner, &route).await.unwrap();
    for monitor in &group[..2] {
        world.check(monitor, Reason::NoReply).await;
    }
    world.check(&group[0], Reason::Ok).await;
    world.later(SECOND * 35).await;
    assert_eq!(world.said().await, ["opened ops", "grew ops"]);
    for (name, except) in [("ops", Severity::Critical), ("mail", Severity::Warning)] {
        let quiet = quiet_now(&world, Some(except));
        world.services.set_quiet_hours(&world.owner, name, Some(&quiet)).await.unwrap();
    }
    // It was critical and is called so still, but only what is less lasts.
    world.check(&group[2], Reason::NoReply).await;
    world.later(SECOND * 10).await;
    assert_eq!(world.said().await[2..], [""; 0]);
    world.check(&group[3], Reason::NoReply).await;
    let row = world.lasting().await.remove(0);
    assert_eq!((row.members, row.incident.severity), (4, Severity::Critical));
    assert_eq!(world.said().await[2..], ["opened mail"], "a warning lasts");
    world.check(&group[0], Reason::NoReply).await;
    assert_eq!(world.said().await[3..], ["worse ops", "worse mail"]);
    world.all_end(&group, Reason::Ok).await;
    assert_eq!(world.said().await[5..], ["resolved ops", "resolved mail"], "of what was critical");
});
