//! The next thing that a conversation is told: one message at most.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use bot_core::cards;
use monitor_core::incident::IncidentId;
use services::platforms::{Posted, Waiting};
use services::view::{AuditRow, Content, Post, SilenceRow};
use services::{Result, Services};
use tokio::time::timeout;

use super::lanes::{Context, Did, Done, LATELY, Unnoted};
use super::words;
use crate::{Courier, Fault, Sent, Target};

/// How long a platform may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// As many cards may wait, however long, without being summed up.
const FEW: usize = 5;

/// Cards that are posted after a summary.
const AFTER_SUMMARY: u64 = 10;

/// So often a card that is gone is posted again; then whoever takes it away, such as a filter of the platform's, has their way.
const AGAIN: u32 = 3;

/// What is to be done about a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// It has to be posted.
    Post,
    /// Its message has to be changed.
    Edit,
    /// Its message shows it; there may be something to tell in its thread.
    FollowUp,
    /// Nothing.
    Pass,
}

/// What is to be done about a post whose message shows that revision, or that has none; `summed_up`: a summary told of it.
fn deed(post: &Post, shown: Option<i32>, summed_up: bool) -> Deed {
    let over = post.incident().is_some_and(|row| row.incident.resolved.is_some());
    match shown {
        // What was over when it first came up here is history.
        None if over && (summed_up || post.revision == 1) => Deed::Pass,
        None => Deed::Post,
        Some(shown) if shown < post.revision => Deed::Edit,
        Some(_) if matches!(post.content, Content::Audit(_)) => Deed::FollowUp,
        Some(_) if summed_up || post.incident().is_none() => Deed::Pass,
        Some(_) => Deed::FollowUp,
    }
}

pub(super) struct Step<C> {
    pub(super) courier: Arc<C>,
    pub(super) services: Services,
    pub(super) waiting: Waiting,
    pub(super) context: Context,
}

impl<C: Courier> Step<C> {
    pub(super) async fn run(mut self) -> Done {
        // The cause of what fails is logged where it happened.
        let did = self.begin().await.unwrap_or(Did::Failed);
        Done { conversation: self.waiting.conversation, began: self.context.now, did }
    }

    async fn begin(&mut self) -> Result<Did> {
        let summed_seq = self.unnoted().summed_seq;
        if summed_seq > self.waiting.summed_seq {
            self.services.summed_up(&self.waiting, summed_seq).await?;
            self.waiting.summed_seq = summed_seq;
        }
        let did = self.take().await?;
        if self.waiting.closed && matches!(did, Did::Told(_)) {
            tracing::info!(platform = C::PLATFORM, conversation_id = %self.waiting.conversation, "a conversation is told again");
            self.services.open_conversation(&self.waiting).await?;
        }
        Ok(did)
    }

    async fn take(&self) -> Result<Did> {
        let posts = self.services.posts_waiting(&self.waiting).await?;
        if let Some(did) = self.sum_up(&posts).await? {
            return Ok(did);
        }
        let mut told = self.waiting.told_seq;
        for post in &posts {
            let posted = self.posted(post).await?;
            if let Some(did) = self.tell(post, posted, told).await? {
                return Ok(did);
            }
            told = post.seq;
        }
        // Without any post left, what waited was forgotten in the meantime.
        self.services.told(&self.waiting, if posts.is_empty() { self.waiting.last_seq } else { told }).await?;
        Ok(Did::Moved)
    }

    /// Tells of everything at once after an outage; `None`: there was none, or all of it is summed up. What is left of an earlier
    /// summary takes nothing from one about what came after it.
    async fn sum_up(&self, posts: &[Post]) -> Result<Option<Did>> {
        if self.context.told_lately || posts.len() <= FEW || self.waiting.last_seq <= self.waiting.summed_seq {
            return Ok(None);
        }
        let Some(backlog) = self.services.backlog(&self.waiting, AFTER_SUMMARY).await? else { return Ok(None) };
        let now = self.services.now();
        if backlog.cards <= FEW as u64 || now.since(backlog.since) <= LATELY {
            return Ok(None);
        }
        let (target, summary) = (self.target(), words::summary(C::PLATFORM, &backlog, now));
        match patiently(self.courier.post(&target, &summary)).await {
            Ok(_) => {}
            Err(Fault::Refused(why) | Fault::Gone(why)) => self.log_refused("summary", &why),
            Err(fault) => return self.give_up(fault, "summary").await.map(Some),
        }
        // Kept in mind until it is noted, so that it is not said again.
        self.unnoted().summed_seq = self.waiting.last_seq;
        self.services.summed_up(&self.waiting, self.waiting.last_seq).await?;
        Ok(Some(Did::Told("summary".to_owned())))
    }

    /// Tells of one post; `None`: there is nothing to tell. `told` is the place of the one before.
    async fn tell(&self, post: &Post, posted: Option<Posted>, told: i64) -> Result<Option<Did>> {
        let summed_up = post.seq <= self.waiting.summed_seq;
        let deed = deed(post, posted.as_ref().map(|posted| posted.revision), summed_up);
        let did = match (deed, posted) {
            (Deed::Pass, _) => return Ok(None),
            (Deed::Post, _) | (_, None) => {
                let capped = summed_up && post.incident().is_some();
                if capped && !self.services.is_among_latest(&self.waiting, post, AFTER_SUMMARY).await? {
                    return Ok(None);
                }
                self.services.told(&self.waiting, told).await?;
                self.post(post, summed_up).await?
            }
            (Deed::Edit, Some(posted)) => {
                self.services.told(&self.waiting, told).await?;
                if let Some(until) = self.context.fresh.get(&post.id) {
                    return Ok(Some(Did::Early(*until)));
                }
                self.edit(post, posted, summed_up).await?
            }
            (Deed::FollowUp, Some(posted)) => return self.follow_up(post, posted, told).await,
        };
        Ok(Some(did))
    }

    async fn post(&self, post: &Post, summed_up: bool) -> Result<Did> {
        let reply = cards::card(&post.content, self.services.now());
        match patiently(self.courier.post(&self.target(), &reply)).await {
            Ok(Sent { message, thread }) => {
                let mut posted = Posted { message, thread, revision: post.revision, entry: 0, silence: None };
                // Before anything else, so that hardly anything can come between the two.
                self.note(post, &posted).await?;
                if summed_up {
                    self.pass_over(post, &mut posted).await?;
                    self.note(post, &posted).await?;
                }
                Ok(Did::Told(post.id.clone()))
            }
            Err(Fault::Refused(why) | Fault::Gone(why)) => self.skip(post, &why).await,
            Err(fault) => self.give_up(fault, &post.id).await,
        }
    }

    async fn edit(&self, post: &Post, mut posted: Posted, summed_up: bool) -> Result<Did> {
        let reply = cards::card(&post.content, self.services.now());
        match patiently(self.courier.edit(&self.target(), &sent(&posted), &reply)).await {
            Ok(()) => {
                posted.revision = post.revision;
                if summed_up {
                    self.pass_over(post, &mut posted).await?;
                }
                self.note(post, &posted).await?;
                Ok(Did::Told(post.id.clone()))
            }
            Err(Fault::Gone(why)) => self.forget(post, &why).await,
            Err(Fault::Refused(why)) => self.skip(post, &why).await,
            Err(fault) => self.give_up(fault, &post.id).await,
        }
    }

    /// Tells in a card's thread what happened; `None`: nothing to tell.
    async fn follow_up(&self, post: &Post, mut posted: Posted, told: i64) -> Result<Option<Did>> {
        if let Content::Audit(row) = &post.content {
            return self.hand_in(post, row, posted, told).await;
        }
        let Some((incident, silence)) = about(post) else { return Ok(None) };
        let transitions = self.services.transitions(incident, posted.entry).await?;
        let silence = silence.filter(|silence| posted.silence != Some(silence.id));
        let Some(reply) = words::news(&transitions, silence, incident.0) else { return Ok(None) };
        self.services.told(&self.waiting, told).await?;
        let outcome = patiently(self.courier.follow_up(&self.target(), &sent(&posted), &reply)).await;
        posted.entry = transitions.last().map_or(posted.entry, |last| last.id);
        posted.silence = silence.map(|silence| silence.id).or(posted.silence);
        self.followed(post, posted, outcome).await.map(Some)
    }

    /// Brings the report of an audit into its card's thread, once; `None`: there is none, or it was brought. Of an audit the last
    /// entry that was told is its report.
    async fn hand_in(&self, post: &Post, row: &AuditRow, mut posted: Posted, told: i64) -> Result<Option<Did>> {
        let Some(pdf) = row.pdf.filter(|pdf| pdf.0 > posted.entry) else { return Ok(None) };
        let Some((file, bytes)) = self.services.posted_report(row).await? else { return Ok(None) };
        self.services.told(&self.waiting, told).await?;
        let reply = cards::report(row, &file, &bytes);
        let outcome = patiently(self.courier.follow_up(&self.target(), &sent(&posted), &reply)).await;
        posted.entry = pdf.0;
        self.followed(post, posted, outcome).await.map(Some)
    }

    /// Notes what became of something that was told in a thread.
    async fn followed(
        &self,
        post: &Post,
        mut posted: Posted,
        outcome: std::result::Result<Sent, Fault>,
    ) -> Result<Did> {
        match outcome {
            Ok(card) => (posted.message, posted.thread) = (card.message, card.thread),
            Err(Fault::Gone(why)) => return self.forget(post, &why).await,
            // That a thread cannot be written in says nothing of the conversation, whose cards go on.
            Err(Fault::Refused(why) | Fault::Closed(why)) => self.log_refused(&post.id, &why),
            Err(fault) => return self.give_up(fault, &post.id).await,
        }
        self.note(post, &posted).await?;
        Ok(Did::Told(post.id.clone()))
    }

    /// The message that shows a post. What could not be noted before is noted first, so that it is not sent again.
    async fn posted(&self, post: &Post) -> Result<Option<Posted>> {
        let unnoted = self.unnoted().posted.get(&post.id).cloned();
        match unnoted {
            Some(posted) => self.note(post, &posted).await.map(|()| Some(posted)),
            None => self.services.posted(post).await,
        }
    }

    /// Notes what the platform has taken, or keeps it in mind as long as that cannot be done.
    async fn note(&self, post: &Post, posted: &Posted) -> Result<()> {
        let noted = self.services.keep_posted(post, posted).await;
        match &noted {
            Ok(()) => self.unnoted().posted.remove(&post.id),
            Err(_) => self.unnoted().posted.insert(post.id.clone(), posted.clone()),
        };
        noted
    }

    fn unnoted(&self) -> MutexGuard<'_, Unnoted> {
        self.context.unnoted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a message that is gone, so that the post gets another, but not without end.
    async fn forget(&self, post: &Post, why: &str) -> Result<Did> {
        if self.context.gone.get(&post.id).is_some_and(|times| *times >= AGAIN) {
            return self.skip(post, why).await;
        }
        self.services.forget_posted(post).await?;
        Ok(Did::Gone(post.id.clone()))
    }

    /// Takes what happened as told: a summary did.
    async fn pass_over(&self, post: &Post, posted: &mut Posted) -> Result<()> {
        let Some((incident, silence)) = about(post) else { return Ok(()) };
        let transitions = self.services.transitions(incident, posted.entry).await?;
        posted.entry = transitions.last().map_or(posted.entry, |last| last.id);
        posted.silence = silence.map(|silence| silence.id).or(posted.silence);
        Ok(())
    }

    /// Leaves a post as it is, which the platform refuses.
    async fn skip(&self, post: &Post, why: &str) -> Result<Did> {
        self.log_refused(&post.id, why);
        self.services.told(&self.waiting, post.seq).await?;
        Ok(Did::Moved)
    }

    async fn give_up(&self, fault: Fault, what: &str) -> Result<Did> {
        match fault {
            Fault::Later { after, why } => Ok(Did::Later { after, why }),
            Fault::Closed(why) => {
                if !self.waiting.closed {
                    let conversation = self.waiting.conversation;
                    let told =
                        "nothing can be told there, which is tried again once an hour and when somebody speaks there";
                    tracing::warn!(platform = C::PLATFORM, conversation_id = %conversation, why, "{told}");
                    self.services.close_conversation(&self.waiting).await?;
                }
                Ok(Did::Closed)
            }
            Fault::Gone(why) | Fault::Refused(why) => {
                self.log_refused(what, &why);
                Ok(Did::Moved)
            }
        }
    }

    fn log_refused(&self, post: &str, why: &str) {
        let conversation = self.waiting.conversation;
        tracing::warn!(platform = C::PLATFORM, conversation_id = %conversation, post, why, "the platform refuses a message");
    }

    fn target(&self) -> Target {
        Target { workspace: self.waiting.workspace.clone(), conversation: self.waiting.external_id.clone() }
    }
}

fn sent(posted: &Posted) -> Sent {
    Sent { message: posted.message.clone(), thread: posted.thread.clone() }
}

/// The incident that a post shows, and the silence that it says.
fn about(post: &Post) -> Option<(IncidentId, Option<&SilenceRow>)> {
    match &post.content {
        Content::Incident(row) => Some((row.incident.id, row.silence.as_ref())),
        Content::Audit(_) | Content::SecurityCheck(_) | Content::Notice(_) => None,
    }
}

/// What never ends is tried again as well.
async fn patiently<T>(call: impl Future<Output = std::result::Result<T, Fault>>) -> std::result::Result<T, Fault> {
    let late = |_| Fault::Later { after: None, why: format!("no answer within {} s", PATIENCE.as_secs()) };
    timeout(PATIENCE, call).await.map_err(late)?
}
