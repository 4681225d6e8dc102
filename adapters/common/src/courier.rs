//! What a platform has to be able to do for the cards to be kept there.

use std::time::Duration;

use bot_core::Reply;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::task::TaskTracker;

use crate::Backoff;

/// Brings messages to one platform.
pub trait Courier: Send + Sync + 'static {
    /// The platform's name, as in [`bot_core::Place::platform`].
    const PLATFORM: &'static str;
    /// Least time between two messages to one conversation, by the platform's limits.
    const PACE: Duration;

    /// What the pace is counted for, of a conversation's id: the conversation itself, unless the platform counts several
    /// together.
    #[must_use]
    fn unit(conversation: &str) -> &str {
        conversation
    }

    /// What follows the first messages and is still on its way.
    fn rest(&self) -> &Rest;

    /// Posts a message of its own. A reply that is longer than one message can be becomes several; the first of them is
    /// answered, which is the one with the buttons. Once it is taken there is no fault any more: it would be posted again.
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
        /// How long what the platform counts together with that conversation is to be let alone at least; `None`: the whole
        /// platform is, as long as it takes.
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

/// How long the rest of a reply may take: as long as the slowest platform may ask to be let alone for a few messages.
const REST: Duration = Duration::from_secs(300);

/// What follows the first messages of replies, on its way beside whatever comes next. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Rest(TaskTracker);

impl Rest {
    /// Brings the messages behind the first one: that is taken and is not said again, whatever becomes of these. What passes is
    /// waited out for five minutes in all; what is lost then is noted in the log.
    pub fn bring<M, F>(&self, platform: &'static str, messages: Vec<M>, send: impl Fn(M) -> F + Send + Sync + 'static)
    where
        M: Clone + Send + Sync + 'static,
        F: Future<Output = Result<(), Fault>> + Send,
    {
        if messages.is_empty() {
            return;
        }
        self.0.spawn(async move {
            if timeout(REST, bring_all(platform, messages, send)).await.is_err() {
                tracing::warn!(platform, "the rest of a message could not be sent within five minutes");
            }
        });
    }

    /// Waits for what is on its way, but no longer than until then. What is left is noted in the log.
    pub async fn finish(&self, platform: &'static str, until: Instant) {
        self.0.close();
        if timeout_at(until, self.0.wait()).await.is_err() {
            tracing::warn!(platform, left = self.0.len(), "the rest of messages was not sent before the end");
        }
    }
}

async fn bring_all<M, F>(platform: &'static str, messages: Vec<M>, send: impl Fn(M) -> F)
where
    M: Clone,
    F: Future<Output = Result<(), Fault>>,
{
    let mut backoff = Backoff::default();
    for message in messages {
        while let Err(fault) = send(message.clone()).await {
            match fault {
                Fault::Later { after, .. } => sleep(backoff.pause().max(after.unwrap_or_default())).await,
                fault => {
                    tracing::warn!(platform, %fault, "a part of a message could not be sent");
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn the_rest_outlasts_what_passes_and_leaves_out_what_is_refused() {
        let later = Err(Fault::Later { after: None, why: "busy".to_owned() });
        let answers = [later, Ok(()), Err(Fault::Refused("too long".to_owned())), Ok(())];
        let answers = Arc::new(Mutex::new(answers.into_iter()));
        let (tries, mut tried) = mpsc::unbounded_channel();
        Rest::default().bring("testing", vec!["second", "third", "fourth"], move |message| {
            let (tries, answers) = (tries.clone(), Arc::clone(&answers));
            async move {
                tries.send(message).unwrap();
                answers.lock().unwrap().next().unwrap()
            }
        });
        let mut all = Vec::new();
        while let Some(message) = tried.recv().await {
            all.push(message);
        }
        assert_eq!(all, ["second", "second", "third", "fourth"]);
    }
}
