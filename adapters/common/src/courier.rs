//! What a platform has to be able to do for the cards to be kept there.

use std::time::Duration;

use bot_core::Reply;

/// Brings messages to one platform.
pub trait Courier: Send + Sync + 'static {
    /// The platform's name, as in [`bot_core::Place::platform`].
    const PLATFORM: &'static str;
    /// Least time between two messages to one conversation, by the platform's limits.
    const PACE: Duration;

    /// Posts a message of its own. A reply that is longer than one message can be becomes several; the first of them is
    /// answered, which is the one with the buttons.
    fn post(&self, to: &Target, reply: &Reply) -> impl Future<Output = Result<Sent, Fault>> + Send;

    /// Changes a message that was posted to this reply.
    fn edit(&self, to: &Target, sent: &Sent, reply: &Reply) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Says something in the thread of a message that was posted, and begins the thread when there is none. Answers the message
    /// of the card with its thread. A thread that is gone is begun anew; one that cannot be written in is [`Fault::Closed`], which
    /// says nothing of the conversation.
    fn follow_up(&self, to: &Target, card: &Sent, reply: &Reply) -> impl Future<Output = Result<Sent, Fault>> + Send;
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The workspace by the platform's id; `None`: a direct conversation.
    pub workspace: Option<String>,
    /// The conversation by the platform's id.
    pub conversation: String,
}

/// A message that was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its id on the platform.
    pub message: String,
    /// The id of its thread; `None`: it has none yet, or the platform needs none to answer a message.
    pub thread: Option<String>,
}

/// Why a message was not brought. The text never holds a token or an address with one in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The platform cannot be reached, or asks to come again later.
    #[error("later: {why}")]
    Later {
        /// How long the platform asked to be let alone.
        after: Option<Duration>,
        /// Why.
        why: String,
    },
    /// The message that was to be changed or followed up is not there any more.
    #[error("that message is gone: {0}")]
    Gone(String),
    /// The conversation is not there any more, or not to be written in.
    #[error("that conversation cannot be written in: {0}")]
    Closed(String),
    /// The platform refuses this message, and will again.
    #[error("refused: {0}")]
    Refused(String),
}
