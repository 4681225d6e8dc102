//! Who is told of what, when, and who is not.

use std::time::Duration;

use monitor_core::alerting::rule::{Condition, Rule};
use monitor_core::alerting::{
    DestinationId, Event, Handover, Notification, QuietHours, RouteId, Selector, Severity, SilenceId, Zone,
};
use monitor_core::incident::{Entry, IncidentId};
use monitor_core::monitor::{Monitor, Settings};
use monitor_core::outcome::Reason;
use monitor_core::secret::Secret;
use services::{DestinationChange, Finished, NewRotation, NewRoute, ServiceError, Silenced};
use storage::{
    DestinationSettings, IncidentFilter, IncidentRow, NewNotification, NotificationFilter, NotificationState,
};
use test_support::both;
use test_support::builders::settings;
use test_support::database::{KEY, TestDatabase};

use crate::common::{World, strict};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// A world in which somebody outside is told.
struct Routed(World);

impl std::ops::Deref for Routed {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Routed {
    async fn destinations(&self, names: &[&str]) -> Vec<DestinationId> {
        let mut ids = Vec::new();
        for name in names {
            let settings = DestinationSettings {
                name: (*name).to_owned(),
                kind: "webhook".to_owned(),
                fields: Secret::new("{}"),
                rate: None,
                fallback: None,
            };
            let tx = self.store().begin().await.unwrap();
            let id = tx.insert_destination(self.owner.organisation, self.owner.person, &settings, self.now()).await;
            ids.push(id.unwrap().unwrap());
            tx.commit().await.unwrap();
        }
        ids
    }

    async fn route(&self, about: &str, severity: Severity, steps: &[(u64, &[&str])]) -> RouteId {
        let step = |(minutes, names): &(u64, &[&str])| {
            (Duration::from_secs(minutes * 60), names.iter().map(|name| (*name).to_owned()).collect())
        };
        let new = NewRoute { about: about.to_owned(), severity, steps: steps.iter().map(step).collect() };
        self.services.add_route(&self.owner, &new).await.unwrap().id
    }

    async fn labelled(&self, name: &str, label: &str) -> Monitor {
        let mut settings = Settings { policy: strict(), ..settings(name, MINUTE) };
        settings.labels.set(label.parse().unwrap());
        self.add_with(settings).await
    }

    /// Time passes, and what is due is told.
    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.services.escalate().await.unwrap();
    }

    /// Everything that was queued, in order: `opened ops`.
    async fn told(&self) -> Vec<String> {
        let filter = NotificationFilter::default();
        let (_, mut rows) = self.store().notifications(self.owner.organisation, &filter, 0, 10_000).await.unwrap();
        rows.reverse();
        rows.iter().map(|row| format!("{} {}", row.event.as_str(), row.destination_name)).collect()
    }

    /// All incidents that are not part of others, the latest first.
    async fn all_incidents(&self) -> Vec<IncidentRow> {
        self.services.incidents(&self.owner, None, &IncidentFilter::default(), 1_000).await.unwrap()
    }

    async fn incident(&self) -> IncidentId {
        self.all_incidents().await[0].incident.id
    }

    /// Why somebody was told, or was not, of an incident.
    async fn because(&self, incident: IncidentId) -> Vec<String> {
        let timeline = self.store().timeline(incident, 1_000).await.unwrap();
        let words = |entry: Entry| match entry {
            Entry::Queued { destination, event, because, .. } => {
                Some(format!("{} {destination}: {because}", event.as_str()))
            }
            Entry::Suppressed { destination, event, because } => {
                Some(format!("not {} {destination}: {because}", event.as_str()))
            }
            Entry::Escalated { step, because } => Some(format!("step {step}: {because}")),
            _ => None,
        };
        timeline.into_iter().filter_map(|row| words(row.entry)).collect()
    }

    async fn silence(&self, what: Silenced, minutes: u32) -> SilenceId {
        self.services.silence(&self.owner, &what, MINUTE * minutes, "deploy").await.unwrap().id
    }
}

fn monitors(words: &str) -> Silenced {
    Silenced::Monitors(words.to_owned())
}

both!(all_routes_that_match_apply_and_who_is_told_twice_is_told_once, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops", "boss", "sms"]).await;
    world.route("env=prod", Severity::Critical, &[(0, &["ops"])]).await;
    world.route("all", Severity::Info, &[(0, &["#OPS", "boss"])]).await;
    world.route("env=staging", Severity::Info, &[(0, &["sms"])]).await;
    let shop = world.labelled("shop", "env=prod").await;
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.told().await, ["opened ops", "opened boss"]);
    assert_eq!(
        world.because(world.incident().await).await,
        ["opened ops: route 1: env=prod, critical; route 2: all, critical", "opened boss: route 2: all, critical"]
    );
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.told().await[2..], ["resolved ops", "resolved boss"]);
});

both!(without_a_route_the_timeline_says_so, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    let ops = world.destinations(&["ops"]).await[0];
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.told().await, [""; 0]);
    assert_eq!(world.because(world.incident().await).await, ["not opened : no route is about it"]);
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.told().await, [""; 0], "who was not told that it began is not told that it is over");

    let made = world.services.route_everything_if_none(&world.owner, ops).await.unwrap().unwrap();
    assert_eq!((made.words.as_str(), made.severity), ("all", Severity::Info));
    assert_eq!(world.services.route_everything_if_none(&world.owner, ops).await.unwrap(), None);
    let unknown = world.services.route_everything_if_none(&world.owner, DestinationId(999)).await;
    assert!(matches!(unknown, Err(ServiceError::DestinationNotFound { .. })));
});

both!(steps_come_one_after_the_other_until_somebody_takes_care, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops", "ada", "bob", "boss"]).await;
    let handover = Handover { weekday: None, time: "00:00".parse().unwrap() };
    let new = NewRotation {
        name: "primary".to_owned(),
        participants: vec!["ada".to_owned(), "bob".to_owned()],
        handover,
        zone: Zone::new("UTC").unwrap(),
    };
    world.services.add_rotation(&world.owner, &new).await.unwrap();
    world.route("all", Severity::Info, &[(0, &["ops"]), (10, &["@primary"]), (30, &["boss"])]).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    let incident = world.incident().await;
    world.pass(MINUTE * 9).await;
    assert_eq!(world.told().await, ["opened ops"]);
    world.pass(MINUTE).await;
    assert_eq!(world.told().await[1..], ["escalated ada"]);
    world.pass(MINUTE).await;
    assert_eq!(world.told().await.len(), 2, "once");
    assert_eq!(
        world.because(incident).await[1..],
        ["step 2: route 1: all, critical", "escalated ada: route 1: all, critical, on call in primary, step 2"]
    );
    world.services.acknowledge(&world.owner, Some(&incident.to_string()), "").await.unwrap();
    world.pass(HOUR).await;
    assert_eq!(world.told().await[2..], ["acknowledged ops", "acknowledged ada"]);
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.told().await[4..], ["resolved ops", "resolved ada"], "all who know, and the boss does not");
    // Soon after it begins again: the same incident, from the first step on, and all who think that it is over are told.
    world.check(&shop, Reason::NoReply).await;
    world.pass(MINUTE * 31).await;
    assert_eq!(world.told().await[6..], ["reopened ops", "reopened ada", "escalated ada", "escalated boss"]);
});

both!(two_processes_escalate_once, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops", "boss"]).await;
    let route = world.route("all", Severity::Info, &[(0, &["ops"]), (1, &["boss"])]).await;
    let mut failing = Vec::new();
    for n in 0..6 {
        let monitor = world.add(&format!("m{n}")).await;
        world.check(&monitor, Reason::NoReply).await;
        failing.push(monitor);
    }
    let beside = world.beside(world.database.open_again(KEY).await);
    world.clock.advance(HOUR);
    let (one, other) = tokio::join!(world.services.escalate(), beside.escalate());
    assert!(one.unwrap() + other.unwrap() >= 6);
    let told = world.told().await;
    let boss = told.iter().filter(|told| *told == "escalated boss").count();
    assert_eq!(boss, 6, "{told:?}");
    world.services.delete_route(&world.owner, route).await.unwrap();
    world.check(&failing[0], Reason::Ok).await;
    assert_eq!(world.told().await[told.len()..], ["resolved ops", "resolved boss"], "also without the route");
});

both!(an_end_that_comes_at_the_same_moment_as_a_step_is_told_last, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops", "boss"]).await;
    world.route("all", Severity::Info, &[(0, &["ops"]), (1, &["boss"])]).await;
    let mut failing = Vec::new();
    for n in 0..8 {
        let monitor = world.add(&format!("m{n}")).await;
        world.check(&monitor, Reason::NoReply).await;
        failing.push(monitor);
    }
    world.clock.advance(MINUTE * 2);
    let mut batch: Vec<Finished> = Vec::new();
    for monitor in &failing {
        batch.push(world.finished(monitor, Reason::Ok).await);
    }
    let beside = world.beside(world.database.open_again(KEY).await);
    let (told, recorded) = tokio::join!(world.services.escalate(), beside.record(&batch));
    told.unwrap();
    recorded.unwrap();
    world.pass(MINUTE).await;
    let incidents = world.all_incidents().await;
    assert_eq!(incidents.len(), 8);
    for row in incidents {
        let filter = NotificationFilter { incident: Some(row.incident.id), ..NotificationFilter::default() };
        let (_, told) = world.store().notifications(world.owner.organisation, &filter, 0, 100).await.unwrap();
        for name in ["ops", "boss"] {
            let last = told.iter().find(|told| told.destination_name == name);
            assert!(last.is_none_or(|last| last.event == Event::Resolved), "{told:#?}");
        }
    }
});

both!(quiet_hours_hold_what_is_not_over_when_they_are, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["mail", "sms"]).await;
    world.route("all", Severity::Info, &[(0, &["mail", "sms"])]).await;
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    // From an hour before now until two hours after it.
    let zone = Zone::new("UTC").unwrap();
    let clock = |at| zone.to_minute(at)[11..].parse().unwrap();
    let quiet = QuietHours {
        from: clock(world.now() - HOUR),
        to: clock(world.now() + HOUR * 2),
        zone: zone.clone(),
        days: "every day".parse().unwrap(),
        except: None,
    };
    world.services.set_quiet_hours(&world.owner, "mail", Some(&quiet)).await.unwrap();
    world.check(&shop, Reason::NoReply).await;
    let first = world.incident().await;
    world.clock.advance(MINUTE * 2);
    world.check(&blog, Reason::NoReply).await;
    let second = world.incident().await;
    assert_eq!(world.told().await, ["opened sms", "opened sms"]);
    let because = world.because(first).await;
    assert!(because[0].starts_with("not opened mail: quiet hours ("), "{because:?}");
    assert!(because[0].ends_with("; route 1: all, critical"), "{because:?}");
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.told().await[2..], ["resolved sms"]);
    assert!(
        world.because(first).await.contains(&"not opened mail: it was over before the quiet hours were".to_owned())
    );
    world.pass(HOUR * 2).await;
    assert_eq!(world.told().await[3..], ["opened mail"], "of the other one");
    assert!(world.because(second).await.contains(&"opened mail: route 1: all, critical".to_owned()));
    world.check(&blog, Reason::Ok).await;
    assert_eq!(world.told().await[4..], ["resolved mail", "resolved sms"]);

    // What is loud enough does not wait, and who was told by day hears of the end in the morning.
    let loud = QuietHours { except: Some(Severity::Critical), ..quiet.clone() };
    world.services.set_quiet_hours(&world.owner, "mail", Some(&loud)).await.unwrap();
    world.pass(HOUR * 21).await;
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.told().await[6..], ["opened mail", "opened sms"]);
    world.services.set_quiet_hours(&world.owner, "mail", Some(&quiet)).await.unwrap();
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.told().await[8..], ["resolved sms"]);
    world.pass(HOUR * 4).await;
    assert_eq!(world.told().await[9..], ["resolved mail"]);
});

both!(quiet_hours_that_are_taken_away_release_what_they_held, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    let mail = world.destinations(&["mail"]).await[0];
    world.route("all", Severity::Info, &[(0, &["mail"])]).await;
    let shop = world.add("shop").await;
    let zone = Zone::new("UTC").unwrap();
    let until = |hours: u32| QuietHours {
        from: zone.to_minute(world.now() - HOUR)[11..].parse().unwrap(),
        to: zone.to_minute(world.now() + HOUR * hours)[11..].parse().unwrap(),
        zone: zone.clone(),
        days: "every day".parse().unwrap(),
        except: None,
    };
    let (short, long) = (until(2), until(4));
    world.services.set_quiet_hours(&world.owner, "mail", Some(&short)).await.unwrap();
    world.check(&shop, Reason::NoReply).await;
    let end = short.until(world.now(), Severity::Info).unwrap();
    let content = Notification {
        key: "news".to_owned(),
        event: Event::Notice,
        at: world.now(),
        incident: None,
        text: "A certificate ends.".to_owned(),
    };
    let notice = NewNotification {
        organisation: world.owner.organisation,
        destination: mail,
        incident: None,
        event: Event::Notice,
        severity: Severity::Warning,
        not_before: end,
        content,
    };
    let tx = world.store().begin().await.unwrap();
    tx.enqueue(&[notice], world.now()).await.unwrap();
    tx.commit().await.unwrap();
    let due = async || {
        let filter = NotificationFilter::default();
        let (_, rows) = world.store().notifications(world.owner.organisation, &filter, 0, 10).await.unwrap();
        rows.last().unwrap().next_at.unwrap()
    };
    assert_eq!((world.told().await, due().await), (vec!["notice mail".to_owned()], end));

    // Other hours: until those are over.
    let set = world.services.set_quiet_hours(&world.owner, "mail", Some(&long)).await.unwrap();
    assert_eq!(set, ("mail".to_owned(), true));
    world.pass(HOUR * 2).await;
    assert_eq!(world.told().await.len(), 1);
    assert_eq!(due().await, long.until(world.now(), Severity::Info).unwrap());

    let set = world.services.set_quiet_hours(&world.owner, "mail", None).await.unwrap();
    assert_eq!(set, ("mail".to_owned(), true));
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(world.told().await, ["notice mail", "opened mail"]);
    assert!(due().await < world.now());
    let set = world.services.set_quiet_hours(&world.owner, "mail", None).await.unwrap();
    assert_eq!(set, ("mail".to_owned(), false), "nothing waits any more");
});

both!(a_silence_stands_on_the_card_until_it_is_over, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    let (shop, blog) = (world.labelled("shop", "service=web").await, world.labelled("blog", "service=web").await);
    world.check(&shop, Reason::NoReply).await;
    world.check(&blog, Reason::NoReply).await;
    let incident = world.incident().await.to_string();
    let shown = async || {
        let card = world.cards().await.pop().unwrap();
        let on_card = card.incident().unwrap().silence.as_ref().map(|silence| silence.id);
        let asked = world.services.incident(&world.owner, Some(&incident)).await.unwrap();
        assert_eq!(asked.silence.map(|silence| silence.id), on_card);
        (card.revision, on_card)
    };
    let (revision, none) = shown().await;
    assert_eq!(none, None);
    world.silence(monitors("shop"), 30).await;
    assert_eq!(shown().await, (revision, None), "of a part of it somebody is told");
    let other = world.silence(monitors("blog"), 60).await;
    let (revision, silence) = (revision + 1, SilenceId(other.0 - 1));
    assert_eq!(shown().await, (revision, Some(silence)), "with whose end somebody is told again");
    let all = world.silence(monitors("all"), 120).await;
    assert_eq!(shown().await, (revision + 1, Some(all)));
    world.services.end_silence(&world.owner, all).await.unwrap();
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(shown().await, (revision + 2, Some(silence)));
    world.pass(MINUTE * 30).await;
    assert_eq!(shown().await, (revision + 3, None));
    let row = world.silence(Silenced::Incident(format!("#{incident}")), 60).await;
    assert_eq!(shown().await, (revision + 4, Some(row)));
    world.check(&shop, Reason::Ok).await;
    world.check(&blog, Reason::Ok).await;
    assert_eq!(shown().await.1, None, "it is over");
});

both!(a_silence_keeps_quiet_and_its_end_tells_what_still_is, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops", "boss"]).await;
    world.route("all", Severity::Info, &[(0, &["ops"]), (5, &["boss"])]).await;
    let (shop, blog) = (world.add("shop").await, world.add("blog").await);
    let short = world.silence(monitors("shop"), 60).await;
    world.check(&shop, Reason::NoReply).await;
    let incident = world.incident().await;
    assert_eq!(world.told().await, [""; 0]);
    assert_eq!(world.cards().await.len(), 0, "no new card");
    let because = world.because(incident).await;
    assert_eq!(because.len(), 1);
    assert!(
        because[0].starts_with("not opened : silence 1: shop until ") && because[0].ends_with(", by Owner: deploy")
    );
    world.clock.advance(MINUTE * 2);
    world.check(&blog, Reason::NoReply).await;
    assert_eq!(world.told().await, ["opened ops"], "what is not silent is told");
    assert_eq!(world.cards().await.len(), 1);
    world.check(&blog, Reason::Ok).await;
    world.pass(MINUTE * 10).await;
    assert_eq!(world.told().await.len(), 2);

    world.services.end_silence(&world.owner, short).await.unwrap();
    let gone = world.services.end_silence(&world.owner, short).await;
    assert!(matches!(gone, Err(ServiceError::SilenceNotFound(_))));
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(world.told().await[2..], ["opened ops"]);
    assert_eq!(world.cards().await.len(), 2);
    assert_eq!(world.because(incident).await[1], "opened ops: route 1: all, critical; silence 1 is over");

    // A step whose time comes in a silence comes with its end, however early that is.
    let all = world.silence(monitors("all"), 600).await;
    world.pass(MINUTE * 6).await;
    assert_eq!(world.told().await.len(), 3);
    assert!(world.because(incident).await[2].starts_with("not escalated : silence 2: all until "));
    world.services.end_silence(&world.owner, all).await.unwrap();
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(world.told().await[3..], ["escalated boss"]);
    world.pass(HOUR * 24).await;
    assert_eq!(world.told().await.len(), 4, "once");
});

both!(
    what_is_written_after_a_silence_was_settled_is_told_although_it_was_found_before,
    async |database: TestDatabase| {
        let world = Routed(World::new(database).await);
        world.destinations(&["ops"]).await;
        world.route("all", Severity::Info, &[(0, &["ops"])]).await;
        let shop = world.add("shop").await;
        world.silence(monitors("all"), 60).await;
        let before = world.now() + MINUTE * 59;
        world.pass(HOUR).await;
        // A transaction that has read the time before the end, and waited for its turn until after it.
        world.clock.set(before);
        world.check(&shop, Reason::NoReply).await;
        assert_eq!(world.told().await, ["opened ops"]);
    }
);

both!(what_joined_in_a_silence_is_told_when_it_ends_to_whoever_knows_the_incident, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops"]).await;
    world.route("all", Severity::Info, &[(0, &["ops"])]).await;
    let grouped = |name: &str| {
        let policy = strict();
        Settings { policy, group: Some("shop".to_owned()), ..settings(name, MINUTE) }
    };
    let (d, e) = (world.add_with(grouped("d")).await, world.add_with(grouped("e")).await);
    world.silence(monitors("e"), 1).await;
    world.check(&d, Reason::NoReply).await;
    world.check(&e, Reason::NoReply).await;
    assert_eq!(world.all_incidents().await.len(), 1);
    assert_eq!(world.told().await, ["opened ops"]);
    // Not so soon after it was told last.
    world.pass(MINUTE * 2).await;
    assert_eq!(world.told().await[1..], ["grew ops"]);
    let because = world.because(world.incident().await).await;
    assert_eq!(because.last().unwrap(), "grew ops: it was told of the incident before; silence 1 is over");
    // What was told before a silence is not told again at its end.
    world.silence(monitors("all"), 1).await;
    world.pass(MINUTE * 2).await;
    assert_eq!(world.told().await.len(), 2);
    // Nor is what is well again by then.
    world.check(&e, Reason::Ok).await;
    world.silence(monitors("all"), 5).await;
    world.check(&e, Reason::NoReply).await;
    world.check(&e, Reason::Ok).await;
    world.pass(MINUTE * 6).await;
    assert_eq!(world.told().await.len(), 2, "{:?}", world.told().await);
});

both!(a_route_to_a_destination_that_was_deleted_says_so, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    let ids = world.destinations(&["ops", "boss", "mail"]).await;
    let route = world.route("all", Severity::Info, &[(0, &["ops"]), (10, &["boss", "mail"])]).await;
    for id in &ids[..2] {
        let tx = world.store().begin().await.unwrap();
        tx.delete_destination(*id, world.now()).await.unwrap();
        tx.commit().await.unwrap();
    }
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    world.pass(MINUTE * 10).await;
    assert_eq!(
        world.because(world.incident().await).await,
        [
            "not opened : route 1: all, critical; its destination was deleted",
            "step 2: route 1: all, critical",
            "not escalated : route 1: all, critical, step 2; its destination was deleted",
            "escalated mail: route 1: all, critical, step 2",
        ]
    );
    let gone = world.services.delete_route(&world.owner, route).await.unwrap();
    assert_eq!(gone.steps, [(MINUTE * 10, vec!["mail".to_owned()])], "only who can be told again");
});

both!(what_is_sent_again_of_an_incident_that_is_over_is_followed_by_its_end, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops"]).await;
    world.route("all", Severity::Info, &[(0, &["ops"])]).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    // The destinations of this world have no address, so that nothing can be delivered.
    let claim = world.services.claim_deliveries(1).await.unwrap().claims.pop().unwrap();
    world.services.deliver(&claim).await.unwrap();
    let filter = NotificationFilter { state: Some(NotificationState::Dead), ..NotificationFilter::default() };
    assert_eq!(world.store().notifications(world.owner.organisation, &filter, 0, 9).await.unwrap().0, 1);
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.told().await, ["opened ops"], "who does not know that it began");
    assert_eq!(world.services.resend(&world.owner, None).await.unwrap(), [claim.id]);
    assert_eq!(world.told().await, ["opened ops", "resolved ops"]);
    let because = world.because(world.incident().await).await;
    assert_eq!(because.last().unwrap(), "resolved ops: what was sent again is over by now");
    assert_eq!(world.services.resend(&world.owner, None).await.unwrap(), []);
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.told().await[2..], ["reopened ops"]);
});

both!(an_incident_is_silenced_with_all_that_joins_it, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops"]).await;
    world.route("all", Severity::Info, &[(0, &["ops"])]).await;
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    let incident = world.incident().await;
    world.silence(Silenced::Incident(format!("#{incident}")), 30).await;
    let revision = world.cards().await[0].revision;
    world.check(&shop, Reason::Ok).await;
    assert_eq!(world.told().await, ["opened ops", "resolved ops"], "who was told hears of the end");
    assert!(world.cards().await[0].revision > revision, "the card is edited where it is");
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.told().await.len(), 2, "reopened in silence");
    world.pass(MINUTE * 31).await;
    assert_eq!(world.told().await[2..], ["opened ops"]);
});

both!(a_storm_is_told_once_and_to_everybody_whose_monitors_are_in_it, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    let teams = ["db", "cache", "web"];
    world.destinations(&teams).await;
    for team in teams {
        world.route(&format!("team={team}"), Severity::Info, &[(0, &[team])]).await;
    }
    let mut all = Vec::new();
    for n in 0..40 {
        all.push(world.labelled(&format!("m{n}"), &format!("team={}", teams[n.min(2)])).await);
    }
    let record = async |monitors: &[Monitor], reason| {
        let mut batch: Vec<Finished> = Vec::new();
        for monitor in monitors {
            batch.push(world.finished(monitor, reason).await);
        }
        world.services.record(&batch).await.unwrap();
    };
    // Two fail first, each by itself; then all the others at once, and of all that becomes one incident.
    record(&all[..2], Reason::NoReply).await;
    assert_eq!(world.told().await, ["opened db", "opened cache"]);
    world.clock.advance(Duration::from_secs(1));
    record(&all[2..], Reason::NoReply).await;
    let open = async || {
        let rows = world.all_incidents().await;
        rows.into_iter().filter(|row| row.incident.resolved.is_none()).count()
    };
    assert_eq!(open().await, 1);
    let mut told = world.told().await[2..].to_vec();
    told.sort_unstable();
    assert_eq!(told, ["opened cache", "opened web", "resolved cache"], "its own incident became part of another");
    // Whoever was told is told how it ends.
    world.clock.advance(HOUR);
    record(&all, Reason::Ok).await;
    assert_eq!(open().await, 0);
    world.pass(MINUTE * 2).await;
    let mut told = world.told().await[5..].to_vec();
    told.sort_unstable();
    assert_eq!(told, ["resolved cache", "resolved db", "resolved web"]);
});

both!(growth_is_told_soon_then_once_a_minute_and_not_forgotten, async |database: TestDatabase| {
    const SECOND: Duration = Duration::from_secs(1);
    let world = Routed(World::new(database).await);
    world.destinations(&["ops", "late"]).await;
    world.route("all", Severity::Info, &[(0, &["ops"])]).await;
    let mut grouped = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let settings = Settings { policy: strict(), group: Some("shop".to_owned()), ..settings(name, MINUTE) };
        grouped.push(world.add_with(settings).await);
    }
    world.route("c", Severity::Info, &[(0, &["late"])]).await;
    let fails_after_a_second = async |monitor: &Monitor| {
        world.clock.advance(SECOND);
        let finished = world.finished(monitor, Reason::NoReply).await;
        world.services.record(&[finished]).await.unwrap();
    };
    for monitor in &grouped[..3] {
        fails_after_a_second(monitor).await;
    }
    assert_eq!(world.all_incidents().await.len(), 1);
    assert_eq!(world.told().await, ["opened ops", "opened late"], "who is told of c alone hears of it then");
    world.pass(SECOND * 2).await;
    assert_eq!(world.told().await.len(), 2, "4 s after the first");
    world.pass(SECOND).await;
    assert_eq!(world.told().await[2..], ["grew ops"]);
    fails_after_a_second(&grouped[3]).await;
    world.pass(SECOND * 58).await;
    assert_eq!(world.told().await[3..], ["grew late"], "who was not told so before");
    world.pass(SECOND).await;
    assert_eq!(world.told().await[4..], ["grew ops"], "a minute after the last time");
    world.pass(HOUR).await;
    assert_eq!(world.told().await.len(), 5);
});

both!(a_rule_tells_by_itself_and_reminds_until_somebody_takes_care, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops", "boss"]).await;
    let mut rule = Rule::new(Selector::default(), Condition::parse("down").unwrap());
    rule.notify = vec!["#ops".to_owned(), "nobody".to_owned()];
    rule.remind = Some(HOUR);
    world.services.add_alert(&world.owner, "all", &rule).await.unwrap();
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    let incident = world.incident().await;
    assert_eq!(world.told().await, ["opened ops"]);
    let gone = "not opened : rule 1: all when down; its destination was deleted";
    assert_eq!(world.because(incident).await, [gone, "opened ops: rule 1: all when down"]);
    world.pass(HOUR).await;
    world.pass(HOUR).await;
    assert_eq!(world.told().await[1..], ["reminder ops", "reminder ops"]);
    world.services.acknowledge(&world.owner, Some(&incident.to_string()), "").await.unwrap();
    world.pass(HOUR * 5).await;
    assert_eq!(world.told().await[3..], ["acknowledged ops"]);
});

both!(a_rule_follows_the_new_name_of_a_destination, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops"]).await;
    let mut rule = Rule::new(Selector::default(), Condition::parse("down").unwrap());
    rule.notify = vec!["#OPS".to_owned()];
    world.services.add_alert(&world.owner, "all", &rule).await.unwrap();
    let renamed = DestinationChange { name: Some("chef".to_owned()), ..DestinationChange::default() };
    world.services.edit_destination(&world.owner, "ops", &renamed).await.unwrap();
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.told().await, ["opened chef"]);
});

both!(what_a_destination_was_still_to_be_told_is_dropped_with_it_and_said_to_be, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops", "boss"]).await;
    world.route("all", Severity::Info, &[(0, &["ops", "boss"])]).await;
    let quiet = QuietHours {
        from: "00:00".parse().unwrap(),
        to: "23:59".parse().unwrap(),
        zone: Zone::new("UTC").unwrap(),
        days: "every day".parse().unwrap(),
        except: None,
    };
    world.services.set_quiet_hours(&world.owner, "boss", Some(&quiet)).await.unwrap();
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.told().await, ["opened ops"]);
    let before = world.because(world.incident().await).await.len();
    for name in ["ops", "boss"] {
        world.services.delete_destination(&world.owner, name).await.unwrap();
    }
    assert_eq!(
        world.because(world.incident().await).await[before..],
        ["not opened ops: the destination was deleted", "not opened boss: the destination was deleted"]
    );
});

both!(a_silence_remembers_whom_it_kept_quiet_though_a_label_changes, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    world.destinations(&["ops"]).await;
    world.route("all", Severity::Info, &[(0, &["ops"])]).await;
    let shop = world.labelled("shop", "env=prod").await;
    world.silence(monitors("env=prod"), 60).await;
    world.check(&shop, Reason::NoReply).await;
    let mut settings = shop.settings.clone();
    settings.labels.remove("env");
    world.services.edit_monitor(&world.owner, "shop", &settings).await.unwrap();
    assert_eq!(world.told().await, [""; 0]);
    world.pass(HOUR).await;
    assert_eq!(world.told().await, ["opened ops"]);
});

both!(a_destination_that_is_gone_leaves_the_turn_to_the_next, async |database: TestDatabase| {
    let world = Routed(World::new(database).await);
    let ids = world.destinations(&["ada", "bob"]).await;
    let new = NewRotation {
        name: "primary".to_owned(),
        participants: vec!["ada".to_owned(), "bob".to_owned()],
        handover: Handover { weekday: None, time: "00:00".parse().unwrap() },
        zone: Zone::new("UTC").unwrap(),
    };
    let owner = &world.owner;
    world.services.add_rotation(owner, &new).await.unwrap();
    let taken = world.services.add_rotation(owner, &new).await;
    assert!(matches!(taken, Err(ServiceError::RotationTaken(_))));
    let route = world.route("all", Severity::Info, &[(0, &["@primary"])]).await;
    let in_use = world.services.delete_rotation(owner, "primary").await;
    assert!(matches!(in_use, Err(ServiceError::RotationInUse { .. })));
    let tx = world.store().begin().await.unwrap();
    tx.delete_destination(ids[0], world.now()).await.unwrap();
    tx.commit().await.unwrap();
    let shop = world.add("shop").await;
    world.check(&shop, Reason::NoReply).await;
    assert_eq!(world.told().await, ["opened bob"]);
    world.services.delete_route(owner, route).await.unwrap();
    let rule = Rule::new(Selector::default(), Condition::parse("degraded").unwrap());
    let rule = Rule { notify: vec!["@Primary".to_owned()], ..rule };
    let rule = world.services.add_alert(owner, "all", &rule).await.unwrap().row.id;
    let in_use = world.services.delete_rotation(owner, "primary").await.unwrap_err().to_string();
    assert_eq!(in_use, "rule 1 tells whoever is on call in `primary`; say `delete-alert 1` first");
    world.services.delete_alert(owner, rule).await.unwrap();
    world.services.delete_rotation(owner, "primary").await.unwrap();
    let unknown = world.services.rotations(owner, Some("primary"), world.now()).await;
    assert!(matches!(unknown, Err(ServiceError::RotationNotFound { .. })));
});
