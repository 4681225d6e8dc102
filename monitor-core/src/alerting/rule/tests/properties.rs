use proptest::prelude::*;

use super::*;
use crate::health::{Flip, Policy};
use crate::outcome::Verdict;
use crate::report::Window;

/// Conditions that are right.
fn conditions() -> impl Strategy<Value = String> {
    let tests = vec![
        "down",
        "degraded",
        "2 of 3 checks failed",
        "3 of 5 checks slow",
        "p95 over 2m > 500ms",
        "p50 over 5m <= 300ms",
        "latency over 3m >= 400ms",
        "error rate over 2m > 30%",
        "bytes over 3m < 2kB",
        "requests over 2m < 3",
        "bytes over 1h > 150% of usual",
        "certificate.days < 0.02",
        "domain.days < 1",
        "heartbeat failed",
    ];
    let test = prop::sample::select(tests).prop_map(str::to_owned);
    let expression = test.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    });
    (expression, prop::sample::select(vec!["", " for 2m", " for 90s"])).prop_map(|(all, hold)| format!("{all}{hold}"))
}

/// Words of the language in any order: most are wrong, many nearly right.
fn soup() -> impl Strategy<Value = String> {
    let words = "down degraded recovered heartbeat missed too long 2 of 3 checks failed slow p95 p0 latency over 10m 90s > < >= \
                 == 800ms 5% 10MB error rate bytes requests usual certificate.days domain.days 14 and or not for ( ) , 5 é";
    let word = prop::sample::select(words.split_whitespace().collect::<Vec<_>>());
    prop::collection::vec(word, 0..12).prop_map(|words| words.join(" "))
}

fn check(text: &str) {
    match Condition::parse(text) {
        Ok(condition) => assert_eq!(Condition::parse(&condition.to_string()), Ok(condition), "{text}"),
        Err(RuleError::Condition(error)) => {
            assert!(error.position() <= text.chars().count());
            assert_eq!(error.pointed().lines().count(), 2, "{error}");
        }
        Err(error) => panic!("{error}"),
    }
}

/// An hour of checks, a few a minute.
fn histories() -> impl Strategy<Value = History> {
    let reasons = vec![Reason::Ok, Reason::Ok, Reason::Slow, Reason::ResponseTimeout, Reason::LocalNetwork];
    let check = (1_u64..90, prop::sample::select(reasons), 1_u64..1_000, 0_u64..2_000);
    let statuses = prop::sample::select(vec![Status::Up, Status::Degraded, Status::Down, Status::Unknown]);
    let flips = prop::collection::vec((1_u64..900, statuses), 0..12);
    (prop::collection::vec(check, 0..80), flips).prop_map(|(checks, flips)| history(&checks, &flips))
}

fn history(checks: &[(u64, Reason, u64, u64)], flips: &[(u64, Status)]) -> History {
    let mut history = History {
        policy: Policy { retries: 0, ..Policy::default() },
        certificate_ends: Some(NOON + minutes(60)),
        domain_days: Some((NOON, 1.02)),
        ..History::default()
    };
    let mut at = NOON;
    for (pause, reason, ms, response_bytes) in checks {
        at = at + Duration::from_secs(*pause);
        let sample =
            Sample { at, reason: *reason, duration: Duration::from_millis(*ms), response_bytes: *response_bytes };
        history.checks.push(sample);
        let start = at.floor(MINUTE);
        match history.minutes.last_mut() {
            Some((last, tally)) if *last == start => tally.add(&sample),
            _ => {
                let mut tally = Tally::default();
                tally.add(&sample);
                history.minutes.push((start, tally));
            }
        }
    }
    let (mut at, mut from) = (NOON, Status::Unknown);
    for (pause, to) in flips {
        at = at + Duration::from_secs(*pause);
        history.flips.push(Flip { at, from, to: *to });
        from = *to;
    }
    let week = minutes(60 * 24 * 7);
    history.hours = vec![
        (NOON - week * 2, Amount { bytes: 9_000.0, requests: 60.0 }),
        (NOON - week, Amount { bytes: 5_000.0, requests: 60.0 }),
    ];
    history
}

/// What is known at a moment, worked out anew from single checks, as it is when Watchword runs.
fn live(history: &History, at: Timestamp, over: &[Duration], usual_over: &[Duration]) -> Signals {
    let windows = over.iter().map(|over| {
        let mut tally = Tally::default();
        history
            .checks
            .iter()
            .filter(|check| at - *over <= check.at && check.at < at)
            .for_each(|check| tally.add(check));
        (*over, tally)
    });
    Signals {
        standing: history.flips.iter().rfind(|flip| flip.at <= at).map(|flip| Standing::from(*flip)),
        flipped: false,
        windows: windows.collect(),
        usual: usual_over.iter().map(|over| (*over, usual(at, *over, &history.hours))).collect(),
        certificate_ends: history.certificate_ends,
        domain_days: Some(1.02 - (at.as_millis() - NOON.as_millis()) as f64 / 86_400_000.0),
        vote: None,
    }
}

/// What would have been done by somebody who had looked when each check ended, and every minute.
fn stepped(rule: &Rule, history: &History, to: Timestamp) -> Vec<Episode> {
    let condition = &rule.condition;
    let (windows, usual) = (condition.windows(), condition.usual_windows());
    let every = windows.last().map_or(1, |over| (over.as_secs() / 60 / 30).max(1));
    let mut looks: Vec<(Timestamp, Signals)> = Vec::new();
    if condition.follows_checks() {
        let counting = history.checks.iter().filter(|check| check.reason.verdict() != Verdict::Inconclusive);
        looks.extend(counting.map(|check| {
            let at = check.at + check.duration;
            (at, Signals { vote: Some(check.reason), ..live(history, at, &[], &[]) })
        }));
        looks.sort_by_key(|(at, _)| *at);
    }
    let mut tick = NOON;
    while tick <= to {
        let place = looks.partition_point(|(at, signals)| *at < tick || (*at == tick && signals.vote.is_none()));
        looks.insert(place, (tick, live(history, tick, &windows, &usual)));
        tick = tick + minutes(every);
    }
    let (mut state, mut episodes) = (RuleState::default(), Vec::new());
    for (at, signals) in looks.into_iter().filter(|(at, signals)| *at < to || *at == to && signals.vote.is_none()) {
        let step = state.step(rule, at, &signals);
        match step.change {
            Some(Change::Fire) => episodes.push(Episode { fired_at: at, why: step.why, cleared_at: None }),
            Some(Change::Clear) => episodes.last_mut().expect("an alert that ends has begun").cleared_at = Some(at),
            None => {}
        }
    }
    episodes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn words_in_any_order_are_read_the_same_again_or_refused(text in soup()) {
        check(&text);
    }

    #[test]
    fn no_text_panics(text in "(p95 over |2 of |for |bytes over 1h > )?\\PC{0,40}") {
        check(&text);
    }

    #[test]
    fn what_is_right_is_read(text in conditions()) {
        prop_assert!(Condition::parse(&text).is_ok(), "{}", text);
        check(&text);
    }

    #[test]
    fn a_simulation_does_what_looking_live_would_have_done(text in conditions(), history in histories(), cooldown in 0_u64..10) {
        let mut rule = rule(&text);
        rule.cooldown = minutes(cooldown);
        let window = Window { from: NOON, to: NOON + minutes(60) };
        prop_assert_eq!(simulate(&rule, &history, window), stepped(&rule, &history, window.to));
    }

    #[test]
    fn alerts_begin_and_end_in_turns_and_respect_the_cooldown(text in conditions(), history in histories(), cooldown in 0_u64..10) {
        let mut rule = rule(&text);
        rule.cooldown = minutes(cooldown);
        let (mut state, mut last) = (RuleState::default(), None);
        history.replay(&rule, Window { from: NOON, to: NOON + minutes(60) }, |at, signals| {
            let before = state.firing_since().is_some();
            let step = state.step(&rule, at, signals);
            match step.change {
                Some(Change::Fire) => {
                    assert!(!before && step.holds == Some(true));
                    assert!(last.is_none_or(|cleared| at >= cleared + rule.cooldown));
                }
                Some(Change::Clear) => {
                    assert!(before && step.holds == Some(false));
                    last = Some(at);
                }
                None => assert_eq!(before, state.firing_since().is_some()),
            }
            assert!(step.again_at.is_none_or(|again| again > at));
            let stored = serde_json::to_string(&state).unwrap();
            assert_eq!(serde_json::from_str::<RuleState>(&stored).unwrap(), state);
        });
    }

    #[test]
    fn a_condition_that_goes_on_holding_fires_once_its_time_has_come(after in 0_u64..20, hold in 1_u64..10) {
        let rule = rule(&format!("down for {hold}m"));
        let mut state = RuleState::default();
        let (mut fired, since) = (Vec::new(), NOON + minutes(after));
        for minute in 0..40 {
            let at = NOON + minutes(minute);
            let seen = if at < since { standing(Status::Up, Status::Down, NOON) } else { standing(Status::Down, Status::Up, since) };
            fired.extend(state.step(&rule, at, &seen).change.map(|change| (minute, change)));
        }
        prop_assert_eq!(fired, vec![(after + hold, Change::Fire)]);
    }
}
