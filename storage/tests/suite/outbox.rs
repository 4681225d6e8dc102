//! What destinations are told: once, in order, and never more than they take.

use std::collections::HashSet;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, Notification, NotificationId, Severity};
use monitor_core::incident::IncidentId;
use monitor_core::people::Actor;
use monitor_core::report::Retention;
use storage::{
    Budget, ClaimedNotifications, Ending, NewIncident, NewNotification, NotificationFilter, NotificationState, Room,
    Store,
};
use test_support::both;
use test_support::database::TestDatabase;

use crate::destinations::{add, webhook};
use crate::support::{NOW, later};

const LEASE: Duration = Duration::from_secs(45);
const PLENTY: Budget = Budget { burst: 1_000, per_minute: 60_000 };

/// An organisation with a destination and an incident.
struct Scene {
    owner: Actor,
    to: DestinationId,
    incident: IncidentId,
}

async fn scene(store: &Store) -> Scene {
    let owner = store.bootstrap(NOW).await.unwrap();
    let to = add(store, owner, &webhook("#ops")).await.unwrap().id;
    Scene { owner, to, incident: incident(store, owner).await }
}

async fn incident(store: &Store, owner: Actor) -> IncidentId {
    let tx = store.begin().await.unwrap();
    let new = NewIncident {
        organisation: owner.organisation,
        title: "shop is down",
        severity: Severity::Critical,
        at: NOW,
        reason: None,
        message: "",
        declared_by: None,
    };
    let incident = tx.insert_incident(&new).await.unwrap();
    tx.commit().await.unwrap();
    incident
}

impl Scene {
    fn notice(&self, key: &str, incident: Option<IncidentId>) -> NewNotification {
        let event = if incident.is_some() { Event::Opened } else { Event::Notice };
        let content = Notification { key: key.to_owned(), event, at: NOW, incident: None, text: format!("{key}\0") };
        let (organisation, destination, severity) = (self.owner.organisation, self.to, Severity::Warning);
        NewNotification { organisation, destination, incident, event, severity, not_before: NOW, content }
    }
}

async fn enqueue(store: &Store, new: &[NewNotification]) -> Vec<NotificationId> {
    let tx = store.begin().await.unwrap();
    let ids = tx.enqueue(new, NOW).await.unwrap();
    tx.commit().await.unwrap();
    ids.into_iter().flatten().collect()
}

async fn claim(store: &Store, now: Timestamp, most: u32) -> ClaimedNotifications {
    store.claim_notifications(now, Room { most, aside: 0 }, LEASE, |_| PLENTY).await.unwrap()
}

fn keys(claimed: &ClaimedNotifications) -> Vec<&str> {
    claimed.claims.iter().map(|claim| claim.content.as_ref().unwrap().key.as_str()).collect()
}

/// Ends the only claim.
async fn end(store: &Store, claimed: &ClaimedNotifications, ending: Ending, now: Timestamp) -> bool {
    let [claim] = claimed.claims.as_slice() else { panic!("one claim, not {claimed:?}") };
    let tx = store.begin().await.unwrap();
    let ended = tx.end_notification(claim, &ending, now).await.unwrap();
    tx.commit().await.unwrap();
    ended
}

fn sent() -> Ending {
    Ending::Sent { receipt_id: Some("m1".to_owned()), receipt: "200 OK".to_owned() }
}

both!(what_is_written_twice_is_there_once, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    let first = enqueue(store, &[scene.notice("a", None), scene.notice("b", None)]).await;
    assert_eq!(first.len(), 2);
    let tx = store.begin().await.unwrap();
    let again = [scene.notice("c", None), scene.notice("b", None), scene.notice("c", None)];
    let again: Vec<_> = tx.enqueue(&again, NOW).await.unwrap().iter().map(Option::is_some).collect();
    tx.commit().await.unwrap();
    assert_eq!(again, [true, false, false], "what is there already has no new id");
    assert_eq!(store.outbox_depth().await.unwrap(), 3);
    let claimed = claim(store, NOW, 10).await;
    assert_eq!(keys(&claimed), ["a", "b", "c"]);
    assert_eq!(claimed.claims[0].content, Some(scene.notice("a", None).content));
});

both!(nothing_of_a_transaction_that_was_taken_back_is_told, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    let tx = store.begin().await.unwrap();
    tx.enqueue(&[scene.notice("a", None)], NOW).await.unwrap();
    drop(tx);
    assert_eq!(claim(store, NOW, 10).await, ClaimedNotifications::default());
});

both!(a_commit_wakes_whoever_delivers, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    enqueue(store, &[scene.notice("a", None)]).await;
    store.outbox().notified().await;
});

both!(a_destination_is_told_of_an_incident_in_order, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    let other = Some(incident(store, scene.owner).await);
    let one = Some(scene.incident);
    enqueue(
        store,
        &[scene.notice("1", one), scene.notice("2", one), scene.notice("other 1", other), scene.notice("3", one)],
    )
    .await;
    let first = claim(store, NOW, 10).await;
    assert_eq!(keys(&first), ["1", "other 1"]);
    assert_eq!(
        first.next,
        Some(NOW + LEASE),
        "the next is due when one of these has ended, at the latest with its lease"
    );
    assert!(claim(store, NOW, 10).await.claims.is_empty());

    let tx = store.begin().await.unwrap();
    let again = Ending::Again { at: later(5), error: "it is away".to_owned() };
    assert!(tx.end_notification(&first.claims[0], &again, NOW).await.unwrap());
    assert!(tx.end_notification(&first.claims[1], &sent(), NOW).await.unwrap());
    tx.commit().await.unwrap();
    let none = claim(store, later(4), 10).await;
    assert_eq!((none.claims.len(), none.next), (0, Some(later(5))));
    let retried = claim(store, later(5), 10).await;
    assert_eq!((keys(&retried), retried.claims[0].attempts, retried.claims[0].first_tried), (vec!["1"], 2, NOW));
    assert!(end(store, &retried, Ending::Dead { error: "it is gone".to_owned() }, later(5)).await);
    assert_eq!(keys(&claim(store, later(5), 10).await), ["2"], "what is given up keeps nothing waiting");
});

both!(what_is_told_later_waits_until_then, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    let quiet = NewNotification { not_before: later(3_600), ..scene.notice("a", None) };
    enqueue(store, &[quiet]).await;
    assert_eq!(claim(store, NOW, 10).await, ClaimedNotifications { claims: Vec::new(), next: Some(later(3_600)) });
    assert_eq!(keys(&claim(store, later(3_600), 10).await), ["a"]);
});

both!(a_clock_that_is_set_back_keeps_nothing_waiting, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    enqueue(store, &[scene.notice("a", None), scene.notice("b", None)]).await;
    let slow = |_: &str| Budget { burst: 1, per_minute: 1 };
    let first = store.claim_notifications(NOW, Room { most: 10, aside: 0 }, LEASE, slow).await.unwrap();
    assert_eq!(first.claims.len(), 1);
    let day_before = NOW - Duration::from_secs(86_400);
    let second = store.claim_notifications(day_before, Room { most: 10, aside: 0 }, LEASE, slow).await.unwrap();
    assert_eq!(second.next, Some(day_before + Duration::from_secs(60)), "for its budget, and no longer");
    let second =
        store.claim_notifications(second.next.unwrap(), Room { most: 10, aside: 0 }, LEASE, slow).await.unwrap();
    assert_eq!(second.claims.len(), 1);
});

both!(a_claim_passes_on_when_its_lease_ends_and_only_the_last_one_counts, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    enqueue(store, &[scene.notice("a", None)]).await;
    let died = claim(store, NOW, 10).await;
    assert!(claim(store, NOW + LEASE - Duration::from_millis(1), 10).await.claims.is_empty());
    let taken_over = claim(store, NOW + LEASE, 10).await;
    assert_eq!(keys(&taken_over), keys(&died), "with the same key");
    assert_eq!(taken_over.claims[0].attempts, 2);
    assert!(!end(store, &died, Ending::Dead { error: "late".to_owned() }, NOW + LEASE).await);
    assert!(end(store, &taken_over, sent(), NOW + LEASE).await);
    assert!(!end(store, &taken_over, sent(), NOW + LEASE).await);
    assert_eq!(store.outbox_depth().await.unwrap(), 0);
});

both!(what_is_handed_back_is_due_at_once, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    enqueue(store, &[scene.notice("a", None)]).await;
    let claimed = claim(store, NOW, 10).await;
    store.release_notifications(&claimed.claims).await.unwrap();
    let again = claim(store, NOW + Duration::from_millis(1), 10).await;
    assert_eq!(keys(&again), ["a"]);
    store.release_notifications(&claimed.claims).await.unwrap();
    assert!(claim(store, NOW + Duration::from_millis(1), 10).await.claims.is_empty(), "the lease is another's by now");
});

both!(two_who_claim_at_once_claim_nothing_twice, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    let mut new = Vec::new();
    for number in 0..40 {
        let to = add(store, scene.owner, &webhook(&format!("d{number}"))).await.unwrap().id;
        for part in ["a", "b", "c"] {
            let one = scene.notice(&format!("{number}{part}"), None);
            new.push(NewNotification { destination: to, ..one });
        }
    }
    enqueue(store, &new).await;
    let other = database.open_again(test_support::database::KEY).await;
    let mut seen = HashSet::new();
    while seen.len() < new.len() {
        let (one, two) = tokio::join!(claim(store, NOW, 16), claim(&other, NOW, 16));
        let claims: Vec<_> = one.claims.iter().chain(&two.claims).map(|claim| claim.id).collect();
        assert!(!claims.is_empty(), "{} are missing", new.len() - seen.len());
        for id in claims {
            assert!(seen.insert(id), "{id} was claimed twice");
        }
    }
});

both!(one_destination_takes_no_more_than_its_share_of_what_runs_at_once, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    let hangs: Vec<_> = (0..50).map(|number| scene.notice(&number.to_string(), None)).collect();
    enqueue(store, &hangs).await;
    let to = add(store, scene.owner, &webhook("other")).await.unwrap().id;
    enqueue(store, &[NewNotification { destination: to, ..scene.notice("other", None) }]).await;
    let claimed = claim(store, NOW, 64).await;
    assert_eq!(claimed.claims.len(), 9);
    assert!(keys(&claimed).contains(&"other"));
    assert_eq!(claimed.next, Some(NOW + LEASE), "whoever ends wakes the dispatcher before");
});

// A storm into one destination, on a clock of our own: what goes out is counted in every window of a minute.
both!(a_budget_is_never_exceeded_and_never_wasted, async |database: TestDatabase| {
    const STORM: usize = 5_000;
    const BUDGET: Budget = Budget { burst: 20, per_minute: 600 };
    // A dispatcher that is not always there in time.
    const PAUSE: Duration = Duration::from_millis(650);
    let store = &database.store;
    let scene = scene(store).await;
    let storm: Vec<_> = (0..STORM).map(|number| scene.notice(&number.to_string(), None)).collect();
    enqueue(store, &storm).await;
    let (mut now, mut told) = (NOW, Vec::new());
    while told.len() < STORM {
        let claimed = store.claim_notifications(now, Room { most: 64, aside: 0 }, LEASE, |_| BUDGET).await.unwrap();
        let tx = store.begin().await.unwrap();
        for claim in &claimed.claims {
            assert!(tx.end_notification(claim, &sent(), now).await.unwrap());
            told.push(now);
        }
        tx.commit().await.unwrap();
        if claimed.claims.is_empty() {
            now = claimed.next.unwrap() + PAUSE;
        }
    }
    for (first, start) in told.iter().enumerate() {
        let within = told[first..].iter().take_while(|at| at.since(*start) < Duration::from_secs(60)).count();
        assert!(within <= 620, "{within} in the minute from {start}");
        let burst = told[first..].iter().take_while(|at| **at == *start).count();
        assert!(burst <= 20, "{burst} at once");
    }
    let ideal = Duration::from_millis(100) * u32::try_from(STORM - 20).unwrap();
    assert!((ideal..=ideal + PAUSE).contains(&now.since(NOW)), "{:?} is later than it has to", now.since(NOW));
});

both!(a_destination_that_wants_a_pause_is_told_nothing_at_all, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    enqueue(store, &[scene.notice("a", None), scene.notice("b", None)]).await;
    let tx = store.begin().await.unwrap();
    tx.hold_destination(scene.to, later(90)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(store, NOW, 10).await, ClaimedNotifications { claims: Vec::new(), next: Some(later(90)) });
    assert_eq!(claim(store, later(90), 10).await.claims.len(), 2);
});

both!(what_failed_is_kept_and_can_be_sent_again, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    let organisation = scene.owner.organisation;
    let ids = enqueue(store, &[scene.notice("a", Some(scene.incident)), scene.notice("b", None)]).await;
    let claimed = claim(store, NOW, 10).await;
    let tx = store.begin().await.unwrap();
    for claim in &claimed.claims {
        assert!(tx.end_notification(claim, &Ending::Dead { error: "gone\0".to_owned() }, NOW).await.unwrap());
    }
    tx.commit().await.unwrap();
    let filter = NotificationFilter { state: Some(NotificationState::Dead), ..NotificationFilter::default() };
    let (total, rows) = store.notifications(organisation, &filter, 0, 1).await.unwrap();
    assert_eq!((total, rows.len(), rows[0].id), (2, 1, ids[1]));
    assert_eq!((rows[0].error.as_deref(), rows[0].ended_at, rows[0].next_at), (Some("gone\u{fffd}"), Some(NOW), None));
    assert_eq!(rows[0].destination_name, "#ops");
    let of_incident = NotificationFilter { incident: Some(scene.incident), ..NotificationFilter::default() };
    assert_eq!(store.notifications(organisation, &of_incident, 0, 10).await.unwrap().1[0].id, ids[0]);
    assert!(store.forget(later(89 * 86_400), &Retention::default(), 100).await.unwrap().notifications == 0);

    let resend = async |one| {
        let tx = store.begin().await.unwrap();
        let resent = tx.resend(organisation, one).await.unwrap();
        tx.commit().await.unwrap();
        resent
    };
    assert_eq!(resend(Some(ids[0])).await, [ids[0]]);
    assert_eq!(resend(None).await, [ids[1]]);
    assert_eq!(resend(None).await, []);
    let again = claim(store, later(10), 10).await;
    assert_eq!((again.claims.len(), again.claims[0].attempts, again.claims[0].first_tried), (2, 1, later(10)));
});

both!(a_deleted_destination_is_told_nothing_more_and_leaves_a_record, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    enqueue(store, &[scene.notice("before", None)]).await;
    let tx = store.begin().await.unwrap();
    tx.delete_destination(scene.to, NOW).await.unwrap();
    tx.commit().await.unwrap();
    enqueue(store, &[scene.notice("after", None)]).await;
    assert_eq!(claim(store, NOW, 10).await, ClaimedNotifications::default());
    let all = NotificationFilter::default();
    let (_, rows) = store.notifications(scene.owner.organisation, &all, 0, 10).await.unwrap();
    for row in &rows {
        assert_eq!(
            (row.state, row.error.as_deref()),
            (NotificationState::Dropped, Some("the destination was deleted"))
        );
    }
    assert_eq!(rows.len(), 2);
});

both!(the_first_delivery_of_an_incident_is_known_later, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    enqueue(store, &[scene.notice("1", Some(scene.incident)), scene.notice("2", Some(scene.incident))]).await;
    assert_eq!(store.first_receipt(scene.to, scene.incident).await.unwrap(), None);
    let first = claim(store, NOW, 10).await;
    end(store, &first, sent(), NOW).await;
    let second = claim(store, NOW, 10).await;
    end(store, &second, Ending::Sent { receipt_id: None, receipt: "later".to_owned() }, later(1)).await;
    let receipt = store.first_receipt(scene.to, scene.incident).await.unwrap();
    assert_eq!(receipt, Some((Some("m1".to_owned()), "200 OK".to_owned())));
});

both!(what_is_over_is_forgotten_after_ninety_days_and_what_is_due_never, async |database: TestDatabase| {
    let store = &database.store;
    let scene = scene(store).await;
    enqueue(store, &[scene.notice("sent", None)]).await;
    end(store, &claim(store, NOW, 1).await, sent(), NOW).await;
    enqueue(store, &[scene.notice("due", None)]).await;
    let forgotten = store.forget(later(91 * 86_400), &Retention::default(), 100).await.unwrap();
    assert_eq!(forgotten.notifications, 1);
    assert_eq!(store.outbox_depth().await.unwrap(), 1);
});
