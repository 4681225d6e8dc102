//! What this process has seen of the hosts it checks, and what that says of the network.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use monitor_core::Timestamp;
use probes::{Check, Reach};

/// Answers that are younger than that outweigh silence without a look.
const FRESH: Duration = Duration::from_millis(1_500);

/// How long a look at oneself counts.
const LOOK_LASTS: Duration = Duration::from_secs(2);

/// How long a host may have been silent and still be one of those that stopped answering at once.
const AT_ONCE: Duration = Duration::from_secs(90);

/// How long ago a host may have answered to be looked at.
const KNOWN_GOOD: Duration = Duration::from_secs(3_600);

/// Hosts that are looked at when there are no witnesses.
const SAMPLE: usize = 8;

/// How many times as many hosts have to be silent as answer: four of five. With fewer it is them and not the network.
const NEARLY_ALL: usize = 4;

/// Hosts remembered.
const MAX_HOSTS: usize = 20_000;

/// A loss of sight that follows another within this time is told in the same notice, and takes all hosts to be silent.
const SAME_LOSS: Duration = Duration::from_secs(600);

/// From how many hosts on it is unlikely that all of them fall silent at once.
pub(super) const ENOUGH_HOSTS: usize = 3;

#[derive(Default)]
pub(super) struct State {
    hosts: HashMap<u64, Host>,
    /// When hosts answered or did not, the latest last, as long as that is fresh.
    fresh: VecDeque<(Timestamp, bool)>,
    /// When was looked last, and what was found.
    pub(super) looked: Option<(Timestamp, Seeing)>,
    /// The loss of sight that lasts, or the last one.
    pub(super) blind: Option<Blind>,
}

/// What is known of a host.
struct Host {
    check: Check,
    /// When it answered last.
    reached: Timestamp,
    /// Since when it is silent.
    silent: Option<Timestamp>,
}

/// A loss of sight.
#[derive(Clone, Copy)]
pub(super) struct Blind {
    /// When the first of those told together began.
    pub(super) first: Timestamp,
    pub(super) since: Timestamp,
    /// When a check told nothing because of it last.
    pub(super) last: Timestamp,
    /// Whether a check that began since then was answered.
    answered: bool,
    /// When it was over.
    pub(super) until: Option<Timestamp>,
    /// Checks that told nothing because of it.
    pub(super) held_back: u64,
}

/// Whether the network can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seeing {
    Clear,
    /// So many hosts of so many are silent.
    Blind(usize, usize),
}

impl State {
    /// A host has answered a check that began at that time.
    pub(super) fn note_answer(&mut self, check: &Check, at: Timestamp, begun: Timestamp) {
        if self.hosts.len() >= MAX_HOSTS {
            self.hosts.retain(|_, host| at.since(host.reached) < KNOWN_GOOD);
        }
        let host = Host { check: check.clone(), reached: at, silent: None };
        self.hosts.insert(check.host_key(), host);
        if let Some(blind) = self.blind.as_mut().filter(|blind| blind.until.is_none() && begun >= blind.since) {
            blind.answered = true;
        }
        self.count(at, true);
    }

    /// A host has not answered. Of one that never did it is not known whether it ever would.
    pub(super) fn note_silence(&mut self, check: &Check, at: Timestamp) {
        if let Some(host) = self.hosts.get_mut(&check.host_key()) {
            host.silent.get_or_insert(at);
            self.count(at, false);
        }
    }

    fn count(&mut self, at: Timestamp, reached: bool) {
        self.fresh.push_back((at, reached));
        while self.fresh.front().is_some_and(|(then, _)| at.since(*then) >= FRESH) {
            self.fresh.pop_front();
        }
    }

    /// What is known without looking: somebody has just looked, or more hosts answer than are silent since then.
    pub(super) fn known(&self, now: Timestamp, since: Timestamp, by_hosts: bool) -> Option<Seeing> {
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

    /// The loss of sight that lasts.
    pub(super) fn lasting(&self) -> Option<Blind> {
        self.blind.filter(|blind| blind.until.is_none())
    }

    /// The loss of sight that was over lately.
    fn lately(&self, now: Timestamp) -> Option<Blind> {
        self.blind.filter(|blind| blind.until.is_some_and(|until| now.since(until) < SAME_LOSS))
    }

    /// A check tells nothing because the network cannot be seen. Answers, when that begins with it, when the first loss of
    /// those told together began.
    pub(super) fn lose(&mut self, now: Timestamp) -> Option<Timestamp> {
        let same = self.lately(now);
        match &mut self.blind {
            Some(blind) if blind.until.is_none() => {
                blind.held_back += 1;
                blind.last = now;
                None
            }
            before => {
                let first = same.map_or(now, |last| last.first);
                let held_back = same.map_or(0, |last| last.held_back) + 1;
                *before = Some(Blind { first, since: now, last: now, answered: false, until: None, held_back });
                Some(first)
            }
        }
    }

    /// Whether it is rather this machine when so many hosts answer and so many do not.
    pub(super) fn judge(&self, now: Timestamp, reached: usize, lost: usize) -> Seeing {
        // What was silent already when the network was last seen is silent on its own as long as anything answers.
        let most = if self.lately(now).is_some() { reached == 0 } else { lost >= NEARLY_ALL * reached };
        let enough = reached + lost >= ENOUGH_HOSTS;
        if most && enough { Seeing::Blind(lost, reached + lost) } else { Seeing::Clear }
    }

    /// Hosts that have answered and did not fall silent long ago, each with what its checks have shown lately. Another choice
    /// each time. None once one of them has answered while the network could not be seen.
    pub(super) fn sample(&self, now: Timestamp) -> Vec<(Check, Reach)> {
        let until = match self.lasting() {
            Some(blind) if blind.answered => return Vec::new(),
            Some(blind) => blind.since,
            None => now,
        };
        let lately = |host: &&Host| {
            until.since(host.reached) < KNOWN_GOOD && host.silent.is_none_or(|silent| until.since(silent) < AT_ONCE)
        };
        let hosts: Vec<&Host> = self.hosts.values().filter(lately).collect();
        // Whoever answered after the first fell silent shows something; whoever did before may be silent now.
        let begun = hosts.iter().filter_map(|host| host.silent).min().unwrap_or(now);
        let shown = |host: &Host| match host.silent {
            Some(_) => Reach::Lost,
            None if host.reached >= begun => Reach::Reached,
            None => Reach::Unknown,
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
