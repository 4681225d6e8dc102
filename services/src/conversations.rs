//! What conversations remember: dialogs, what buttons do, and the cards posted in them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use monitor_core::people::{Actor, ConversationId, OrganisationId, Permission};
use storage::{Message, Notice};
use tokio::sync::watch;

use crate::view::{Content, Post};
use crate::{Result, ServiceError, Services, require};

/// How long an unanswered question and an unpressed button live.
const DIALOG_LIFE: Duration = Duration::from_secs(24 * 3_600);

/// How long a question is left to whoever answers it, should nothing be heard of that any more: longer than any command takes.
const DIALOG_LEASE: Duration = Duration::from_secs(120);

/// Cards read at a time.
const CARDS: u64 = 200;

impl Services {
    /// The conversation that a platform knows by that id, made when it is new.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn conversation(&self, actor: &Actor, platform: &str, external_id: &str) -> Result<ConversationId> {
        require(actor, Permission::Read)?;
        Ok(self.store().conversation(actor.organisation, platform, external_id, self.now()).await?)
    }

    /// The state of the dialog that the person has in that conversation; `None` without one, or while it is taken.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn dialog(&self, actor: &Actor, conversation: ConversationId) -> Result<Option<String>> {
        self.own_conversation(actor, conversation).await?;
        Ok(self.store().dialog(conversation, actor.person, self.now()).await?)
    }

    /// Remembers the state of a dialog, for a day, in place of the one before.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn save_dialog(&self, actor: &Actor, conversation: ConversationId, state: &str) -> Result<()> {
        self.own_conversation(actor, conversation).await?;
        Ok(self.store().save_dialog(conversation, actor.person, state, self.now() + DIALOG_LIFE).await?)
    }

    /// Ends a dialog; tells whether there was one that nobody has taken. One that is taken will not be open again.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn end_dialog(&self, actor: &Actor, conversation: ConversationId) -> Result<bool> {
        self.own_conversation(actor, conversation).await?;
        Ok(self.store().end_dialog(conversation, actor.person, self.now()).await?)
    }

    /// Takes a dialog, for two minutes at most, if it is the one that is meant, as its state says; tells whether it was. Whoever took
    /// it settles it.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn take_dialog(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<bool> {
        self.own_conversation(actor, conversation).await?;
        let now = self.now();
        Ok(self.store().take_dialog((conversation, actor.person), (now, now + DIALOG_LEASE), is_meant).await?)
    }

    /// Settles a dialog that was taken, unless another one stands in its place: one that is `over` ends, any other is open again.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn settle_dialog(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        over: bool,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<()> {
        self.own_conversation(actor, conversation).await?;
        Ok(self.store().settle_dialog((conversation, actor.person), over, is_meant).await?)
    }

    /// Makes a token for a button of that conversation, which stands for these words for a day.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn offer_action(&self, actor: &Actor, conversation: ConversationId, text: &str) -> Result<String> {
        self.own_conversation(actor, conversation).await?;
        let token = random_token(16);
        self.store().save_action(&token, conversation, text, self.now() + DIALOG_LIFE).await?;
        Ok(token)
    }

    /// The words that a button of that conversation stands for; `None` when it is unknown or expired.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn action(&self, actor: &Actor, conversation: ConversationId, token: &str) -> Result<Option<String>> {
        self.own_conversation(actor, conversation).await?;
        Ok(self.store().action(token, conversation, self.now()).await?)
    }

    /// The cards posted or changed in a conversation after `seq`, in order.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn messages_after(&self, actor: &Actor, conversation: ConversationId, seq: i64) -> Result<Vec<Post>> {
        self.own_conversation(actor, conversation).await?;
        self.posts_after(actor.organisation, conversation, seq).await
    }

    /// The cards posted or changed in a conversation of that organisation after `seq`, in order, 200 at most.
    pub(crate) async fn posts_after(
        &self,
        organisation: OrganisationId,
        conversation: ConversationId,
        seq: i64,
    ) -> Result<Vec<Post>> {
        // What is posted between the two reads below is left to the next look: its place is above this one.
        let last = self.store().last_seq(conversation).await?;
        let mut cards = self.store().messages_after(conversation, seq, CARDS).await?;
        let rows: Vec<_> = cards.iter_mut().map(|card| &mut card.incident).collect();
        self.note_silences(organisation, rows).await?;
        let notices = self.store().notices_after(conversation, seq, CARDS).await?;
        let mut posts: Vec<Post> = cards.into_iter().map(card).chain(notices.into_iter().map(notice)).collect();
        posts.retain(|post| post.seq <= last);
        posts.sort_unstable_by_key(|post| post.seq);
        // No more of one sort than were read of it: of the other there may be some in between.
        posts.truncate(usize::try_from(CARDS).unwrap_or(usize::MAX));
        Ok(posts)
    }

    /// The number of the latest change in a conversation.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn last_seq(&self, actor: &Actor, conversation: ConversationId) -> Result<i64> {
        self.own_conversation(actor, conversation).await?;
        Ok(self.store().last_seq(conversation).await?)
    }

    /// Answers to an actor of another organisation as if the conversation did not exist.
    pub(crate) async fn own_conversation(&self, actor: &Actor, conversation: ConversationId) -> Result<()> {
        require(actor, Permission::Read)?;
        let own = self.store().has_conversation(actor.organisation, conversation).await?;
        if own { Ok(()) } else { Err(ServiceError::ConversationNotFound) }
    }

    /// Wakes whenever this process has posted or changed a card. Other processes are not heard.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.cards_changed.subscribe()
    }
}

fn card(message: Message) -> Post {
    let Message { id, seq, revision, incident, created_at, updated_at } = message;
    Post { id: id.to_string(), seq, revision, content: Content::Incident(Box::new(incident)), created_at, updated_at }
}

fn notice(notice: Notice) -> Post {
    let Notice { id, seq, revision, text, audit, security, created_at, updated_at } = notice;
    let card = audit.map(Content::Audit).or_else(|| security.map(Content::SecurityCheck));
    let content = card.unwrap_or(Content::Notice(text));
    Post { id: format!("notice-{id}"), seq, revision, content, created_at, updated_at }
}

/// That many random bytes as URL-safe text.
pub(crate) fn random_token(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    // Without a source of randomness the token is all zeros: guessable, but it opens nothing without the right to act.
    if let Err(error) = getrandom::fill(&mut random) {
        tracing::error!(%error, "the system gives no random numbers");
    }
    URL_SAFE_NO_PAD.encode(random)
}
