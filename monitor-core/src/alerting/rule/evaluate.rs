//! Whether a condition holds, and why, in words with the numbers.

use std::time::Duration;

use super::condition::Expression;
use super::test::{Beat, Comparison, Ending, Limit, Test, Volume};
use super::{Amount, RuleState, Signals};
use crate::Timestamp;
use crate::duration::humanize;
use crate::health::Status;
use crate::outcome::{Reason, Verdict};

/// How long a recovery is news to whoever looks later than the check that found it.
pub(super) const RECOVERY_LASTS: Duration = Duration::from_secs(60);

/// Past weeks of which something has to be known for anything to be usual.
const WEEKS_NEEDED: usize = 2;

/// What was found; `holds` is `None` when it cannot be told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) holds: Option<bool>,
    pub(super) why: String,
}

impl Finding {
    fn unknown(why: impl Into<String>) -> Self {
        Self { holds: None, why: why.into() }
    }

    fn told(holds: bool, why: impl Into<String>) -> Self {
        Self { holds: Some(holds), why: why.into() }
    }
}

/// Everything that tests are held against.
pub(super) struct Seen<'a> {
    pub(super) state: &'a RuleState,
    pub(super) signals: &'a Signals,
    pub(super) now: Timestamp,
}

impl Seen<'_> {
    /// Holds an expression against it. What is unknown does not matter where the rest decides.
    pub(super) fn expression(&self, expression: &Expression) -> Finding {
        match expression {
            Expression::Test(test) => self.test(test),
            Expression::Not(inner) => {
                let found = self.expression(inner);
                Finding { holds: found.holds.map(|holds| !holds), why: found.why }
            }
            Expression::All(parts) => self.joined(parts, false),
            Expression::Any(parts) => self.joined(parts, true),
        }
    }

    /// One part that is `decisive` decides; otherwise all of them have to be known.
    fn joined(&self, parts: &[Expression], decisive: bool) -> Finding {
        let found: Vec<Finding> = parts.iter().map(|part| self.expression(part)).collect();
        let is = |holds: Option<bool>| found.iter().any(|part| part.holds == holds);
        let holds = match () {
            () if is(Some(decisive)) => Some(decisive),
            () if is(None) => None,
            () => Some(!decisive),
        };
        let telling = found.iter().filter(|part| part.holds == holds).map(|part| part.why.as_str());
        Finding { holds, why: telling.collect::<Vec<_>>().join(", and ") }
    }

    fn test(&self, test: &Test) -> Finding {
        match *test {
            Test::Down => self.status(Status::Down),
            Test::Degraded => self.status(Status::Degraded),
            Test::Recovered => self.recovered(),
            Test::Heartbeat(beat) => self.beat(beat),
            Test::Votes { needed, of, slow } => self.votes(needed, of, slow),
            Test::Latency { percentile, over, comparison, limit } => self.latency(percentile, over, comparison, limit),
            Test::ErrorRate { over, comparison, percent } => self.error_rate(over, comparison, percent),
            Test::Volume { what, over, comparison, limit } => self.volume(what, over, comparison, limit),
            Test::Days { what, comparison, days } => self.days(what, comparison, days),
        }
    }

    fn status(&self, wanted: Status) -> Finding {
        match self.signals.standing.map(|standing| standing.status) {
            Some(status @ (Status::Up | Status::Degraded | Status::Down)) => {
                Finding::told(status == wanted, format!("it is {}", status.as_str()))
            }
            Some(status) => Finding::unknown(format!("its status is {}", status.as_str())),
            None => Finding::unknown("its status is not known"),
        }
    }

    fn recovered(&self) -> Finding {
        let Some(standing) = self.signals.standing else { return Finding::unknown("its status is not known") };
        let was_down = standing.from == Status::Down || self.state.recovered_unseen(standing);
        let fresh = self.signals.flipped || self.now.since(standing.since) < RECOVERY_LASTS;
        let news = was_down && standing.status.is_up() && fresh;
        Finding::told(news, if news { "it has recovered" } else { "it has not just recovered" })
    }

    fn beat(&self, beat: Beat) -> Finding {
        let Some(last) = self.state.last() else { return Finding::unknown("it has not reported yet") };
        let holds = match beat {
            Beat::Missed => last == Reason::HeartbeatMissed,
            Beat::Failed => last == Reason::HeartbeatFailed,
            Beat::TooLong => matches!(last, Reason::HeartbeatTooLong | Reason::HeartbeatSlow),
        };
        Finding::told(holds, last.about().trim_end_matches('.').to_lowercase())
    }

    fn votes(&self, needed: u8, of: u8, slow: bool) -> Finding {
        let verdict = if slow { Verdict::Slow } else { Verdict::Failed };
        let (count, looked_at) = self.state.votes_of(verdict, of);
        let why = format!("{count} of the last {looked_at} checks {}", if slow { "were slow" } else { "failed" });
        match looked_at {
            0 => Finding::unknown("it has not been checked yet"),
            _ => Finding::told(count >= usize::from(needed), why),
        }
    }

    fn latency(&self, percentile: Option<u8>, over: Duration, comparison: Comparison, limit: Duration) -> Finding {
        let tally = self.signals.tally(over);
        let (name, seen) = match percentile {
            Some(percentile) => {
                let fraction = f64::from(percentile) / 100.0;
                (format!("p{percentile}"), tally.and_then(|tally| tally.latency.quantile(fraction)))
            }
            None => ("the mean latency".to_owned(), tally.and_then(|tally| tally.mean_latency())),
        };
        let Some(seen) = seen else { return nothing_measured(over) };
        let holds = comparison.holds(&seen, &limit);
        Finding::told(holds, compared(&name, over, &humanize(seen), &comparison.relation(holds), &humanize(limit)))
    }

    fn error_rate(&self, over: Duration, comparison: Comparison, percent: f64) -> Finding {
        let Some(rate) = self.signals.tally(over).and_then(|tally| tally.success_rate()) else {
            return nothing_measured(over);
        };
        let seen = (1.0 - rate) * 100.0;
        let holds = comparison.holds(&seen, &percent);
        Finding::told(
            holds,
            compared("the error rate", over, &share(seen), &comparison.relation(holds), &share(percent)),
        )
    }

    fn volume(&self, what: Volume, over: Duration, comparison: Comparison, limit: Limit) -> Finding {
        let Some(tally) = self.signals.tally(over).filter(|tally| tally.total() > 0) else {
            return nothing_measured(over);
        };
        let seen = exact(match what {
            Volume::Bytes => tally.bytes,
            Volume::Requests => tally.total(),
        });
        match limit {
            Limit::Amount(limit) => {
                let limit = exact(limit);
                let holds = comparison.holds(&seen, &limit);
                let (seen, limit) = (amount(what, seen), amount(what, limit));
                Finding::told(holds, compared(what.word(), over, &seen, &comparison.relation(holds), &limit))
            }
            Limit::Usual(percent) => {
                let of = |week: &Amount| match what {
                    Volume::Bytes => week.bytes,
                    Volume::Requests => week.requests,
                };
                let past: Vec<f64> = self.signals.past(over).iter().map(of).collect();
                if past.len() < WEEKS_NEEDED {
                    let weeks = past.len();
                    return Finding::unknown(format!(
                        "what is usual is not known yet: {weeks} of the {WEEKS_NEEDED} weeks that are needed"
                    ));
                }
                let usual = median(past);
                let holds = comparison.holds(&seen, &(usual * percent / 100.0));
                let limit = format!("{} of the usual {}", share(percent), amount(what, usual));
                Finding::told(
                    holds,
                    compared(what.word(), over, &amount(what, seen), &comparison.relation(holds), &limit),
                )
            }
        }
    }

    fn days(&self, what: Ending, comparison: Comparison, days: f64) -> Finding {
        let (name, left) = match what {
            Ending::Certificate => {
                let ends = self.signals.certificate_ends;
                let left = ends.map(|end| (end.as_millis() - self.now.as_millis()) as f64 / 86_400_000.0);
                ("the certificate", left)
            }
            Ending::Domain => ("the domain's registration", self.signals.domain_days),
        };
        let Some(left) = left else { return Finding::unknown(format!("it is not known when {name} ends")) };
        let holds = comparison.holds(&left, &days);
        let shown = match left {
            ..0.0 => format!("{name} has ended"),
            _ => format!("{name} ends in {} days", (left * 10.0).floor() / 10.0),
        };
        Finding::told(holds, format!("{shown}, {} {days}", comparison.relation(holds)))
    }
}

fn compared(name: &str, over: Duration, seen: &str, relation: &str, limit: &str) -> String {
    format!("{name} over {} was {seen}, {relation} {limit}", humanize(over))
}

fn nothing_measured(over: Duration) -> Finding {
    Finding::unknown(format!("nothing was measured over {}", humanize(over)))
}

fn share(percent: f64) -> String {
    format!("{} %", (percent * 10.0).round() / 10.0)
}

/// Bytes for reading, with one decimal.
fn amount(what: Volume, seen: f64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match units.into_iter().find(|(unit, _)| what == Volume::Bytes && seen >= *unit) {
        Some((unit, name)) => format!("{} {name}", (seen / unit * 10.0).round() / 10.0),
        None if what == Volume::Bytes => format!("{} bytes", seen.round()),
        None => format!("{}", seen.round()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes stay far below 2^52")]
fn exact(count: u64) -> f64 {
    count as f64
}

/// Of at least one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}
