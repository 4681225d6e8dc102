//! What is for one person alone, and was asked where others read along.

use bot_core::Reply;
use serenity::model::id::UserId;

use crate::api::{Api, ApiError};
use crate::render;

/// Brings answers to somebody in direct messages, and answers what the others may read about that.
pub(crate) async fn whisper(api: &Api, user: UserId, replies: &[Reply]) -> &'static str {
    match bring(api, user, replies).await {
        Ok(()) => "I have answered you in a direct message.",
        Err(error) => {
            tracing::warn!(%error, "could not write to somebody alone on Discord");
            "The answer is for you alone, and I cannot write to you. Ask me that in a direct message."
        }
    }
}

async fn bring(api: &Api, user: UserId, replies: &[Reply]) -> Result<(), ApiError> {
    let channel = api.direct(user).await?;
    for message in replies.iter().flat_map(render::messages) {
        api.post(channel, &message).await?;
    }
    Ok(())
}
