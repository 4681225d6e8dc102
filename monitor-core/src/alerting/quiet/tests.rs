use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::alerting::wall_clock::tests::{ZONES, at, instant, zone};

const MINUTE: Duration = Duration::from_secs(60);

fn quiet(hours: &str, zone: &str, days: &str) -> QuietHours {
    let (from, to) = hours.split_once('-').unwrap();
    QuietHours {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        zone: Zone::new(zone).unwrap(),
        days: days.parse().unwrap(),
        except: None,
    }
}

#[test]
fn a_night_ends_when_the_clock_says_so() {
    let nights = quiet("22:00-07:00", "Europe/Berlin", "every day");
    let until = |time: &str| nights.until(at(time), Severity::Critical).map(|end| end.to_string());
    assert_eq!(until("2026-06-01T19:59:59Z"), None);
    assert_eq!(until("2026-06-01T20:00:00Z").as_deref(), Some("2026-06-02T05:00:00.000Z"));
    assert_eq!(until("2026-06-02T05:00:00Z"), None);
    // The night in which summer time begins is an hour shorter, that in which it ends an hour longer.
    assert_eq!(until("2026-03-28T22:00:00Z").as_deref(), Some("2026-03-29T05:00:00.000Z"));
    assert_eq!(until("2026-10-24T22:00:00Z").as_deref(), Some("2026-10-25T06:00:00.000Z"));
}

#[test]
fn nights_belong_to_the_day_on_which_they_begin_and_days_in_a_row_are_one() {
    let nights = quiet("22:00-07:00", "UTC", "fri");
    let is_quiet = |time: &str| nights.is_quiet(at(time));
    assert!(is_quiet("2026-06-05T23:00:00Z") && is_quiet("2026-06-06T06:00:00Z"));
    assert!(!is_quiet("2026-06-05T06:00:00Z") && !is_quiet("2026-06-06T23:00:00Z"));
    let weekend = quiet("00:00-00:00", "UTC", "weekends");
    let end = weekend.until(at("2026-06-06T10:00:00Z"), Severity::Info);
    assert_eq!(end, Some(at("2026-06-08T00:00:00Z")), "Monday");
    assert_eq!(weekend.validate(), Ok(()));
    assert_eq!(quiet("08:00-08:00", "UTC", "every day").validate(), Err(RoutingError::Endless));
}

#[test]
fn what_is_loud_enough_does_not_wait() {
    let nights = QuietHours { except: Some(Severity::Critical), ..quiet("22:00-07:00", "UTC", "every day") };
    let midnight = at("2026-06-01T00:00:00Z");
    assert_eq!(nights.until(midnight, Severity::Critical), None);
    assert!(nights.until(midnight, Severity::Warning).is_some());
    assert_eq!(nights.to_string(), "22:00-07:00 UTC except critical");
    let text = serde_json::to_string(&nights).unwrap();
    assert_eq!(serde_json::from_str::<QuietHours>(&text).unwrap(), nights);
}

/// What a person with a clock and a calendar says, who reads both as text.
fn says(quiet: &QuietHours, at: Timestamp) -> bool {
    let local = quiet.zone.local(at);
    let (time, today) = (local.strftime("%H:%M").to_string(), local.strftime("%a").to_string());
    let yesterday = local.date().yesterday().unwrap().strftime("%a").to_string();
    let day = |day: String| quiet.days.has(crate::alerting::weekday(&day).unwrap());
    let (from, to) = (quiet.from.to_string(), quiet.to.to_string());
    if from < to {
        from <= time && time < to && day(today)
    } else {
        (from <= time && day(today)) || (time < to && day(yesterday))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn it_is_quiet_exactly_as_long_as_the_clock_says(
        zone in zone(), now in instant(), from in (0_u8..24, 0_u8..60), to in (0_u8..24, 0_u8..60), days in "(mon|tue|wed|thu|fri|sat|sun)(,(mon|wed|sat)){0,2}",
        often in any::<bool>(),
    ) {
        let hours = format!("{:02}:{:02}-{:02}:{:02}", from.0, from.1, to.0, to.1);
        let quiet = quiet(&hours, ZONES[zone], if often && from != to { "every day" } else { &days });
        let until = quiet.until(now, Severity::Critical);
        prop_assert_eq!(until.is_some(), says(&quiet, now));
        let Some(until) = until else { return Ok(()) };
        prop_assert!(until > now, "never in the past");
        prop_assert!(!says(&quiet, until) && quiet.until(until, Severity::Info).is_none(), "not into quiet hours again");
        // Clocks are changed at whole minutes, so that looking once in each misses nothing.
        let mut minute = now.floor(MINUTE) + MINUTE;
        while minute < until {
            prop_assert!(says(&quiet, minute), "{minute} is before {until}");
            minute = minute + MINUTE;
        }
    }
}
