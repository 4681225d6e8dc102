//! When a monitor is due.
//!
//! A monitor's slots lie at `phase + k * interval`. The phase spreads monitors that share an interval evenly over it,
//! and slots that were missed are not made up for: a late check is late once.

use std::time::Duration;

use crate::Timestamp;
use crate::time::millis;

/// The offset of a monitor's slots within its interval, in milliseconds. Consecutive numbers land far apart: each is
/// the golden ratio's fraction further, which fills the interval more evenly than chance.
/// Source: Knuth, The Art of Computer Programming, volume 3, section 6.4, on multiplicative hashing.
#[must_use]
pub fn phase_ms(number: i64, interval: Duration) -> i64 {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let fraction = number.cast_unsigned().wrapping_mul(GOLDEN);
    let offset = (u128::from(fraction) * u128::from(millis(interval).cast_unsigned())) >> 64;
    i64::try_from(offset).unwrap_or(0)
}

/// The first slot after `now`.
#[must_use]
pub fn next_slot(phase_ms: i64, interval: Duration, now: Timestamp) -> Timestamp {
    let step = millis(interval).max(1);
    let passed = (now.as_millis() - phase_ms).div_euclid(step);
    Timestamp::from_millis(phase_ms + (passed + 1) * step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_thousand_monitors_spread_evenly() {
        let interval = Duration::from_secs(30);
        let mut per_second = [0; 30];
        for number in 1..=3_000 {
            per_second[usize::try_from(phase_ms(number, interval) / 1_000).unwrap()] += 1;
        }
        assert!(per_second.iter().all(|count| (98..=102).contains(count)), "{per_second:?}");
    }

    proptest! {
        #[test]
        fn the_next_slot_is_the_first_one_after_now(number: i64, interval_ms in 1_000_u64..86_400_000, now in 0_i64..4_000_000_000_000) {
            let interval = Duration::from_millis(interval_ms);
            let (phase, now) = (phase_ms(number, interval), Timestamp::from_millis(now));
            prop_assert!((0..i64::try_from(interval_ms).unwrap()).contains(&phase));
            let next = next_slot(phase, interval, now);
            prop_assert!(next > now && next - interval <= now);
            prop_assert_eq!((next.as_millis() - phase) % i64::try_from(interval_ms).unwrap(), 0);
        }
    }
}
