use proptest::prelude::*;

use super::*;

const AT: Timestamp = Timestamp::from_millis(1_000);
const OK: Reason = Reason::Ok;
const SLOW: Reason = Reason::Slow;
const FAIL: Reason = Reason::ConnectionRefused;
const BLIND: Reason = Reason::LocalNetwork;

fn policy(retries: u8, needed: u8, of: u8, recover: u8) -> Policy {
    Policy { retries, needed, of, recover }
}

/// The statuses after each outcome.
fn statuses(policy: Policy, reasons: &[Reason]) -> Vec<Status> {
    let mut health = Health::default();
    reasons
        .iter()
        .map(|&reason| {
            health.observe(policy, AT, reason);
            health.status()
        })
        .collect()
}

#[test]
fn a_first_good_check_is_up_and_a_first_failed_one_is_down() {
    use Status::{Down, Up};
    assert_eq!(statuses(policy(0, 1, 1, 1), &[OK, FAIL, OK]), [Up, Down, Up]);
    assert_eq!(statuses(policy(0, 1, 1, 1), &[FAIL]), [Down]);
}

#[test]
fn a_failure_is_tried_again_with_backoff_before_it_counts() {
    let mut health = Health::default();
    let policy = policy(2, 1, 1, 1);
    health.observe(policy, AT, OK);
    let steps: Vec<Step> = (0..3).map(|_| health.observe(policy, AT, FAIL)).collect();
    assert_eq!(steps[0].retry_after, Some(Duration::from_millis(500)));
    assert_eq!(steps[1].retry_after, Some(Duration::from_millis(1_500)));
    assert_eq!(steps[2].retry_after, None);
    assert_eq!(steps[2].flip, Some(Flip { at: AT, from: Status::Up, to: Status::Down }));
    assert_eq!(steps[2].incident, Some(IncidentChange::Open));
    assert_eq!(health.observe(policy, AT, FAIL).retry_after, None, "what is down need not be confirmed again");
}

#[test]
fn a_retry_that_succeeds_leaves_no_trace() {
    let mut health = Health::default();
    health.observe(policy(1, 1, 1, 1), AT, OK);
    let before = health.clone();
    health.observe(policy(1, 1, 1, 1), AT, FAIL);
    health.observe(policy(1, 1, 1, 1), AT, OK);
    assert_eq!(health, before);
}

#[test]
fn n_of_m_confirms_and_m_good_votes_recover() {
    use Status::{Degraded, Down, Up};
    assert_eq!(
        statuses(policy(0, 2, 3, 2), &[OK, FAIL, OK, FAIL, FAIL, OK, FAIL, OK, OK, FAIL, FAIL]),
        [Up, Up, Up, Down, Down, Down, Down, Down, Up, Up, Down]
    );
    assert_eq!(
        statuses(policy(0, 2, 2, 2), &[OK, SLOW, SLOW, OK, OK, SLOW, FAIL]),
        [Up, Up, Degraded, Degraded, Up, Up, Degraded]
    );
}

#[test]
fn a_failure_that_is_not_confirmed_yet_is_failing_until_it_is_outvoted() {
    let mut health = Health::default();
    let policy = policy(0, 2, 3, 1);
    let failing = [OK, FAIL, OK, SLOW, FAIL, FAIL, OK].map(|reason| {
        health.observe(policy, AT, reason);
        health.is_failing()
    });
    assert_eq!(failing, [false, true, false, false, true, true, false]);
    health.observe(policy, AT, FAIL);
    let blind = [BLIND; 3].map(|reason| {
        health.observe(policy, AT, reason);
        health.is_failing()
    });
    assert_eq!(blind, [true, true, false], "what is not seen for long is not failing");
    for reason in [OK, OK, FAIL] {
        health.observe(policy, AT, reason);
    }
    assert!(health.is_failing());
    health.lose_sight(AT);
    assert!(!health.is_failing());
}

#[test]
fn slow_is_degraded_and_opens_no_incident() {
    let mut health = Health::default();
    health.observe(policy(0, 1, 1, 1), AT, OK);
    let step = health.observe(policy(0, 1, 1, 1), AT, SLOW);
    assert_eq!((health.status(), step.incident), (Status::Degraded, None));
}

#[test]
fn inconclusive_checks_neither_open_nor_resolve() {
    let mut health = Health::default();
    let policy = policy(0, 1, 1, 1);
    health.observe(policy, AT, FAIL);
    let blind: Vec<Step> = (0..5).map(|_| health.observe(policy, AT, BLIND)).collect();
    assert!(blind.iter().all(|step| step.incident.is_none()));
    assert_eq!(blind[2].flip, Some(Flip { at: AT, from: Status::Down, to: Status::Inconclusive }));
    assert_eq!(health.status(), Status::Inconclusive);
    let still = health.observe(policy, AT, FAIL);
    assert_eq!((still.flip.map(|flip| flip.to), still.incident), (Some(Status::Down), None));
    assert_eq!(health.observe(policy, AT, OK).incident, Some(IncidentChange::Resolve));
}

#[test]
fn an_outage_of_our_own_keeps_the_incident_open() {
    let mut health = Health::default();
    let policy = policy(0, 1, 1, 1);
    health.observe(policy, AT, FAIL);
    assert_eq!(health.lose_sight(AT).flip, Some(Flip { at: AT, from: Status::Down, to: Status::Unknown }));
    let next = health.observe(policy, AT, FAIL);
    assert_eq!((health.status(), next.incident), (Status::Down, None));
}

#[test]
fn pausing_resolves_and_ignores_what_was_running() {
    let mut health = Health::default();
    let policy = policy(0, 1, 1, 1);
    health.observe(policy, AT, FAIL);
    assert_eq!(health.pause(AT).incident, Some(IncidentChange::Resolve));
    assert_eq!(health.observe(policy, AT, FAIL), Step::default());
    assert_eq!(health.resume(AT).flip, Some(Flip { at: AT, from: Status::Paused, to: Status::Unknown }));
    assert_eq!(health.pause(AT).flip.map(|flip| flip.to), Some(Status::Paused));
}

#[test]
fn a_lost_health_without_an_incident_is_found_anew_by_the_next_vote() {
    let policy = policy(0, 1, 1, 1);
    for status in [Status::Unknown, Status::Down] {
        let mut health = Health::after_loss(status, false);
        assert_eq!(health.status(), Status::Unknown);
        let step = health.observe(policy, AT, FAIL);
        assert_eq!((health.status(), step.incident), (Status::Down, Some(IncidentChange::Open)));
    }
}

#[test]
fn a_lost_health_with_an_open_incident_is_down_until_it_recovers() {
    let policy = policy(2, 2, 3, 2);
    for status in Status::ALL.into_iter().filter(|status| !matches!(status, Status::Paused | Status::Maintenance)) {
        let mut health = Health::after_loss(status, true);
        assert!(!matches!(health.status(), Status::Up | Status::Degraded), "{status:?}");
        let incidents = [FAIL, OK, FAIL, OK, OK].map(|reason| health.observe(policy, AT, reason).incident);
        assert_eq!(incidents, [None, None, None, None, Some(IncidentChange::Resolve)], "{status:?}");
        assert_eq!(health.status(), Status::Up);
    }
}

#[test]
fn a_paused_monitor_stays_paused_when_its_health_is_lost() {
    let mut health = Health::after_loss(Status::Paused, false);
    assert_eq!(health.observe(policy(0, 1, 1, 1), AT, OK), Step::default());
    assert_eq!(health.resume(AT).flip, Some(Flip { at: AT, from: Status::Paused, to: Status::Unknown }));
}

#[test]
fn what_is_found_during_maintenance_is_no_vote_and_nothing_is_known_after_it() {
    let mut health = Health::default();
    let policy = policy(0, 1, 1, 1);
    health.observe(policy, AT, FAIL);
    let begun = health.begin_maintenance(AT);
    assert_eq!(begun.flip, Some(Flip { at: AT, from: Status::Down, to: Status::Maintenance }));
    assert_eq!(begun.incident, Some(IncidentChange::Resolve));
    for reason in [FAIL, OK, SLOW, BLIND, FAIL] {
        assert_eq!(health.observe(policy, AT, reason), Step::default());
    }
    assert_eq!(health.lose_sight(AT), Step::default());
    assert_eq!(health.begin_maintenance(AT), Step::default());
    assert_eq!(health.end_maintenance(AT).flip, Some(Flip { at: AT, from: Status::Maintenance, to: Status::Unknown }));
    assert_eq!(health, Health::default());
    assert_eq!(health.end_maintenance(AT), Step::default());
    assert_eq!(health.observe(policy, AT, FAIL).incident, Some(IncidentChange::Open));
}

#[test]
fn pausing_wins_over_maintenance_and_resuming_during_it_knows_nothing() {
    let mut health = Health::default();
    health.begin_maintenance(AT);
    assert_eq!(health.pause(AT).flip.map(|flip| flip.to), Some(Status::Paused));
    assert_eq!(health.end_maintenance(AT), Step::default());
    assert_eq!(health.begin_maintenance(AT), Step::default());
    assert_eq!(health.status(), Status::Paused);
    assert_eq!(health.resume(AT).flip.map(|flip| flip.to), Some(Status::Unknown));
    assert_eq!(health.begin_maintenance(AT).flip.map(|flip| flip.to), Some(Status::Maintenance));
    assert_eq!(health.resume(AT), Step::default());
}

#[test]
fn a_lost_health_in_maintenance_stays_in_it_until_it_ends() {
    for open in [false, true] {
        let mut health = Health::after_loss(Status::Maintenance, open);
        assert_eq!(health.observe(policy(0, 1, 1, 1), AT, FAIL), Step::default());
        let end = health.end_maintenance(AT);
        assert_eq!(end.flip, Some(Flip { at: AT, from: Status::Maintenance, to: Status::Unknown }));
        assert_eq!(end.incident, open.then_some(IncidentChange::Resolve));
    }
}

#[test]
fn what_older_versions_stored_still_reads() {
    let stored =
        [r#"{}"#, r#"{"c":"down","v":["x"]}"#, r#"{"s":"paused"}"#, r#"{"c":"up","s":"lost","v":["o"],"i":2}"#];
    let statuses = stored.map(|stored| serde_json::from_str::<Health>(stored).unwrap().status());
    assert_eq!(statuses, [Status::Unknown, Status::Down, Status::Paused, Status::Unknown]);
    let mut health = Health::default();
    health.begin_maintenance(AT);
    assert_eq!(serde_json::to_string(&health).unwrap(), r#"{"s":"maintenance"}"#);
}

#[test]
fn what_is_stored_is_short() {
    let mut health = Health::default();
    health.observe(Policy::default(), AT, OK);
    assert_eq!(serde_json::to_string(&health).unwrap(), r#"{"c":"up","v":["o"]}"#);
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Outcome(Reason),
    Pause,
    Resume,
    BeginMaintenance,
    EndMaintenance,
    LoseSight,
    LoseHealth,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        8 => prop::sample::select(Reason::ALL).prop_map(Event::Outcome),
        8 => prop::sample::select(vec![OK, FAIL, SLOW]).prop_map(Event::Outcome),
        1 => Just(Event::Pause),
        1 => Just(Event::Resume),
        1 => Just(Event::BeginMaintenance),
        1 => Just(Event::EndMaintenance),
        1 => Just(Event::LoseSight),
        1 => Just(Event::LoseHealth),
    ];
    prop::collection::vec(event, 0..200)
}

fn policies() -> impl Strategy<Value = Policy> {
    (0_u8..=5, 1_u8..=MAX_VOTES, 1_u8..=MAX_VOTES, 1_u8..=MAX_VOTES).prop_map(|(retries, a, b, recover)| Policy {
        retries,
        needed: a.min(b),
        of: a.max(b),
        recover,
    })
}

proptest! {
    /// The flips of any history form one unbroken chain that ends at the status shown, incidents open and resolve
    /// in turn, and a restart between any two steps (stored and read back) changes nothing. Losing the health, with
    /// nothing but the status and the incident left, breaks none of that.
    #[test]
    fn no_flip_is_lost_or_doubled(policy in policies(), events in events()) {
        let mut health = Health::default();
        let (mut last, mut open) = (health.status(), false);
        for (index, event) in events.into_iter().enumerate() {
            let at = Timestamp::from_millis(i64::try_from(index).unwrap());
            let mut restored: Health = serde_json::from_str(&serde_json::to_string(&health).unwrap()).unwrap();
            let step = apply(&mut health, policy, at, event);
            prop_assert_eq!(step, apply(&mut restored, policy, at, event));
            prop_assert_eq!(&health, &restored);
            if let Some(flip) = step.flip {
                prop_assert_eq!((flip.at, flip.from), (at, last));
                prop_assert_ne!(flip.from, flip.to);
                last = flip.to;
            }
            prop_assert_eq!(last, health.status());
            match step.incident {
                Some(IncidentChange::Open) => { prop_assert!(!open); open = true; }
                Some(IncidentChange::Resolve) => { prop_assert!(open); open = false; }
                None => {}
            }
            prop_assert!(open || health.status() != Status::Down, "down without an incident");
            prop_assert!(!open || !matches!(health.status(), Status::Up | Status::Degraded | Status::Paused | Status::Maintenance));
        }
    }

    /// Against a model that keeps every vote and looks at them all each time.
    #[test]
    fn down_means_n_of_the_last_m_votes_failed(policy in policies(), reasons in prop::collection::vec(prop::sample::select(vec![OK, FAIL]), 1..100)) {
        let policy = Policy { retries: 0, ..policy };
        let mut health = Health::default();
        let (mut since_recovery, mut down) = (Vec::new(), false);
        for reason in reasons {
            since_recovery.push(reason == FAIL);
            let tail = |n: u8| since_recovery.iter().rev().take(usize::from(n));
            if down {
                if since_recovery.len() >= usize::from(policy.recover) && tail(policy.recover).all(|failed| !failed) {
                    down = false;
                    since_recovery.clear();
                }
            } else if reason == FAIL && tail(policy.of).filter(|failed| **failed).count() >= usize::from(policy.needed) {
                down = true;
            }
            health.observe(policy, AT, reason);
            prop_assert_eq!(health.status() == Status::Down, down);
        }
    }
}

fn apply(health: &mut Health, policy: Policy, at: Timestamp, event: Event) -> Step {
    match event {
        Event::Outcome(reason) => health.observe(policy, at, reason),
        Event::Pause => health.pause(at),
        Event::Resume => health.resume(at),
        Event::BeginMaintenance => health.begin_maintenance(at),
        Event::EndMaintenance => health.end_maintenance(at),
        Event::LoseSight => health.lose_sight(at),
        Event::LoseHealth => {
            *health = Health::after_loss(health.status(), health.confirmed == Some(Confirmed::Down));
            Step::default()
        }
    }
}
