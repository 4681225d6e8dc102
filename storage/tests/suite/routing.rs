//! Routes, rotations, silences, and what is told later.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{
    DestinationId, Event, Handover, Notification, Override, QuietHours, Rotation, RotationId, Route, Selector,
    Severity, Step, Target, Zone,
};
use monitor_core::incident::IncidentId;
use monitor_core::outcome::Reason;
use monitor_core::people::Actor;
use monitor_core::secret::Secret;
use storage::{DestinationSettings, Escalation, Later, NewAlert, NewIncident, NewNotification, NewSilence, Store, Tx};
use test_support::both;
use test_support::database::{KEY, TestDatabase};

use crate::support::{NOW, add, later, settings};

async fn destination(tx: &Tx, owner: Actor, name: &str) -> DestinationId {
    let settings = DestinationSettings {
        name: name.to_owned(),
        kind: "webhook".to_owned(),
        fields: Secret::new("{}"),
        rate: None,
        fallback: None,
    };
    tx.insert_destination(owner.organisation, owner.person, &settings, NOW).await.unwrap().unwrap()
}

async fn incident(tx: &Tx, owner: Actor) -> IncidentId {
    let new = NewIncident {
        organisation: owner.organisation,
        title: "shop is down",
        severity: Severity::Critical,
        at: NOW,
        reason: None,
        message: "",
        declared_by: None,
    };
    tx.insert_incident(&new).await.unwrap()
}

fn route(steps: &[(u64, Target)]) -> Route {
    let step = |&(after, target): &(u64, Target)| Step { after: Duration::from_secs(after), targets: vec![target] };
    Route { selector: Selector::default(), severity: Severity::Warning, steps: steps.iter().map(step).collect() }
}

fn held(incident: IncidentId, destination: DestinationId, due: Timestamp) -> Escalation {
    Escalation { incident, what: Later::Held(destination, Event::Opened), because: "route 1".to_owned(), due }
}

both!(routes_rotations_and_quiet_hours_are_kept_as_they_were_made, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let tx = store.begin().await.unwrap();
    let mail = destination(&tx, owner, "Mail").await;
    let zone = Zone::new("Europe/Berlin").unwrap();
    let (from, to) = ("22:00".parse().unwrap(), "07:00".parse().unwrap());
    let handover = Handover { weekday: None, time: from };
    let rotation = Rotation { zone: zone.clone(), handover, participants: vec![mail], start: NOW };
    let id = tx.insert_rotation(&owner, "Primary", &rotation, NOW).await.unwrap().unwrap();
    let again = tx.insert_rotation(&owner, "primary", &rotation, NOW).await.unwrap();
    assert_eq!(again, None, "names are the same in any case");
    let stands_in = Override { participant: mail, from: NOW, to: later(60) };
    tx.insert_override(id, owner.person, &stands_in, NOW).await.unwrap();
    let made = route(&[(0, Target::Destination(mail)), (600, Target::Rotation(id))]);
    let number = tx.insert_route(&owner, "all", &made, NOW).await.unwrap();
    let quiet = QuietHours { from, to, zone, days: "weekdays".parse().unwrap(), except: Some(Severity::Critical) };
    assert!(tx.set_quiet_hours(mail, Some(&quiet)).await.unwrap());
    assert!(!tx.set_quiet_hours(DestinationId(999), None).await.unwrap());
    tx.commit().await.unwrap();

    let routes = store.routes(owner.organisation).await.unwrap();
    assert_eq!((routes[0].id, routes[0].words.as_str(), &routes[0].route), (number, "all", &made));
    let rotations = store.rotations(owner.organisation).await.unwrap();
    assert_eq!((rotations[0].name.as_str(), &rotations[0].rotation), ("Primary", &rotation));
    assert_eq!(rotations[0].overrides, [stands_in]);
    let listeners = store.listeners(owner.organisation).await.unwrap();
    assert_eq!((listeners[0].name.as_str(), &listeners[0].quiet), ("Mail", &Some(quiet)));

    let stranger = database.stranger().await;
    assert_eq!(store.routes(stranger.organisation).await.unwrap(), []);
    let tx = store.begin().await.unwrap();
    assert!(!tx.delete_route(stranger.organisation, number).await.unwrap());
    assert!(tx.delete_route(owner.organisation, number).await.unwrap());
    tx.delete_rotation(id).await.unwrap();
    tx.set_quiet_hours(mail, None).await.unwrap();
    tx.insert_override(RotationId(id.0), owner.person, &stands_in, NOW).await.unwrap_err();
});

both!(a_silence_is_settled_once_when_it_is_over, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let tx = store.begin().await.unwrap();
    let everything = &Selector::default();
    let silence = |words, seconds| NewSilence {
        organisation: owner.organisation,
        created_by: owner.person,
        words,
        selector: everything,
        incident: None,
        reason: "deploy",
        from: NOW,
        until: later(seconds),
    };
    let short = tx.insert_silence(&silence("shop", 60)).await.unwrap();
    let long = tx.insert_silence(&silence("all", 7_200)).await.unwrap();
    tx.commit().await.unwrap();
    let now = store.silences(owner.organisation, later(59)).await.unwrap();
    assert_eq!(now.iter().map(|silence| silence.id).collect::<Vec<_>>(), [short, long]);
    assert_eq!(
        (now[0].words.as_str(), now[0].reason.as_str(), now[0].by.as_deref()),
        ("shop", "deploy", Some("Owner"))
    );
    assert_eq!(store.silences(owner.organisation, later(60)).await.unwrap().len(), 1);

    let tx = store.begin().await.unwrap();
    assert_eq!(tx.settle_silences(later(59), 10).await.unwrap(), []);
    assert!(tx.end_silence(owner.organisation, long, later(30)).await.unwrap());
    assert!(!tx.end_silence(owner.organisation, long, later(30)).await.unwrap(), "it is over");
    let over = tx.settle_silences(later(60), 10).await.unwrap();
    assert_eq!(over.iter().map(|silence| silence.id).max(), Some(long));
    assert_eq!(over.len(), 2);
    assert_eq!(tx.settle_silences(later(9_999), 10).await.unwrap(), []);
    tx.commit().await.unwrap();
});

both!(what_is_due_later_is_claimed_by_one_process_alone, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let tx = store.begin().await.unwrap();
    let mail = destination(&tx, owner, "mail").await;
    let number = tx.insert_route(&owner, "all", &route(&[(0, Target::Destination(mail))]), NOW).await.unwrap();
    let mut rows = Vec::new();
    for n in 0..50 {
        let incident = incident(&tx, owner).await;
        let what = if n % 2 == 0 { Later::Step(number, 1) } else { Later::Held(mail, Event::Opened) };
        rows.push(Escalation { incident, what, because: "route 1".to_owned(), due: later(n % 10) });
    }
    tx.insert_escalations(&rows).await.unwrap();
    tx.commit().await.unwrap();

    let beside = database.open_again(KEY).await;
    let claim = async |store: &Store, now| {
        let mut claimed = Vec::new();
        loop {
            let tx = store.begin().await.unwrap();
            let Some((incident, some)) = tx.claim_escalations(now).await.unwrap() else { return claimed };
            assert!(some.iter().all(|row| row.incident == incident));
            tx.commit().await.unwrap();
            claimed.extend(some);
        }
    };
    assert!(!store.has_escalations(NOW - Duration::from_secs(1)).await.unwrap());
    assert!(store.has_escalations(NOW).await.unwrap());
    let (one, other) = tokio::join!(claim(store, later(5)), claim(&beside, later(5)));
    let mut claimed: Vec<_> = one.into_iter().chain(other).map(|row| row.incident).collect();
    claimed.sort_unstable();
    let mut due: Vec<_> = rows.iter().filter(|row| row.due <= later(5)).map(|row| row.incident).collect();
    due.sort_unstable();
    assert_eq!(claimed, due);

    // What a transaction that failed had claimed is due still.
    let tx = store.begin().await.unwrap();
    assert!(tx.claim_escalations(later(100)).await.unwrap().is_some());
    drop(tx);
    let tx = store.begin().await.unwrap();
    assert!(tx.delete_route(owner.organisation, number).await.unwrap());
    tx.commit().await.unwrap();
    let left = claim(store, later(100)).await;
    assert_eq!(left.len(), 10, "steps go with their route");
    assert!(left.iter().all(|row| matches!(row.what, Later::Held(..))));
});

both!(what_waits_and_what_goes_on_are_taken_apart, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let tx = store.begin().await.unwrap();
    let mail = destination(&tx, owner, "mail").await;
    let (one, other) = (incident(&tx, owner).await, incident(&tx, owner).await);
    let every = Duration::from_secs(3_600);
    let reminder = Escalation {
        incident: one,
        what: Later::Reminder(monitor_core::alerting::RuleId(7), every),
        because: "rule 7".to_owned(),
        due: later(3_600),
    };
    let gone = held(one, DestinationId(999), NOW);
    tx.insert_escalations(&[held(one, mail, NOW), reminder.clone(), held(other, mail, NOW), gone]).await.unwrap();
    assert_eq!(tx.escalations(one).await.unwrap(), [held(one, mail, NOW), reminder.clone()]);
    assert_eq!(tx.take_escalations(one, false).await.unwrap(), [reminder]);
    assert_eq!(tx.take_escalations(one, true).await.unwrap(), [held(one, mail, NOW)]);
    assert_eq!(tx.take_escalations(one, true).await.unwrap(), []);
    assert_eq!(tx.escalations(other).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
});

both!(monitors_that_are_alike_are_one_cohort, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let mut monitors = Vec::new();
    for (name, label) in [("a", "env=prod"), ("b", "env=prod"), ("c", "env=staging")] {
        let mut settings = settings(name);
        settings.labels.set(label.parse().unwrap());
        settings.group = Some("shop".to_owned());
        monitors.push(add(store, owner, &settings).await.unwrap());
    }
    let tx = store.begin().await.unwrap();
    let incident = incident(&tx, owner).await;
    let alert = |&monitor| NewAlert {
        monitor,
        rule: None,
        severity: Severity::Critical,
        at: NOW,
        reason: Reason::NoReply,
        message: "",
    };
    let opened = tx.open_alerts(&monitors.iter().map(alert).collect::<Vec<_>>()).await.unwrap();
    let joins: Vec<_> = opened.iter().map(|loose| (loose.alert.id, incident)).collect();
    tx.join(&joins, NOW).await.unwrap();
    let cohorts = tx.cohorts(incident, &[]).await.unwrap();
    assert_eq!(
        cohorts.iter().map(|cohort| cohort.monitors.clone()).collect::<Vec<_>>(),
        [monitors[..2].to_vec(), monitors[2..].to_vec()]
    );
    assert_eq!(
        (cohorts[0].group.as_deref(), cohorts[0].severity, cohorts[0].rule),
        (Some("shop"), Severity::Critical, None)
    );
    assert!(
        cohorts[0].is_meant(&Selector::of(vec![monitors[1]])) && !cohorts[1].is_meant(&Selector::of(vec![monitors[1]]))
    );
    let joined = tx.cohorts(incident, &monitors[2..]).await.unwrap();
    assert_eq!(joined, cohorts[1..]);
    assert_eq!(tx.incident_monitors(incident).await.unwrap(), monitors);
    assert_eq!(tx.open_incidents(owner.organisation).await.unwrap(), [incident]);
    let standing = tx.standing(incident).await.unwrap().unwrap();
    assert!(standing.open && !standing.acknowledged && standing.organisation == owner.organisation);
    tx.commit().await.unwrap();
});

both!(the_last_word_that_a_destination_was_told_is_known, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let tx = store.begin().await.unwrap();
    let (mail, sms) = (destination(&tx, owner, "mail").await, destination(&tx, owner, "sms").await);
    let incident = incident(&tx, owner).await;
    let new = |destination, event: Event, n: u32| NewNotification {
        organisation: owner.organisation,
        destination,
        incident: Some(incident),
        event,
        severity: Severity::Critical,
        not_before: NOW,
        content: Notification { key: format!("key {n}"), event, at: NOW, incident: None, text: String::new() },
    };
    let rows = [new(mail, Event::Opened, 1), new(sms, Event::Opened, 2), new(mail, Event::Resolved, 3)];
    tx.enqueue(&rows, NOW).await.unwrap();
    let told = tx.told(incident).await.unwrap();
    let said: Vec<_> = told.iter().map(|told| (told.destination, told.event)).collect();
    assert_eq!(said, [(mail, Event::Resolved), (sms, Event::Opened)]);
    assert_eq!(told[0].at, NOW);
    tx.delete_destination(sms, NOW).await.unwrap();
    assert_eq!(tx.told(incident).await.unwrap().len(), 1, "what is dropped was not told");
    tx.commit().await.unwrap();
});
