//! What can be pressed below a message.

use adapter_common::Units;
use bot_core::Reply;
use bot_core::reply::{Action, Block, FormField, FormKind};

use super::html::clean;
use super::{Body, MAX_BUTTONS, MAX_CALLBACK_DATA, MAX_LABEL, MAX_PLACEHOLDER, MAX_ROW, Message};

/// UTF-16 units of labels that a phone shows beside each other.
const ROW_UNITS: usize = 28;

/// What can be pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keyboard {
    /// Nothing.
    None,
    /// Buttons below the message, in rows.
    Buttons(Vec<Vec<Button>>),
    /// Answers in place of the person's keyboard, in rows; pressing one says it.
    Choices {
        /// The answers.
        rows: Vec<Vec<String>>,
        /// What stands in the input field, possibly empty.
        placeholder: String,
    },
    /// The person's app opens an answer to the message.
    Answer {
        /// What stands in the input field, possibly empty.
        placeholder: String,
    },
}

/// A button below a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What comes back when it is pressed.
    pub token: String,
}

/// Gives the first message its keyboard. Buttons that are too many for one keyboard stand below messages of their own.
pub(super) fn attach(messages: &mut Vec<Message>, reply: &Reply) {
    let buttons: Vec<Button> = reply.actions.iter().filter_map(button).collect();
    for (index, some) in buttons.chunks(MAX_BUTTONS).enumerate() {
        let keyboard = Keyboard::Buttons(rows(some, |button| &button.label));
        match messages.first_mut().filter(|_| index == 0) {
            Some(first) => first.keyboard = keyboard,
            None => messages.push(Message { body: Body::Text("Choose one:".to_owned()), keyboard }),
        }
    }
    if buttons.is_empty()
        && let Some(first) = messages.first_mut()
        && let Some(field) = asked(reply)
    {
        first.keyboard = question(field, reply);
    }
}

/// Whether the answers that are possible are on the keyboard.
pub(super) fn shows(field: &FormField, reply: &Reply) -> bool {
    asked(reply) == Some(field) && reply.actions.is_empty() && (1..=MAX_BUTTONS).contains(&field.choices.len())
}

/// The question that a reply asks, which is its first.
fn asked(reply: &Reply) -> Option<&FormField> {
    reply.blocks.iter().find_map(|block| match block {
        Block::Form { fields, .. } => fields.first(),
        _ => None,
    })
}

fn question(field: &FormField, reply: &Reply) -> Keyboard {
    let example = field.example().unwrap_or_default();
    let placeholder = Units::Utf16.shorten(clean(&example).trim(), MAX_PLACEHOLDER).into();
    if !shows(field, reply) {
        return Keyboard::Answer { placeholder };
    }
    let choices: Vec<String> = field.choices.iter().map(|choice| said(choice, field.kind)).collect();
    Keyboard::Choices { rows: rows(&choices, String::as_str), placeholder }
}

/// What pressing an answer says: in quotes when it has several words, so that it is read as one.
fn said(choice: &str, kind: FormKind) -> String {
    let bare =
        kind == FormKind::Confirm || !choice.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
    if bare { choice.to_owned() } else { format!("\"{}\"", choice.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// A token that is longer than a button carries is none of the engine's.
fn button(action: &Action) -> Option<Button> {
    let label = clean(&action.label).replace('\n', " ");
    let label = match Units::Utf16.shorten(label.trim(), MAX_LABEL).into_owned() {
        label if label.is_empty() => "…".to_owned(),
        label => label,
    };
    let fits = (1..=MAX_CALLBACK_DATA).contains(&action.token.len());
    fits.then(|| Button { label, token: action.token.clone() })
}

/// As many beside each other as a phone shows.
fn rows<T: Clone>(all: &[T], label: impl Fn(&T) -> &str) -> Vec<Vec<T>> {
    let mut rows: Vec<Vec<T>> = Vec::new();
    let mut used = 0;
    for one in all {
        let long = Units::Utf16.of(label(one)) + 2;
        match rows.last_mut().filter(|row| used + long <= ROW_UNITS && row.len() < MAX_ROW) {
            Some(row) => row.push(one.clone()),
            None => {
                rows.push(vec![one.clone()]);
                used = 0;
            }
        }
        used += long;
    }
    rows
}
