use super::*;
use Change::{Clear, Fire};
use Status::{Down, Up};

const SECOND: Duration = Duration::from_secs(1);

fn vote(reason: Reason, at: Timestamp) -> Signals {
    let status = if reason == Reason::Ok { Up } else { Down };
    Signals { vote: Some(reason), ..standing(status, Up, at) }
}

#[test]
fn a_rule_fires_when_its_condition_holds_and_ends_when_it_does_not() {
    let (rule, mut state) = (rule("down"), RuleState::default());
    assert_eq!(state.step(&rule, NOON, &standing(Up, Status::Unknown, NOON)).change, None);
    assert_eq!(state, RuleState::default(), "nothing is remembered while all is well");
    let step = state.step(&rule, NOON + minutes(1), &standing(Down, Up, NOON + minutes(1)));
    assert_eq!((step.change, step.why.as_str()), (Some(Fire), "it is down"));
    assert_eq!(state.step(&rule, NOON + minutes(2), &standing(Down, Up, NOON)).change, None);
    let step = state.step(&rule, NOON + minutes(3), &standing(Up, Down, NOON + minutes(3)));
    assert_eq!((step.change, step.why.as_str()), (Some(Clear), "it is up"));
}

#[test]
fn numbers_are_told() {
    let rule = rule("p95 over 10m > 800ms for 5m");
    let mut state = RuleState::default();
    let slow = measured(minutes(10), tally(20, 912, Reason::Ok, 0));
    let step = state.step(&rule, NOON, &slow);
    assert_eq!((step.change, step.again_at), (None, Some(NOON + minutes(5))));
    let step = state.step(&rule, NOON + minutes(5), &slow);
    assert_eq!(step.change, Some(Fire));
    insta::assert_snapshot!(step.why, @"p95 over 10 min was 918 ms, above 800 ms, for 5 min");
    let step = state.step(&rule, NOON + minutes(6), &measured(minutes(10), tally(20, 640, Reason::Ok, 0)));
    assert_eq!(step.change, Some(Clear));
    insta::assert_snapshot!(step.why, @"p95 over 10 min was 640 ms, not above 800 ms");
}

#[test]
fn an_interruption_starts_the_time_anew() {
    let rule = rule("error rate over 10m > 5% for 5m");
    let mut state = RuleState::default();
    let (bad, good) = (tally(1, 9, Reason::ResponseTimeout, 0), tally(1, 9, Reason::Ok, 0));
    let mut changes = Vec::new();
    for minute in 0..10 {
        let seen = if minute == 4 { &good } else { &bad };
        let step = state.step(&rule, NOON + minutes(minute), &measured(minutes(10), seen.clone()));
        changes.extend(step.change.map(|change| (minute, change)));
    }
    assert_eq!(changes, []);
    assert_eq!(state.step(&rule, NOON + minutes(10), &measured(minutes(10), bad)).change, Some(Fire));
}

#[test]
fn what_is_not_known_neither_fires_nor_ends_a_rule() {
    for condition in [
        "down",
        "degraded",
        "recovered",
        "2 of 3 checks failed",
        "heartbeat missed",
        "p95 over 10m > 1ms",
        "latency over 10m > 1ms",
        "error rate over 10m >= 0%",
        "bytes over 1h < 10MB",
        "requests over 1h < 10",
        "requests over 1h < 50% of usual",
        "certificate.days < 14",
        "domain.days < 30",
        "down and p95 over 10m > 1ms",
        "not down",
    ] {
        let rule = rule(condition);
        let mut state = RuleState::default();
        let step = state.step(&rule, NOON, &Signals::default());
        assert_eq!((step.change, step.holds), (None, None), "{condition}");
        assert!(!step.why.is_empty());
        let mut firing = state.clone();
        firing.step(&Rule { condition: "not down".parse().unwrap(), ..rule.clone() }, NOON, &standing(Up, Down, NOON));
        assert!(firing.firing_since().is_some());
        assert_eq!(firing.step(&rule, NOON + minutes(9), &Signals::default()).change, None, "{condition}");
        for blind in [Status::Paused, Status::Maintenance, Status::Unknown, Status::Inconclusive] {
            if condition == "down" {
                assert_eq!(firing.step(&rule, NOON + minutes(9), &standing(blind, Down, NOON)).change, None);
            }
        }
    }
}

#[test]
fn what_is_known_decides_where_it_can() {
    let holds = |condition: &str| {
        let step = RuleState::default().step(&rule(condition), NOON, &standing(Down, Up, NOON));
        (step.holds, step.why)
    };
    assert_eq!(holds("down or p95 over 10m > 1s"), (Some(true), "it is down".into()));
    assert_eq!(holds("not down and p95 over 10m > 1s"), (Some(false), "it is down".into()));
    assert_eq!(holds("down and p95 over 10m > 1s"), (None, "nothing was measured over 10 min".into()));
}

#[test]
fn within_the_cooldown_a_rule_is_held_back_and_nothing_is_lost() {
    let (rule, mut state) = (rule("down"), RuleState::default());
    state.step(&rule, NOON, &standing(Down, Up, NOON));
    assert_eq!(state.step(&rule, NOON + minutes(1), &standing(Up, Down, NOON)).change, Some(Clear));
    let step = state.step(&rule, NOON + minutes(2), &standing(Down, Up, NOON + minutes(2)));
    assert_eq!((step.change, step.again_at), (None, Some(NOON + minutes(6))));
    let step = state.step(&rule, NOON + minutes(6), &standing(Down, Up, NOON + minutes(2)));
    assert_eq!(step.change, Some(Fire));
    state.step(&rule, NOON + minutes(7), &standing(Up, Down, NOON + minutes(7)));
    state.step(&rule, NOON + minutes(12), &standing(Up, Down, NOON + minutes(7)));
    assert_eq!(state, RuleState::default(), "after the cooldown nothing is remembered");
}

#[test]
fn a_status_counts_from_its_beginning_also_for_a_rule_made_later() {
    let (rule, mut state) = (rule("down for 5m"), RuleState::default());
    let step = state.step(&rule, NOON + minutes(7), &standing(Down, Up, NOON));
    assert_eq!((step.change, step.why.as_str()), (Some(Fire), "it is down, for 7 min"));
}

#[test]
fn checks_are_counted_and_looks_between_them_are_not() {
    let (rule, mut state) = (rule("down for 3 checks"), RuleState::default());
    let mut changes = Vec::new();
    for (minute, reason) in
        (0..).zip([Reason::Ok, Reason::DnsTimeout, Reason::DnsTimeout, Reason::DnsTimeout, Reason::Ok])
    {
        let at = NOON + minutes(minute);
        let step = state.step(&rule, at, &vote(reason, at));
        changes.extend(step.change.map(|change| (minute, change, step.why)));
        let between = state.step(&rule, at + SECOND, &Signals { vote: None, ..vote(reason, at) });
        assert_eq!(between.change, None);
    }
    let expected = [(3, Fire, "it is down, for 3 checks".to_owned()), (4, Clear, "it is up".to_owned())];
    assert_eq!(changes, expected);
}

#[test]
fn the_last_checks_are_counted_whatever_lies_between_the_failures() {
    let (rule, mut state) = (rule("2 of 3 checks failed"), RuleState::default());
    let (ok, bad, slow) = (Reason::Ok, Reason::DnsTimeout, Reason::Slow);
    let changes: Vec<_> = [ok, bad, ok, bad, slow, ok, ok]
        .into_iter()
        .map(|reason| state.step(&rule, NOON, &Signals { vote: Some(reason), ..Signals::default() }))
        .map(|step| (step.change, step.why))
        .collect();
    assert_eq!(changes[3], (Some(Fire), "2 of the last 3 checks failed".into()));
    assert_eq!(changes[4], (Some(Clear), "1 of the last 3 checks failed".into()));
    assert_eq!(changes.iter().filter(|(change, _)| change.is_some()).count(), 2);
}

#[test]
fn heartbeats_fire_by_what_they_reported_last() {
    for (condition, reason) in [
        ("heartbeat missed", Reason::HeartbeatMissed),
        ("heartbeat failed", Reason::HeartbeatFailed),
        ("heartbeat too long", Reason::HeartbeatTooLong),
        ("heartbeat too long", Reason::HeartbeatSlow),
    ] {
        let (rule, mut state) = (rule(condition), RuleState::default());
        let told = |reason| Signals { vote: Some(reason), ..Signals::default() };
        assert_eq!(state.step(&rule, NOON, &told(Reason::HeartbeatOverlap)).change, None);
        assert_eq!(state.step(&rule, NOON, &told(reason)).change, Some(Fire), "{condition}");
        assert_eq!(state.step(&rule, NOON + minutes(1), &Signals::default()).change, None);
        assert_eq!(state.step(&rule, NOON + minutes(2), &told(Reason::Ok)).change, Some(Clear));
    }
}

#[test]
fn a_recovery_is_news_for_a_minute() {
    let (rule, mut state) = (rule("recovered"), RuleState::default());
    assert_eq!(state.step(&rule, NOON, &standing(Down, Up, NOON)).change, None);
    let up = standing(Up, Down, NOON + minutes(1));
    let step = state.step(&rule, NOON + minutes(1), &up);
    assert_eq!((step.change, step.again_at), (Some(Fire), Some(NOON + minutes(2))));
    assert_eq!(state.step(&rule, NOON + minutes(2), &up).change, Some(Clear));
}

#[test]
fn a_recovery_is_news_to_the_check_that_finds_it_however_late_that_is() {
    let (rule, mut state) = (rule("recovered"), RuleState::default());
    assert_eq!(state.step(&rule, NOON, &standing(Down, Up, NOON)).change, None);
    let up = standing(Up, Down, NOON + minutes(1));
    let found = Signals { flipped: true, ..up.clone() };
    let step = state.step(&rule, NOON + minutes(5), &found);
    assert_eq!((step.change, step.again_at), (Some(Fire), Some(NOON + minutes(6))));
    assert_eq!(state.step(&rule, NOON + minutes(6), &up).change, Some(Clear));
}

#[test]
fn a_recovery_that_nobody_saw_is_news_once() {
    let (rule, mut state) = (rule("recovered"), RuleState::default());
    let rule = Rule { cooldown: Duration::ZERO, ..rule };
    let mut look = |seconds, signals: Signals| state.step(&rule, NOON + Duration::from_secs(seconds), &signals).change;
    let at = |seconds| NOON + Duration::from_secs(seconds);
    assert_eq!(look(0, standing(Down, Up, at(0))), None);
    assert_eq!(look(10, standing(Status::Unknown, Down, at(5))), None);
    assert_eq!(look(20, standing(Up, Status::Unknown, at(20))), Some(Fire));
    assert_eq!(look(30, standing(Up, Status::Unknown, at(20))), None);
    assert_eq!(look(35, standing(Status::Unknown, Up, at(35))), Some(Clear));
    assert_eq!(look(40, standing(Up, Status::Unknown, at(40))), None, "it was up before");
}

#[test]
fn what_can_hold_only_after_a_recovery_is_news() {
    let news = |condition: &str| condition.parse::<Condition>().unwrap().is_news();
    for condition in ["recovered", "recovered and not degraded", "recovered and (down or degraded)"] {
        assert!(news(condition), "{condition}");
    }
    for condition in ["down", "not recovered", "recovered or degraded", "down for 5m"] {
        assert!(!news(condition), "{condition}");
    }
}

#[test]
fn traffic_is_compared_with_the_same_hour_of_past_weeks() {
    let rule = rule("bytes over 1h > 200% of usual");
    let look = |weeks: Vec<f64>| {
        let usual = weeks.into_iter().map(|bytes| Amount { bytes, requests: 1.0 }).collect();
        let signals = measured(minutes(60), tally(10, 9, Reason::Ok, 1_000_000));
        let step = RuleState::default().step(&rule, NOON, &Signals { usual: vec![(minutes(60), usual)], ..signals });
        (step.change, step.why)
    };
    let (change, why) = look(vec![4e6, 90e6, 4e6, 4.4e6]);
    assert_eq!(change, Some(Fire));
    insta::assert_snapshot!(why, @"bytes over 1 h was 10 MB, above 200 % of the usual 4.2 MB");
    assert_eq!(look(vec![6e6, 7e6]).0, None);
    let (change, why) = look(vec![1.0]);
    assert_eq!(change, None);
    insta::assert_snapshot!(why, @"what is usual is not known yet: 1 of the 2 weeks that are needed");
}

#[test]
fn certificates_and_registrations_end() {
    let days = |days: u64| NOON + Duration::from_secs(86_400 * days);
    let signals = |left| Signals { certificate_ends: Some(days(left)), domain_days: Some(20.0), ..Signals::default() };
    let (rule, mut state) = (rule("certificate.days < 14 or domain.days < 10"), RuleState::default());
    assert_eq!(state.step(&rule, NOON, &signals(20)).change, None);
    let step = state.step(&rule, NOON, &signals(13));
    assert_eq!((step.change, step.why.as_str()), (Some(Fire), "the certificate ends in 13 days, below 14"));
    assert_eq!(state.step(&rule, NOON, &signals(90)).change, Some(Clear));
}

#[test]
fn what_is_remembered_is_read_back_and_small() {
    let (rule, mut state) = (rule("2 of 3 checks failed"), RuleState::default());
    for reason in [Reason::Ok, Reason::DnsTimeout, Reason::DnsTimeout] {
        state.step(&rule, NOON, &Signals { vote: Some(reason), ..Signals::default() });
    }
    let stored = serde_json::to_string(&state).unwrap();
    assert_eq!(stored, r#"{"f":1772452800000,"h":1772452800000,"v":"oxx"}"#);
    assert_eq!(serde_json::from_str::<RuleState>(&stored).unwrap(), state);
}
