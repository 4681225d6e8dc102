use monitor_core::Timestamp;
use probes::Outbound;

use super::Settings;
use super::payload::{self, Payload};
use crate::chat::{self, Step};
use crate::http::{Reply, Request};
use crate::message::{Post, Receipt, SendError};

pub(super) async fn send(
    settings: &Settings,
    post: &Post<'_>,
    outbound: &Outbound,
    now: Timestamp,
) -> Result<Receipt, SendError> {
    let bot = Bot { settings, outbound, now };
    match chat::step(post) {
        Step::Skip => Ok(chat::skipped()),
        Step::Edit(first) => bot.edit(first, post).await,
        Step::Write { first } => {
            let receipt = bot.write(payload::message(settings, first.and_then(|id| id.parse().ok()), post)).await?;
            if let Some(first) = first.filter(|_| chat::outdates_first(post.notification.event)) {
                // It was told. That the first message looks as it did is no reason to tell it again.
                let _edited = bot.edit(first, post).await;
            }
            Ok(receipt)
        }
    }
}

struct Bot<'a> {
    settings: &'a Settings,
    outbound: &'a Outbound,
    now: Timestamp,
}

impl Bot<'_> {
    async fn write(&self, message: Payload<'_>) -> Result<Receipt, SendError> {
        let reply = self.call("sendMessage", &message).await?;
        // A group that became a supergroup has another number from then on.
        // Source: <https://core.telegram.org/bots/api#responseparameters>.
        let moved = reply.json()["parameters"]["migrate_to_chat_id"].as_i64();
        let Some(chat) = moved.filter(|_| !reply.is_success()) else { return self.written(&reply) };
        let chat = chat.to_string();
        // What it answers is not in the new chat.
        let receipt = self.written(&self.call("sendMessage", &message.for_chat(&chat)).await?)?;
        let text = format!("{}; the group has become a supergroup: change chat to {chat}", receipt.text);
        Ok(Receipt { text, ..receipt })
    }

    fn written(&self, reply: &Reply) -> Result<Receipt, SendError> {
        if !reply.is_success() {
            return Err(self.refused(reply));
        }
        Ok(reply.receipt(reply.json()["result"]["message_id"].as_i64().map(|id| id.to_string())))
    }

    async fn edit(&self, first: &str, post: &Post<'_>) -> Result<Receipt, SendError> {
        let Ok(message) = first.parse() else { return Ok(chat::gone(first)) };
        let reply = self.call("editMessageText", &payload::edit(self.settings, message, post)).await?;
        let said = reply.text_at("/description");
        let says = |words: &str| reply.status == 400 && said.contains(words);
        if reply.is_success() {
            return Ok(reply.receipt(Some(first.to_owned())));
        }
        if says("message is not modified") {
            return Ok(Receipt {
                id: Some(first.to_owned()),
                text: "the first message is up to date already".to_owned(),
            });
        }
        let gone = ["message to edit not found", "message can't be edited", "upgraded to a supergroup"];
        if gone.into_iter().any(says) { Ok(chat::gone(first)) } else { Err(self.refused(&reply)) }
    }

    async fn call(&self, method: &str, payload: &Payload<'_>) -> Result<Reply, SendError> {
        let token = self.settings.token.expose();
        let url = self.settings.server.join([format!("bot{token}").as_str(), method]);
        Request::post(url).json(payload).conceal(token).ask(self.outbound, self.now).await
    }

    fn refused(&self, reply: &Reply) -> SendError {
        let advice = match reply.status {
            400 => "check the chat and its topic, and that the bot is in it",
            401 | 404 => "the bot's token is not valid any more: ask @BotFather for it",
            403 => "let the bot into the chat again, and let it write there",
            _ => "",
        };
        let seconds = reply.json()["parameters"]["retry_after"].as_f64();
        chat::refused(reply, &reply.text_at("/description"), seconds, advice, self.now)
    }
}
