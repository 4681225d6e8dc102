//! Long polling: Telegram is asked for what happened, and answers when something has.

use std::sync::Arc;
use std::time::Duration;

use adapter_common::Backoff;
use serde_json::{Value, json};
use teloxide_core::payloads::DeleteWebhook;
use teloxide_core::types::AllowedUpdate;
use tokio_util::sync::CancellationToken;

use crate::api::{Api, ApiError};
use crate::bot::Bot;
use crate::config::StartError;
use crate::patience::persist;
use crate::wire::{Me, Update, WebhookInfo};

/// How long Telegram holds a question open when nothing happens.
const WAIT: Duration = Duration::from_secs(25);

/// Most updates of one answer. Source: <https://core.telegram.org/bots/api#getupdates>.
const BREATH: usize = 100;

/// When an update is asked for again that there was no room for.
const AGAIN: Duration = Duration::from_millis(500);

/// What is asked for. Edited messages are not: a line counts as it was first said.
pub(crate) const UPDATES: [AllowedUpdate; 3] =
    [AllowedUpdate::Message, AllowedUpdate::CallbackQuery, AllowedUpdate::MyChatMember];

/// Asks until it is time to stop.
pub(crate) async fn poll(bot: &Arc<Bot>, me: &Me, shutdown: &CancellationToken) -> Result<(), StartError> {
    match persist("begin to listen", shutdown, || leave_webhook(&bot.api)).await {
        None => return Ok(()),
        Some(Err(error)) if error.is_token() => return Err(StartError::Token),
        Some(Err(error)) => tracing::warn!(%error, "telegram does not take the webhook away"),
        Some(Ok(())) => {}
    }
    let mut offset = None;
    let mut backoff = Backoff::default();
    loop {
        let asked_at = bot.now();
        let asked = tokio::select! {
            () = shutdown.cancelled() => break,
            asked = ask(&bot.api, offset, WAIT) => asked,
        };
        match asked {
            Ok(updates) => {
                if !backoff.is_fresh() {
                    tracing::info!("telegram answers again");
                }
                backoff = Backoff::default();
                let is_all = updates.len() < BREATH;
                match take(bot, me, updates, &mut offset) {
                    // What comes from now on has happened from now on.
                    Room::Enough if is_all => bot.is_up_to_date_at(asked_at),
                    Room::Enough => {}
                    Room::None => drop(shutdown.run_until_cancelled(tokio::time::sleep(AGAIN)).await),
                }
            }
            Err(error) if error.is_token() => return Err(StartError::Token),
            Err(error) => {
                if backoff.is_fresh() {
                    tracing::warn!(%error, "telegram tells nothing; asking again until it does{}", advice(&error));
                }
                if !backoff.wait(error.retry_after().unwrap_or_default(), shutdown).await {
                    break;
                }
            }
        }
    }
    // What was taken is not to come again after a restart.
    if offset.is_some() {
        drop(ask(&bot.api, offset, Duration::ZERO).await);
    }
    Ok(())
}

/// Whether there was room for all updates.
enum Room {
    Enough,
    None,
}

/// Takes the updates up to the first that there is no room for: it and those after it are not confirmed, and come again.
fn take(bot: &Arc<Bot>, me: &Me, updates: Vec<Value>, offset: &mut Option<i64>) -> Room {
    for update in updates.into_iter().filter_map(Update::read) {
        let next = update.id.saturating_add(1);
        if !bot.take(me, update) {
            return Room::None;
        }
        *offset = Some(next);
    }
    Room::Enough
}

/// Asks for what comes from an update on. The payload is not teloxide's, whose ids of updates end at 31 bits.
async fn ask(api: &Api, offset: Option<i64>, wait: Duration) -> Result<Vec<Value>, ApiError> {
    let mut fields = json!({ "timeout": wait.as_secs(), "allowed_updates": UPDATES });
    if let Some(offset) = offset {
        fields["offset"] = json!(offset);
    }
    api.listen("GetUpdates", &fields, wait).await
}

/// Telegram tells nothing that is asked for while it delivers to an address.
async fn leave_webhook(api: &Api) -> Result<(), ApiError> {
    let (info, _): (WebhookInfo, _) = api.ask("GetWebhookInfo").await?;
    if info.url.is_empty() {
        return Ok(());
    }
    tracing::info!("telegram stops delivering to a webhook, for long polling is configured");
    api.call::<_, Value>(&DeleteWebhook::new()).await.map(drop)
}

fn advice(error: &ApiError) -> &'static str {
    match error {
        ApiError::Refused { status: 409, .. } => {
            ": another program speaks with the same token, stop it or use a bot of its own"
        }
        _ => "",
    }
}
