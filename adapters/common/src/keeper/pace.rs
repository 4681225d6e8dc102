//! When something is tried again.

use std::time::Duration;

/// The first pause after something could not be told.
const FIRST: Duration = Duration::from_secs(1);

/// The longest pause that is chosen here.
const LONGEST: Duration = Duration::from_secs(300);

/// The longest pause that a platform may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);

/// How long is waited after so many failures in a row: twice as long each time, up to five minutes, of which `random`, from
/// 0 to 1, takes away up to the half, so that not everybody comes back at once.
pub(super) fn backoff(failures: u32, random: f64) -> Duration {
    let whole = FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(LONGEST);
    whole.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0)
}

/// The pause that a platform asked for, as far as it can be meant.
pub(super) fn asked(after: Duration) -> Duration {
    after.min(LONGEST_ASKED)
}

/// A number from 0 to 1.
pub(super) fn random() -> f64 {
    let mut bytes = [0; 4];
    // Without a source of randomness all come back at once, which is no more than impolite.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_five_minutes_and_are_never_short() {
        let seconds = |failures, random| backoff(failures, random).as_secs_f64();
        assert_eq!(
            [1, 2, 3, 9, 10, 4_000_000].map(|failures| seconds(failures, 0.0)),
            [1.0, 2.0, 4.0, 256.0, 300.0, 300.0]
        );
        assert_eq!([1, 10].map(|failures| seconds(failures, 1.0)), [0.5, 150.0]);
        assert_eq!(asked(Duration::MAX), LONGEST_ASKED);
    }
}
