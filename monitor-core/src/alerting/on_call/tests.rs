use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::alerting::wall_clock::tests::{ZONES, at, instant, zone};

const MINUTE: Duration = Duration::from_secs(60);
const MS: Duration = Duration::from_millis(1);

fn rotation(zone: &str, weekday: Option<Weekday>, time: &str, participants: i64, start: Timestamp) -> Rotation {
    let handover = Handover { weekday, time: time.parse().unwrap() };
    let participants = (1..=participants).map(DestinationId).collect();
    Rotation { zone: Zone::new(zone).unwrap(), handover, participants, start }
}

fn who(rotation: &Rotation, overrides: &[Override], at: Timestamp) -> i64 {
    rotation.on_call(overrides, at).unwrap().participant.0
}

#[test]
fn a_week_changes_hands_at_nine_whatever_the_clocks_do() {
    let start = at("2026-03-20T12:00:00Z");
    let rotation = rotation("Europe/Berlin", Some(Weekday::Monday), "09:00", 3, start);
    assert_eq!(who(&rotation, &[], start), 1);
    let handovers: Vec<String> = rotation.handovers(&[], start, 3).iter().map(|(at, _)| at.to_string()).collect();
    // Summer time begins on 29 March.
    assert_eq!(handovers, ["2026-03-23T08:00:00.000Z", "2026-03-30T07:00:00.000Z", "2026-04-06T07:00:00.000Z"]);
    assert_eq!(who(&rotation, &[], at("2026-03-23T07:59:59Z")), 1);
    assert_eq!(who(&rotation, &[], at("2026-03-23T08:00:00Z")), 2);
    assert_eq!(who(&rotation, &[], at("2026-03-15T08:00:00Z")), 3, "before the start it was as if it had always been");
}

#[test]
fn a_handover_that_the_clock_skips_comes_when_the_skipping_is_done_and_one_shown_twice_comes_once() {
    let daily = rotation("Europe/Berlin", None, "02:30", 2, at("2026-01-01T12:00:00Z"));
    let turn = daily.on_call(&[], at("2026-03-28T12:00:00Z")).unwrap();
    assert_eq!(turn.until, at("2026-03-29T01:00:00Z"), "03:00 summer time");
    let turn = daily.on_call(&[], at("2026-10-24T12:00:00Z")).unwrap();
    assert_eq!(turn.until, at("2026-10-25T00:30:00Z"), "02:30 summer time");
    let turn = daily.on_call(&[], turn.until).unwrap();
    assert_eq!(turn.until, at("2026-10-26T01:30:00Z"));
    // Samoa left 30 December 2011 out.
    let daily = rotation("Pacific/Apia", None, "09:00", 2, at("2011-12-29T19:30:00Z"));
    let handovers = daily.handovers(&[], daily.start, 2);
    assert_eq!(handovers[0].0, at("2011-12-30T10:00:00Z"), "midnight");
    assert_eq!(handovers[1].0, at("2011-12-30T19:00:00Z"), "nine o'clock of the same day");
}

#[test]
fn somebody_stands_in_from_then_to_then_and_the_last_word_counts() {
    let start = at("2026-12-01T00:00:00Z");
    let rotation = rotation("UTC", Some(Weekday::Monday), "09:00", 2, start);
    let day = |day: u8| at(&format!("2026-12-{day:02}T00:00:00Z"));
    let stands_in =
        |participant, from, to| Override { participant: DestinationId(participant), from: day(from), to: day(to) };
    let overrides = [stands_in(7, 24, 27), stands_in(8, 25, 26)];
    assert_eq!(who(&rotation, &overrides, day(24) - MS), 2);
    assert_eq!(who(&rotation, &overrides, day(24)), 7);
    assert_eq!(who(&rotation, &overrides, day(25)), 8);
    assert_eq!(who(&rotation, &overrides, day(26)), 7);
    assert_eq!(who(&rotation, &overrides, day(27)), 2);
    let next: Vec<_> =
        rotation.handovers(&overrides, day(23), 5).iter().map(|(at, now)| (at.to_day(), now.participant.0)).collect();
    let expected = [(24, 7), (25, 8), (26, 7), (27, 2), (28, 1)].map(|(day, who)| (format!("2026-12-{day}"), who));
    assert_eq!(next, expected);
    assert!(rotation.on_call(&overrides, day(24)).unwrap().stands_in);
}

#[test]
fn one_alone_is_always_on_call_and_hands_over_to_nobody() {
    let alone = rotation("UTC", None, "00:00", 1, at("2026-01-01T00:00:00Z"));
    assert_eq!(alone.handovers(&[], alone.start, 3), []);
    assert_eq!(Rotation { participants: Vec::new(), ..alone.clone() }.on_call(&[], alone.start), None);
    for edge in [i64::MIN, i64::MAX] {
        assert_eq!(who(&alone, &[], Timestamp::from_millis(edge)), 1);
    }
}

#[test]
fn a_rotation_reads_back_what_it_wrote() {
    let rotation = rotation("Europe/Berlin", Some(Weekday::Monday), "09:00", 2, Timestamp::from_millis(5));
    let text = serde_json::to_string(&rotation).unwrap();
    assert_eq!(
        text,
        r#"{"zone":"Europe/Berlin","handover":{"weekday":"monday","time":"09:00"},"participants":[1,2],"start":5}"#
    );
    assert_eq!(serde_json::from_str::<Rotation>(&text).unwrap(), rotation);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn at_every_instant_exactly_one_is_on_call_and_the_next_one_takes_over_when_the_clock_says_so(
        zone in zone(), start in instant(), now in instant(), weekday in prop::option::of(0_i8..7),
        hour in 0_i8..24, minute in 0_i8..60, participants in 2_i64..6,
    ) {
        let weekday = weekday.map(|day| Weekday::from_monday_zero_offset(day).unwrap());
        let rotation = rotation(ZONES[zone], weekday, &format!("{hour:02}:{minute:02}"), participants, start);
        prop_assert_eq!(rotation.turn(start), 0);
        let turn = rotation.turn(now);
        let (begins, ends) = (rotation.begins(turn), rotation.begins(turn + 1));
        prop_assert!(begins <= now && now < ends);
        let one = rotation.on_call(&[], now).unwrap();
        prop_assert_eq!(one.until, ends);
        prop_assert_eq!(one.participant.0, turn.rem_euclid(participants) + 1);
        for same in [begins, ends - MS] {
            prop_assert_eq!(rotation.on_call(&[], same).unwrap(), one);
        }
        // The next turn follows, unless its whole day was skipped.
        let next = rotation.turn(ends);
        prop_assert!(next == turn + 1 || rotation.begins(turn + 2) == ends);

        let local = rotation.zone.local(ends);
        let wanted = rotation.handover.time.on(rotation.first_day().checked_add((7 * i64::from(weekday.is_some())).max(1).days() * (turn + 1)).unwrap());
        let before = rotation.zone.local(ends - MS);
        if local == wanted {
            // It is the first time that the clock shows it.
            prop_assert!((1..240).all(|minutes| rotation.zone.local(ends - MINUTE * minutes) != wanted));
        } else {
            prop_assert!(before < wanted && wanted < local, "{before} {wanted} {local}: only what is skipped comes late");
        }
        if let Some(weekday) = weekday.filter(|_| local == wanted) {
            prop_assert_eq!(local.date().weekday(), weekday);
        }
    }

    #[test]
    fn overrides_leave_nobody_out_and_the_changes_told_are_all_changes(
        zone in zone(), start in instant(), after in 0_u64..5_000_000,
        others in prop::collection::vec((0_u64..60_000, 1_u64..10_000, 1_i64..6), 0..4),
    ) {
        let rotation = rotation(ZONES[zone], None, "09:00", 3, start);
        let overrides: Vec<Override> = others.iter().map(|&(from, length, participant)| {
            let from = start + MINUTE * u32::try_from(from).unwrap();
            Override { participant: DestinationId(participant), from, to: from + MINUTE * u32::try_from(length).unwrap() }
        }).collect();
        let after = start + Duration::from_secs(after);
        let changes = rotation.handovers(&overrides, after, 6);
        let mut at = after;
        let mut expected = who(&rotation, &overrides, after);
        for (change, now) in changes {
            prop_assert!(change > at && now.until > change);
            let step = change.since(at) / 40;
            prop_assert!((0..40).all(|n| who(&rotation, &overrides, at + step * n) == expected));
            prop_assert_eq!(who(&rotation, &overrides, change - MS), expected);
            prop_assert_eq!(who(&rotation, &overrides, change), now.participant.0);
            prop_assert!(now.participant.0 != expected);
            (at, expected) = (change, now.participant.0);
        }
    }
}
