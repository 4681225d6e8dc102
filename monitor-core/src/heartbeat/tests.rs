//! What heartbeats promise: schedules through changes of the clocks, and what pings and their absence mean.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Timestamp;
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
        (on("09:00 Europe/Riga", "UTC"), "on 09:00 Europe/Riga, grace 1h"),
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
fn an_end_without_an_id_and_a_failure_of_no_run_end_whatever_is_under_way() {
    for (signal, id, expected) in
        [("", None, Reason::Ok), ("fail", None, Reason::HeartbeatFailed), ("7", Some(2), Reason::HeartbeatFailed)]
    {
        let mut story = Story::new(|_| {});
        story.run(0, "start", Some(1));
        let ended = story.run(30, signal, id);
        assert_eq!(ended.finding.unwrap().reason, expected);
        assert_eq!(ended.duration, None, "it is not said which run it is");
        assert_eq!(story.look(60), None, "{signal}");
        assert_eq!(story.deadline(), Some(30 + DAY + 60));
    }
    let mut story = Story::new(|_| {});
    story.run(0, "start", Some(1));
    assert_eq!(story.run(30, "", Some(2)).finding.unwrap().reason, Reason::Ok);
    assert_eq!(story.look(60), Some(Reason::HeartbeatTooLong), "another run has succeeded");
    let mut story = Story::new(|_| {});
    story.run(0, "start", Some(1));
    story.run(10, "start", Some(2));
    story.run(30, "fail", Some(2));
    assert_eq!(story.look(60), Some(Reason::HeartbeatTooLong), "another run has failed, which had begun");
}

#[test]
fn an_end_without_an_id_counts_from_the_start_of_what_it_ends() {
    let mut story = Story::new(|spec| spec.min_gap = Some(Duration::from_secs(50 * 60)));
    story.run(0, "start", Some(1));
    assert_eq!(story.ping(30, ""), Some(Reason::Ok));
    assert_eq!(story.run(60, "start", Some(2)).finding, None);
}

#[test]
fn an_end_that_is_reported_twice_is_no_second_run() {
    let gap = |spec: &mut HeartbeatSpec| spec.min_gap = Some(HOUR * 12);
    let mut story = Story::new(gap);
    story.run(0, "start", Some(1));
    let first = story.run(10, "", Some(1));
    let again = story.run(11, "", Some(1));
    assert_eq!((first.finding.unwrap().reason, again.finding.unwrap().reason), (Reason::Ok, Reason::Ok));
    assert_eq!(again.duration, first.duration);
    assert_eq!(story.ping(12, ""), Some(Reason::HeartbeatTooEarly), "nobody says that this is the same");
    // Nor without a start.
    let mut story = Story::new(gap);
    assert_eq!(story.run(0, "", Some(1)).finding.unwrap().reason, Reason::Ok);
    assert_eq!(story.run(1, "", Some(1)).finding.unwrap().reason, Reason::Ok);
    assert_eq!(story.run(2, "", Some(2)).finding.unwrap().reason, Reason::HeartbeatTooEarly);
    assert_eq!(story.run(3, "", Some(2)).finding.unwrap().reason, Reason::HeartbeatTooEarly, "as it was");
    assert_eq!(story.run(4, "fail", Some(2)).finding.unwrap().reason, Reason::HeartbeatFailed);
    // Whoever calls all runs the same is judged by each.
    let mut story = Story::new(gap);
    story.run(0, "", Some(1));
    assert_eq!(story.run(60, "", Some(1)).finding.unwrap().reason, Reason::HeartbeatTooEarly);
    assert_eq!(story.run(DAY, "", Some(1)).finding.unwrap().reason, Reason::Ok);
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

proptest! {
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
