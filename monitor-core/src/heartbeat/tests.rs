//! What heartbeats promise: schedules through changes of the clocks, and what pings and their absence mean.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Timestamp;
use crate::code::ErrorCode;
use crate::outcome::Reason;

const HOUR: Duration = Duration::from_secs(3_600);

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
fn a_job_at_a_fixed_time_comes_once_a_day_through_both_changes_of_the_clocks() {
    for schedule in [cron("30 2 * * *", "Europe/Berlin"), on("02:30", "Europe/Berlin")] {
        // 02:30 is skipped on 29 March: the job comes when the clocks have been changed.
        let spring = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
        assert_eq!(times(&schedule, "2026-03-27T12:00:00Z", 3), spring, "{schedule:?}");
        // 02:30 comes twice on 25 October: the first counts.
        let autumn = ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
        assert_eq!(times(&schedule, "2026-10-23T12:00:00Z", 3), autumn, "{schedule:?}");
    }
}

#[test]
fn a_job_of_every_half_hour_follows_the_clock_through_both_changes() {
    for schedule in [cron("*/30 * * * *", "Europe/Berlin"), on("*:0/30", "Europe/Berlin")] {
        for after in ["2026-03-29T00:00:00Z", "2026-10-25T00:00:00Z"] {
            let expected: Vec<String> =
                (1..6).map(|half| (at(after) + HOUR / 2 * half).to_string().replace(".000Z", "Z")).collect();
            assert_eq!(times(&schedule, after, 5), expected, "{schedule:?}");
        }
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

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let good = HeartbeatSpec::new(Schedule::Every(HOUR), HOUR);
    assert_eq!(good.validate(), Ok(()));
    let too_long = Duration::from_secs(366 * 86_400);
    for (bad, name) in [
        (HeartbeatSpec { grace: Duration::ZERO, ..good.clone() }, "grace"),
        (HeartbeatSpec { grace: too_long, ..good.clone() }, "grace"),
        (HeartbeatSpec { max_duration: Some(Duration::from_millis(999)), ..good.clone() }, "max-duration"),
        (HeartbeatSpec { min_gap: Some(too_long), ..good.clone() }, "min-gap"),
        (HeartbeatSpec { schedule: Schedule::Every(Duration::ZERO), ..good.clone() }, "every"),
        (HeartbeatSpec { keep_pings: 0, ..good.clone() }, "0 pings"),
        (HeartbeatSpec { keep_pings: 1_001, ..good }, "1001 pings"),
    ] {
        let error = bad.validate().unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn a_spec_says_what_is_expected_and_is_read_back() {
    for (schedule, target) in [
        (Schedule::Every(HOUR * 24), "every 1d, grace 1h"),
        (cron("0 3 * * *", "Europe/Berlin"), "cron 0 3 * * * Europe/Berlin, grace 1h"),
        (on("Mon..Fri 09:00", "UTC"), "on Mon..Fri 09:00 UTC, grace 1h"),
    ] {
        let spec = HeartbeatSpec::new(schedule, HOUR);
        assert_eq!(spec.target(), target);
        let json = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<HeartbeatSpec>(&json).unwrap(), spec);
    }
    let old = r#"{"schedule":{"every":{"secs":60,"nanos":0}},"grace":{"secs":60,"nanos":0}}"#;
    assert_eq!(serde_json::from_str::<HeartbeatSpec>(old).unwrap().keep_pings, 100);
}

/// A heartbeat of every day with an hour's grace, and a story of pings and looks at it.
struct Story {
    plan: Plan,
    beats: Beats,
}

impl Story {
    fn new(change: impl FnOnce(&mut HeartbeatSpec)) -> Self {
        let mut spec = HeartbeatSpec::new(Schedule::Every(HOUR * 24), HOUR);
        change(&mut spec);
        Self { plan: Plan::new(&spec).unwrap(), beats: Beats::default() }
    }

    /// That many minutes after the beginning a ping comes.
    fn ping(&mut self, minute: u64, signal: &str) -> Option<Reason> {
        self.run(minute, signal, None).finding.map(|finding| finding.reason)
    }

    fn run(&mut self, minute: u64, signal: &str, run: Option<u128>) -> Pinged {
        let signal = Signal::from_word(signal).unwrap();
        self.beats.ping(&self.plan, minutes(minute), signal, run.map(Uuid::from_u128))
    }

    /// In which minute something is wrong unless a ping comes before.
    fn deadline(&self) -> Option<u64> {
        let deadline = self.beats.deadline(&self.plan)?;
        Some(deadline.since(minutes(0)).as_secs() / 60)
    }

    /// Nobody could be reported to from that minute to that one.
    fn away(&mut self, gone: u64, back: u64) -> bool {
        self.beats.excuse(&self.plan, minutes(gone), minutes(back))
    }

    fn look(&mut self, minute: u64) -> Option<Reason> {
        self.beats.look(&self.plan, minutes(minute)).map(|finding| finding.reason)
    }
}

fn minutes(minutes: u64) -> Timestamp {
    at("2026-03-01T00:00:00Z") + Duration::from_secs(minutes * 60)
}

const DAY: u64 = 24 * 60;

#[test]
fn nothing_is_awaited_before_the_first_ping() {
    let mut story = Story::new(|_| {});
    assert_eq!(story.deadline(), None);
    assert_eq!(story.look(1_000_000), None);
    assert_eq!(story.ping(0, "log"), None);
    assert_eq!(story.deadline(), None, "a log entry is no report");
    assert_eq!(story.ping(5, ""), Some(Reason::Ok));
    assert_eq!(story.deadline(), Some(5 + DAY + 60));
}

#[test]
fn a_job_that_does_not_report_is_missed_once_for_each_time_it_was_expected() {
    let mut story = Story::new(|_| {});
    story.ping(0, "");
    assert_eq!(story.look(DAY + 59), None);
    assert_eq!(story.look(DAY + 60), Some(Reason::HeartbeatMissed));
    assert_eq!(story.look(DAY + 60), None);
    assert_eq!(story.deadline(), Some(2 * DAY + 60));
    assert_eq!(story.look(9 * DAY), Some(Reason::HeartbeatMissed), "told late, and once");
    assert!(story.deadline() > Some(9 * DAY));
    assert_eq!(story.ping(9 * DAY + 1, ""), Some(Reason::Ok));
    assert_eq!(story.deadline(), Some(10 * DAY + 61));
}

#[test]
fn a_missed_report_says_when_it_was_expected() {
    let mut story = Story::new(|spec| spec.schedule = cron("0 3 * * *", "UTC"));
    story.ping(0, "");
    assert_eq!(story.deadline(), Some(4 * 60));
    let finding = story.beats.look(&story.plan, minutes(4 * 60)).unwrap();
    assert_eq!(finding.message, "no ping came; one was expected by 2026-03-01 03:00:00 UTC");
}

#[test]
fn signals_and_exit_codes_mean_what_they_mean_in_healthchecks() {
    for (word, expected) in [
        ("", Some(Reason::Ok)),
        ("0", Some(Reason::Ok)),
        ("1", Some(Reason::HeartbeatFailed)),
        ("255", Some(Reason::HeartbeatFailed)),
        ("fail", Some(Reason::HeartbeatFailed)),
        ("start", None),
        ("log", None),
    ] {
        assert_eq!(Story::new(|_| {}).ping(0, word), expected, "{word}");
    }
    for word in ["256", "-1", "+1", "stop", "Start", " ", "1.0"] {
        assert_eq!(Signal::from_word(word), None, "{word}");
    }
    let failed = Story::new(|_| {}).run(0, "3", None).finding.unwrap();
    assert_eq!((failed.exit_code, failed.message.as_str()), (Some(3), "the job ended with exit code 3"));
}

#[test]
fn the_time_from_a_start_to_the_end_of_the_same_run_is_measured() {
    let mut story = Story::new(|_| {});
    story.run(0, "start", Some(1));
    story.run(10, "start", Some(2));
    story.run(20, "start", None);
    let took = |pinged: Pinged| pinged.duration.map(|duration| duration.as_secs() / 60);
    assert_eq!(took(story.run(30, "", Some(1))), Some(30));
    assert_eq!(took(story.run(30, "fail", Some(2))), Some(20));
    assert_eq!(took(story.run(30, "", Some(2))), None, "that run has ended");
    assert_eq!(took(story.run(30, "", None)), Some(10));
    assert_eq!(took(story.run(31, "", None)), None);
}

#[test]
fn a_run_that_does_not_end_within_the_grace_time_is_too_long() {
    let mut story = Story::new(|_| {});
    story.ping(0, "start");
    assert_eq!(story.deadline(), Some(60));
    assert_eq!(story.look(60), Some(Reason::HeartbeatTooLong));
    assert_eq!(story.deadline(), None, "nothing has ended yet that another one could follow");
    assert_eq!(story.ping(90, ""), Some(Reason::Ok));
    assert_eq!(story.run(91, "", None).duration, None);
}

#[test]
fn a_limit_of_its_own_lets_a_run_outlast_the_grace_time() {
    let mut story = Story::new(|spec| spec.max_duration = Some(HOUR * 5));
    story.ping(0, "");
    story.ping(DAY, "start");
    assert_eq!(story.deadline(), Some(DAY + 300));
    assert_eq!(story.ping(DAY + 240, ""), Some(Reason::Ok));
    story.ping(2 * DAY, "start");
    assert_eq!(story.look(2 * DAY + 300), Some(Reason::HeartbeatTooLong));
    assert_eq!(story.ping(2 * DAY + 301, ""), Some(Reason::HeartbeatSlow), "it succeeded, but late");
    assert_eq!(story.ping(3 * DAY, ""), Some(Reason::Ok));
}

#[test]
fn a_run_that_comes_too_early_stays_so_until_its_end() {
    let mut story = Story::new(|spec| spec.min_gap = Some(HOUR * 12));
    assert_eq!(story.ping(0, "start"), None);
    assert_eq!(story.ping(10, ""), Some(Reason::Ok));
    assert_eq!(story.ping(60, "start"), Some(Reason::HeartbeatTooEarly));
    assert_eq!(story.ping(70, ""), Some(Reason::HeartbeatTooEarly));
    assert_eq!(story.ping(71, ""), Some(Reason::HeartbeatTooEarly));
    assert_eq!(story.ping(71 + 720, ""), Some(Reason::Ok));
    // Whoever tries again after a failure is not early.
    let mut story = Story::new(|spec| spec.min_gap = Some(HOUR * 12));
    assert_eq!(story.ping(0, "fail"), Some(Reason::HeartbeatFailed));
    assert_eq!(story.ping(1, ""), Some(Reason::Ok));
}

#[test]
fn runs_that_overlap_are_told_when_they_may_not() {
    let mut story = Story::new(|spec| spec.forbid_overlap = true);
    let mut start = |run| story.run(0, "start", run).finding.map(|finding| finding.reason);
    assert_eq!(start(Some(1)), None);
    assert_eq!(start(Some(1)), None, "the same start, sent again");
    assert_eq!(start(Some(2)), Some(Reason::HeartbeatOverlap));
    assert_eq!(story.run(5, "", Some(1)).finding.unwrap().reason, Reason::Ok);
    assert_eq!(story.run(5, "", Some(2)).finding.unwrap().reason, Reason::HeartbeatOverlap);
    assert_eq!(story.run(6, "start", Some(3)).finding, None);
    let mut allowed = Story::new(|_| {});
    assert_eq!((allowed.ping(0, "start"), allowed.ping(0, "start")), (None, None));
}

#[test]
fn what_nobody_could_report_is_not_held_against_a_job() {
    let mut story = Story::new(|_| {});
    story.ping(0, "");
    story.run(DAY, "start", Some(1));
    assert!(story.away(DAY + 1, 3 * DAY));
    assert_eq!(story.deadline(), Some(4 * DAY + 60));
    assert_eq!(story.run(3 * DAY + 5, "", Some(1)).duration, Some(HOUR * 48 + Duration::from_secs(300)));
    story.beats.reset();
    assert_eq!(story.deadline(), None);
    assert_eq!(story.run(3 * DAY + 6, "", None).number, 4, "pings are counted on");
}

#[test]
fn being_away_while_nothing_is_expected_postpones_nothing() {
    let mut story = Story::new(|_| {});
    story.ping(23 * 60, "");
    assert!(!story.away(22 * 60, 22 * 60 + 2), "it is over since the ping");
    assert!(!story.away(DAY + 22 * 60, DAY + 22 * 60 + 2));
    assert_eq!(story.deadline(), Some(2 * DAY));
    assert!(!story.away(2 * DAY + 5, 2 * DAY + 10), "the deadline had passed before");
    assert_eq!(story.look(2 * DAY + 10), Some(Reason::HeartbeatMissed));
}

#[test]
fn being_away_for_part_of_the_time_to_report_excuses_once_until_the_next_ping() {
    let mut story = Story::new(|_| {});
    story.ping(0, "");
    assert!(story.away(DAY - 5, DAY + 5), "at the expected time");
    assert_eq!(story.deadline(), Some(2 * DAY + 65));
    assert!(!story.away(2 * DAY + 10, 2 * DAY + 20));
    assert_eq!(story.look(2 * DAY + 65), Some(Reason::HeartbeatMissed));
    story.ping(3 * DAY, "");
    assert!(story.away(4 * DAY + 10, 4 * DAY + 20), "within the grace time");
    assert!(!story.away(5 * DAY + 30, 5 * DAY + 40));
}

#[test]
fn a_report_that_could_not_come_at_all_is_excused_every_time() {
    let mut story = Story::new(|_| {});
    story.ping(3 * 60, "");
    for night in 1..5 {
        assert!(story.away(night * DAY, night * DAY + 8 * 60), "{night}");
        story.plan = Plan::new(&HeartbeatSpec::new(cron("0 3 * * *", "UTC"), HOUR)).unwrap();
        assert_eq!(story.deadline(), Some((night + 1) * DAY + 4 * 60));
    }
}

#[test]
fn being_away_for_a_moment_excuses_only_a_deadline_that_passes_in_it() {
    let away = |story: &mut Story, seconds: u64| {
        let back = minutes(DAY + 60) + Duration::from_secs(seconds);
        story.beats.excuse(&story.plan, back - Duration::from_secs(20), back)
    };
    let mut story = Story::new(|_| {});
    story.ping(0, "");
    assert!(away(&mut story, 0), "at its end");
    let mut story = Story::new(|_| {});
    story.ping(0, "");
    story.run(DAY + 50, "start", Some(1));
    let moment = minutes(DAY + 55);
    assert!(!story.beats.excuse(&story.plan, moment, moment + Duration::from_secs(59)));
    assert!(away(&mut story, 10));
    assert_eq!(story.deadline(), Some(DAY + 110), "the run is still under way");
    assert_eq!(story.look(DAY + 110), Some(Reason::HeartbeatTooLong));
}

#[test]
fn a_run_whose_end_may_have_been_lost_is_awaited_no_more() {
    let mut story = Story::new(|spec| spec.max_duration = Some(HOUR * 5));
    story.ping(0, "");
    story.run(DAY, "start", None);
    assert!(story.away(DAY + 180, DAY + 190));
    assert_eq!(story.deadline(), Some(2 * DAY + 190 + 60), "it had begun, so it is not missed either");
}

#[test]
fn time_never_runs_backwards_between_pings() {
    let mut story = Story::new(|_| {});
    story.ping(10, "");
    assert_eq!(story.run(5, "", None).at, minutes(10));
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

    #[test]
    fn both_notations_agree(hour in 0_u8..24, minute in 0_u8..60, zone in zones(), start in 1_300_000_000_000_i64..2_000_000_000_000) {
        let start = Timestamp::from_millis(start);
        for (cron_text, calendar) in [
            (format!("{minute} {hour} * * *"), format!("{hour}:{minute}")),
            (format!("{minute} * * * *"), format!("*:{minute}")),
            (format!("*/7 {hour} * * 1-5"), format!("Mon..Fri {hour}:0/7")),
        ] {
            let cron = Timetable::new(&cron(&cron_text, zone)).unwrap();
            let calendar = Timetable::new(&on(&calendar, zone)).unwrap();
            let mut from = start;
            for _ in 0..50 {
                prop_assert_eq!(cron.next(from), calendar.next(from), "{} {} {}", cron_text, zone, from);
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

    #[test]
    fn whatever_comes_the_next_deadline_lies_in_the_future(
        events in prop::collection::vec((0_u64..3_000, 0_usize..6, prop::option::of(0_u128..3)), 1..60),
        limit in prop::option::of(1_u64..300), overlap: bool,
    ) {
        let mut story = Story::new(|spec| {
            spec.max_duration = limit.map(|minutes| Duration::from_secs(minutes * 60));
            spec.forbid_overlap = overlap;
        });
        let mut minute = 0;
        for (pause, what, run) in events {
            minute += pause;
            match ["start", "", "fail", "log", "7"].get(what) {
                Some(signal) => drop(story.run(minute, signal, run)),
                None => drop(story.look(minute)),
            }
            story.look(minute);
            prop_assert!(story.deadline().is_none_or(|deadline| deadline > minute));
            let stored = serde_json::to_string(&story.beats).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Beats>(&stored).unwrap(), &story.beats);
            prop_assert!(stored.len() < 4_000);
        }
    }
}

#[test]
fn a_day_that_a_zone_left_out_is_passed_over() {
    // Samoa went from 29 to 31 December 2011.
    let timetable =
        Timetable::new(&Schedule::Cron { expression: "0 0 * * *".into(), zone: "Pacific/Apia".into() }).unwrap();
    let at = |text: &str| Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
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
