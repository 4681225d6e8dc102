use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::alerting::wall_clock::tests::{ZONES, at, instant, zone};
use crate::alerting::{TimeOfDay, Zone};

const HOUR: Duration = Duration::from_secs(3_600);

fn recurring(rule: &str, zone: &str, time: &str, lasts: Duration, from: &str) -> Result<When, WindowError> {
    let (zone, time): (Zone, TimeOfDay) = (Zone::new(zone).unwrap(), time.parse().unwrap());
    Recurrence::new(rule, zone, time, lasts, at(from)).map(When::Recurring)
}

fn once(from: Timestamp, until: Timestamp, now: Timestamp) -> Result<When, WindowError> {
    When::once(from, until, Zone::new("Europe/Berlin").unwrap(), now)
}

fn shown(when: &When, zone: &str, now: &str) -> Vec<String> {
    let zone = Zone::new(zone).unwrap();
    let words = |it: Occurrence| format!("{} - {}", zone.to_minute(it.from), zone.to_minute(it.until));
    when.upcoming(at(now), 5).into_iter().map(words).collect()
}

#[test]
fn a_window_once_is_on_from_its_beginning_until_its_end() {
    let (from, until) = (at("2026-12-01T22:00:00Z"), at("2026-12-02T02:00:00Z"));
    let when = once(from, until, at("2026-11-01T00:00:00Z")).unwrap();
    let ms = Duration::from_millis(1);
    assert_eq!(when.covering(from - ms), None);
    assert_eq!(when.covering(from), Some(Occurrence { from, until }));
    assert_eq!(when.covering(until - ms), Some(Occurrence { from, until }));
    assert_eq!(when.covering(until), None);
    assert_eq!((when.next(from - ms), when.next(from)), (Some(Occurrence { from, until }), None));
    assert_eq!((when.upcoming(from, 5).len(), when.upcoming(until, 5).len()), (1, 0));
    assert_eq!(once(until, from, from), Err(WindowError::Order));
    assert_eq!(once(from, until, until), Err(WindowError::Over));
    assert_eq!(once(from, from + Duration::from_secs(59), from), Err(WindowError::Length));
    assert_eq!(once(from, from + HOUR * 24 * 91, from), Err(WindowError::Length));
    assert_eq!(once(from + HOUR * 24 * 366 * 6, from + HOUR * 24 * 366 * 7, from), Err(WindowError::TooFar));
}

#[test]
fn a_recurring_window_keeps_its_time_of_day_when_the_clocks_change() {
    let when = recurring("FREQ=WEEKLY;BYDAY=SU", "Europe/Berlin", "03:00", 2 * HOUR, "2026-10-17T12:00:00Z").unwrap();
    insta::assert_snapshot!(shown(&when, "Europe/Berlin", "2026-10-17T12:00:00Z").join("\n"), @r"
    2026-10-18 03:00 - 2026-10-18 05:00
    2026-10-25 03:00 - 2026-10-25 05:00
    2026-11-01 03:00 - 2026-11-01 05:00
    2026-11-08 03:00 - 2026-11-08 05:00
    2026-11-15 03:00 - 2026-11-15 05:00
    ");
    assert_eq!(when.next(at("2026-10-20T00:00:00Z")).unwrap().from, at("2026-10-25T02:00:00Z"));
    assert_eq!(when.next(at("2026-10-12T00:00:00Z")).unwrap().from, at("2026-10-18T01:00:00Z"));
}

#[test]
fn what_the_clock_skips_comes_when_the_skipping_is_done_and_what_it_shows_twice_the_first_time() {
    let daily = |from| recurring("FREQ=DAILY", "Europe/Berlin", "02:30", HOUR, from).unwrap();
    let spring = daily("2026-03-28T12:00:00Z").upcoming(at("2026-03-28T12:00:00Z"), 1)[0];
    assert_eq!((spring.from, spring.until), (at("2026-03-29T01:00:00Z"), at("2026-03-29T02:00:00Z")));
    let autumn = daily("2026-10-24T12:00:00Z").upcoming(at("2026-10-24T12:00:00Z"), 1)[0];
    assert_eq!((autumn.from, autumn.until), (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")));
}

#[test]
fn rules_of_rfc_5545_mean_the_days_that_they_say() {
    let dates = |rule: &str| {
        let when = recurring(rule, "UTC", "04:00", HOUR, "2026-01-01T05:00:00Z").unwrap();
        let days = when.upcoming(at("2026-01-01T05:00:00Z"), 5).into_iter().map(|it| it.from.to_day());
        days.collect::<Vec<_>>().join(" ")
    };
    for (rule, days) in [
        ("FREQ=MONTHLY;BYDAY=2TU", "2026-01-13 2026-02-10 2026-03-10 2026-04-14 2026-05-12"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-30 2026-02-27 2026-03-31 2026-04-30 2026-05-29"),
        ("rrule:freq=daily;interval=10;count=3", "2026-01-02 2026-01-12 2026-01-22"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "2026-01-04 2026-01-18 2026-02-01 2026-02-15 2026-03-01"),
        ("FREQ=DAILY;UNTIL=20260104", "2026-01-02 2026-01-03 2026-01-04"),
        ("FREQ=DAILY;UNTIL=20260104T040000Z", "2026-01-02 2026-01-03 2026-01-04"),
        ("FREQ=DAILY;UNTIL=20260104T035959", "2026-01-02 2026-01-03"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29 2032-02-29 2036-02-29 2040-02-29 2044-02-29"),
        ("FREQ=WEEKLY", "2026-01-02 2026-01-09 2026-01-16 2026-01-23 2026-01-30"),
    ] {
        assert_eq!(dates(rule), days, "{rule}");
    }
}

#[test]
fn the_end_of_a_rule_in_utc_is_meant_where_the_clock_stands() {
    let when =
        |until| recurring(&format!("FREQ=DAILY;UNTIL={until}"), "Asia/Tokyo", "03:00", HOUR, "2026-01-01T00:00:00Z");
    let count = |until| when(until).unwrap().upcoming(at("2026-01-01T00:00:00Z"), 9).len();
    // 03:00 in Tokyo is 18:00 of the day before in UTC.
    assert_eq!(count("20260104T180000Z"), 4);
    assert_eq!(count("20260104T175959Z"), 3);
    assert_eq!(count("20260105"), 4);
}

#[test]
fn a_rule_that_asks_for_too_much_is_refused_with_what_is_possible() {
    let refused = |rule: &str| recurring(rule, "UTC", "03:00", HOUR, "2026-01-01T00:00:00Z").unwrap_err();
    for rule in [
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=3",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=DAILY;BYSECOND=0",
        "FREQ=DAILY;X-A=1",
        "FREQ=DAILY\nDTSTART:20200101T000000Z",
        "FREQ=DAILY;BYDAY=MO\nRRULE:FREQ=SECONDLY",
        "FREQ=DAILY;BYEASTER=0",
        "",
        "every sunday",
    ] {
        assert!(matches!(refused(rule), WindowError::Part(_)), "{rule}: {:?}", refused(rule));
    }
    for rule in ["FREQ=DAILY;COUNT=4294967295", "FREQ=DAILY;INTERVAL=99999999999", &"FREQ=DAILY;".repeat(40)] {
        assert_eq!(refused(rule), WindowError::TooMuch, "{rule}");
    }
    for rule in ["FREQ=WEEKLY;BYDAY=XX", "INTERVAL=2", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;UNTIL=tomorrow"] {
        assert!(matches!(refused(rule), WindowError::Rule { .. } | WindowError::Never), "{rule}: {:?}", refused(rule));
    }
    insta::assert_snapshot!(refused("FREQ=WEEKLY;BYDAY=XX"), @"`FREQ=WEEKLY;BYDAY=XX` is not a recurrence rule: `XX` is not a valid weekday. Valid values are `MO`, `TU`, `WE`, `TH`, `FR`, `SA` and `SU`; write one like `FREQ=WEEKLY;BYDAY=SU`");
}

#[test]
fn a_rule_that_means_no_day_is_refused_and_does_not_go_on_for_ever() {
    for rule in [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;BYMONTH=4",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
        "FREQ=YEARLY;INTERVAL=1000;BYYEARDAY=366",
        "FREQ=DAILY;UNTIL=20200101",
    ] {
        let refused = recurring(rule, "UTC", "03:00", HOUR, "2026-01-01T05:00:00Z");
        assert!(matches!(refused, Err(WindowError::Never | WindowError::Rule { .. })), "{rule}: {refused:?}");
    }
}

#[test]
fn a_window_that_would_begin_again_before_it_is_over_is_refused() {
    let refused = |rule, lasts| recurring(rule, "Europe/Berlin", "03:00", lasts, "2026-01-01T05:00:00Z").err();
    assert_eq!(refused("FREQ=DAILY", 25 * HOUR), Some(WindowError::Overlap));
    // One day of the year has 23 hours.
    assert_eq!(refused("FREQ=DAILY", 24 * HOUR), Some(WindowError::Overlap));
    assert_eq!(refused("FREQ=DAILY", 23 * HOUR), None);
    assert_eq!(refused("FREQ=WEEKLY", 24 * HOUR), None);
    assert_eq!(refused("FREQ=MONTHLY", 8 * 24 * HOUR), Some(WindowError::RecurringLength));
    assert_eq!(refused("FREQ=DAILY", Duration::from_secs(30)), Some(WindowError::RecurringLength));
}

#[test]
fn a_window_is_read_back_as_it_was_stored() {
    let when = recurring("FREQ=WEEKLY;BYDAY=SU", "Europe/Berlin", "03:00", 2 * HOUR, "2026-10-17T12:00:00Z").unwrap();
    let stored = serde_json::to_string(&when).unwrap();
    insta::assert_snapshot!(stored, @r#"{"recurring":{"rule":"FREQ=WEEKLY;BYDAY=SU","zone":"Europe/Berlin","start":"2026-10-18T03:00:00","lasts_ms":7200000}}"#);
    assert_eq!(serde_json::from_str::<When>(&stored).unwrap(), when);
    let (from, until) = (at("2026-10-17T12:00:00Z"), at("2026-10-17T13:00:00Z"));
    let once = once(from, until, from).unwrap();
    assert_eq!(serde_json::from_str::<When>(&serde_json::to_string(&once).unwrap()).unwrap(), once);
}

/// What the chore does each second, at whatever the clock says.
fn run(when: &When, times: &[Timestamp]) -> Vec<(Timestamp, Option<Occurrence>)> {
    let mut progress = Progress::default();
    let mut changes = Vec::new();
    for now in times {
        let next = progress.step(when, *now);
        if next.on != progress.on {
            changes.push((*now, next.on));
        }
        progress = next;
    }
    changes
}

#[test]
fn a_window_ends_when_the_clock_jumps_over_its_end_and_does_not_begin_again_when_it_goes_back() {
    let (from, until) = (at("2026-12-01T22:00:00Z"), at("2026-12-02T02:00:00Z"));
    let when = once(from, until, from).unwrap();
    let on = Some(Occurrence { from, until });
    let second = Duration::from_secs(1);
    assert_eq!(run(&when, &[from - second, from, until + HOUR * 30]), [(from, on), (until + HOUR * 30, None)]);
    assert_eq!(run(&when, &[from, from - second, from, until, until - second, from]), [(from, on), (until, None)]);
    assert_eq!(run(&when, &[from - second, until]), [], "one that nobody saw is not begun");
    // A clock that was wrong by far: what began by it ends, and begins when its time comes.
    let wrong = [from, from - HOUR * 24, from, until];
    assert_eq!(run(&when, &wrong), [(from, on), (from - HOUR * 24, None), (from, on), (until, None)]);
}

#[test]
fn what_is_ended_early_does_not_begin_again_and_comes_next_time() {
    let when = recurring("FREQ=DAILY", "UTC", "03:00", HOUR, "2026-01-01T00:00:00Z").unwrap();
    let now = at("2026-01-01T03:10:00Z");
    let ended = Progress::default().step(&when, now).ended();
    assert_eq!((ended.on, ended.step(&when, now)), (None, ended));
    assert_eq!(ended.due(&when, now), Some(at("2026-01-02T03:00:00Z")));
    let once = once(now, now + HOUR, now).unwrap();
    assert_eq!(Progress::default().step(&once, now).ended().due(&once, now), None);
}

fn rules() -> impl Strategy<Value = String> {
    let by = prop::sample::select(vec![
        "",
        ";BYDAY=SU",
        ";BYDAY=MO,WE,FR",
        ";INTERVAL=3",
        ";COUNT=40",
        ";BYMONTH=3,10,11;BYDAY=SU",
        ";BYDAY=SA,SU;WKST=SU",
    ]);
    (prop::sample::select(vec!["DAILY", "WEEKLY"]), by).prop_map(|(freq, by)| format!("FREQ={freq}{by}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Each time begins when the clock there shows the time of day, unless it shows no such time that day, and lasts as
    /// long as said; times come in order, and what covers a time is what is looked for.
    #[test]
    fn every_time_begins_by_the_clock_and_lasts_as_long_as_said(
        rule in rules(), zone in zone(), now in instant(), hour in 0_i8..24, minute in 0_i8..60, minutes in 1_u64..1_200,
    ) {
        let zone = Zone::new(ZONES[zone]).unwrap();
        let time: TimeOfDay = format!("{hour:02}:{minute:02}").parse().unwrap();
        let lasts = Duration::from_secs(minutes * 60);
        let Ok(recurrence) = Recurrence::new(&rule, zone.clone(), time, lasts, now) else { return Ok(()) };
        let when = When::Recurring(recurrence);
        let times = when.upcoming(now, 20);
        for it in &times {
            prop_assert!(it.from >= now);
            prop_assert_eq!(it.until.since(it.from), lasts);
            let local = zone.local(it.from);
            if local.time() != time.time() {
                // A gap: the minute before is before the time that was meant, and this is the first one after.
                let before = zone.local(it.from - Duration::from_millis(1));
                let shown = time.on(local.date());
                let meant = if shown > local { time.on(before.date()) } else { shown };
                prop_assert!(before < meant && meant < local, "{} is not {}", local, meant);
            }
            // The first of two times that show the same.
            prop_assert_eq!(zone.instant(local), it.from);
            let middle = it.from + lasts / 2;
            prop_assert_eq!(when.covering(middle), Some(*it));
        }
        for pair in times.windows(2) {
            prop_assert!(pair[0].until <= pair[1].from);
            prop_assert_eq!(when.next(pair[0].from), Some(pair[1]));
            prop_assert_eq!(when.next(pair[1].from - Duration::from_millis(1)), Some(pair[1]));
        }
    }

    /// However the clock goes within an hour, nothing begins twice, and what is on is over by its end. Looking only when
    /// something is due finds the same as looking every time.
    #[test]
    fn nothing_begins_twice_whatever_the_clock_does(steps in prop::collection::vec(-3_000_i64..7_000, 1..200)) {
        let when = recurring("FREQ=DAILY", "Europe/Berlin", "02:30", HOUR, "2026-03-25T00:00:00Z").unwrap();
        let (mut clock, mut latest, mut progress) = (at("2026-03-25T00:00:00Z"), Timestamp::default(), Progress::default());
        let mut begun = Vec::new();
        for step in steps {
            clock = Timestamp::from_millis(clock.as_millis() + step * 1_000);
            // Never more than 50 minutes back from where it was.
            clock = clock.max(Timestamp::from_millis(latest.as_millis() - 3_000_000));
            latest = latest.max(clock);
            let next = progress.step(&when, clock);
            let is_due = progress.due(&when, clock).is_some_and(|due| due <= clock);
            prop_assert!(is_due || next == progress, "{:?} {:?}", progress, next);
            if let Some(on) = next.on {
                prop_assert!(clock < on.until);
                if progress.on != next.on {
                    prop_assert!(on.covers(clock));
                    begun.push(on.from);
                }
            }
            prop_assert!(next.on.is_some() || when.covering(clock).is_none_or(|it| next.begun >= Some(it.from)));
            progress = next;
        }
        prop_assert!(begun.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", begun);
    }

    #[test]
    fn no_rule_makes_it_panic_or_hang(rule in "(FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)|BY(DAY|MONTHDAY|YEARDAY|WEEKNO|SETPOS|MONTH)=[-+]?[0-9]{1,3}(,[-+]?[0-9]{1,4}|MO|2SU)?|INTERVAL=[0-9]{1,4}|COUNT=[0-9]{1,5}|UNTIL=[0-9]{8}(T[0-9]{6}Z?)?|[A-Z=;,0-9]{0,12})(;(BY(DAY|MONTHDAY|YEARDAY|WEEKNO|SETPOS|MONTH)=[-+]?[0-9]{0,3}(MO|SU)?|INTERVAL=[0-9]{1,4})){0,4}") {
        if let Ok(when) = recurring(&rule, "Europe/Berlin", "02:30", HOUR, "2026-03-01T00:00:00Z") {
            let _ = (when.upcoming(at("2030-01-01T00:00:00Z"), 5), when.covering(at("2030-01-01T02:00:00Z")));
        }
    }
}
