//! Looking at oneself before blaming the world.
//!
//! When most hosts stop answering at once, or none of the witnesses that the operator named answers, it is rather this
//! machine that has lost its network. What checks find then says nothing of their targets: it becomes inconclusive, one
//! notice tells everybody, and no storm of alerts leaves.
//!
//! Only silence counts: a host that refuses, answers wrongly or hangs after the connection stood has shown that the
//! network is there. Only what is new counts: a host that has been silent for long is down, whatever happens now.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use monitor_core::Timestamp;
use monitor_core::duration::humanize;
use monitor_core::outcome::{Outcome, Reason, Verdict};
use probes::{Check, Reach, is_lost};
use storage::Audience;

use crate::Services;

/// Answers that are younger than that outweigh silence without a look.
const FRESH: Duration = Duration::from_millis(1_500);

/// How long a look at oneself counts.
const LOOK_LASTS: Duration = Duration::from_secs(2);

/// How long a look may take.
const LOOK_WITHIN: Duration = Duration::from_secs(3);

/// How long a host may have been silent and still be one of those that stopped answering at once.
const AT_ONCE: Duration = Duration::from_secs(90);

/// How long ago a host may have answered to be looked at.
const KNOWN_GOOD: Duration = Duration::from_secs(3_600);

/// Hosts that are looked at when there are no witnesses.
const SAMPLE: usize = 8;

/// From how many hosts on it is unlikely that all of them fall silent at once.
const ENOUGH_HOSTS: usize = 3;

/// How many times as many hosts have to be silent as answer: four of five. With fewer it is them and not the network.
const NEARLY_ALL: usize = 4;

/// Hosts remembered.
const MAX_HOSTS: usize = 20_000;

/// How long a loss of sight lasts that no check shows any more.
const BLIND_AT_MOST: Duration = Duration::from_secs(300);

/// A loss of sight that follows another within this time is told in the same notice.
const SAME_LOSS: Duration = Duration::from_secs(600);

/// What this process has seen of the hosts it checks.
#[derive(Default)]
pub(crate) struct Sight {
    state: Mutex<State>,
    /// Held by whoever looks, so that one look serves all who ask meanwhile.
    looking: tokio::sync::Mutex<()>,
    /// Held by whoever ends a loss of sight.
    returning: tokio::sync::Mutex<()>,
    /// Checks of the witnesses.
    witnesses: Vec<Check>,
}

#[derive(Default)]
struct State {
    hosts: HashMap<u64, Host>,
    /// When hosts answered or did not, the latest last, as long as that is fresh.
    fresh: VecDeque<(Timestamp, bool)>,
    /// When was looked last, and what was found.
    looked: Option<(Timestamp, Seeing)>,
    /// The loss of sight that lasts, or the last one.
    blind: Option<Blind>,
}

/// What is known of a host.
struct Host {
    check: Check,
    /// When it answered last.
    reached: Option<Timestamp>,
    /// Since when it is silent.
    silent: Option<Timestamp>,
}

/// A loss of sight.
#[derive(Clone, Copy)]
struct Blind {
    /// When the first of those told together began.
    first: Timestamp,
    since: Timestamp,
    /// When a check told nothing because of it last.
    last: Timestamp,
    /// When it was over.
    until: Option<Timestamp>,
    /// Checks that told nothing because of it.
    held_back: u64,
}

/// Whether the network can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seeing {
    Clear,
    /// So many hosts of so many are silent.
    Blind(usize, usize),
}

impl Sight {
    pub(crate) fn new(witnesses: Vec<Check>) -> Self {
        Self { witnesses, ..Self::default() }
    }

    /// Whether the network cannot be seen now.
    pub(crate) fn is_blind(&self) -> bool {
        self.lock().blind.is_some_and(|blind| blind.until.is_none())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an outcome shows that the network is there: something came back from outside this machine.
fn is_reached(check: &Check, outcome: &Outcome) -> bool {
    let elsewhere = !outcome.details.peer.is_some_and(|peer| peer.is_loopback());
    let answered = !matches!(outcome.reason, Reason::TokenFailed | Reason::DnsNotFound);
    let conclusive = outcome.verdict() != Verdict::Inconclusive && !is_lost(outcome.reason);
    check.vouches() && elsewhere && answered && conclusive
}

impl State {
    fn note(&mut self, check: &Check, at: Timestamp, reached: bool) {
        if self.hosts.len() >= MAX_HOSTS {
            self.hosts.retain(|_, host| host.reached.is_some_and(|reached| at.since(reached) < KNOWN_GOOD));
        }
        let unknown = || Host { check: check.clone(), reached: None, silent: None };
        let host = self.hosts.entry(check.host_key()).or_insert_with(unknown);
        if reached {
            (host.reached, host.silent) = (Some(at), None);
        } else {
            host.silent.get_or_insert(at);
        }
        self.fresh.push_back((at, reached));
        while self.fresh.front().is_some_and(|(then, _)| at.since(*then) >= FRESH) {
            self.fresh.pop_front();
        }
    }

    /// What is known without looking: somebody has just looked, or more hosts answer than are silent since then.
    fn known(&self, now: Timestamp, since: Timestamp, by_hosts: bool) -> Option<Seeing> {
        if let Some((at, seeing)) = self.looked
            && now.since(at) < LOOK_LASTS
        {
            return Some(seeing);
        }
        let counts = |(at, _): &&(Timestamp, bool)| *at >= since && now.since(*at) < FRESH;
        let reached = self.fresh.iter().filter(counts).filter(|(_, reached)| *reached).count();
        let silent = self.fresh.iter().filter(counts).count() - reached;
        (by_hosts && reached > silent).then_some(Seeing::Clear)
    }

    /// Hosts that did not fall silent long ago, each with what its checks have shown lately. Another choice each time.
    fn sample(&self, now: Timestamp) -> Vec<(Check, Reach)> {
        let until = match self.blind {
            Some(Blind { since, until: None, .. }) => since,
            _ => now,
        };
        let lately = |host: &&Host| match (host.silent, host.reached) {
            (Some(silent), _) => until.since(silent) < AT_ONCE,
            (None, reached) => reached.is_some_and(|reached| now.since(reached) < KNOWN_GOOD),
        };
        let hosts: Vec<&Host> = self.hosts.values().filter(lately).collect();
        // Whoever answered after the first fell silent shows something; whoever did before may be silent now.
        let begun = hosts.iter().filter_map(|host| host.silent).min().unwrap_or(now);
        let shown = |host: &Host| match (host.silent, host.reached) {
            (Some(_), _) => Reach::Lost,
            (None, Some(reached)) if reached >= begun => Reach::Reached,
            (None, _) => Reach::Unknown,
        };
        // As many of those that answer as of those that are silent: chance must not choose the silent ones alone.
        let (silent, others): (Vec<&Host>, Vec<&Host>) = hosts.into_iter().partition(|host| host.silent.is_some());
        let of_others = others.len().min(SAMPLE.saturating_sub(silent.len()).max(SAMPLE / 2));
        let of_silent = silent.len().min(SAMPLE - of_others);
        let chosen = spread(others, of_others, now).into_iter().chain(spread(silent, of_silent, now));
        chosen.map(|host| (host.check.clone(), shown(host))).collect()
    }
}

/// So many of these hosts, spread over all of them. Another choice each time.
fn spread(hosts: Vec<&Host>, count: usize, now: Timestamp) -> Vec<&Host> {
    let offset = usize::try_from(now.as_millis().unsigned_abs()).unwrap_or_default() % hosts.len().max(1);
    let step = (hosts.len() / count.max(1)).max(1);
    hosts.iter().copied().cycle().skip(offset).step_by(step).take(count.min(hosts.len())).collect()
}

impl Services {
    /// Holds what a check found against what else can be seen. What may be the fault of the network here becomes
    /// inconclusive while the network cannot be seen.
    pub async fn examine(&self, check: &Check, outcome: Outcome) -> Outcome {
        let now = self.now();
        let sight = &self.inner.sight;
        if !is_lost(outcome.reason) {
            if is_reached(check, &outcome) {
                sight.lock().note(check, now, true);
                if sight.is_blind() && self.seeing(now, outcome.at).await == Seeing::Clear {
                    self.see_again(now).await;
                }
            }
            return outcome;
        }
        sight.lock().note(check, now, false);
        match self.seeing(now, outcome.at).await {
            Seeing::Clear => {
                self.see_again(now).await;
                outcome
            }
            Seeing::Blind(silent, of) => {
                self.lose_sight(now, silent, of).await;
                let message =
                    format!("I cannot see the network, so this says nothing of the target: {}", outcome.message);
                Outcome { reason: Reason::LocalNetwork, message, ..outcome }
            }
        }
    }

    /// Whether the network can be seen: by what checks have found since then, else by looking.
    async fn seeing(&self, now: Timestamp, since: Timestamp) -> Seeing {
        let sight = &self.inner.sight;
        let by_hosts = sight.witnesses.is_empty() && !sight.is_blind();
        let known = sight.lock().known(now, since, by_hosts);
        if let Some(known) = known {
            return known;
        }
        let _looking = sight.looking.lock().await;
        // Somebody may have looked while this one waited.
        let known = sight.lock().known(self.now(), since, by_hosts);
        if let Some(known) = known {
            return known;
        }
        let seeing = self.look(now).await;
        sight.lock().looked = Some((self.now(), seeing));
        seeing
    }

    /// Looks at the witnesses or, without any that can be looked at, at hosts that answered before.
    async fn look(&self, now: Timestamp) -> Seeing {
        let sight = &self.inner.sight;
        let witnesses = sight.witnesses.iter().map(|check| (check.clone(), Reach::Unknown)).collect();
        let (reached, lost) = self.look_at(witnesses, now).await;
        if reached + lost > 0 {
            return if reached == 0 { Seeing::Blind(lost, lost) } else { Seeing::Clear };
        }
        let sample = sight.lock().sample(now);
        let (reached, lost) = self.look_at(sample, now).await;
        let of = reached + lost;
        if of >= ENOUGH_HOSTS && lost >= NEARLY_ALL * reached { Seeing::Blind(lost, of) } else { Seeing::Clear }
    }

    /// How many of these answer and how many do not. Of what cannot be connected to counts what its checks have shown.
    async fn look_at(&self, checks: Vec<(Check, Reach)>, now: Timestamp) -> (usize, usize) {
        let looks = checks.into_iter().map(async |(check, shown)| {
            match probes::reach(&check, self.outbound(), now, LOOK_WITHIN).await {
                Reach::Unknown => shown,
                found => found,
            }
        });
        let looks = join_all(looks).await;
        let count = |wanted| looks.iter().filter(|look| **look == wanted).count();
        (count(Reach::Reached), count(Reach::Lost))
    }

    async fn lose_sight(&self, now: Timestamp, silent: usize, of: usize) {
        let begun = {
            let mut state = self.inner.sight.lock();
            match &mut state.blind {
                Some(blind) if blind.until.is_none() => {
                    blind.held_back += 1;
                    blind.last = now;
                    None
                }
                before => {
                    let same = before.filter(|last| last.until.is_some_and(|until| now.since(until) < SAME_LOSS));
                    let first = same.map_or(now, |last| last.first);
                    let held_back = same.map_or(0, |last| last.held_back) + 1;
                    *before = Some(Blind { first, since: now, last: now, until: None, held_back });
                    Some(first)
                }
            }
        };
        let Some(first) = begun else { return };
        let whom = if self.inner.sight.witnesses.is_empty() { "hosts" } else { "witnesses" };
        let text = format!(
            "I cannot see the network: {silent} of {of} {whom} do not answer since {}. I hold my alerts back until I can. What I cannot check counts as inconclusive, not as down.",
            now.to_minute()
        );
        tracing::warn!(silent, of, "the network cannot be seen; failed checks are inconclusive");
        self.tell(Audience::Everybody, &topic(first), &text, now).await;
    }

    /// Ends a loss of sight that no check has shown for long, because none runs any more.
    pub(crate) async fn forget_blindness(&self, now: Timestamp) {
        let stale = |blind: Blind| blind.until.is_none() && now.since(blind.last) >= BLIND_AT_MOST;
        let stale = self.inner.sight.lock().blind.is_some_and(stale);
        if stale {
            self.see_again(now).await;
        }
    }

    /// Ends a loss of sight, if there is one. Until no heartbeat is held any more to what should have been reported
    /// meanwhile it still lasts, so that no deadline is judged before.
    async fn see_again(&self, now: Timestamp) {
        let sight = &self.inner.sight;
        let Ok(_returning) = sight.returning.try_lock() else { return };
        let lasting = sight.lock().blind.filter(|blind| blind.until.is_none());
        let Some(Blind { since, .. }) = lasting else { return };
        if let Err(error) = self.excuse_heartbeats(since, now).await {
            tracing::error!(%error, "heartbeats are held to what could not be reported");
        }
        let over = sight.lock().blind.as_mut().map(|blind| {
            blind.until = Some(now);
            *blind
        });
        let Some(blind) = over else { return };
        let text = format!(
            "I can see the network again. I could not from {} for {}; {} told nothing, and nobody was alerted for them. What I missed I check now.",
            blind.since.to_minute(),
            humanize(now.since(blind.since)),
            if blind.held_back == 1 { "1 check".to_owned() } else { format!("{} checks", blind.held_back) },
        );
        tracing::info!(since = %blind.since, "the network can be seen again");
        self.tell(Audience::Everybody, &topic(blind.first), &text, now).await;
        self.check_unseen(now).await;
    }

    /// Makes what nothing is known of due soon, not at its next slot, which may be hours away.
    pub(crate) async fn check_unseen(&self, now: Timestamp) {
        if let Err(error) = self.store().hurry_unseen(now).await {
            tracing::error!(%error, "what was not seen is checked at its next slot only");
        }
    }

    /// Posts a notice, or edits the one of that topic. A notice that cannot be posted is logged: it must not stop a check.
    pub(crate) async fn tell(&self, audience: Audience, topic: &str, text: &str, now: Timestamp) {
        let posted = async {
            let tx = self.store().begin().await?;
            let told = tx.post_notice(audience, topic, text, now).await?;
            tx.commit().await?;
            Ok::<_, storage::StoreError>(!told.is_empty())
        };
        match posted.await {
            Ok(told) => self.announce(told),
            Err(error) => tracing::error!(%error, text, "a notice could not be posted"),
        }
    }
}

/// The topic of the notices about one loss of sight.
fn topic(since: Timestamp) -> String {
    format!("sight {}", since.as_millis())
}
