//! What is told when it gets worse, begins again or comes together, and of destinations that hang.

use std::collections::BTreeMap;
use std::time::Duration;

use monitor_core::alerting::rule::Rule;
use monitor_core::alerting::{Event, Notification, QuietHours, Severity, Zone};
use monitor_core::incident::{Entry, Grouping, IncidentId};
use monitor_core::monitor::{Monitor, Settings};
use monitor_core::outcome::Reason;
use services::view::{IncidentFilter, IncidentRow, NotificationFilter, NotificationRow, NotificationState};
use services::{DestinationView, Fields, Finished, NewDestination, NewRoute, ServiceError, Silenced};
use storage::{NewIncident, NewNotification};
use test_support::both;
use test_support::builders::settings;
use test_support::database::TestDatabase;
use test_support::receiver::{Reaction, Receiver};

use crate::common::{World, strict};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

impl World {
    pub(crate) async fn webhook(&self, name: &str, receiver: &Receiver, fallback: Option<&str>) -> DestinationView {
        let new = NewDestination {
            name: name.to_owned(),
            kind: "webhook".to_owned(),
            fields: Fields(BTreeMap::from([("url".to_owned(), receiver.url())])),
            rate: None,
            fallback: fallback.map(str::to_owned),
        };
        self.services.add_destination(&self.owner, &new).await.unwrap()
    }

    /// Has the first of these told of everything at once, and each other one ten minutes after the one before.
    pub(crate) async fn all_to(&self, names: &[&str]) {
        let steps = names.iter().zip(0_u32..).map(|(name, step)| (MINUTE * 10 * step, vec![(*name).to_owned()]));
        let route = NewRoute { about: "all".to_owned(), severity: Severity::Info, steps: steps.collect() };
        self.services.add_route(&self.owner, &route).await.unwrap();
    }

    pub(crate) async fn grouped(&self, name: &str) -> Monitor {
        let policy = strict();
        self.add_with(Settings { policy, group: Some("shop".to_owned()), ..settings(name, MINUTE) }).await
    }

    /// A warning of that monitor, which lasts: it is slow.
    pub(crate) async fn slow(&self, monitor: &Monitor) {
        let name = monitor.settings.name.as_str();
        let selector = self.services.about(&self.owner, name).await.unwrap();
        let rule =
            Rule { severity: Severity::Warning, ..Rule::new(selector, "latency over 5m > 100ms".parse().unwrap()) };
        self.services.add_alert(&self.owner, name, &rule).await.unwrap();
        // The last figures are known some seconds later.
        self.clock.advance(SECOND * 15);
        self.services.evaluate_rules().await.unwrap();
    }

    /// Checks of all these monitors end so at once.
    pub(crate) async fn all_end(&self, monitors: &[Monitor], reason: Reason) {
        self.clock.advance(SECOND);
        let mut batch: Vec<Finished> = Vec::new();
        for monitor in monitors {
            batch.push(self.finished(monitor, reason).await);
        }
        self.services.record(&batch).await.unwrap();
    }

    /// Time passes, and what is due is told.
    pub(crate) async fn later(&self, time: Duration) {
        self.clock.advance(time);
        self.services.escalate().await.unwrap();
    }

    /// Delivers all that is due now.
    pub(crate) async fn deliver_all(&self) {
        while let Some(claim) = self.services.claim_deliveries(1).await.unwrap().claims.pop() {
            self.services.deliver(&claim).await.unwrap();
        }
    }

    pub(crate) async fn sent(&self) -> Vec<NotificationRow> {
        let all = NotificationFilter::default();
        let mut rows = self.services.notifications(&self.owner, &all, 0, 10_000).await.unwrap().1;
        rows.reverse();
        rows
    }

    /// Everything that was queued, in order: `opened ops`.
    pub(crate) async fn said(&self) -> Vec<String> {
        let rows = self.sent().await;
        rows.iter().map(|row| format!("{} {}", row.event.as_str(), row.destination_name)).collect()
    }

    pub(crate) async fn lasting(&self) -> Vec<IncidentRow> {
        let open = IncidentFilter { open: Some(true), ..IncidentFilter::default() };
        self.services.incidents(&self.owner, None, &open, 100).await.unwrap()
    }
}

both!(what_gets_worse_is_told_at_once_and_taken_care_of_by_nobody, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    for name in ["ops", "boss"] {
        world.webhook(name, &receiver, None).await;
    }
    world.all_to(&["ops", "boss"]).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::Ok).await;
    world.slow(&shop).await;
    assert_eq!(world.said().await, ["opened ops"]);
    let warned = &world.lasting().await[0];
    assert!(warned.incident.title.starts_with("shop: the mean latency"), "{}", warned.incident.title);
    world.services.acknowledge(&world.owner, None, "").await.unwrap();

    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.said().await[1..], ["acknowledged ops", "worse ops"]);
    let row = &world.lasting().await[0];
    assert_eq!((row.incident.title.as_str(), row.incident.severity), ("shop is down", Severity::Critical));
    assert_eq!((row.incident.acknowledged, row.incident.reason), (None, Some(Reason::NoReply)));
    let (_, story) = world.services.postmortem(&world.owner, Some("shop")).await.unwrap();
    assert!(story.contains("it got worse, critical: nobody takes care of that yet"), "{story}");
    world.later(MINUTE * 10).await;
    assert_eq!(world.said().await[3..], ["escalated boss"], "the steps begin again");

    // It is well again but still slow, and then down once more.
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.said().await.len(), 4);
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.said().await[4..], ["worse ops", "worse boss"]);
    world.deliver_all().await;
    let last = String::from_utf8_lossy(&receiver.last().body).into_owned();
    assert!(last.contains("Worse: shop is down"), "{last}");
});

both!(whom_two_steps_come_to_at_once_is_told_once_and_why, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    for name in ["ops", "boss"] {
        world.webhook(name, &receiver, None).await;
    }
    world.all_to(&["ops", "boss"]).await;
    let shop = world.add("shop").await;
    let steps = vec![(Duration::ZERO, vec!["ops".to_owned()]), (MINUTE * 10, vec!["boss".to_owned()])];
    let route = NewRoute { about: "shop".to_owned(), severity: Severity::Info, steps };
    world.services.add_route(&world.owner, &route).await.unwrap();
    world.check(&shop, Reason::NoReply).await;
    world.later(MINUTE * 10).await;
    assert_eq!(world.said().await, ["opened ops", "escalated boss"]);
    let incident = world.lasting().await[0].incident.id;
    let timeline = world.store().timeline(incident, 1_000).await.unwrap();
    let why = |entry| match entry {
        Entry::Queued { destination, because, .. } if destination == "boss" => Some(because),
        _ => None,
    };
    let why: Vec<String> = timeline.into_iter().filter_map(|row| why(row.entry)).collect();
    assert!(why.len() == 1 && why[0].contains("route 1: ") && why[0].contains("; route 2: "), "{why:?}");
});

both!(a_louder_monitor_that_joins_is_told_at_once, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let (a, b, c) = (world.grouped("a").await, world.grouped("b").await, world.grouped("c").await);
    world.check(&a, Reason::Ok).await;
    world.slow(&a).await;
    world.check(&b, Reason::NoReply).await;
    assert_eq!(world.said().await, ["opened ops", "worse ops"]);
    let rows = world.lasting().await;
    assert_eq!(rows.iter().map(IncidentRow::headline).collect::<Vec<_>>(), ["b is down, and 1 more"]);
    // What is no louder only grows.
    world.all_end(std::slice::from_ref(&c), Reason::NoReply).await;
    assert_eq!(world.said().await.len(), 2);
    world.later(SECOND * 5).await;
    assert_eq!(world.said().await[2..], ["grew ops"]);
});

both!(what_gets_worse_in_a_silence_is_told_when_it_ends, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    for name in ["ops", "boss"] {
        world.webhook(name, &receiver, None).await;
    }
    world.all_to(&["ops", "boss"]).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::Ok).await;
    world.slow(&shop).await;
    world.services.silence(&world.owner, &Silenced::Monitors("shop".to_owned()), MINUTE * 2, "").await.unwrap();
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.said().await, ["opened ops"]);
    world.later(MINUTE * 2).await;
    assert_eq!(world.said().await[1..], ["worse ops"]);
    world.later(MINUTE * 10).await;
    assert_eq!(world.said().await[2..], ["escalated boss"]);
});

both!(quiet_hours_do_not_hold_back_what_becomes_loud_enough, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    world.webhook("mail", &receiver, None).await;
    world.all_to(&["mail"]).await;
    let zone = Zone::new("UTC").unwrap();
    let clock = |at| zone.to_minute(at)[11..].parse().unwrap();
    let quiet = QuietHours {
        from: clock(world.now() - HOUR),
        to: clock(world.now() + HOUR * 2),
        zone: zone.clone(),
        days: "every day".parse().unwrap(),
        except: Some(Severity::Critical),
    };
    world.services.set_quiet_hours(&world.owner, "mail", Some(&quiet)).await.unwrap();
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    for monitor in [&shop, &blog] {
        world.check(monitor, Reason::Ok).await;
    }
    world.slow(&shop).await;
    assert_eq!(world.said().await, [""; 0], "it is only a warning");
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.said().await, ["opened mail"]);
    world.later(HOUR * 3).await;
    assert_eq!(world.said().await.len(), 1, "what waited was told with it");
});

both!(what_begins_again_is_told_to_whom_its_end_could_not_be_and_to_its_fallback, async |database: TestDatabase| {
    let world = World::new(database).await;
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    world.webhook("mail", &other, None).await;
    world.webhook("ops", &receiver, Some("mail")).await;
    world.all_to(&["ops"]).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    receiver.otherwise(Reaction::Echo(410));
    world.check(&shop, Reason::Ok).await;
    world.deliver_all().await;
    assert_eq!(world.said().await, ["opened ops", "resolved ops", "resolved mail"]);

    world.check(&shop, Reason::NoReply).await;
    world.deliver_all().await;
    assert_eq!(world.said().await[3..], ["reopened ops", "reopened mail"]);
    // Its end is not sent again while it lasts.
    let (end, again) = (world.sent().await[1].id, world.sent().await[3].id);
    let error = world.services.resend(&world.owner, Some(end)).await.unwrap_err();
    assert!(matches!(error, ServiceError::NotResent { .. }) && error.to_string().contains("lasts again"), "{error}");
    assert_eq!(world.services.resend(&world.owner, None).await.unwrap(), [again]);
    let row = &world.sent().await[1];
    assert_eq!(row.state, NotificationState::Dropped, "{row:?}");
    assert_eq!(row.error.as_deref(), Some("the incident lasts again"));
});

both!(a_storm_of_monitors_that_had_trouble_lately_is_one_incident, async |database: TestDatabase| {
    let world = World::new(database).await;
    let mut monitors = Vec::new();
    for number in 0..12 {
        monitors.push(world.add(&format!("m{number:02}")).await);
    }
    for monitor in &monitors {
        world.check(monitor, Reason::NoReply).await;
        world.check(monitor, Reason::Ok).await;
    }
    assert_eq!(world.lasting().await, []);
    world.clock.advance(MINUTE);
    world.all_end(&monitors, Reason::NoReply).await;
    let open = world.lasting().await;
    assert_eq!(open.iter().map(|row| (row.members, row.failing)).collect::<Vec<_>>(), [(12, 12)]);
});

both!(another_alert_of_a_monitor_whose_incident_became_part_of_a_storm_joins_that, async |database: TestDatabase| {
    let world = World::new(database).await;
    let mut monitors = Vec::new();
    for number in 0..14 {
        monitors.push(world.add(&format!("m{number:02}")).await);
    }
    world.all_end(&monitors[..3], Reason::Ok).await;
    world.all_end(&monitors[..3], Reason::NoReply).await;
    assert_eq!(world.lasting().await.len(), 3);
    world.all_end(&monitors[3..], Reason::NoReply).await;
    assert_eq!(world.lasting().await.len(), 1);
    world.clock.advance(MINUTE * 2);
    for monitor in &monitors[..3] {
        world.slow(monitor).await;
    }
    let open = world.lasting().await;
    assert_eq!(open.iter().map(|row| row.members).collect::<Vec<_>>(), [14]);
});

both!(what_was_resolved_too_early_joins_what_its_monitor_has_open, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    world.webhook("ops", &receiver, None).await;
    world.all_to(&["ops"]).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::Ok).await;
    world.check(&shop, Reason::NoReply).await;
    world.services.resolve(&world.owner, Some("shop"), "", None).await.unwrap();
    world.slow(&shop).await;
    assert_eq!(world.said().await, ["opened ops", "resolved ops", "opened ops"]);
    world.clock.advance(Grouping::BY_HAND_FOR);
    assert_eq!(world.services.reopen_unresolved().await.unwrap(), 1);
    assert_eq!(world.services.reopen_unresolved().await.unwrap(), 0);
    let open = world.lasting().await;
    let open: Vec<_> = open.iter().map(|row| (row.incident.title.as_str(), row.incident.severity)).collect();
    assert_eq!(open, [("shop is down", Severity::Critical)]);
    assert_eq!(world.said().await[3..], ["worse ops"]);
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.lasting().await.len(), 1, "it is slow");
});

both!(destinations_that_hang_leave_room_for_those_that_do_not, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    let mut all = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "healthy"] {
        all.push(world.webhook(name, &receiver, None).await);
    }
    let healthy = all.pop().unwrap();
    let tx = world.store().begin().await.unwrap();
    for round in 0..20 {
        let incident = told_of(&world, &tx).await;
        let new: Vec<_> = all.iter().map(|to| opened(&world, to, incident, round)).collect();
        tx.enqueue(&new, world.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    // None of them answers.
    let (slots, aside) = (64, 16);
    let mut under_way = 0;
    loop {
        let found = world.services.claim_deliveries(slots - under_way).await.unwrap();
        if found.claims.is_empty() {
            assert!(found.next.is_none_or(|next| next > world.now()), "nobody looks again and again: {found:?}");
            break;
        }
        under_way += u32::try_from(found.claims.len()).unwrap();
    }
    assert!(under_way >= slots - aside && under_way < slots, "{under_way}");
    let tx = world.store().begin().await.unwrap();
    let incident = told_of(&world, &tx).await;
    tx.enqueue(&[opened(&world, &healthy, incident, 99)], world.now()).await.unwrap();
    tx.commit().await.unwrap();
    let found = world.services.claim_deliveries(slots - under_way).await.unwrap();
    assert_eq!(found.claims.iter().map(|claim| claim.destination).collect::<Vec<_>>(), [healthy.id]);
});

async fn told_of(world: &World, tx: &storage::Tx) -> IncidentId {
    let new = NewIncident {
        organisation: world.owner.organisation,
        title: "shop is down",
        severity: Severity::Critical,
        at: world.now(),
        reason: None,
        message: "",
        declared_by: None,
    };
    tx.insert_incident(&new).await.unwrap()
}

fn opened(world: &World, to: &DestinationView, incident: IncidentId, round: u32) -> NewNotification {
    let key = format!("{round}/{}", to.name);
    let content = Notification { key, event: Event::Opened, at: world.now(), incident: None, text: String::new() };
    NewNotification {
        organisation: world.owner.organisation,
        destination: to.id,
        incident: Some(incident),
        event: Event::Opened,
        severity: Severity::Critical,
        not_before: world.now(),
        content,
    }
}
