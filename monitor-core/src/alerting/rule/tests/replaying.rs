use super::*;
use crate::health::{Flip, Policy};
use crate::report::Window;

fn hour_of(minutes_by_ms: impl Fn(u64) -> Option<u64>) -> (History, Window) {
    let by_minute =
        (0..120).filter_map(|minute| Some((NOON + minutes(minute), tally(1, minutes_by_ms(minute)?, Reason::Ok, 100))));
    let history = History { minutes: by_minute.collect(), ..History::default() };
    (history, Window { from: NOON, to: NOON + minutes(120) })
}

#[test]
fn a_rule_is_tried_on_what_was_stored() {
    let (history, window) = hour_of(|minute| Some(if (30..50).contains(&minute) { 900 } else { 100 }));
    let episodes = simulate(&rule("latency over 5m > 800ms for 5m"), &history, window);
    let shown: Vec<_> =
        episodes.iter().map(|one| (one.fired_at.to_minute(), one.cleared_at.map(Timestamp::to_minute))).collect();
    assert_eq!(shown, [("2026-03-02 12:40 UTC".into(), Some("2026-03-02 12:51 UTC".into()))]);
    insta::assert_snapshot!(episodes[0].why, @"the mean latency over 5 min was 900 ms, above 800 ms, for 5 min");
}

#[test]
fn gaps_fire_nothing() {
    let (history, window) = hour_of(|minute| (minute < 30).then_some(100));
    let fewer = simulate(&rule("requests over 5m < 3"), &history, window);
    assert_eq!(fewer.last().map(|one| one.cleared_at), Some(None), "that it ends is not known either");
    assert_eq!(simulate(&rule("latency over 5m > 800ms"), &history, window), []);
}

#[test]
fn checks_that_were_tried_again_are_not_counted() {
    let (bad, ok) = (Reason::ConnectionRefused, Reason::Ok);
    let checks = [(0, ok), (60, bad), (61, bad), (63, bad), (120, ok)];
    let sample = |(second, reason)| Sample {
        at: NOON + Duration::from_secs(second),
        reason,
        duration: Duration::from_millis(5),
        response_bytes: 0,
    };
    let at = |second| NOON + Duration::from_secs(second) + Duration::from_millis(5);
    let history = History {
        policy: Policy { retries: 2, ..Policy::default() },
        checks: checks.into_iter().map(sample).collect(),
        flips: vec![
            Flip { at: at(0), from: Status::Unknown, to: Status::Up },
            Flip { at: at(63), from: Status::Up, to: Status::Down },
            Flip { at: at(120), from: Status::Down, to: Status::Up },
        ],
        ..History::default()
    };
    let window = Window { from: NOON, to: NOON + minutes(10) };
    assert_eq!(simulate(&rule("2 of 3 checks failed"), &history, window), []);
    let down = simulate(&rule("down"), &history, window);
    assert_eq!((down[0].fired_at, down[0].cleared_at, down.len()), (at(63), Some(at(120)), 1));
}

#[test]
fn a_new_rule_knows_since_when_its_condition_holds() {
    let (history, window) = hour_of(|minute| Some(if minute >= 110 { 900 } else { 100 }));
    let rule = rule("latency over 5m > 800ms for 5m");
    let mut state = history.recalled(&rule, window);
    assert_eq!(state.firing_since(), None);
    assert_eq!(state.held_since(), Some(NOON + minutes(115)));
    let now = measured(minutes(5), tally(5, 900, Reason::Ok, 0));
    assert_eq!(state.step(&rule, window.to, &now).change, Some(Change::Fire));
}

#[test]
fn the_usual_is_that_of_the_same_time_of_the_week() {
    let hour = |weeks: u64, hours: u64| NOON - minutes(60 * 24 * 7 * weeks) - minutes(60 * hours);
    let amount = |bytes| Amount { bytes, requests: 60.0 };
    let hours = vec![(hour(2, 1), amount(10.0)), (hour(1, 2), amount(100.0)), (hour(1, 1), amount(20.0))];
    assert_eq!(usual(NOON, minutes(60), &hours), [amount(20.0), amount(10.0)]);
    let half_past = usual(NOON - minutes(30), minutes(60), &hours);
    assert_eq!(half_past, [amount(60.0), Amount { bytes: 5.0, requests: 30.0 }]);
    assert_eq!(usual(NOON + minutes(600), minutes(60), &hours), []);
}
