mod grammar;
mod properties;
mod replaying;
mod stepping;

use std::time::Duration;

use super::*;
use crate::Timestamp;
use crate::health::Status;
use crate::outcome::Reason;
use crate::rollup::{Sample, Tally};

/// Noon of a Monday.
const NOON: Timestamp = Timestamp::from_millis(1_772_452_800_000);

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

fn rule(condition: &str) -> Rule {
    Rule::new(Selector::default(), condition.parse().unwrap_or_else(|error| panic!("{error}")))
}

fn standing(status: Status, from: Status, since: Timestamp) -> Signals {
    Signals { standing: Some(Standing { status, since, from }), ..Signals::default() }
}

fn tally(count: u32, ms: u64, reason: Reason, response_bytes: u64) -> Tally {
    let mut tally = Tally::default();
    let duration = Duration::from_millis(ms);
    (0..count).for_each(|_| tally.add(&Sample { at: NOON, reason, duration, response_bytes }));
    tally
}

fn measured(over: Duration, tally: Tally) -> Signals {
    Signals { windows: vec![(over, tally)], ..Signals::default() }
}
