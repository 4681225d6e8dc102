//! Schedules, through changes of the clocks.

use proptest::prelude::*;

use super::*;
use crate::code::ErrorCode;
use crate::heartbeat::HeartbeatSpec;

const HOUR: Duration = Duration::from_secs(3_600);

const BERLIN: &str = "Europe/Berlin";

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn cron(expression: &str, zone: &str) -> Schedule {
    Schedule::Cron { expression: expression.into(), zone: zone.into() }
}

fn on(expression: &str, zone: &str) -> Schedule {
    Schedule::OnCalendar { expression: expression.into(), zone: zone.into() }
}

/// The next times after that one.
fn times(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
    let timetable = Timetable::new(schedule).unwrap();
    let mut last = at(after);
    std::iter::from_fn(|| {
        last = timetable.next(last)?;
        Some(last.to_string().replace(".000Z", "Z"))
    })
    .take(count)
    .collect()
}

#[test]
fn calendar_events_come_when_systemd_says_so() {
    // The times are those that `systemd-analyze calendar --base-time=2026-03-01 --iterations=2` prints.
    for (expression, expected) in [
        ("minutely", ["2026-03-01T00:01:00Z", "2026-03-01T00:02:00Z"]),
        ("hourly", ["2026-03-01T01:00:00Z", "2026-03-01T02:00:00Z"]),
        ("daily", ["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"]),
        ("weekly", ["2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z"]),
        ("monthly", ["2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"]),
        ("quarterly", ["2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"]),
        ("semiannually", ["2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
        ("yearly", ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]),
        ("Mon..Fri 09:00", ["2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z"]),
        ("Sat,Sun 09:30:15", ["2026-03-01T09:30:15Z", "2026-03-07T09:30:15Z"]),
        ("Sat..Mon 10:00", ["2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"]),
        ("Wednesday", ["2026-03-04T00:00:00Z", "2026-03-11T00:00:00Z"]),
        ("*-*-* *:0/15", ["2026-03-01T00:15:00Z", "2026-03-01T00:30:00Z"]),
        ("*:*:0/20", ["2026-03-01T00:00:20Z", "2026-03-01T00:00:40Z"]),
        ("9..11:30", ["2026-03-01T09:30:00Z", "2026-03-01T10:30:00Z"]),
        ("*-*-1,15 12:00", ["2026-03-01T12:00:00Z", "2026-03-15T12:00:00Z"]),
        ("*-*~1", ["2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z"]),
        ("*-02~03", ["2027-02-26T00:00:00Z", "2028-02-27T00:00:00Z"]),
        ("Mon *-05~07/1", ["2026-05-25T00:00:00Z", "2027-05-31T00:00:00Z"]),
        ("02-29", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
        ("2027..2028-06-01", ["2027-06-01T00:00:00Z", "2028-06-01T00:00:00Z"]),
        ("*-*-* 06:00 Europe/Berlin", ["2026-03-01T05:00:00Z", "2026-03-02T05:00:00Z"]),
        ("03:00; 15:00", ["2026-03-01T03:00:00Z", "2026-03-01T15:00:00Z"]),
    ] {
        assert_eq!(times(&on(expression, "UTC"), "2026-03-01T00:00:00Z", 2), expected, "{expression}");
    }
}

#[test]
fn cron_expressions_come_as_in_a_crontab() {
    for (expression, expected) in [
        ("*/10 * * * *", ["2026-03-01T00:10:00Z", "2026-03-01T00:20:00Z"]),
        ("0 3 * * *", ["2026-03-01T03:00:00Z", "2026-03-02T03:00:00Z"]),
        ("30 4 1,15 * 5", ["2026-03-01T04:30:00Z", "2026-03-06T04:30:00Z"]),
        ("0 0 * * mon-fri", ["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"]),
        ("0 22 * * 7", ["2026-03-01T22:00:00Z", "2026-03-08T22:00:00Z"]),
        ("0 0 L * *", ["2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z"]),
        ("@daily", ["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"]),
    ] {
        assert_eq!(times(&cron(expression, "UTC"), "2026-03-01T00:00:00Z", 2), expected, "{expression}");
    }
}

#[test]
fn a_time_that_a_change_of_the_clocks_skips_comes_as_the_program_behind_the_notation_has_it() {
    // In Berlin the clocks go from 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
    for (schedule, expected) in [
        // Cron makes up for it when the clocks have been changed.
        (cron("30 2 * * *", BERLIN), ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        (cron("15 1-4 * * *", BERLIN), ["2026-03-28T00:15:00Z", "2026-03-28T01:15:00Z", "2026-03-28T02:15:00Z"]),
        // As `systemd-analyze calendar --base-time="2026-03-27 13:00" --iterations=3 02:30` prints in that zone.
        (on("02:30", BERLIN), ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"]),
    ] {
        assert_eq!(times(&schedule, "2026-03-27T12:00:00Z", 3), expected, "{schedule:?}");
    }
    let that_night = |schedule| times(&schedule, "2026-03-28T23:45:00Z", 3);
    let hours = ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"];
    assert_eq!(that_night(on("1..4:30", BERLIN)), hours);
    assert_eq!(that_night(cron("30 * * * *", BERLIN)), hours);
}

#[test]
fn a_time_that_comes_twice_counts_once_unless_a_cron_job_follows_the_clock() {
    // In Berlin the clocks go from 03:00 to 02:00 on 25 October 2026, at 01:00 UTC. The times of calendar events are those of
    // `systemd-analyze`, those of cron expressions Debian's and those of cronsim, which Healthchecks uses.
    for (schedule, expected) in [
        (cron("30 2 * * *", BERLIN), ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]),
        (cron("0 1-4 * * *", BERLIN), ["2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"]),
        (cron("0 2,3 * * *", BERLIN), ["2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", "2026-10-26T01:00:00Z"]),
        (cron("0 0-23/1 * * *", BERLIN), ["2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"]),
        (cron("0 * * * *", BERLIN), ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"]),
        (cron("@hourly", BERLIN), ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"]),
        (on("02:30", BERLIN), ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]),
        (on("hourly", BERLIN), ["2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"]),
        (on("1..4:30", BERLIN), ["2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z", "2026-10-25T03:30:00Z"]),
    ] {
        assert_eq!(times(&schedule, "2026-10-24T23:45:00Z", 3), expected, "{schedule:?}");
    }
    // From within the second of the two hours.
    assert_eq!(
        times(&on("*:0/20", BERLIN), "2026-10-25T01:10:00Z", 2),
        ["2026-10-25T02:00:00Z", "2026-10-25T02:20:00Z"]
    );
    assert_eq!(times(&cron("0,30 2-3 * * *", BERLIN), "2026-10-25T01:10:00Z", 1), ["2026-10-25T02:00:00Z"]);
}

#[test]
fn the_days_of_a_cron_expression_are_read_as_cron_reads_them() {
    // What cronsim answers from 21 November 2026 on: both days have to fit when one begins with `*`, else either.
    for (expression, expected) in [
        ("0 0 */5 * 3", "2026-12-16T00:00:00Z"),
        ("0 0 1,15 * */2", "2026-12-01T00:00:00Z"),
        ("0 0 */2 * 2", "2026-12-01T00:00:00Z"),
        ("0 0 1,15 * 2", "2026-11-24T00:00:00Z"),
        ("0 0 * * 2", "2026-11-24T00:00:00Z"),
        ("5/15 * * * *", "2026-11-21T12:05:00Z"),
        ("0 9/6 * * *", "2026-11-21T15:00:00Z"),
    ] {
        assert_eq!(times(&cron(expression, "UTC"), "2026-11-21T12:00:00Z", 1), [expected], "{expression}");
    }
}

#[test]
fn a_cron_job_of_every_half_hour_follows_the_clock_through_both_changes() {
    let schedule = cron("*/30 * * * *", BERLIN);
    for after in ["2026-03-29T00:00:00Z", "2026-10-25T00:00:00Z"] {
        let expected: Vec<String> =
            (1..6).map(|half| (at(after) + HOUR / 2 * half).to_string().replace(".000Z", "Z")).collect();
        assert_eq!(times(&schedule, after, 5), expected);
    }
}

#[test]
fn what_is_no_schedule_is_refused_with_an_example() {
    let refused = |schedule| {
        let spec = HeartbeatSpec::new(schedule, HOUR);
        let error = spec.validate().unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidSchedule);
        error.to_string()
    };
    for expression in ["", "* * * *", "61 * * * *", "0 0 30 2 *", "* * * * * *", "every day", &"1,".repeat(300)] {
        let error = refused(cron(expression, "UTC"));
        assert!(error.contains("write it like `0 3 * * 1-5`") && !error.contains(".;"), "{error}");
    }
    for expression in [
        "",
        ";",
        "25:00",
        "*-*-32",
        "*-02-30",
        "Mon Tue",
        "daily daily",
        "1:2:3:4",
        "*-*-*/0",
        "~1",
        "0:0:0.5",
        "1..0:00",
    ] {
        let error = refused(on(expression, "UTC"));
        assert!(error.contains("`Mon..Fri 09:00`") || error.contains("time zone"), "{error}");
    }
    assert!(refused(cron("0 3 * * *", "Mars/Olympus")).contains("`Mars/Olympus` is not a time zone"));
    assert!(refused(on("03:00 Mars/Olympus", "UTC")).contains("`Mars/Olympus` is not a time zone"));
}

fn zones() -> impl Strategy<Value = &'static str> {
    // Changes of an hour, of half an hour, none, at midnight, and a day that was skipped.
    prop::sample::select(vec![
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "America/Sao_Paulo",
        "Africa/Cairo",
        "Pacific/Apia",
    ])
}

fn schedules() -> impl Strategy<Value = (Schedule, bool)> {
    let fixed = (0_u8..24, 0_u8..60, zones()).prop_flat_map(|(hour, minute, zone)| {
        prop::sample::select(vec![
            (cron(&format!("{minute} {hour} * * *"), zone), true),
            (on(&format!("{hour}:{minute}"), zone), true),
        ])
    });
    let repeating = (1_u8..30, zones()).prop_flat_map(|(step, zone)| {
        prop::sample::select(vec![
            (cron(&format!("*/{step} * * * *"), zone), false),
            (on(&format!("*:0/{step}"), zone), false),
        ])
    });
    prop_oneof![fixed, repeating]
}

/// The hand of the clock in a zone, to the minute.
fn wall(at: Timestamp, schedule: &Schedule) -> jiff::civil::DateTime {
    let (Schedule::Cron { zone, .. } | Schedule::OnCalendar { zone, .. }) = schedule else { unreachable!() };
    let zoned = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap().in_tz(zone).unwrap();
    zoned.datetime()
}

proptest! {
    #[test]
    fn a_schedule_always_leads_forward((schedule, _) in schedules(), start in 1_300_000_000_000_i64..2_000_000_000_000) {
        let timetable = Timetable::new(&schedule).unwrap();
        let start = Timestamp::from_millis(start);
        let first = timetable.next(start).unwrap();
        prop_assert!(first > start);
        // From anywhere before the next time, the next time is the same.
        let between = Timestamp::from_millis((start.as_millis() + first.as_millis()) / 2);
        prop_assert_eq!(timetable.next(between), Some(first));
        prop_assert!(timetable.next(first).unwrap() > first);
    }

    #[test]
    fn a_fixed_time_comes_once_for_each_day((schedule, fixed) in schedules(), start in 1_300_000_000_000_i64..2_000_000_000_000) {
        prop_assume!(fixed);
        let timetable = Timetable::new(&schedule).unwrap();
        let mut last = timetable.next(Timestamp::from_millis(start)).unwrap();
        for _ in 0..400 {
            let next = timetable.next(last).unwrap();
            let days = wall(last, &schedule).date().until(wall(next, &schedule).date()).unwrap().get_days();
            // A zone that has skipped a whole day has skipped its job too, or made it up at the next midnight.
            prop_assert!((1..=2).contains(&days) || next > last && wall(next, &schedule).time() != wall(last, &schedule).time(),
                "{schedule:?} {last} {next}");
            last = next;
        }
    }

    /// Where no clock is changed the notations mean the same.
    #[test]
    fn both_notations_agree(hour in 0_u8..24, minute in 0_u8..60, start in 1_300_000_000_000_i64..2_000_000_000_000) {
        let start = Timestamp::from_millis(start);
        for (cron_text, calendar) in [
            (format!("{minute} {hour} * * *"), format!("{hour}:{minute}")),
            (format!("{minute} * * * *"), format!("*:{minute}")),
            (format!("*/7 {hour} * * 1-5"), format!("Mon..Fri {hour}:0/7")),
        ] {
            let cron = Timetable::new(&cron(&cron_text, "Asia/Kolkata")).unwrap();
            let calendar = Timetable::new(&on(&calendar, "Asia/Kolkata")).unwrap();
            let mut from = start;
            for _ in 0..50 {
                prop_assert_eq!(cron.next(from), calendar.next(from), "{} {}", cron_text, from);
                from = cron.next(from).unwrap() + Duration::from_secs(86_400 * 5);
            }
        }
    }

    #[test]
    fn no_expression_panics(text in "\\PC{0,40}", parts in "[0-9*/,.~: MonFri-]{0,30}") {
        for text in [text, parts] {
            let _ = Timetable::new(&on(&text, "UTC"));
            let _ = Timetable::new(&cron(&text, "UTC"));
        }
    }
}

#[test]
fn a_day_that_a_zone_left_out_is_passed_over() {
    // Samoa went from 29 to 31 December 2011.
    let timetable =
        Timetable::new(&Schedule::Cron { expression: "0 0 * * *".into(), zone: "Pacific/Apia".into() }).unwrap();
    let first = timetable.next(at("2011-12-28T12:00:00Z")).unwrap();
    assert_eq!(first, at("2011-12-29T10:00:00Z"));
    assert_eq!(timetable.next(first), Some(at("2011-12-30T10:00:00Z")));
    assert_eq!(timetable.next(at("2011-12-30T10:00:00Z")), Some(at("2011-12-31T10:00:00Z")));
}

#[test]
fn a_time_that_never_comes_is_refused_in_any_zone() {
    for zone in ["UTC", "Europe/Berlin", "Pacific/Apia"] {
        assert!(
            Timetable::new(&Schedule::Cron { expression: "0 0 31 2 *".into(), zone: zone.into() }).is_err(),
            "{zone}"
        );
    }
}
