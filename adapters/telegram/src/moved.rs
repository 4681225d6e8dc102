//! What happens to groups. One that becomes a supergroup gets a new id.
//! Source: <https://core.telegram.org/bots/api#responseparameters>.

use services::Services;

use crate::heard::{Address, PLATFORM};

/// Lets what is connected, said and told in the group go on under its new id. That it is so already is no failure.
pub(crate) async fn moved(services: &Services, from: i64, to: i64) {
    match services.move_workspace(PLATFORM, &from.to_string(), &to.to_string()).await {
        Ok(true) => tracing::info!(from, to, "a telegram group became a supergroup, and is known by its new id"),
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, from, to, "the new id of a telegram group could not be kept"),
    }
}

/// Lets what waits for a chat and its topics, or for a topic, be told there: the bot may write there now.
pub(crate) async fn let_in(services: &Services, address: Address) {
    match services.open_conversations(PLATFORM, &address.to_string()).await {
        Ok(0) => {}
        Ok(opened) => tracing::info!(conversation = %address, opened, "telegram lets the bot write there again"),
        Err(error) => {
            tracing::warn!(%error, conversation = %address, "that the bot may write there again could not be kept");
        }
    }
}
