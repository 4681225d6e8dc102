//! Looking at oneself before blaming the world.
//!
//! When most hosts cannot be reached at once, or the witnesses that the operator named cannot, it is rather this machine
//! that has lost its network. What checks find then says nothing of their targets: it becomes inconclusive, one notice
//! tells everybody, and no storm of alerts leaves.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use monitor_core::Timestamp;
use monitor_core::duration::humanize;
use monitor_core::outcome::{Outcome, Reason, Verdict};
use probes::Check;
use storage::Audience;

use crate::Services;

/// How long a host's last sight counts.
const RECENT: Duration = Duration::from_secs(10);

/// How long a look at oneself counts.
const LOOK_LASTS: Duration = Duration::from_secs(2);

/// How long a look may take.
const LOOK_WITHIN: Duration = Duration::from_secs(3);

/// Hosts that are looked at when there are no witnesses.
const SAMPLE: usize = 8;

/// From how many hosts on it is unlikely that all of them fail at once.
const ENOUGH_HOSTS: usize = 3;

/// Hosts remembered.
const MAX_HOSTS: usize = 20_000;

/// What this process has seen of the hosts it checks.
#[derive(Default)]
pub(crate) struct Sight {
    state: Mutex<State>,
    /// Held by whoever looks, so that one look serves all who ask meanwhile.
    looking: tokio::sync::Mutex<()>,
    /// Checks of the witnesses.
    witnesses: Vec<Check>,
}

#[derive(Default)]
struct State {
    hosts: HashMap<u64, Host>,
    /// When was looked last, and what was found.
    looked: Option<(Timestamp, Seeing)>,
    blind: Option<Blind>,
}

/// What was seen of a host last.
struct Host {
    at: Timestamp,
    reached: bool,
    check: Check,
}

/// A loss of sight.
#[derive(Clone, Copy)]
struct Blind {
    since: Timestamp,
    /// Checks that told nothing because of it.
    held_back: u64,
}

/// Whether the network can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seeing {
    Clear,
    /// So many hosts of so many do not answer.
    Blind(usize, usize),
}

impl Sight {
    pub(crate) fn new(witnesses: Vec<Check>) -> Self {
        Self { witnesses, ..Self::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an outcome may be the fault of the network here.
fn is_lost(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::DnsNotFound
            | Reason::DnsFailure
            | Reason::DnsTimeout
            | Reason::ConnectionRefused
            | Reason::ConnectionReset
            | Reason::ConnectTimeout
            | Reason::HostUnreachable
            | Reason::TlsTimeout
            | Reason::ResponseTimeout
            | Reason::NoReply
            | Reason::LocalNetwork
    )
}

impl State {
    fn note(&mut self, check: &Check, at: Timestamp, reached: bool) {
        if self.hosts.len() >= MAX_HOSTS {
            self.hosts.retain(|_, host| at.since(host.at) < Duration::from_secs(3_600));
        }
        let host = Host { at, reached, check: check.clone() };
        self.hosts.insert(check.host_key(), host);
    }

    /// Hosts lately reached, and lately not.
    fn recent(&self, now: Timestamp) -> (usize, usize) {
        let recent = self.hosts.values().filter(|host| now.since(host.at) < RECENT);
        recent
            .fold((0, 0), |(reached, lost), host| if host.reached { (reached + 1, lost) } else { (reached, lost + 1) })
    }

    /// Checks of other hosts, of which nothing is known lately.
    fn sample(&self, now: Timestamp) -> Vec<Check> {
        let others = self.hosts.values().filter(|host| host.reached && now.since(host.at) >= RECENT);
        others.take(SAMPLE).map(|host| host.check.clone()).collect()
    }
}

impl Services {
    /// Holds what a check found against what else can be seen. What may be the fault of the network here becomes
    /// inconclusive while the network cannot be seen.
    pub async fn examine(&self, check: &Check, outcome: Outcome) -> Outcome {
        let now = self.now();
        let sight = &self.inner.sight;
        if !is_lost(outcome.reason) {
            if outcome.verdict() != Verdict::Inconclusive {
                sight.lock().note(check, now, true);
                self.see_again(now).await;
            }
            return outcome;
        }
        sight.lock().note(check, now, false);
        match self.seeing(now).await {
            Seeing::Clear => {
                self.see_again(now).await;
                outcome
            }
            Seeing::Blind(lost, of) => {
                self.lose_sight(now, lost, of).await;
                let message =
                    format!("I cannot see the network, so this says nothing of the target: {}", outcome.message);
                Outcome { reason: Reason::LocalNetwork, message, ..outcome }
            }
        }
    }

    /// Whether the network can be seen: by what other checks have found lately, else by looking.
    async fn seeing(&self, now: Timestamp) -> Seeing {
        let sight = &self.inner.sight;
        if let Some(known) = sight.lock().known(now, sight.witnesses.is_empty()) {
            return known;
        }
        let _looking = sight.looking.lock().await;
        // Somebody may have looked while this one waited.
        if let Some(known) = sight.lock().known(self.now(), sight.witnesses.is_empty()) {
            return known;
        }
        let seeing = self.look(now).await;
        sight.lock().looked = Some((self.now(), seeing));
        seeing
    }

    /// Looks at the witnesses or, without any, at hosts that answered before.
    async fn look(&self, now: Timestamp) -> Seeing {
        let sight = &self.inner.sight;
        let ((reached, lost), sample) = {
            let state = sight.lock();
            (state.recent(now), state.sample(now))
        };
        let by_witnesses = !sight.witnesses.is_empty();
        let looked_at = if by_witnesses { sight.witnesses.clone() } else { sample };
        let looks = looked_at.iter().map(|check| probes::run(check, self.outbound(), now, LOOK_WITHIN));
        let outcomes = join_all(looks).await;
        let seen = outcomes.iter().filter(|outcome| !is_lost(outcome.reason)).count();
        let missed = outcomes.len() - seen;
        if by_witnesses {
            return if seen == 0 { Seeing::Blind(missed, missed) } else { Seeing::Clear };
        }
        let (lost, of) = (lost + missed, reached + lost + outcomes.len());
        let blind = of >= ENOUGH_HOSTS && lost * 2 > of;
        if blind { Seeing::Blind(lost, of) } else { Seeing::Clear }
    }

    async fn lose_sight(&self, now: Timestamp, lost: usize, of: usize) {
        let begins = {
            let mut state = self.inner.sight.lock();
            let begins = state.blind.is_none();
            let blind = state.blind.get_or_insert(Blind { since: now, held_back: 0 });
            blind.held_back += 1;
            begins
        };
        if begins {
            let whom = if self.inner.sight.witnesses.is_empty() { "hosts" } else { "witnesses" };
            let text = format!(
                "I cannot see the network: {lost} of {of} {whom} do not answer since {}. I hold my alerts back until I can. What I cannot check counts as inconclusive, not as down.",
                now.to_minute()
            );
            tracing::warn!(lost, of, "the network cannot be seen; failed checks are inconclusive");
            self.tell(Audience::Everybody, &topic(now), &text, now).await;
        }
    }

    async fn see_again(&self, now: Timestamp) {
        let Some(blind) = self.inner.sight.lock().blind.take() else { return };
        let text = format!(
            "I can see the network again. I could not from {} for {}; {} told nothing in that time, and nobody was alerted for them.",
            blind.since.to_minute(),
            humanize(now.since(blind.since)),
            if blind.held_back == 1 { "1 check".to_owned() } else { format!("{} checks", blind.held_back) },
        );
        tracing::info!(since = %blind.since, "the network can be seen again");
        self.tell(Audience::Everybody, &topic(blind.since), &text, now).await;
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

impl State {
    /// What is known without looking: most hosts were reached lately, or somebody has just looked.
    fn known(&self, now: Timestamp, by_hosts: bool) -> Option<Seeing> {
        if let Some((at, seeing)) = self.looked
            && now.since(at) < LOOK_LASTS
        {
            return Some(seeing);
        }
        let (reached, lost) = self.recent(now);
        (by_hosts && reached >= lost).then_some(Seeing::Clear)
    }
}

/// The topic of the notices about one loss of sight.
fn topic(since: Timestamp) -> String {
    format!("sight {}", since.as_millis())
}
