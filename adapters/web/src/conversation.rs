//! Which conversation a request belongs to.

use monitor_core::people::{Actor, ConversationId};
use serde::Deserialize;

use crate::WebState;
use crate::error::ApiError;

/// Longest id of a conversation, in characters.
const LONGEST_ID: usize = 64;

/// What talks to this API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Platform {
    /// The chat page, or a program.
    #[default]
    Web,
    /// `watchword chat`.
    Terminal,
}

impl Platform {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Terminal => "terminal",
        }
    }
}

/// A conversation and who speaks in it.
pub(crate) struct Place {
    /// The id that the client knows.
    pub(crate) id: String,
    /// The id that we know.
    pub(crate) conversation: ConversationId,
    pub(crate) actor: Actor,
}

/// Finds the conversation with the id that a client chose, or begins one with a random id.
pub(crate) async fn find(state: &WebState, platform: Platform, id: Option<String>) -> Result<Place, ApiError> {
    let id = match id {
        Some(id) if is_valid(&id) => id,
        Some(_) => {
            let wanted = format!(
                "`conversation` is 1 to {LONGEST_ID} of the characters A-Z a-z 0-9 _ -, or absent for a new one"
            );
            return Err(ApiError::Invalid(wanted));
        }
        None => random_id()?,
    };
    let actor = state.services.local_owner().await?;
    let conversation = state.services.conversation(&actor, platform.as_str(), &id).await?;
    Ok(Place { id, conversation, actor })
}

fn is_valid(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(allowed)
}

fn random_id() -> Result<String, ApiError> {
    let mut bytes = [0; 16];
    let told = "this system gives no random numbers; choose a `conversation` yourself";
    getrandom::fill(&mut bytes).map_err(|_| ApiError::Invalid(told.to_owned()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
