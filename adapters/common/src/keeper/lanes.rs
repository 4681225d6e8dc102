//! Which conversation is told something when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use monitor_core::people::ConversationId;
use services::platforms::{Posted, Waiting};
use tokio::time::Instant;

use super::pace;

/// Least time between two changes of the same card.
const SAME_CARD: Duration = Duration::from_secs(2);

/// A conversation that was told something in this time had no outage.
pub(super) const LATELY: Duration = Duration::from_secs(300);

/// What a platform has taken and the database has not, by the post: it is noted before anything else is done about that post.
pub(super) type Unnoted = Arc<Mutex<HashMap<String, Posted>>>;

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
    pub(super) unnoted: Unnoted,
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
    /// The platform is to be let alone.
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
    running: bool,
    waits: bool,
    rests_until: Instant,
    failures: u32,
    told_at: Option<Instant>,
    fresh: HashMap<String, Instant>,
    gone: HashMap<String, u32>,
    unnoted: Unnoted,
}

/// All conversations of a platform, as far as anything is remembered of them.
pub(super) struct Lanes {
    platform: &'static str,
    pace: Duration,
    lanes: HashMap<ConversationId, Lane>,
    /// The platform as a whole is let alone until then.
    rests_until: Instant,
    /// Since when.
    rests_since: Instant,
    failures: u32,
}

impl Lanes {
    pub(super) fn new(platform: &'static str, pace: Duration, now: Instant) -> Self {
        Self { platform, pace, lanes: HashMap::new(), rests_until: now, rests_since: now, failures: 0 }
    }

    /// Takes those of the conversations that are due, no more than `free`, the ones that were at rest longest before others.
    pub(super) fn begin(&mut self, waiting: Vec<Waiting>, now: Instant, free: usize) -> Vec<(Waiting, Context)> {
        for lane in self.lanes.values_mut() {
            lane.waits = false;
            lane.fresh.retain(|_, until| *until > now);
        }
        let new = || Lane {
            running: false,
            waits: true,
            rests_until: now,
            failures: 0,
            told_at: None,
            fresh: HashMap::new(),
            gone: HashMap::new(),
            unnoted: Unnoted::default(),
        };
        let mut due = Vec::new();
        for waiting in waiting {
            let lane = self.lanes.entry(waiting.conversation).or_insert_with(new);
            lane.waits = true;
            if !lane.running && lane.rests_until <= now && self.rests_until <= now {
                due.push((lane.rests_until, waiting));
            }
        }
        self.lanes.retain(|_, lane| lane.waits || lane.running || lane.told_at.is_some_and(|at| at + LATELY > now));
        due.sort_by_key(|(since, _)| *since);
        due.truncate(free);
        due.into_iter().filter_map(|(_, waiting)| self.start(waiting, now)).collect()
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
        let next = waits.map(|lane| lane.rests_until.max(self.rests_until)).filter(|at| *at > now).min();
        next.unwrap_or(now + LATELY)
    }

    /// Notes what became of a step that has ended just now.
    pub(super) fn finish(&mut self, done: Done, now: Instant, random: f64) {
        let Some(lane) = self.lanes.get_mut(&done.conversation) else { return };
        lane.running = false;
        match done.did {
            Did::Told(post) => {
                lane.rests_until = now + self.pace;
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
                *lane.gone.entry(post).or_default() += 1;
            }
            Did::Early(until) => lane.rests_until = until,
            Did::Failed => {
                if lane.failures == 0 {
                    let conversation = done.conversation;
                    let why = "the database did not answer, which is tried again";
                    tracing::warn!(platform = self.platform, conversation_id = %conversation, why, "a conversation waits");
                }
                lane.failures += 1;
                lane.rests_until = now + pace::backoff(lane.failures, random).max(self.pace);
            }
            Did::Later { after: Some(after), .. } => lane.rests_until = now + pace::asked(after).max(self.pace),
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
mod tests {
    use super::*;

    const PACE: Duration = Duration::from_secs(1);
    const SECOND: Duration = Duration::from_secs(1);

    fn waiting(conversation: i64) -> Waiting {
        Waiting {
            conversation: ConversationId(conversation),
            organisation: monitor_core::people::OrganisationId(1),
            workspace: None,
            external_id: conversation.to_string(),
            told_seq: 0,
            summed_seq: 0,
            last_seq: 1,
        }
    }

    fn begun(lanes: &mut Lanes, now: Instant, free: usize) -> Vec<i64> {
        lanes.begin((1..=3).map(waiting).collect(), now, free).iter().map(|(begun, _)| begun.conversation.0).collect()
    }

    fn finish(lanes: &mut Lanes, conversation: i64, did: Did, now: Instant) {
        lanes.finish(Done { conversation: ConversationId(conversation), began: now, did }, now, 0.0);
    }

    fn later(after: Option<Duration>) -> Did {
        Did::Later { after, why: "down".to_owned() }
    }

    #[test]
    fn conversations_take_turns_at_their_pace() {
        let start = Instant::now();
        let mut lanes = Lanes::new("test", PACE, start);
        assert_eq!(begun(&mut lanes, start, 2), [1, 2]);
        assert_eq!(begun(&mut lanes, start, 2), [3], "what runs is not begun again");
        finish(&mut lanes, 1, Did::Told("1".to_owned()), start);
        assert_eq!(begun(&mut lanes, start, 2), [0_i64; 0]);
        assert_eq!(lanes.next(start), start + PACE);
        assert_eq!(begun(&mut lanes, start + PACE, 2), [1]);
    }

    #[test]
    fn who_is_asked_to_wait_waits_alone() {
        let start = Instant::now();
        let mut lanes = Lanes::new("test", PACE, start);
        begun(&mut lanes, start, 1);
        finish(&mut lanes, 1, later(Some(Duration::MAX)), start);
        assert_eq!(begun(&mut lanes, start, 3), [2, 3]);
        assert_eq!(begun(&mut lanes, start + 3_599 * SECOND, 3), [0_i64; 0]);
        assert_eq!(begun(&mut lanes, start + 3_600 * SECOND, 3), [1]);
    }

    #[test]
    fn a_database_that_does_not_answer_is_asked_less_often_each_time() {
        let start = Instant::now();
        let mut lanes = Lanes::new("test", PACE, start);
        let (mut now, mut tries) = (start, 0);
        while now < start + 3_600 * SECOND {
            tries += begun(&mut lanes, now, 1).len();
            finish(&mut lanes, 1, Did::Failed, now);
            now = lanes.lanes[&ConversationId(1)].rests_until;
        }
        assert!((15..25).contains(&tries), "{tries} tries in an hour");
        begun(&mut lanes, now, 1);
        finish(&mut lanes, 1, Did::Told("1".to_owned()), now);
        assert_eq!(lanes.next(now), now + PACE);
    }

    #[test]
    fn a_platform_that_is_down_is_let_alone_for_longer_each_time() {
        let start = Instant::now();
        let mut lanes = Lanes::new("test", PACE, start);
        let (mut now, mut tries) = (start, 0);
        while now < start + 3_600 * SECOND {
            for conversation in begun(&mut lanes, now, 3) {
                tries += 1;
                finish(&mut lanes, conversation, later(None), now);
            }
            now = lanes.next(now).max(now + Duration::from_millis(1));
        }
        assert!((30..100).contains(&tries), "{tries} tries in an hour of three conversations");
        assert!(lanes.rests_until > now - 300 * SECOND);
        now += 300 * SECOND;
        for conversation in begun(&mut lanes, now, 3) {
            finish(&mut lanes, conversation, Did::Told("1".to_owned()), now);
        }
        assert_eq!(begun(&mut lanes, now + PACE, 3), [1, 2, 3], "all is well again at once");
    }
}
