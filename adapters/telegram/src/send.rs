//! Messages on their way to a chat.

use std::time::Duration;

use adapter_common::Backoff;
use serde_json::{Value, json};
use services::Services;
use teloxide_core::payloads::{
    AnswerCallbackQuery, DeleteMessage, EditMessageText, EditMessageTextSetters as _, SendMessage,
    SendMessageSetters as _,
};
use teloxide_core::types::{
    CallbackQueryId, ChatId, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, KeyboardMarkup,
    LinkPreviewOptions, MessageId, ParseMode, ReplyMarkup, ReplyParameters, ThreadId,
};
use tokio::time::Instant;

use crate::api::{Api, ApiError, Upload};
use crate::heard::Address;
use crate::moved::moved;
use crate::render::{Body, Keyboard, Message};
use crate::wire::Posted;

/// How long an answer is tried to be sent while Telegram cannot be reached.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long one waits in all because Telegram asks for it.
const PATIENCE_IF_ASKED: Duration = Duration::from_secs(300);

impl Api {
    /// Sends a message. A group that has become a supergroup is followed to its new id.
    pub(crate) async fn send(
        &self,
        services: &Services,
        to: Address,
        answers: Option<i32>,
        message: &Message,
    ) -> Result<i32, ApiError> {
        match self.send_once(to, answers, message).await {
            // What it answers is not in the new chat. Whoever reads it there and says something is known there already.
            Err(ApiError::Refused { moved_to: Some(chat), .. }) => {
                moved(services, to.chat, chat).await;
                self.send_once(Address { chat, ..to }, None, message).await
            }
            sent => sent,
        }
    }

    /// Sends a message, and tries again when Telegram cannot be reached or asks to wait, within reason. An answer whose receipt
    /// was lost on the way may come twice, which is better than not at all.
    pub(crate) async fn send_patiently(
        &self,
        services: &Services,
        to: Address,
        answers: Option<i32>,
        message: &Message,
    ) -> Result<i32, ApiError> {
        let (began, mut backoff) = (Instant::now(), Backoff::default());
        loop {
            let error = match self.send(services, to, answers, message).await {
                Err(error) if error.is_passing() => error,
                done => return done,
            };
            let (pause, patience) = match error.retry_after() {
                Some(asked) => (asked.max(backoff.pause()), PATIENCE_IF_ASKED),
                None => (backoff.pause(), PATIENCE),
            };
            if began.elapsed() + pause > patience {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn send_once(&self, to: Address, answers: Option<i32>, message: &Message) -> Result<i32, ApiError> {
        let posted: Posted = match &message.body {
            Body::Text(html) => self.call(&text(to, answers, html, &message.keyboard)).await?,
            Body::Photo { png, caption } => {
                let file = Upload { field: "photo", name: "chart.png", media_type: "image/png", bytes: png };
                let fields = beside(to, answers, &message.keyboard, Some(caption));
                self.upload("SendPhoto", &fields, &file).await?
            }
            Body::Document { name, media_type, bytes } => {
                let file = Upload { field: "document", name, media_type, bytes };
                let fields = beside(to, answers, &message.keyboard, None);
                self.upload("SendDocument", &fields, &file).await?
            }
        };
        Ok(posted.message_id)
    }

    /// Changes the text of a message. That it is so already is no failure.
    pub(crate) async fn edit(
        &self,
        to: Address,
        message: i32,
        html: &str,
        keyboard: &Keyboard,
    ) -> Result<(), ApiError> {
        let payload = EditMessageText::new(ChatId(to.chat), MessageId(message), html);
        let payload = payload.parse_mode(ParseMode::Html).link_preview_options(no_preview());
        let payload = match markup(keyboard) {
            Some(ReplyMarkup::InlineKeyboard(keyboard)) => payload.reply_markup(keyboard),
            _ => payload,
        };
        match self.call::<_, Value>(&payload).await {
            Err(error) if error.says("message is not modified") => Ok(()),
            done => done.map(drop),
        }
    }

    /// Takes a message away.
    pub(crate) async fn delete(&self, to: Address, message: i32) -> Result<(), ApiError> {
        let payload = DeleteMessage::new(ChatId(to.chat), MessageId(message));
        self.call::<_, Value>(&payload).await.map(drop)
    }

    /// Tells a person's app that a press was heard.
    pub(crate) async fn hear_press(&self, id: &str) -> Result<(), ApiError> {
        let payload = AnswerCallbackQuery::new(CallbackQueryId(id.to_owned()));
        self.call::<_, Value>(&payload).await.map(drop)
    }
}

fn text(to: Address, answers: Option<i32>, html: &str, keyboard: &Keyboard) -> SendMessage {
    let mut payload = SendMessage::new(ChatId(to.chat), html);
    payload = payload.parse_mode(ParseMode::Html).link_preview_options(no_preview());
    if let Some(topic) = to.topic {
        payload = payload.message_thread_id(ThreadId(MessageId(topic)));
    }
    if let Some(message) = answers {
        payload = payload.reply_parameters(answering(message));
    }
    match markup(keyboard) {
        Some(markup) => payload.reply_markup(markup),
        None => payload,
    }
}

/// What goes beside a file.
fn beside(to: Address, answers: Option<i32>, keyboard: &Keyboard, caption: Option<&str>) -> Value {
    let mut fields = json!({ "chat_id": to.chat });
    let optional = [
        ("message_thread_id", to.topic.map(|topic| json!(topic))),
        ("reply_parameters", answers.map(|message| json!(answering(message)))),
        ("reply_markup", markup(keyboard).map(|markup| json!(markup))),
        ("caption", caption.filter(|caption| !caption.is_empty()).map(|caption| json!(caption))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            fields[name] = value;
        }
    }
    fields
}

/// A message that has been deleted meanwhile is no reason to say nothing.
fn answering(message: i32) -> ReplyParameters {
    ReplyParameters::new(MessageId(message)).allow_sending_without_reply()
}

fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

fn markup(keyboard: &Keyboard) -> Option<ReplyMarkup> {
    match keyboard {
        Keyboard::None => None,
        Keyboard::Buttons(rows) => {
            let row = |row: &Vec<_>| row.iter().map(button).collect::<Vec<_>>();
            Some(InlineKeyboardMarkup::new(rows.iter().map(row)).into())
        }
        // Only whoever was asked is shown the keyboard, or the answer to be written.
        Keyboard::Choices { rows, placeholder } => {
            let row = |row: &Vec<String>| row.iter().map(KeyboardButton::new).collect::<Vec<_>>();
            let keyboard = KeyboardMarkup::new(rows.iter().map(row));
            Some(
                KeyboardMarkup {
                    resize_keyboard: true,
                    one_time_keyboard: true,
                    selective: true,
                    input_field_placeholder: placeholder.clone(),
                    ..keyboard
                }
                .into(),
            )
        }
        Keyboard::Answer { placeholder } => {
            let placeholder = Some(placeholder.clone()).filter(|text| !text.is_empty());
            Some(ForceReply::new().selective().input_field_placeholder(placeholder).into())
        }
    }
}

fn button(button: &crate::render::Button) -> InlineKeyboardButton {
    InlineKeyboardButton::callback(&button.label, &button.token)
}
