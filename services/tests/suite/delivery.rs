//! From the outbox to a destination and back, with destinations that fail in every way.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, IncidentBrief, MemberBrief, Notification, NotificationId, Severity, Stage};
use monitor_core::incident::{Entry, IncidentId};
use services::view::{NotificationFilter, NotificationRow, NotificationState};
use services::{DELIVERY_LEASE, DeliveryOutcome, DestinationView, Fields, NewDestination, ServiceError};
use storage::{NewIncident, NewNotification, NotificationClaim};
use test_support::both;
use test_support::database::TestDatabase;
use test_support::receiver::{Reaction, Receiver};
use test_support::targets::Answer;

use crate::common::World;

const SECRET: &str = "s3cr3t-path";

/// A destination of the receiver, with a path that nobody may see.
async fn webhook(world: &World, name: &str, receiver: &Receiver, fallback: Option<&str>) -> DestinationView {
    let url = format!("{}{SECRET}", receiver.url());
    let new = NewDestination {
        name: name.to_owned(),
        kind: "webhook".to_owned(),
        fields: Fields(BTreeMap::from([("url".to_owned(), url)])),
        rate: None,
        fallback: fallback.map(str::to_owned),
    };
    world.services.add_destination(&world.owner, &new).await.unwrap()
}

async fn incident(world: &World) -> IncidentId {
    let tx = world.store().begin().await.unwrap();
    let new = NewIncident {
        organisation: world.owner.organisation,
        title: "shop is down",
        severity: Severity::Critical,
        at: world.now(),
        reason: None,
        message: "",
        declared_by: None,
    };
    let incident = tx.insert_incident(&new).await.unwrap();
    tx.commit().await.unwrap();
    incident
}

fn brief(id: IncidentId, at: Timestamp) -> IncidentBrief {
    let member = MemberBrief { name: "shop".into(), target: String::new(), since: at, until: None, why: String::new() };
    IncidentBrief {
        id,
        title: "shop is down".to_owned(),
        severity: Severity::Critical,
        stage: Stage::Open,
        opened_at: at,
        acknowledged: None,
        resolved: None,
        reason: String::new(),
        why: String::new(),
        members: vec![member],
        member_count: 1,
        failing_count: 1,
        merged_into: None,
    }
}

/// Has a destination told of an incident.
async fn tell(world: &World, to: &DestinationView, incident: IncidentId, events: &[Event]) -> Vec<NotificationId> {
    let now = world.now();
    let new: Vec<_> = events
        .iter()
        .map(|event| {
            let key = format!("{incident}/{}/{}", event.as_str(), to.name);
            let incident_brief = Some(brief(incident, now));
            NewNotification {
                organisation: world.owner.organisation,
                destination: to.id,
                incident: Some(incident),
                event: *event,
                severity: Severity::Critical,
                not_before: now,
                content: Notification { key, event: *event, at: now, incident: incident_brief, text: String::new() },
            }
        })
        .collect();
    let tx = world.store().begin().await.unwrap();
    let ids = tx.enqueue(&new, now).await.unwrap();
    tx.commit().await.unwrap();
    ids.into_iter().flatten().collect()
}

async fn claim(world: &World) -> Option<NotificationClaim> {
    world.services.claim_deliveries(1).await.unwrap().claims.pop()
}

/// Delivers all that is due now; what came of it.
async fn deliver(world: &World) -> Vec<DeliveryOutcome> {
    let mut outcomes = Vec::new();
    while let Some(claim) = claim(world).await {
        outcomes.push(world.services.deliver(&claim).await.unwrap().outcome);
    }
    outcomes
}

/// Delivers until nothing is left, as time goes by. Answers when the last one was delivered.
async fn drain(world: &World) -> Timestamp {
    loop {
        let mut found = world.services.claim_deliveries(1).await.unwrap();
        match (found.claims.pop(), found.next) {
            (Some(claim), _) => drop(world.services.deliver(&claim).await.unwrap()),
            (None, Some(next)) => world.clock.set(next.max(world.now() + Duration::from_millis(1))),
            (None, None) => return world.now(),
        }
    }
}

/// The keys of all requests, in their order.
fn keys(receiver: &Receiver) -> Vec<String> {
    let key =
        |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap()["key"].as_str().unwrap().to_owned();
    receiver.requests().iter().map(|request| key(&request.body)).collect()
}

async fn rows(world: &World) -> Vec<NotificationRow> {
    let all = NotificationFilter::default();
    let mut rows = world.services.notifications(&world.owner, &all, 0, 1_000).await.unwrap().1;
    rows.reverse();
    rows
}

async fn entries(world: &World, incident: IncidentId) -> Vec<Entry> {
    world.store().timeline(incident, 1_000).await.unwrap().into_iter().map(|entry| entry.entry).collect()
}

/// What conversations were told beside incidents.
async fn notices(world: &World) -> Vec<String> {
    let notices = world.store().notices_after(world.conversation, 0, 1_000).await.unwrap();
    notices.into_iter().map(|notice| notice.text).collect()
}

/// All that anybody could read holds nothing of the address.
async fn assert_nothing_leaked(world: &World, incident: IncidentId) {
    let said = format!("{:?} {:?} {:?}", rows(world).await, entries(world, incident).await, notices(world).await);
    assert!(!said.contains(SECRET), "{said}");
}

both!(a_delivery_is_in_the_timeline_with_its_receipt, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    let ops = webhook(&world, "ops", &receiver, None).await;
    let incident = incident(&world).await;
    let ids = tell(&world, &ops, incident, &[Event::Opened, Event::Resolved]).await;
    assert_eq!(deliver(&world).await, [DeliveryOutcome::Sent, DeliveryOutcome::Sent]);
    assert_eq!(keys(&receiver), [format!("{incident}/opened/ops"), format!("{incident}/resolved/ops")], "in order");
    let rows = rows(&world).await;
    assert!(
        rows.iter().all(|row| row.state == NotificationState::Sent && row.ended_at == Some(world.now())),
        "{rows:?}"
    );
    let receipt = rows[0].receipt.clone().unwrap();
    assert!(receipt.contains("200"), "{receipt}");
    let delivered = Entry::Delivered { notification: ids[0], destination: "ops".into(), event: Event::Opened, receipt };
    assert_eq!(entries(&world, incident).await[0], delivered);
    assert_nothing_leaked(&world, incident).await;
});

both!(a_destination_that_is_away_for_an_hour_misses_nothing, async |database: TestDatabase| {
    let world = World::new(database).await;
    world.add("shop").await;
    let receiver = Receiver::start().await;
    let ops = webhook(&world, "ops", &receiver, None).await;
    receiver.otherwise(Reaction::Reset);
    let start = world.now();
    let incidents = [incident(&world).await, incident(&world).await, incident(&world).await];
    for incident in incidents {
        tell(&world, &ops, incident, &[Event::Opened, Event::Acknowledged, Event::Resolved]).await;
    }
    while world.now().since(start) < Duration::from_secs(3_600) {
        deliver(&world).await;
        let next = world.services.claim_deliveries(1).await.unwrap().next.unwrap();
        world.clock.set(next.max(world.now() + Duration::from_millis(1)));
    }
    let tried = receiver.requests().len();
    assert!((9..=60).contains(&tried), "{tried} attempts of three incidents in an hour");
    let told = notices(&world).await;
    assert!(told.len() == 1 && told[0].contains("`ops` (webhook) takes no notifications"), "{told:?}");

    receiver.otherwise(Answer::ok("{}"));
    let back = world.now();
    let done = drain(&world).await;
    assert!(done.since(back) < Duration::from_secs(3_600), "{:?}", done.since(back));
    let rows = rows(&world).await;
    assert_eq!(rows.len(), 9);
    assert!(rows.iter().all(|row| row.state == NotificationState::Sent), "{rows:?}");
    let arrived = &keys(&receiver)[tried..];
    assert_eq!(arrived.iter().collect::<HashSet<_>>().len(), 9, "each once: {arrived:?}");
    for incident in incidents {
        let of: Vec<_> = arrived.iter().filter(|key| key.starts_with(&format!("{incident}/"))).collect();
        let order = ["opened", "acknowledged", "resolved"].map(|event| format!("{incident}/{event}/ops"));
        assert_eq!(of, order.iter().collect::<Vec<_>>());
    }
    let told = notices(&world).await;
    assert!(told.len() == 1 && told[0].contains("takes notifications again"), "{told:?}");
    assert_nothing_leaked(&world, incidents[0]).await;
});

both!(what_cannot_be_delivered_for_a_day_is_given_up, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    receiver.otherwise(Answer::status(503));
    let ops = webhook(&world, "ops", &receiver, None).await;
    let incident = incident(&world).await;
    tell(&world, &ops, incident, &[Event::Opened]).await;
    let start = world.now();
    let end = drain(&world).await;
    assert!((23..=24).contains(&(end.since(start).as_secs() / 3_600)), "{:?}", end.since(start));
    let rows = rows(&world).await;
    assert_eq!(rows[0].state, NotificationState::Dead);
    let entries = entries(&world, incident).await;
    assert!(
        matches!(entries[..], [Entry::Failed { again_at: Some(_), .. }, Entry::Failed { again_at: None, .. }]),
        "{entries:?}"
    );
});

both!(a_destination_that_asks_for_a_pause_is_left_alone_until_then, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    receiver.then(Answer::status(429).header("Retry-After", "120"));
    let ops = webhook(&world, "ops", &receiver, None).await;
    tell(&world, &ops, incident(&world).await, &[Event::Opened]).await;
    assert_eq!(deliver(&world).await, [DeliveryOutcome::Again]);
    tell(&world, &ops, incident(&world).await, &[Event::Opened]).await;
    assert!(deliver(&world).await.is_empty(), "nothing else is told either");
    world.clock.advance(Duration::from_secs(119));
    assert!(deliver(&world).await.is_empty());
    world.clock.advance(Duration::from_secs(1));
    drain(&world).await;
    assert_eq!(receiver.requests().len(), 3);
    assert!(rows(&world).await.iter().all(|row| row.state == NotificationState::Sent));
});

both!(a_destination_that_is_gone_is_told_of_once_and_its_fallback_is_told_instead, async |database: TestDatabase| {
    let world = World::new(database).await;
    world.add("shop").await;
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    receiver.otherwise(Reaction::Echo(410));
    webhook(&world, "mail", &other, None).await;
    let ops = webhook(&world, "ops", &receiver, Some("#mail")).await;
    let incident = incident(&world).await;
    tell(&world, &ops, incident, &[Event::Opened, Event::Acknowledged, Event::Reminder]).await;
    drain(&world).await;
    assert_eq!(receiver.requests().len(), 3, "each was tried once");
    assert_eq!(keys(&other).len(), 3);
    assert_eq!(keys(&other)[0], format!("{incident}/opened/ops/instead-of-{}", ops.id));
    let told = notices(&world).await;
    assert!(told.len() == 1 && told[0].contains("takes no notifications"), "{told:?}");
    let entries = entries(&world, incident).await;
    assert!(
        entries.iter().any(|entry| matches!(entry, Entry::Queued { destination, because, .. }
        if destination == "mail" && because == "`ops` did not take it")),
        "{entries:?}"
    );
    assert!(world.services.destination(&world.owner, "ops").await.unwrap().failing_since.is_some());
    assert_nothing_leaked(&world, incident).await;

    receiver.otherwise(Answer::ok("{}"));
    let tx = world.store().begin().await.unwrap();
    tx.resolve_by_hand(incident, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    let resent = world.services.resend(&world.owner, None).await.unwrap();
    assert_eq!(resent.len(), 3);
    drain(&world).await;
    let keys = keys(&receiver);
    assert_eq!(keys[..3], keys[3..6], "the same keys again");
    assert!(keys.len() == 7 && keys[6].contains("-resolved-"), "{keys:?}");
    assert_eq!(world.services.destination(&world.owner, "ops").await.unwrap().failing_since, None);
    let error = world.services.resend(&world.owner, Some(resent[0])).await.unwrap_err();
    assert!(error.to_string().contains("it did not fail: it is sent"), "{error}");
});

both!(a_fallback_that_is_told_itself_is_told_once, async |database: TestDatabase| {
    let world = World::new(database).await;
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    receiver.otherwise(Reaction::Echo(410));
    let mail = webhook(&world, "mail", &other, None).await;
    let ops = webhook(&world, "ops", &receiver, Some("mail")).await;
    let sms = webhook(&world, "sms", &receiver, Some("mail")).await;
    let incident = incident(&world).await;
    // Written as routes do: who is told of one event is told of it in one transaction.
    tell(&world, &ops, incident, &[Event::Opened, Event::Reminder]).await;
    tell(&world, &sms, incident, &[Event::Reminder]).await;
    tell(&world, &mail, incident, &[Event::Opened]).await;
    drain(&world).await;
    let mut keys = keys(&other);
    keys.sort_unstable();
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert_eq!(keys[0], format!("{incident}/opened/mail"));
    assert!(keys[1].starts_with(&format!("{incident}/reminder/")), "of two that did not take it, once: {keys:?}");
    let skipped = Entry::Suppressed {
        destination: "mail".into(),
        event: Event::Opened,
        because: "`ops` did not take it, but `mail` is told of it itself".into(),
    };
    assert!(entries(&world, incident).await.contains(&skipped));
    // A later event of the same sort is another one.
    world.clock.advance(Duration::from_secs(60));
    let again = brief(incident, world.now());
    let new = NewNotification {
        organisation: world.owner.organisation,
        destination: ops.id,
        incident: Some(incident),
        event: Event::Reminder,
        severity: Severity::Critical,
        not_before: world.now(),
        content: Notification {
            key: "again".to_owned(),
            event: Event::Reminder,
            at: world.now(),
            incident: Some(again),
            text: String::new(),
        },
    };
    let tx = world.store().begin().await.unwrap();
    tx.enqueue(&[new], world.now()).await.unwrap();
    tx.commit().await.unwrap();
    drain(&world).await;
    assert_eq!(other.requests().len(), 3);
});

both!(a_destination_that_asks_for_a_day_is_tried_once_more, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    receiver.otherwise(Answer::status(429).header("Retry-After", "86400"));
    let ops = webhook(&world, "ops", &receiver, None).await;
    tell(&world, &ops, incident(&world).await, &[Event::Opened]).await;
    drain(&world).await;
    assert_eq!(receiver.requests().len(), 2);
    let rows = rows(&world).await;
    assert_eq!(rows[0].state, NotificationState::Dead);
    let error = rows[0].error.as_deref().unwrap();
    assert!(error.ends_with("; it was tried 2 times in 1 d"), "{error}");
});

both!(whoever_dies_between_send_and_receipt_leaves_it_to_another_with_the_same_key, async |database: TestDatabase| {
    let mut world = World::new(database).await;
    let receiver = Receiver::start().await;
    receiver.then(Reaction::Hang);
    let ops = webhook(&world, "ops", &receiver, None).await;
    tell(&world, &ops, incident(&world).await, &[Event::Opened]).await;
    let claimed = claim(&world).await.unwrap();
    tokio::select! {
        done = world.services.deliver(&claimed) => panic!("it hangs: {done:?}"),
        () = receiver.reached(1) => {}
    }
    world.restart().await;
    assert!(claim(&world).await.is_none(), "the dead one has its lease");
    world.clock.advance(DELIVERY_LEASE);
    assert_eq!(deliver(&world).await, [DeliveryOutcome::Sent]);
    let keys = keys(&receiver);
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    let stale = world.services.deliver(&claimed).await.unwrap();
    assert_eq!(stale.outcome, DeliveryOutcome::Stale);
    assert_eq!(rows(&world).await[0].state, NotificationState::Sent);
});

#[tokio::test]
async fn a_database_that_is_busy_only_delays_what_is_written_down() {
    let world = World::new(TestDatabase::sqlite().await).await;
    let receiver = Receiver::start().await;
    let ops = webhook(&world, "ops", &receiver, None).await;
    tell(&world, &ops, incident(&world).await, &[Event::Opened]).await;
    let claimed = claim(&world).await.unwrap();
    let other = world.database.open_again(test_support::database::KEY).await;
    let busy = other.begin().await.unwrap();
    // The lock comes with the first thing that is asked.
    busy.told(IncidentId(0)).await.unwrap();
    let deliver = world.services.deliver(&claimed);
    let release = async {
        receiver.reached(1).await;
        assert_eq!(rows(&world).await[0].state, NotificationState::Due);
        busy.commit().await.unwrap();
    };
    let (delivered, ()) = tokio::join!(deliver, release);
    assert_eq!(delivered.unwrap().outcome, DeliveryOutcome::Sent);
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(rows(&world).await[0].state, NotificationState::Sent);
}

both!(a_test_says_what_the_destination_said_and_is_never_tried_again, async |database: TestDatabase| {
    let world = World::new(database).await;
    world.add("shop").await;
    let receiver = Receiver::start().await;
    webhook(&world, "ops", &receiver, None).await;
    let test = async || world.services.test_destination(&world.owner, "#ops").await.unwrap();
    let fine = test().await;
    assert_eq!(fine.state, NotificationState::Sent);
    receiver.then(Answer::status(503));
    let refused = test().await;
    assert_eq!((refused.state, refused.attempts), (NotificationState::Dropped, 1));
    assert!(refused.error.unwrap().contains("503"));
    drain(&world).await;
    assert_eq!(receiver.requests().len(), 2);
    assert!(notices(&world).await.is_empty(), "whoever tried knows");
    let failed = async || world.services.destination(&world.owner, "ops").await.unwrap().test_failed;
    assert_eq!(failed().await, Some(world.now()));
    world.clock.advance(Duration::from_secs(1));
    receiver.then(Answer::status(410));
    test().await;
    assert_eq!(failed().await, Some(world.now()), "the latest");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(test().await.state, NotificationState::Sent);
    assert_eq!(failed().await, None);
    let nobody = world.services.test_destination(&world.owner, "opps").await.unwrap_err();
    assert!(
        matches!(&nobody, ServiceError::DestinationNotFound { suggestions, .. } if suggestions == &["ops"]),
        "{nobody}"
    );
});

both!(fallbacks_never_go_in_a_circle, async |database: TestDatabase| {
    let world = World::new(database).await;
    let receiver = Receiver::start().await;
    receiver.otherwise(Answer::status(404));
    for (name, fallback) in [("a", None), ("b", Some("a")), ("c", Some("b")), ("d", Some("c")), ("e", Some("d"))] {
        webhook(&world, name, &receiver, fallback).await;
    }
    for (name, fallback) in [("a", "a"), ("a", "e"), ("b", "c")] {
        let fallback = Some(Some(fallback.to_owned()));
        let change = services::DestinationChange { fallback, ..Default::default() };
        let error = world.services.edit_destination(&world.owner, name, &change).await.unwrap_err();
        assert!(error.to_string().contains("falls back on"), "{error}");
    }
    let e = world.services.destination(&world.owner, "e").await.unwrap();
    tell(&world, &e, incident(&world).await, &[Event::Opened]).await;
    drain(&world).await;
    let rows = rows(&world).await;
    assert_eq!(rows.iter().map(|row| row.destination_name.as_str()).collect::<Vec<_>>(), ["e", "d", "c", "b"]);
});

both!(a_secret_is_not_sent_to_another_machine, async |database: TestDatabase| {
    let world = World::new(database).await;
    let fields = |fields: &[(&str, &str)]| {
        Fields(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    };
    let new = NewDestination {
        name: "ops".to_owned(),
        kind: "webhook".to_owned(),
        fields: fields(&[("url", "https://hooks.example/a"), ("secret", "whsec_1")]),
        ..NewDestination::default()
    };
    world.services.add_destination(&world.owner, &new).await.unwrap();
    let edit = async |given: &[(&str, &str)], without: &[&str]| {
        let without = without.iter().map(|name| (*name).to_owned()).collect();
        let change = services::DestinationChange { fields: fields(given), without, ..Default::default() };
        world.services.edit_destination(&world.owner, "ops", &change).await
    };
    let error = edit(&[("url", "https://evil.example/a")], &[]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`url` is another machine, to which `secret` would be sent; give that anew, or take it away with `secret none`"
    );
    edit(&[("url", "https://hooks.example/b")], &[]).await.unwrap();
    edit(&[("url", "https://other.example/b"), ("secret", "whsec_2")], &[]).await.unwrap();
    let shown = edit(&[("url", "https://third.example/b")], &["secret"]).await.unwrap().shown.unwrap();
    assert!(shown.contains(&("url", "https://third.example/…".to_owned())), "{shown:?}");
    assert!(!shown.iter().any(|(name, _)| *name == "secret"), "{shown:?}");
});
