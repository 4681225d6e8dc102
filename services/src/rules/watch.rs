//! Rules that look at every check, in the transaction that keeps it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use monitor_core::Timestamp;
use monitor_core::alerting::rule::{Signals, Standing};
use monitor_core::health::Flip;
use monitor_core::incident::Grouping;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::{Outcome, Verdict};
use storage::{StoreError, Tx};

use super::book::{Book, Shelf, Source};
use super::news::Recovered;
use super::steps::{self, Look};

/// A check that has just been taken in.
pub(crate) struct Seen<'a> {
    /// The monitor.
    pub(crate) monitor: MonitorId,
    /// What the check found.
    pub(crate) outcome: &'a Outcome,
    /// Whether the check is being tried again before it counts.
    pub(crate) retried: bool,
    /// How it changed the status, if it did.
    pub(crate) flip: Option<Flip>,
}

/// What rules made of checks.
#[derive(Default)]
pub(crate) struct Followed {
    /// Whether a card was posted or edited.
    pub(crate) told: bool,
    /// What is news, to be told after all that the checks change of incidents.
    pub(crate) news: Vec<Recovered>,
}

/// What is kept to look with.
#[derive(Default)]
pub(crate) struct Watch {
    pub(super) shelf: Shelf,
    /// The book by which it was last seen to that no rule goes on telling of what it is not about any more.
    pub(super) settled: Mutex<Arc<Book>>,
}

impl Watch {
    /// Has all rules that ask for it look at checks that were just taken in. Where no monitor has a rule of its own, this asks
    /// the database for nothing but, every few seconds and when a status changes, whether that is so still. It comes before
    /// incidents are touched, so that all transactions lock in the same order.
    pub(crate) async fn follow(
        &self,
        tx: &Tx,
        grouping: &Grouping,
        seen: &[Seen<'_>],
        now: Timestamp,
    ) -> Result<Followed, StoreError> {
        let flipped: Vec<MonitorId> = seen.iter().filter(|seen| seen.flip.is_some()).map(|seen| seen.monitor).collect();
        let book = match flipped.is_empty() {
            true => self.shelf.book(Source::Tx(tx), now).await?,
            false => self.shelf.fresh(Source::Tx(tx), &flipped, now).await?,
        };
        let follow = |seen: &&Seen<'_>| book.of(seen.monitor).iter().any(|row| row.rule.condition.follows_checks());
        let followed: Vec<&Seen<'_>> = seen.iter().filter(follow).collect();
        if followed.is_empty() {
            return Ok(Followed::default());
        }
        let monitors: Vec<MonitorId> = followed.iter().map(|seen| seen.monitor).collect();
        let states = steps::by_pair(tx.rule_states(&monitors).await?);
        let mut standings: HashMap<MonitorId, Standing> = tx.standings(&monitors).await?.into_iter().collect();
        let known: Vec<(&Seen<'_>, Signals)> = followed
            .into_iter()
            .map(|seen| {
                // A heartbeat may have changed several times in one transaction.
                standings.extend(seen.flip.map(|flip| (seen.monitor, Standing::from(flip))));
                (seen, signals(seen, standings.get(&seen.monitor).copied()))
            })
            .collect();
        let looks: Vec<Look<'_>> = known
            .iter()
            .flat_map(|(seen, signals)| {
                let rules = book.of(seen.monitor).iter().filter(|row| row.rule.condition.follows_checks());
                let saw = Some((seen.outcome.reason, seen.outcome.message.as_str()));
                rules.map(move |rule| Look { rule, monitor: seen.monitor, signals, saw })
            })
            .collect();
        let (done, news) = steps::take(tx, grouping, &looks, states, now).await?;
        Ok(Followed { told: done.told, news })
    }
}

fn signals(seen: &Seen<'_>, standing: Option<Standing>) -> Signals {
    let counts = !seen.retried && seen.outcome.verdict() != Verdict::Inconclusive;
    let vote = counts.then_some(seen.outcome.reason);
    Signals { standing, flipped: seen.flip.is_some(), vote, ..Signals::default() }
}
