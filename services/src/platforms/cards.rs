//! What a platform has still to be told, for the one who tells it. Nobody acts here: whether somebody may read a conversation
//! was decided when it was connected.

use monitor_core::incident::IncidentId;
use storage::PostId;
pub use storage::{Backlog, Posted, Waiting};

use crate::view::{Content, Post, TimelineEntry};
use crate::{Result, Services};

/// Entries of a timeline that are read at a time.
const NEWS: u64 = 500;

/// Something that happened to an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// Its place among all that happened.
    pub id: i64,
    /// What happened; `None`: it cannot be read, because a newer version wrote it.
    pub entry: Option<TimelineEntry>,
}

impl Services {
    /// The conversations of a platform where something changed that was not told, those that are closed too.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn conversations_waiting(&self, platform: &str) -> Result<Vec<Waiting>> {
        Ok(self.store().conversations_waiting(platform).await?)
    }

    /// What changed there and was not told, in order, 200 at most: each card once, as it is now.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn posts_waiting(&self, waiting: &Waiting) -> Result<Vec<Post>> {
        self.posts_after(waiting.organisation, waiting.conversation, waiting.told_seq).await
    }

    /// What of incidents waits there and no summary told of, and the `most` of those still open that changed last; `None`: nothing.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn backlog(&self, waiting: &Waiting, most: u64) -> Result<Option<Backlog>> {
        let told = waiting.told_seq.max(waiting.summed_seq);
        Ok(self.store().backlog(waiting.conversation, (told, waiting.last_seq), most).await?)
    }

    /// Whether a card of an open incident is one of the `most` that changed last of those that a summary told of and that
    /// have no message.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn is_among_latest(&self, waiting: &Waiting, post: &Post, most: u64) -> Result<bool> {
        Ok(self.store().few_unposted(waiting.conversation, (post.seq, waiting.summed_seq), most).await?)
    }

    /// The message that shows a post; `None`: there is none.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn posted(&self, post: &Post) -> Result<Option<Posted>> {
        match id_of(post) {
            Some(id) => Ok(self.store().posted(id).await?),
            None => Ok(None),
        }
    }

    /// Remembers as what message a post is shown.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn keep_posted(&self, post: &Post, posted: &Posted) -> Result<()> {
        match id_of(post) {
            Some(id) => Ok(self.store().keep_posted(id, posted).await?),
            None => Ok(()),
        }
    }

    /// Forgets the message of a post, which is gone on the platform.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn forget_posted(&self, post: &Post) -> Result<()> {
        match id_of(post) {
            Some(id) => Ok(self.store().forget_posted(id).await?),
            None => Ok(()),
        }
    }

    /// What happened to an incident after an entry of its timeline, as far as it is told where its card is; the
    /// latest 500 entries.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn transitions(&self, incident: IncidentId, after: i64) -> Result<Vec<Transition>> {
        let news = self.store().news_after(incident, after, NEWS).await?;
        Ok(news.into_iter().map(|(id, entry)| Transition { id, entry }).collect())
    }

    /// Notes that a conversation is told up to there now.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn told(&self, waiting: &Waiting, seq: i64) -> Result<()> {
        Ok(self.store().told(waiting.conversation, seq, self.now()).await?)
    }

    /// Notes that all up to there is told in a summary now.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn summed_up(&self, waiting: &Waiting, seq: i64) -> Result<()> {
        Ok(self.store().summed_up(waiting.conversation, seq, self.now()).await?)
    }

    /// Notes that the platform does not let it be written in.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn close_conversation(&self, waiting: &Waiting) -> Result<()> {
        Ok(self.store().close_conversation(waiting.conversation, self.now()).await?)
    }

    /// Notes that it can be written in again.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn open_conversation(&self, waiting: &Waiting) -> Result<()> {
        Ok(self.store().open_conversation(waiting.conversation).await?)
    }

    /// Notes that a conversation of a platform, with all within it (`CHAT/TOPIC`), can be written in again, as the platform
    /// says. Answers how many could not.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn open_conversations(&self, platform: &str, external_id: &str) -> Result<u64> {
        Ok(self.store().open_conversations(platform, external_id).await?)
    }
}

fn id_of(post: &Post) -> Option<PostId> {
    match &post.content {
        Content::Incident(_) => post.id.parse().ok().map(PostId::Card),
        Content::Audit(_) | Content::SecurityCheck(_) | Content::Notice(_) => {
            post.id.strip_prefix("notice-")?.parse().ok().map(PostId::Notice)
        }
    }
}
