//! Jobs that report in: what their pings mean, and what it means that none come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::checks::IcmpSpec;
use monitor_core::health::Status;
use monitor_core::heartbeat::{HeartbeatSpec, PingMethod, Schedule, Signal, Uuid};
use monitor_core::monitor::{CheckSpec, Monitor, MonitorName, Settings};
use monitor_core::outcome::Reason;
use monitor_core::report::Retention;
use probes::Check;
use services::view::Post;
use services::{Clock, LEASE_SLACK, PingAddress, PingAnswer, PingError, PingReport, Recorded, ServiceError, Services};
use test_support::both;
use test_support::builders::{START, outcome};
use test_support::database::{KEY, TestDatabase};
use test_support::targets::misbehaving::never_connects;

use crate::common::{World, watching};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// The settings of a heartbeat of every day with an hour's grace.
pub(crate) fn nightly(name: &str) -> Settings {
    let spec = HeartbeatSpec::new(Schedule::Every(DAY), HOUR);
    Settings::new(MonitorName::new(name).unwrap(), CheckSpec::Heartbeat(spec))
}

pub(crate) fn report(to: PingAddress, signal: &str) -> PingReport {
    PingReport {
        to,
        signal: Signal::from_word(signal).unwrap(),
        run: None,
        method: PingMethod::Get,
        remote: "192.0.2.1".into(),
        user_agent: "curl/8.0".into(),
        body: Vec::new(),
        body_bytes: 0,
        create: false,
    }
}

impl World {
    pub(crate) async fn heartbeat(&self, name: &str) -> (Monitor, PingAddress) {
        let monitor = self.add_with(nightly(name)).await;
        let address = self.store().heartbeat_address(monitor.id).await.unwrap().unwrap();
        (monitor, PingAddress::Uuid(address))
    }

    pub(crate) async fn ping(&self, to: &PingAddress, signal: &str) -> Recorded {
        let (answer, recorded) = self.services.receive_ping(report(to.clone(), signal)).await.unwrap();
        assert_eq!(answer, PingAnswer::Received);
        recorded
    }

    /// Looks at every heartbeat that is due, as the scheduler does. Answers the reasons found.
    async fn look(&self) -> Vec<Reason> {
        let claims = self.store().claim(self.now(), self.now(), 100, LEASE_SLACK).await.unwrap();
        let mut reasons = Vec::new();
        for claim in claims {
            let (_, outcome) = self.services.judge_heartbeat(claim).await.unwrap();
            reasons.extend(outcome.map(|outcome| outcome.reason));
        }
        reasons
    }

    /// Time passes, in which the program runs and beats.
    async fn live(&self, time: Duration) {
        self.clock.advance(time);
        self.store().beat(self.now()).await.unwrap();
    }

    async fn card(&self) -> Post {
        self.cards().await.pop().unwrap()
    }
}

both!(a_job_that_falls_silent_is_told_once_and_recovers_with_its_next_ping, async |database| {
    let world = World::new(database).await;
    let (monitor, address) = world.heartbeat("nightly").await;
    world.clock.advance(DAY * 30);
    assert!(world.look().await.is_empty(), "before the first ping nothing is awaited");
    assert_eq!(world.status(&monitor).await, Status::Unknown);

    assert_eq!(world.ping(&address, "").await, Recorded { flips: 1, ..Recorded::default() });
    assert_eq!(world.state(&monitor).await.next_due, Some(world.now() + DAY + HOUR));
    world.clock.advance(DAY + HOUR);
    assert_eq!(world.look().await, [Reason::HeartbeatMissed]);
    let card = world.card().await;
    let incident = &card.incident().unwrap().incident;
    assert_eq!((card.revision, incident.reason, incident.opened_at), (1, Some(Reason::HeartbeatMissed), world.now()));
    assert!(incident.message.starts_with("no ping came; one was expected by 2026-"), "{}", incident.message);
    world.clock.advance(DAY);
    assert_eq!(world.look().await, [Reason::HeartbeatMissed], "missed again");
    assert_eq!(world.card().await.revision, 1, "and told once");

    assert_eq!(world.ping(&address, "").await, Recorded { flips: 1, resolved: 1, ..Recorded::default() });
    assert_eq!(world.card().await.revision, 2);
    assert_eq!(world.history(&monitor).await, [Status::Up, Status::Down, Status::Up]);
    assert_eq!(world.incidents().await.len(), 1);
});

both!(the_end_of_a_run_is_a_result_with_its_duration, async |database| {
    let world = World::new(database).await;
    let (monitor, address) = world.heartbeat("nightly").await;
    let run = Some(Uuid::from_u128(7));
    let body = b"backed up 3 files".to_vec();
    for (signal, minutes) in [("start", 12), ("log", 1), ("0", 5), ("7", 0)] {
        let report = PingReport { run, body: body.clone(), body_bytes: 17, ..report(address.clone(), signal) };
        world.services.receive_ping(report).await.unwrap();
        world.clock.advance(Duration::from_secs(60 * minutes));
    }
    let results = world.store().latest_results(monitor.id, 10).await.unwrap();
    let found: Vec<_> = results.iter().map(|result| (result.reason, result.duration.as_secs() / 60)).collect();
    assert_eq!(found, [(Reason::HeartbeatFailed, 0), (Reason::Ok, 13)]);
    assert_eq!(results[0].message, "the job ended with exit code 7");

    let (_, pings) = world.services.pings(&world.owner, "nightly", 10).await.unwrap();
    let signals: Vec<_> = pings.iter().map(|ping| (ping.number, ping.signal, ping.duration.is_some())).collect();
    let expected =
        [(4, Signal::Exit(7), false), (3, Signal::Exit(0), true), (2, Signal::Log, false), (1, Signal::Start, false)];
    assert_eq!(signals, expected);
    assert_eq!(world.services.ping_body(&world.owner, "nightly", 3).await.unwrap(), Some(body));
    world.clock.advance(HOUR);
    let day = world.services.show(&world.owner, "nightly").await.unwrap().day;
    assert_eq!(day.report.tally.total(), 2);
});

both!(a_run_is_held_against_the_owners_assertions, async |database| {
    let world = World::new(database).await;
    let mut settings = nightly("nightly");
    settings.assertions =
        monitor_core::assertion::Assertions::new(vec!["duration < 10m as degraded".parse().unwrap()]).unwrap();
    let monitor = world.add_with(settings).await;
    let address = PingAddress::Uuid(world.store().heartbeat_address(monitor.id).await.unwrap().unwrap());
    for minutes in [5, 20] {
        world.ping(&address, "start").await;
        world.clock.advance(Duration::from_secs(60 * minutes));
        world.ping(&address, "").await;
    }
    assert_eq!(world.history(&monitor).await, [Status::Up, Status::Degraded]);
});

both!(pings_that_come_at_once_are_all_written_and_in_order, async |database: TestDatabase| {
    let world = World::new(database).await;
    let mut addresses = Vec::new();
    for number in 0..5 {
        addresses.push(world.heartbeat(&format!("job{number}")).await);
    }
    let sending: Vec<_> = (0..200_usize)
        .map(|number| {
            let services = world.services.clone();
            let to = addresses[number % 5].1.clone();
            let signal = if number / 5 % 2 == 0 { "" } else { "fail" };
            tokio::spawn(async move { services.receive_ping(report(to, signal)).await })
        })
        .collect();
    for sent in sending {
        assert_eq!(sent.await.unwrap().unwrap().0, PingAnswer::Received);
    }
    for (monitor, _) in &addresses {
        let (_, pings) = world.services.pings(&world.owner, monitor.settings.name.as_str(), 100).await.unwrap();
        assert_eq!(pings.iter().map(|ping| ping.number).collect::<Vec<_>>(), (1..=40).rev().collect::<Vec<_>>());
        let fails = world.history(monitor).await.iter().filter(|status| **status == Status::Down).count();
        assert_eq!(fails, 20, "every failure and every recovery in between changed the status");
    }
    assert_eq!(world.incidents().await.len(), 100);
});

both!(two_processes_receive_for_the_same_heartbeat, async |database: TestDatabase| {
    let world = World::new(database).await;
    let (monitor, address) = world.heartbeat("nightly").await;
    let store = world.database.open_again(KEY).await;
    let other = world.beside(store);
    let sending: Vec<_> = (0..60)
        .map(|number| {
            let services = if number % 2 == 0 { world.services.clone() } else { other.clone() };
            let to = address.clone();
            tokio::spawn(async move { services.receive_ping(report(to, "")).await })
        })
        .collect();
    for sent in sending {
        assert_eq!(sent.await.unwrap().unwrap().0, PingAnswer::Received);
    }
    let (_, pings) = world.services.pings(&world.owner, "nightly", 100).await.unwrap();
    assert_eq!(pings.iter().map(|ping| ping.number).collect::<Vec<_>>(), (1..=60).rev().collect::<Vec<_>>());
    assert_eq!(world.history(&monitor).await, [Status::Up]);
});

both!(a_ping_that_comes_while_its_deadline_is_being_looked_at_counts, async |database| {
    let world = World::new(database).await;
    let (monitor, address) = world.heartbeat("nightly").await;
    world.ping(&address, "").await;
    world.clock.advance(DAY + HOUR);
    let [claim] = world.store().claim(world.now(), world.now(), 10, LEASE_SLACK).await.unwrap()[..] else {
        panic!("it is due")
    };
    world.ping(&address, "").await;
    let (recorded, outcome) = world.services.judge_heartbeat(claim).await.unwrap();
    assert_eq!((recorded.stale, outcome), (1, None));
    assert_eq!(world.status(&monitor).await, Status::Up);
    assert_eq!(world.state(&monitor).await.next_due, Some(world.now() + DAY + HOUR));
});

both!(a_ping_by_key_and_name_finds_or_makes_its_heartbeat, async |database| {
    let world = World::new(database).await;
    world.heartbeat("Backup").await;
    world.watch("shop", "https://shop.example").await;
    let url = world.services.ping_key_url(&world.owner).await.unwrap();
    let key = url.rsplit('/').next().unwrap().to_owned();
    assert_eq!(world.services.ping_key_url(&world.owner).await.unwrap(), url);
    let send = async |key: &str, slug: &str, create| {
        let to = PingAddress::Name { key: key.to_owned(), slug: slug.to_owned() };
        world.services.receive_ping(PingReport { create, ..report(to, "") }).await.unwrap().0
    };
    assert_eq!(send(&key, "backup", false).await, PingAnswer::Received);
    assert_eq!(send("wrong", "backup", true).await, PingAnswer::NotFound);
    assert_eq!(send(&key, "new-job", false).await, PingAnswer::NotFound);
    assert_eq!(send(&key, "new-job", true).await, PingAnswer::Created);
    assert_eq!(send(&key, "New-Job", true).await, PingAnswer::Received);
    assert_eq!(send(&key, "shop", true).await, PingAnswer::NotFound, "that is a website");
    assert_eq!(send(&key, "no name", true).await, PingAnswer::BadName);

    let made = world.services.monitor(&world.owner, "new-job").await.unwrap();
    assert_eq!(made.settings.spec.target(), "every 1d, grace 1h");
    world.clock.advance(DAY + HOUR);
    let mut missed = world.look().await;
    missed.dedup();
    assert_eq!(missed, [Reason::HeartbeatMissed]);
    assert_eq!(world.cards().await.len(), 2, "it is told where the others are");

    let renewed = world.services.renew_ping_key(&world.owner).await.unwrap();
    assert_ne!(renewed, url);
    assert_eq!(send(&key, "backup", false).await, PingAnswer::NotFound);
});

both!(a_paused_heartbeat_keeps_pings_and_judges_nothing_until_it_is_resumed, async |database| {
    let world = World::new(database).await;
    let (monitor, address) = world.heartbeat("nightly").await;
    world.ping(&address, "").await;
    world.services.pause_monitor(&world.owner, "nightly").await.unwrap();
    assert_eq!(world.ping(&address, "fail").await, Recorded::default());
    world.clock.advance(DAY * 3);
    assert!(world.look().await.is_empty());
    assert_eq!(world.services.pings(&world.owner, "nightly", 10).await.unwrap().1.len(), 2);
    world.services.resume_monitor(&world.owner, "nightly").await.unwrap();
    assert!(world.look().await.is_empty(), "it waits for its next ping as at first");
    assert_eq!(world.status(&monitor).await, Status::Unknown);
    world.ping(&address, "").await;
    assert_eq!(world.state(&monitor).await.next_due, Some(world.now() + DAY + HOUR));
});

both!(another_schedule_counts_from_now_on, async |database| {
    let world = World::new(database).await;
    let (monitor, address) = world.heartbeat("nightly").await;
    world.ping(&address, "").await;
    let pinged = world.now();
    let mut settings = nightly("nightly");
    settings.spec = CheckSpec::Heartbeat(HeartbeatSpec::new(Schedule::Every(HOUR * 2), HOUR));
    world.services.edit_monitor(&world.owner, "nightly", &settings).await.unwrap();
    assert_eq!(world.state(&monitor).await.next_due, Some(pinged + HOUR * 3));
    world.ping(&address, "").await;
    assert_eq!(world.state(&monitor).await.next_due, Some(world.now() + HOUR * 3));
});

both!(what_was_due_while_nobody_could_report_is_not_missed, async |database| {
    let mut world = World::new(database).await;
    let (monitor, address) = world.heartbeat("nightly").await;
    world.ping(&address, "").await;
    world.services.beat().await.unwrap();
    world.clock.advance(DAY * 5);
    world.restart().await;
    world.services.account_for_absence().await.unwrap().unwrap();
    assert!(world.look().await.is_empty());
    assert_eq!(world.status(&monitor).await, Status::Unknown);
    assert_eq!(world.state(&monitor).await.next_due, Some(world.now() + DAY + HOUR));
    world.ping(&address, "").await;
    assert_eq!(world.history(&monitor).await, [Status::Up, Status::Unknown, Status::Up]);
});

both!(restarts_do_not_postpone_a_deadline, async |database| {
    let mut world = World::new(database).await;
    let (monitor, address) = world.heartbeat("nightly").await;
    world.ping(&address, "").await;
    let deadline = world.now() + DAY + HOUR;
    for _ in 0..7 {
        world.live(HOUR * 3 - MINUTE * 2).await;
        world.clock.advance(MINUTE * 2);
        world.restart().await;
        world.services.account_for_absence().await.unwrap().unwrap();
        world.services.beat().await.unwrap();
        assert_eq!(world.state(&monitor).await.next_due, Some(deadline));
    }
    world.live(HOUR * 4).await;
    assert_eq!(world.look().await, [Reason::HeartbeatMissed]);
});

both!(a_deadline_that_passes_during_a_short_restart_is_excused, async |database| {
    let mut world = World::new(database).await;
    let (monitor, address) = world.heartbeat("nightly").await;
    world.ping(&address, "").await;
    world.live(DAY + HOUR - MINUTE / 6).await;
    world.clock.advance(MINUTE / 3);
    world.restart().await;
    assert_eq!(world.services.account_for_absence().await.unwrap(), None);
    assert!(world.look().await.is_empty());
    assert_eq!(world.status(&monitor).await, Status::Up);
    assert_eq!(world.state(&monitor).await.next_due, Some(world.now() + DAY + HOUR));
});

both!(a_deadline_that_passes_while_the_database_is_away_or_the_machine_sleeps_is_excused, async |database| {
    let world = World::new(database).await;
    let (early, address) = world.heartbeat("early").await;
    world.ping(&address, "").await;
    let (late, address) = world.heartbeat("late").await;
    world.live(MINUTE * 30).await;
    world.ping(&address, "").await;
    world.clock.advance(DAY + HOUR - MINUTE * 15);
    assert!(world.look().await.is_empty(), "looked at before the next beat");
    assert_eq!(world.state(&early).await.next_due, Some(world.now() + DAY + HOUR));
    world.services.beat().await.unwrap();
    assert_eq!(world.state(&late).await.next_due, Some(world.now() + DAY + HOUR), "it was expected meanwhile");
    for monitor in [early, late] {
        assert_eq!(world.status(&monitor).await, Status::Up);
    }
    world.live(DAY + HOUR).await;
    assert_eq!(world.look().await, [Reason::HeartbeatMissed; 2], "and later it counts again");
});

both!(while_the_network_cannot_be_seen_nobody_is_held_to_a_deadline, async |database| {
    let world = World::new(database).await;
    let (monitor, address) = world.heartbeat("nightly").await;
    world.ping(&address, "").await;
    world.live(DAY + HOUR).await;
    let check = |host: &str| {
        let spec = CheckSpec::Icmp(IcmpSpec::new(&format!("{host}.example")).unwrap());
        Check::compile(&Settings::new(MonitorName::new("x").unwrap(), spec)).unwrap()
    };
    for reason in [Reason::Ok, Reason::NoReply] {
        for host in ["a", "b", "c"] {
            world.clock.advance(Duration::from_secs(3));
            world.services.examine(&check(host), outcome(world.now(), reason)).await;
        }
    }
    assert!(world.look().await.is_empty());
    assert_eq!(world.status(&monitor).await, Status::Up);
    assert_eq!(world.state(&monitor).await.next_due, Some(world.now() + DAY + HOUR));
    world.live(DAY + HOUR).await;
    // This one passes too, and is judged only after the network is seen again.
    world.services.examine(&check("a"), outcome(world.now(), Reason::UnexpectedAnswer)).await;
    assert!(world.look().await.is_empty());
    assert_eq!(world.status(&monitor).await, Status::Up);
    assert_eq!(world.state(&monitor).await.next_due, Some(world.now() + DAY + HOUR));
    world.live(DAY + HOUR).await;
    assert_eq!(world.look().await, [Reason::HeartbeatMissed], "it can be seen again");
});

both!(heartbeats_alone_have_their_witnesses_looked_at_before_they_are_missed, async |database| {
    let mut world = World::new(database).await;
    let witness = never_connects().await;
    let url = format!("http://{}/", witness.addr());
    world.believe(vec![Check::compile(&watching("witness", &url)).unwrap()]);
    let mut monitors = Vec::new();
    for number in 0..12 {
        let (monitor, address) = world.heartbeat(&format!("job{number}")).await;
        world.ping(&address, "").await;
        monitors.push(monitor);
    }
    world.live(DAY + HOUR).await;
    assert_eq!(world.look().await, [], "their pings could not arrive");
    for monitor in &monitors {
        assert_eq!(world.status(monitor).await, Status::Up);
    }
    assert!(world.incidents().await.is_empty());
    let [(1, notice)] = &world.notices().await[..] else { panic!("{:?}", world.notices().await) };
    assert!(notice.starts_with("I cannot see the network: 1 of 1 witnesses do not answer"), "{notice}");

    // It refuses from now on, which is an answer.
    drop(witness);
    world.clock.advance(MINUTE);
    world.services.beat().await.unwrap();
    let [(2, notice)] = &world.notices().await[..] else { panic!("{:?}", world.notices().await) };
    assert!(notice.starts_with("I can see the network again"), "{notice}");
    world.live(DAY + HOUR).await;
    assert_eq!(world.look().await, [Reason::HeartbeatMissed; 12]);
});

both!(two_processes_make_the_same_heartbeats_at_once_and_lose_no_ping, async |database: TestDatabase| {
    let world = World::new(database).await;
    let url = world.services.ping_key_url(&world.owner).await.unwrap();
    let key = url.rsplit('/').next().unwrap();
    let other = world.beside(world.database.open_again(KEY).await);
    let sending: Vec<_> = (0..60)
        .map(|number| {
            let services = if number % 2 == 0 { world.services.clone() } else { other.clone() };
            let to = PingAddress::Name { key: key.to_owned(), slug: format!("Job-{}", number / 2) };
            tokio::spawn(async move { services.receive_ping(PingReport { create: true, ..report(to, "") }).await })
        })
        .collect();
    let mut made = 0;
    for sent in sending {
        match sent.await.unwrap().unwrap().0 {
            PingAnswer::Created => made += 1,
            answer => assert_eq!(answer, PingAnswer::Received),
        }
    }
    assert_eq!(made, 30);
});

/// A clock that panics once when it is asked for the second time.
#[derive(Debug, Default)]
struct Faltering {
    asked: AtomicBool,
    panicked: AtomicBool,
}

impl Clock for Faltering {
    fn now(&self) -> Timestamp {
        let again = self.asked.swap(true, Ordering::SeqCst);
        assert!(!again || self.panicked.swap(true, Ordering::SeqCst), "the second time");
        START
    }
}

both!(after_a_panic_pings_are_written_again, async |database| {
    let world = World::new(database).await;
    let (_, address) = world.heartbeat("nightly").await;
    let clock = Arc::new(Faltering::default());
    let services = Services::new(world.store().clone(), world.services.outbound().clone(), clock, Retention::default());
    let refused = services.receive_ping(report(address.clone(), "")).await;
    assert_eq!(refused, Err(PingError::Unavailable), "its sender tries again");
    let (answer, _) = services.receive_ping(report(address, "")).await.unwrap();
    assert_eq!(answer, PingAnswer::Received);
});

both!(a_heartbeat_that_is_gone_is_not_found, async |database| {
    let world = World::new(database).await;
    let (_, address) = world.heartbeat("nightly").await;
    world.ping(&address, "").await;
    world.services.delete_monitor(&world.owner, "nightly").await.unwrap();
    for to in [address, PingAddress::Uuid(Uuid::from_u128(1))] {
        assert_eq!(world.services.receive_ping(report(to, "")).await.unwrap().0, PingAnswer::NotFound);
    }
});

both!(while_the_database_is_away_a_ping_is_refused_and_not_taken, async |database: TestDatabase| {
    let world = World::new(database).await;
    let (_, address) = world.heartbeat("nightly").await;
    world.store().clone().close().await;
    let refused = world.services.receive_ping(report(address, "")).await;
    assert_eq!(refused, Err(PingError::Unavailable));
});

both!(heartbeats_are_not_checked_and_websites_do_not_report, async |database| {
    let world = World::new(database).await;
    world.heartbeat("nightly").await;
    world.watch("shop", "https://shop.example").await;
    let checked = world.services.check_now(&world.owner, "nightly").await;
    assert!(matches!(checked, Err(ServiceError::NotChecked(name)) if name == "nightly"));
    assert!(matches!(world.services.preview(&world.owner, &nightly("x")).await, Err(ServiceError::NotChecked(_))));
    assert!(matches!(world.services.pings(&world.owner, "shop", 1).await, Err(ServiceError::NotHeartbeat(_))));
    assert!(matches!(world.services.ping_url(&world.owner, "shop").await, Err(ServiceError::NotHeartbeat(_))));
    world.services.publish_pings_at("https://watch.example/");
    let url = world.services.ping_url(&world.owner, "nightly").await.unwrap();
    assert!(url.starts_with("https://watch.example/ping/") && url.len() == 27 + 36, "{url}");
});
