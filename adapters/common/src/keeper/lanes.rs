//! Which conversation is told something when.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::people::ConversationId;
use services::platforms::{Posted, Waiting};
use tokio::time::Instant;

use super::pace;

/// Least time between two changes of the same card.
const SAME_CARD: Duration = Duration::from_secs(2);

/// A conversation that was told something in this time had no outage.
pub(super) const LATELY: Duration = Duration::from_secs(300);

/// How long a conversation that cannot be written in is let alone. Whoever muted it for a night need not come back and speak.
const CLOSED: Duration = Duration::from_secs(3_600);

/// What a platform has taken and the database has not.
#[derive(Debug, Default)]
pub(super) struct Unnoted {
    /// By the post: it is noted before anything else is done about that post.
    pub(super) posted: HashMap<String, Posted>,
    /// Up to where a summary told: that is noted before anything else is done.
    pub(super) summed_seq: i64,
}

/// What a step has to know of what was done before.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) now: Instant,
    /// Whether the conversation was told something lately.
    pub(super) told_lately: bool,
    /// Until when cards are left as they are.
    pub(super) fresh: HashMap<String, Instant>,
    /// How often the message of a post was gone lately.
    pub(super) gone: HashMap<String, u32>,
    pub(super) unnoted: Arc<Mutex<Unnoted>>,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Did {
    /// The platform took a message about this post.
    Told(String),
    /// Nothing was sent that was taken, and it is not tried again.
    Moved,
    /// The message of this post is gone, and forgotten.
    Gone(String),
    /// What comes next has to wait until then.
    Early(Instant),
    /// The conversation cannot be written in.
    Closed,
    /// What the platform counts together is to be let alone for such a time at least, or the platform as a whole.
    Later { after: Option<Duration>, why: String },
    /// The database did not answer.
    Failed,
}

pub(super) struct Done {
    pub(super) conversation: ConversationId,
    pub(super) began: Instant,
    pub(super) did: Did,
}

struct Lane {
    /// What the platform counts it under.
    unit: String,
    running: bool,
    waits: bool,
    closed: bool,
    /// When somebody spoke there last while it was closed.
    heard_at: Timestamp,
    rests_until: Instant,
    failures: u32,
    told_at: Option<Instant>,
    fresh: HashMap<String, Instant>,
    gone: HashMap<String, u32>,
    unnoted: Arc<Mutex<Unnoted>>,
}

/// All conversations of a platform, as far as anything is remembered of them.
pub(super) struct Lanes {
    platform: &'static str,
    pace: Duration,
    unit: fn(&str) -> &str,
    lanes: HashMap<ConversationId, Lane>,
    /// Until when what the platform counts together rests.
    units: HashMap<String, Instant>,
    /// The platform as a whole is let alone until then.
    rests_until: Instant,
    /// Since when.
    rests_since: Instant,
    failures: u32,
}

impl Lanes {
    /// Those of a platform with that pace, which it counts for what `unit` gives of a conversation's id.
    pub(super) fn new(platform: &'static str, pace: Duration, unit: fn(&str) -> &str, now: Instant) -> Self {
        let (lanes, units) = (HashMap::new(), HashMap::new());
        Self { platform, pace, unit, lanes, units, rests_until: now, rests_since: now, failures: 0 }
    }

    /// Takes those of the conversations that are due, no more than `free` and one of what is counted together, the ones that
    /// were at rest longest before others.
    pub(super) fn begin(&mut self, waiting: Vec<Waiting>, now: Instant, free: usize) -> Vec<(Waiting, Context)> {
        for lane in self.lanes.values_mut() {
            lane.waits = false;
            lane.fresh.retain(|_, until| *until > now);
        }
        self.units.retain(|_, until| *until > now);
        let new = |waiting: &Waiting| Lane {
            unit: (self.unit)(&waiting.external_id).to_owned(),
            running: false,
            waits: true,
            closed: waiting.closed,
            heard_at: waiting.heard_at,
            rests_until: now,
            failures: 0,
            told_at: None,
            fresh: HashMap::new(),
            gone: HashMap::new(),
            unnoted: Arc::default(),
        };
        let mut due = Vec::new();
        for waiting in waiting {
            let lane = self.lanes.entry(waiting.conversation).or_insert_with(|| new(&waiting));
            lane.waits = true;
            if !lane.running {
                // Somebody spoke there, or the platform said that it is open.
                if lane.closed && (!waiting.closed || lane.heard_at != waiting.heard_at) {
                    lane.rests_until = now;
                }
                lane.heard_at = waiting.heard_at;
            }
            lane.closed = waiting.closed;
            let rests = lane.rests_until > now || self.rests_until > now || self.units.contains_key(&lane.unit);
            if !lane.running && !rests {
                due.push((lane.rests_until, lane.unit.clone(), waiting));
            }
        }
        self.lanes.retain(|_, lane| lane.waits || lane.running || lane.told_at.is_some_and(|at| at + LATELY > now));
        due.sort_by_key(|(since, ..)| *since);
        let running = self.lanes.values().filter(|lane| lane.running);
        let mut busy: HashSet<String> = running.map(|lane| lane.unit.clone()).collect();
        due.retain(|(_, unit, _)| busy.insert(unit.clone()));
        due.truncate(free);
        due.into_iter().filter_map(|(.., waiting)| self.start(waiting, now)).collect()
    }

    fn start(&mut self, waiting: Waiting, now: Instant) -> Option<(Waiting, Context)> {
        let lane = self.lanes.get_mut(&waiting.conversation)?;
        lane.running = true;
        let told_lately = lane.told_at.is_some_and(|at| at + LATELY > now);
        let (fresh, gone, unnoted) = (lane.fresh.clone(), lane.gone.clone(), Arc::clone(&lane.unnoted));
        Some((waiting, Context { now, told_lately, fresh, gone, unnoted }))
    }

    /// When something is due that waits.
    pub(super) fn next(&self, now: Instant) -> Instant {
        let waits = self.lanes.values().filter(|lane| lane.waits && !lane.running);
        let unit = |lane: &Lane| self.units.get(&lane.unit).copied().unwrap_or(now);
        let next =
            waits.map(|lane| lane.rests_until.max(self.rests_until).max(unit(lane))).filter(|at| *at > now).min();
        next.unwrap_or(now + LATELY)
    }

    /// Notes what became of a step that has ended just now.
    pub(super) fn finish(&mut self, done: Done, now: Instant, random: f64) {
        let Some(lane) = self.lanes.get_mut(&done.conversation) else { return };
        lane.running = false;
        match done.did {
            Did::Told(post) => {
                lane.closed = false;
                lane.rests_until = now + self.pace;
                self.units.insert(lane.unit.clone(), now + self.pace);
                lane.failures = 0;
                lane.told_at = Some(now);
                lane.fresh.insert(post, now + SAME_CARD);
                if self.failures > 0 {
                    tracing::info!(platform = self.platform, "the platform is told again");
                }
                self.failures = 0;
                self.rests_until = now;
            }
            Did::Moved => {
                lane.rests_until = now + self.pace;
                lane.failures = 0;
            }
            Did::Gone(post) => {
                lane.rests_until = now + self.pace;
                self.units.insert(lane.unit.clone(), now + self.pace);
                *lane.gone.entry(post).or_default() += 1;
            }
            Did::Early(until) => lane.rests_until = until,
            Did::Closed => {
                lane.closed = true;
                lane.rests_until = now + CLOSED;
                lane.failures = 0;
            }
            Did::Failed => {
                if lane.failures == 0 {
                    let conversation = done.conversation;
                    let why = "the database did not answer, which is tried again";
                    tracing::warn!(platform = self.platform, conversation_id = %conversation, why, "a conversation waits");
                }
                lane.failures += 1;
                lane.rests_until = now + pace::backoff(lane.failures, random).max(self.pace);
            }
            Did::Later { after: Some(after), .. } => {
                lane.failures += 1;
                let backoff = pace::backoff(lane.failures, random);
                lane.rests_until = now + pace::asked(after).max(backoff).max(self.pace);
                self.units.insert(lane.unit.clone(), lane.rests_until);
            }
            Did::Later { after: None, why } => {
                lane.failures += 1;
                lane.rests_until = now + pace::backoff(lane.failures, random).max(self.pace);
                self.let_alone(done.began, now, random, &why);
            }
        }
    }

    /// Lets the platform alone, for longer each time. What had begun before it was let alone says nothing new.
    fn let_alone(&mut self, began: Instant, now: Instant, random: f64, why: &str) {
        if self.failures > 0 && began < self.rests_since {
            return;
        }
        if self.failures == 0 {
            tracing::warn!(platform = self.platform, why, "the platform cannot be told, which is tried again");
        }
        self.failures += 1;
        self.rests_since = now;
        self.rests_until = now + pace::backoff(self.failures, random);
    }
}

#[cfg(test)]
mod tests;
