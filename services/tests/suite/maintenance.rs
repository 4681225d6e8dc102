//! Maintenance windows: what begins and ends when, which monitors are in it, and what nobody is told of.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{Recurrence, When, Zone};
use monitor_core::health::Status;
use monitor_core::heartbeat::{PingMethod, Signal};
use monitor_core::incident::Resolution;
use monitor_core::monitor::{Monitor, Settings};
use monitor_core::outcome::Reason;
use monitor_core::report::Window;
use services::view::{Content, MaintenanceRow};
use services::{LEASE_SLACK, NewWindow, PingAddress, PingReport, ServiceError};
use test_support::both;
use test_support::builders::settings;
use test_support::database::KEY;

use crate::common::{World, strict};
use crate::heartbeats::nightly;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn utc() -> Zone {
    Zone::new("UTC").unwrap()
}

impl World {
    async fn work_on(&self, about: &str, from: Timestamp, until: Timestamp) -> MaintenanceRow {
        let when = When::once(from, until, utc(), self.now()).unwrap();
        let new = NewWindow { about: about.to_owned(), when, reason: "move".to_owned() };
        self.services.add_maintenance(&self.owner, &new).await.unwrap()
    }

    /// Time passes, and the chore looks.
    async fn turn_after(&self, time: Duration) -> u64 {
        self.clock.advance(time);
        self.services.turn_maintenance().await.unwrap()
    }

    async fn maintenance_notices(&self) -> Vec<(i32, String)> {
        let said = |post: services::view::Post| match post.content {
            Content::Notice(text) => Some((post.revision, text)),
            _ => None,
        };
        self.cards().await.into_iter().filter_map(said).collect()
    }

    async fn lasting_alerts(&self) -> usize {
        self.incidents().await.iter().filter(|named| named.alert.resolved.is_none()).count()
    }

    async fn planned(&self) -> Vec<MaintenanceRow> {
        self.services.maintenance(&self.owner).await.unwrap()
    }
}

both!(what_is_worked_on_is_checked_but_nobody_is_told_and_the_time_does_not_count, async |database| {
    let world = World::new(database).await;
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    world.check(&shop, Reason::Ok).await;
    world.check(&blog, Reason::Ok).await;
    let begun = world.now() + MINUTE;
    world.work_on("shop", begun, begun + HOUR).await;
    assert_eq!(world.turn_after(MINUTE - Duration::from_millis(1)).await, 0);
    assert_eq!(world.status(&shop).await, Status::Up);
    assert_eq!(world.turn_after(Duration::from_millis(1)).await, 1);
    assert_eq!(world.turn_after(Duration::from_secs(1)).await, 0);
    assert_eq!((world.status(&shop).await, world.status(&blog).await), (Status::Maintenance, Status::Up));

    let before = world.results(&shop).await;
    for _ in 0..3 {
        assert_eq!(world.check(&shop, Reason::ConnectionRefused).await.opened, 0);
    }
    assert_eq!((world.results(&shop).await, world.lasting_alerts().await), (before + 3, 0));
    assert_eq!(world.check(&blog, Reason::ConnectionRefused).await.opened, 1, "others are told of as before");

    world.clock.set(begun + HOUR);
    assert_eq!(world.turn_after(Duration::ZERO).await, 1);
    let state = world.state(&shop).await;
    assert_eq!((state.status, state.next_due), (Status::Unknown, Some(world.now())), "checked at once");
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.history(&shop).await, [Status::Up, Status::Maintenance, Status::Unknown, Status::Up]);
    let report =
        world.services.report(&world.owner, Some("shop"), Window { from: begun - MINUTE, to: world.now() }).await;
    let accounting = report.unwrap().report.accounting;
    assert_eq!(accounting.uptime(), Some(1.0));
    assert!(accounting.time(Status::Maintenance) >= HOUR - MINUTE, "{accounting:?}");
    assert!(world.planned().await.is_empty(), "it is over");
});

both!(an_open_alert_ends_with_the_maintenance_and_what_still_fails_after_it_is_told, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::ConnectionRefused).await;
    assert_eq!(world.lasting_alerts().await, 1);
    let window = world.work_on("all", world.now(), world.now() + HOUR).await;
    assert_eq!((window.is_on(), window.monitors), (true, 1), "one that is to be on now begins at once");
    let ended = &world.incidents().await[0];
    assert_eq!(ended.alert.resolved.map(|(_, resolution)| resolution), Some(Resolution::Maintenance));
    world.turn_after(HOUR).await;
    assert_eq!(world.check(&shop, Reason::ConnectionRefused).await.opened, 1);
});

both!(its_beginning_and_its_end_are_one_notice_in_the_conversation, async |database| {
    let world = World::new(database).await;
    world.add("shop").await;
    let window = world.work_on("shop", world.now(), world.now() + HOUR).await;
    let [(1, begun)] = &world.maintenance_notices().await[..] else {
        panic!("{:?}", world.maintenance_notices().await)
    };
    assert!(begun.starts_with("Maintenance has begun: shop (move), until "), "{begun}");
    assert!(begun.contains(&format!("1 monitor is checked, but nobody is told of what is found, and the time does not count in reports. `end-maintenance {}`", window.id)), "{begun}");
    world.clock.advance(10 * MINUTE);
    world.services.end_maintenance(&world.owner, window.id).await.unwrap();
    let [(2, over)] = &world.maintenance_notices().await[..] else { panic!("{:?}", world.maintenance_notices().await) };
    assert_eq!(
        over,
        "Maintenance is over: shop (move), after 10 min, ended early. 1 monitor is watched again from now on, and checked at once."
    );
    world.turn_after(MINUTE).await;
    assert_eq!(world.maintenance_notices().await.len(), 1, "it does not begin again");
    let again = world.services.end_maintenance(&world.owner, window.id).await;
    assert!(matches!(again, Err(ServiceError::MaintenanceNotFound(_))), "{again:?}");
});

both!(two_processes_begin_and_end_it_once, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let from = world.now() + MINUTE;
    world.work_on("shop", from, from + HOUR).await;
    let other = world.beside(world.database.open_again(KEY).await);
    for time in [from, from + HOUR] {
        world.clock.set(time);
        let (one, two) = tokio::join!(world.services.turn_maintenance(), other.turn_maintenance());
        assert_eq!(one.unwrap() + two.unwrap(), 1);
    }
    assert_eq!(world.history(&shop).await, [Status::Maintenance, Status::Unknown]);
    assert_eq!(world.maintenance_notices().await.iter().map(|(revision, _)| *revision).collect::<Vec<_>>(), [2]);
});

both!(a_monitor_leaves_when_the_last_of_its_windows_ends, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let now = world.now();
    world.work_on("shop", now, now + HOUR).await;
    world.work_on("all", now + 30 * MINUTE, now + 2 * HOUR).await;
    world.turn_after(30 * MINUTE).await;
    world.turn_after(30 * MINUTE).await;
    assert_eq!(world.status(&shop).await, Status::Maintenance, "the second one lasts");
    let view = world.services.show(&world.owner, "shop").await.unwrap();
    assert_eq!(view.maintenance.map(|window| window.until), Some(now + 2 * HOUR));
    world.turn_after(HOUR).await;
    assert_eq!(world.history(&shop).await, [Status::Maintenance, Status::Unknown]);
    world.clock.advance(MINUTE);
    // Both at once.
    let now = world.now();
    world.work_on("shop", now, now + HOUR).await;
    world.work_on("all", now, now + HOUR).await;
    world.turn_after(HOUR).await;
    assert_eq!(world.status(&shop).await, Status::Unknown);
});

both!(what_is_added_relabelled_or_resumed_meanwhile_is_in_it_and_nobody_is_told, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let paused = world.add("paused").await;
    world.services.pause_monitor(&world.owner, "paused").await.unwrap();
    let now = world.now();
    let window = world.work_on("env=prod", now, now + HOUR).await;
    assert_eq!(window.monitors, 0);
    let mut prod: Settings = Settings { policy: strict(), ..settings("api", MINUTE) };
    prod.labels.set("env=prod".parse().unwrap());
    let api = world.add_with(prod.clone()).await;
    assert_eq!(world.status(&api).await, Status::Maintenance, "at once");
    assert_eq!(world.check(&api, Reason::ConnectionRefused).await.opened, 0);

    let relabel = async |name: &str, monitor: &Monitor, labels| {
        let settings = Settings { labels, ..monitor.settings.clone() };
        world.services.edit_monitor(&world.owner, name, &settings).await.unwrap();
    };
    relabel("shop", &shop, prod.labels.clone()).await;
    relabel("paused", &paused, prod.labels.clone()).await;
    assert_eq!((world.status(&shop).await, world.status(&paused).await), (Status::Maintenance, Status::Paused));
    world.services.resume_monitor(&world.owner, "paused").await.unwrap();
    assert_eq!(world.status(&paused).await, Status::Maintenance);
    // Whoever pauses it meanwhile keeps it so.
    world.services.pause_monitor(&world.owner, "api").await.unwrap();
    assert_eq!(world.status(&api).await, Status::Paused);
    // What is not about it any more leaves it at the next look.
    relabel("shop", &shop, monitor_core::labels::Labels::default()).await;
    world.turn_after(Duration::from_secs(1)).await;
    assert_eq!(world.status(&shop).await, Status::Unknown);

    world.turn_after(HOUR).await;
    assert_eq!((world.status(&api).await, world.status(&paused).await), (Status::Paused, Status::Unknown));
    assert!(world.incidents().await.is_empty());
});

both!(a_restart_in_the_middle_changes_nothing, async |database| {
    let mut world = World::new(database).await;
    let shop = world.add("shop").await;
    let now = world.now();
    world.work_on("shop", now, now + HOUR).await;
    world.restart().await;
    world.services.account_for_absence().await.unwrap();
    assert_eq!(world.turn_after(MINUTE).await, 0);
    assert_eq!(world.check(&shop, Reason::ConnectionRefused).await.opened, 0);
    // Nobody looks when it ends.
    world.clock.advance(DAY);
    world.restart().await;
    world.services.account_for_absence().await.unwrap();
    assert_eq!(world.turn_after(Duration::ZERO).await, 1);
    assert_eq!(world.history(&shop).await, [Status::Maintenance, Status::Unknown]);
});

both!(a_clock_that_jumps_neither_keeps_it_on_nor_begins_it_twice, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let from = world.now() + HOUR;
    world.work_on("shop", from, from + HOUR).await;
    for (time, status) in [
        (from, Status::Maintenance),
        (from - Duration::from_secs(5), Status::Maintenance),
        (from + 3 * HOUR, Status::Unknown),
        (from + 59 * MINUTE, Status::Unknown),
    ] {
        world.clock.set(time);
        world.services.turn_maintenance().await.unwrap();
        assert_eq!(world.status(&shop).await, status, "{time}");
    }
    assert_eq!(world.maintenance_notices().await.len(), 1);

    // By a clock that is a month ahead tomorrow's work would be long over.
    world.services.turn_maintenance().await.unwrap();
    let tomorrow = world.now() + DAY;
    let daily = Recurrence::new("FREQ=DAILY", utc(), "12:00".parse().unwrap(), HOUR, world.now()).unwrap();
    let first = When::Recurring(daily.clone()).upcoming(world.now(), 1)[0];
    let new = NewWindow { about: "shop".into(), when: When::Recurring(daily), reason: String::new() };
    world.services.add_maintenance(&world.owner, &new).await.unwrap();
    world.clock.set(tomorrow + 30 * DAY);
    world.services.turn_maintenance().await.unwrap();
    world.clock.set(first.from - MINUTE);
    world.services.turn_maintenance().await.unwrap();
    world.clock.set(first.from);
    world.services.turn_maintenance().await.unwrap();
    assert_eq!(world.status(&shop).await, Status::Maintenance);
});

both!(a_check_that_began_during_the_work_is_no_vote_after_it, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let window = world.work_on("shop", world.now(), world.now() + HOUR).await;
    let running = world.finished(&shop, Reason::ConnectionRefused).await;
    world.services.end_maintenance(&world.owner, window.id).await.unwrap();
    let recorded = world.services.record(&[running]).await.unwrap();
    assert_eq!((recorded.stale, recorded.opened), (1, 0));
    assert_eq!(world.status(&shop).await, Status::Unknown);
});

both!(a_heartbeat_is_not_held_to_what_it_should_have_reported_during_the_work, async |database| {
    let world = World::new(database).await;
    let job = world.add_with(nightly("nightly")).await;
    let to = PingAddress::Uuid(world.store().heartbeat_address(job.id).await.unwrap().unwrap());
    let ping = PingReport {
        to,
        signal: Signal::from_word("").unwrap(),
        run: None,
        method: PingMethod::Get,
        remote: "192.0.2.1".into(),
        user_agent: "curl/8.0".into(),
        body: Vec::new(),
        body_bytes: 0,
        create: false,
    };
    world.services.receive_ping(ping.clone()).await.unwrap();
    let look = async || {
        world.store().beat(world.now()).await.unwrap();
        for claim in world.store().claim(world.now(), world.now(), 10, LEASE_SLACK).await.unwrap() {
            world.services.judge_heartbeat(claim).await.unwrap();
        }
    };
    let pinged = world.now();
    world.work_on("nightly", pinged + DAY - HOUR, pinged + DAY + 6 * HOUR).await;
    world.turn_after(DAY - HOUR).await;
    world.clock.set(pinged + DAY + 2 * HOUR);
    look().await;
    assert_eq!((world.status(&job).await, world.incidents().await.len()), (Status::Maintenance, 0));
    world.clock.set(pinged + DAY + 6 * HOUR);
    world.services.turn_maintenance().await.unwrap();
    look().await;
    assert_eq!(world.status(&job).await, Status::Unknown);
    let due = world.state(&job).await.next_due.unwrap();
    assert!(due > world.now() + 12 * HOUR, "awaited anew, not before {due}");
    world.clock.set(due);
    look().await;
    assert_eq!((world.status(&job).await, world.incidents().await.len()), (Status::Down, 1));
});

both!(a_recurring_one_is_deleted_with_all_that_is_to_come, async |database| {
    let world = World::new(database).await;
    let shop = world.add("shop").await;
    let at = utc().local(world.now() + MINUTE).strftime("%H:%M").to_string();
    let daily = Recurrence::new("FREQ=DAILY", utc(), at.parse().unwrap(), HOUR, world.now()).unwrap();
    let new = NewWindow { about: "shop".into(), when: When::Recurring(daily), reason: String::new() };
    let window = world.services.add_maintenance(&world.owner, &new).await.unwrap();
    assert!(!window.is_on());
    let not_on = world.services.end_maintenance(&world.owner, window.id).await;
    assert!(matches!(not_on, Err(ServiceError::MaintenanceNotOn(_))), "{not_on:?}");
    world.turn_after(MINUTE).await;
    assert_eq!(world.status(&shop).await, Status::Maintenance);
    world.services.end_maintenance(&world.owner, window.id).await.unwrap();
    assert_eq!(world.status(&shop).await, Status::Unknown);
    assert_eq!(world.planned().await.len(), 1, "it comes again");
    world.turn_after(DAY).await;
    assert_eq!(world.status(&shop).await, Status::Maintenance);
    world.services.delete_maintenance(&world.owner, window.id).await.unwrap();
    assert_eq!((world.status(&shop).await, world.planned().await.len()), (Status::Unknown, 0));
    world.turn_after(DAY).await;
    assert_eq!(world.status(&shop).await, Status::Unknown);
});

both!(what_fails_below_a_monitor_that_is_worked_on_is_told_only_if_it_still_does_after_it, async |database| {
    let world = World::new(database).await;
    let router = world.add("router").await;
    let below = |name: &str| Settings { parents: vec![router.id], policy: strict(), ..settings(name, MINUTE) };
    let (shop, blog) = (world.add_with(below("shop")).await, world.add_with(below("blog")).await);
    for monitor in [&router, &shop, &blog] {
        world.check(monitor, Reason::Ok).await;
    }
    let window = world.work_on("router", world.now(), world.now() + HOUR).await;
    for monitor in [&router, &shop, &blog] {
        world.check(monitor, Reason::ConnectTimeout).await;
    }
    let told = async || world.cards().await.into_iter().filter(|post| post.incident().is_some()).count();
    assert_eq!((world.lasting_alerts().await, told().await), (2, 0), "recorded, and nobody is told");
    let withheld = world.incidents().await[0].withheld.clone().unwrap();
    assert_eq!((withheld.parent.as_str(), withheld.down, withheld.maintenance), ("router", false, true));

    world.services.end_maintenance(&world.owner, window.id).await.unwrap();
    assert_eq!(world.state(&shop).await.next_due, Some(world.now()), "looked at again at once");
    world.check(&router, Reason::Ok).await;
    world.check(&shop, Reason::ConnectTimeout).await;
    world.check(&blog, Reason::Ok).await;
    assert_eq!((world.lasting_alerts().await, told().await), (1, 1));
});
