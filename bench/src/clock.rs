//! The machine's clock, which all processes of a run share.

use std::time::{SystemTime, UNIX_EPOCH};

use monitor_core::Timestamp;

/// Microseconds since 1970.
pub(crate) fn now_us() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "times of several processes are compared")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX)
}

/// The same as the database keeps it.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(i64::try_from(now_us() / 1_000).unwrap_or(i64::MAX))
}

/// From one time to another, in milliseconds; zero when they are the wrong way round.
#[expect(clippy::cast_precision_loss, reason = "differences stay far below 2^52")]
pub(crate) fn ms_between(from_us: u64, to_us: u64) -> f64 {
    to_us.saturating_sub(from_us) as f64 / 1_000.0
}
