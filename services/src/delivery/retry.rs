//! When a delivery that failed is tried again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use monitor_core::Timestamp;

/// The pause after the first failure. It doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// How long after the first attempt the last one is.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::from_secs(86_400);

/// Before so many attempts it is not given up, unless the destination itself asked for the time: when the machine stood still
/// for a day or its clock was set forward by one, it was not tried for a day.
const FEWEST: u32 = 10;

/// Nothing that is tried for a day is tried so often, unless whoever was to deliver it died again and again.
pub(crate) const MOST: u32 = 100;

/// When to try again after that many attempts, of which the first was then; `None`: never. `asked` is the pause that the
/// destination asked for, which is cut short if it lasts beyond the time for the last attempt, so that there is that one.
/// What is tried again for the same reason is spread over time by its key.
pub(crate) fn again_at(
    key: &str,
    attempts: u32,
    first_tried: Timestamp,
    asked: Option<Duration>,
    now: Timestamp,
) -> Option<Timestamp> {
    let pause = asked.map_or_else(|| backoff(key, attempts), |asked| later(key, attempts, asked));
    let last = first_tried + GIVE_UP_AFTER;
    let at = now + pause;
    let at = if asked.is_some() && now < last { at.min(last) } else { at };
    let few = asked.is_none() && attempts < FEWEST;
    (few || at.since(first_tried) <= GIVE_UP_AFTER).then_some(at)
}

/// Half of the pause is fixed and half of it chance.
fn backoff(key: &str, attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    let full = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    full / 2 + full.mul_f64(chance(key, attempts) / 2.0)
}

/// What was asked for, and up to a tenth more, but not so soon that a destination is asked again and again.
fn later(key: &str, attempts: u32, asked: Duration) -> Duration {
    let asked = asked.max(FIRST_PAUSE / 5);
    asked + asked.min(LONGEST_PAUSE).mul_f64(chance(key, attempts) / 10.0)
}

/// A number from 0 to 1 that is the same for the same attempt, so that it can be foretold and tested.
#[expect(clippy::cast_precision_loss, reason = "any number will do")]
fn chance(key: &str, attempts: u32) -> f64 {
    let mut hasher = DefaultHasher::new();
    (key, attempts).hash(&mut hasher);
    hasher.finish() as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_772_323_200_000);

    /// All attempts at something that never works: their times after the first.
    fn attempts(key: &str) -> Vec<Duration> {
        let (mut now, mut at) = (START, vec![Duration::ZERO]);
        while let Some(again) = again_at(key, u32::try_from(at.len()).unwrap(), START, None, now) {
            now = again;
            at.push(now.since(START));
        }
        at
    }

    #[test]
    fn pauses_double_up_to_an_hour_for_a_day() {
        for key in ["a", "b", "c", "d"] {
            let at = attempts(key);
            let pauses: Vec<_> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
            for (number, pause) in pauses.iter().enumerate() {
                let full = Duration::from_secs(5 << number.min(10)).min(LONGEST_PAUSE);
                assert!((full / 2..=full).contains(pause), "{number}: {pause:?}");
            }
            let last = *at.last().unwrap();
            assert!(last <= GIVE_UP_AFTER && last > GIVE_UP_AFTER - LONGEST_PAUSE, "{last:?}");
        }
        assert_ne!(attempts("a"), attempts("b"), "not all at the same times");
    }

    #[test]
    fn a_day_in_which_it_was_hardly_tried_does_not_count() {
        let woken = START + GIVE_UP_AFTER * 2;
        assert!(again_at("a", FEWEST - 1, START, None, woken).is_some());
        assert_eq!(again_at("a", FEWEST, START, None, woken), None);
    }

    #[test]
    fn a_destination_that_asks_for_a_pause_gets_it() {
        let pause = |asked| again_at("a", 1, START, Some(asked), START).map(|at| at.since(START));
        let asked = Duration::from_secs(120);
        assert!((asked..=asked * 11 / 10).contains(&pause(asked).unwrap()));
        assert!(pause(Duration::ZERO).unwrap() >= Duration::from_secs(1));
        assert_eq!(pause(Duration::from_secs(90_000)), Some(GIVE_UP_AFTER), "once more, though earlier than asked for");
        assert_eq!(again_at("a", 2, START, Some(asked), START + GIVE_UP_AFTER), None);
    }
}
