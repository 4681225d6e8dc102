//! Looking at oneself before blaming the world.
//!
//! When most hosts stop answering at once, or none of the witnesses that the operator named answers, it is rather this
//! machine that has lost its network. What checks find then says nothing of their targets: it becomes inconclusive, one
//! notice tells everybody, and no storm of alerts leaves.
//!
//! Only silence counts: a host that refuses, answers wrongly or hangs after the connection stood has shown that the
//! network is there. Only what is new counts: a host that has been silent for long, or has never answered, is down,
//! whatever happens now. And one that answers while the others are silent shows that it is them.

mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use monitor_core::Timestamp;
use monitor_core::duration::humanize;
use monitor_core::outcome::{Outcome, Reason, Verdict};
use probes::{Check, Reach, is_here, is_lost};
use storage::Audience;

use crate::Services;
use state::{Blind, ENOUGH_HOSTS, Seeing, State};

/// How long a look may take.
const LOOK_WITHIN: Duration = Duration::from_secs(3);

/// How long a loss of sight lasts that no check shows any more, when there are no witnesses to ask.
const BLIND_AT_MOST: Duration = Duration::from_secs(300);

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

impl Sight {
    pub(crate) fn new(witnesses: Vec<Check>) -> Self {
        Self { witnesses, ..Self::default() }
    }

    /// Whether the network cannot be seen now.
    pub(crate) fn is_blind(&self) -> bool {
        self.lock().lasting().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an outcome that is not [lost](is_lost) shows that the network is there: something came back from outside this
/// machine, and not only from a name server, which may know it by heart.
fn is_reached(check: &Check, outcome: &Outcome) -> bool {
    let elsewhere = !outcome.details.peer.is_some_and(|peer| peer.is_loopback());
    let answered = !matches!(outcome.reason, Reason::TokenFailed | Reason::DnsNotFound | Reason::DnsFailure);
    check.vouches() && elsewhere && answered && outcome.verdict() != Verdict::Inconclusive
}

impl Services {
    /// Holds what a check found against what else can be seen. What may be the fault of the network here becomes
    /// inconclusive while the network cannot be seen.
    pub async fn examine(&self, check: &Check, outcome: Outcome) -> Outcome {
        let now = self.now();
        let sight = &self.inner.sight;
        if !is_lost(check, self.outbound(), outcome.reason) {
            if is_reached(check, &outcome) {
                sight.lock().note_answer(check, now, outcome.at);
                if sight.is_blind() && self.seeing(now, outcome.at).await == Seeing::Clear {
                    self.see_again(now).await;
                }
            }
            return outcome;
        }
        // No network lies between this machine and itself.
        if is_here(check, &outcome) {
            return outcome;
        }
        if check.vouches() {
            sight.lock().note_silence(check, now);
        }
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

    /// Before it is held against anybody that no report came: looks whether one could have come.
    pub(crate) async fn look_before_judging(&self) {
        let now = self.now();
        match self.seeing(now, now).await {
            Seeing::Clear => self.see_again(now).await,
            Seeing::Blind(silent, of) => self.lose_sight(now, silent, of).await,
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
        if sample.len() < ENOUGH_HOSTS {
            return Seeing::Clear;
        }
        let (reached, lost) = self.look_at(sample, now).await;
        sight.lock().judge(now, reached, lost)
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
        let begun = self.inner.sight.lock().lose(now);
        let Some(first) = begun else { return };
        let whom = if self.inner.sight.witnesses.is_empty() { "hosts" } else { "witnesses" };
        let text = format!(
            "I cannot see the network: {silent} of {of} {whom} do not answer since {}. I hold my alerts back until I can. What I cannot check counts as inconclusive, not as down.",
            now.to_minute()
        );
        tracing::warn!(silent, of, "the network cannot be seen; failed checks are inconclusive");
        self.tell(Audience::Everybody, &topic(first), &text, now).await;
    }

    /// Ends a loss of sight that the witnesses show no more, or without them no check for long, because none runs any more.
    pub(crate) async fn forget_blindness(&self, now: Timestamp) {
        let sight = &self.inner.sight;
        let Some(blind) = sight.lock().lasting() else { return };
        let over = match sight.witnesses.is_empty() {
            true => now.since(blind.last) >= BLIND_AT_MOST,
            false => self.seeing(now, now).await == Seeing::Clear,
        };
        if over {
            self.see_again(now).await;
        }
    }

    /// Ends a loss of sight, if there is one. Until no heartbeat is held any more to what should have been reported
    /// meanwhile it still lasts, so that no deadline is judged before.
    async fn see_again(&self, now: Timestamp) {
        let sight = &self.inner.sight;
        let Ok(_returning) = sight.returning.try_lock() else { return };
        let lasting = sight.lock().lasting();
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
