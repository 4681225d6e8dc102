//! Buttons, menus and modals, and what comes back from them.

use bot_core::reply::{Action, ActionStyle, Block, FormField, FormKind};
use bot_core::{Input, Reply};
use serde_json::{Value, json};

use super::UNITS;
use super::payload::{Component, Row, SelectOption};
use crate::limits;

/// What the ids of components begin with: a button of a reply, a question that opens a modal, a menu.
const PRESS: &str = "press:";
const ASK: &str = "ask:";
const PICK: &str = "pick:";

/// What somebody wants who uses a component.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    /// Pressed the button with this token.
    Press(&'a str),
    /// Answers the question of this id.
    Answer(Question<'a>),
}

/// A question of a form, as the id of its component holds it: `TOKEN|NAME|LABEL`. With the longest of each the id is as long as it
/// may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Question<'a> {
    /// The form's token.
    pub(crate) token: &'a str,
    /// The field's name.
    pub(crate) name: &'a str,
    label: &'a str,
}

impl<'a> Said<'a> {
    pub(crate) fn of(custom_id: &'a str) -> Option<Self> {
        if let Some(token) = custom_id.strip_prefix(PRESS) {
            return Some(Self::Press(token));
        }
        let question = custom_id.strip_prefix(ASK).or_else(|| custom_id.strip_prefix(PICK))?;
        let mut parts = question.splitn(3, '|');
        let (first, second, label) = (parts.next()?, parts.next()?, parts.next());
        // What an earlier version has shown has no token, and answers nothing any more.
        let (token, name, label) = label.map_or(("", "", second), |label| (first, second, label));
        Some(Self::Answer(Question { token, name, label }))
    }
}

impl Question<'_> {
    /// What an answer says to the engine.
    pub(crate) fn answer(&self, value: String) -> Input {
        Input::Answer { token: self.token.to_owned(), values: vec![(self.name.to_owned(), value)] }
    }
}

/// The modal that asks a question.
pub(crate) fn modal(custom_id: &str, question: &Question<'_>) -> Value {
    let title = if question.label.trim().is_empty() { "Your answer" } else { question.label };
    let input = Component::input("answer", title, limits::MODAL_INPUT);
    json!({ "custom_id": custom_id, "title": title, "components": [Row::of(vec![input])] })
}

/// The rows below a reply.
pub(super) fn rows(reply: &Reply) -> Vec<Row> {
    let (mut menus, mut buttons): (Vec<Component>, Vec<Component>) = (Vec::new(), Vec::new());
    for block in &reply.blocks {
        let Block::Form { token, fields, .. } = block else { continue };
        // What asks for yes or no is answered by the reply's own buttons.
        if !reply.actions.is_empty() && fields.iter().all(|field| field.kind == FormKind::Confirm) {
            continue;
        }
        for field in fields {
            match menu(token, field) {
                Some(menu) => menus.push(menu),
                None => buttons.push(ask(token, field, fields.len() == 1)),
            }
        }
    }
    buttons.extend(reply.actions.iter().map(press));
    let mut seen = std::collections::HashSet::new();
    let mut fits = |component: &Component| {
        let id = component.custom_id();
        UNITS.of(id) <= limits::CUSTOM_ID && seen.insert(id.to_owned())
    };
    menus.retain(&mut fits);
    buttons.retain(&mut fits);
    let menus = menus.into_iter().map(|menu| Row::of(vec![menu]));
    let buttons = buttons.chunks(limits::ROW_BUTTONS).map(|row| Row::of(row.to_vec()));
    menus.chain(buttons).collect()
}

fn press(action: &Action) -> Component {
    let style = match action.style {
        ActionStyle::Primary => 1,
        ActionStyle::Default => 2,
        ActionStyle::Danger => 4,
    };
    Component::button(style, label(&action.label, limits::BUTTON_LABEL), format!("{PRESS}{}", action.token))
}

fn ask(token: &str, field: &FormField, alone: bool) -> Component {
    let text = if alone { "Answer".to_owned() } else { label(&field.label, limits::BUTTON_LABEL) };
    Component::button(1, text, id(ASK, token, field))
}

/// A menu, if the choices are few and short enough to be in one.
fn menu(token: &str, field: &FormField) -> Option<Component> {
    let yes_or_no = ["yes".to_owned(), "no".to_owned()];
    let choices = match field.kind {
        FormKind::Text => return None,
        FormKind::Confirm if field.choices.is_empty() => yes_or_no.as_slice(),
        FormKind::Choice | FormKind::Confirm => field.choices.as_slice(),
    };
    let fits = |choice: &&String| !choice.trim().is_empty() && UNITS.of(choice) <= limits::SELECT_TEXT;
    let mut seen = std::collections::HashSet::new();
    let all = choices.iter().all(|choice| fits(&choice) && seen.insert(choice));
    if choices.is_empty() || choices.len() > limits::SELECT_OPTIONS || !all {
        return None;
    }
    let options = choices.iter().map(|choice| SelectOption { label: choice.clone(), value: choice.clone() }).collect();
    Some(Component::select(id(PICK, token, field), label(&field.label, limits::SELECT_PLACEHOLDER), options))
}

fn id(prefix: &str, token: &str, field: &FormField) -> String {
    // No argument has a longer name than an option may have.
    let name = UNITS.head(&field.name, limits::COMMAND_NAME);
    format!("{prefix}{token}|{name}|{}", label(&field.label, limits::MODAL_TEXT).replace('\n', " "))
}

fn label(text: &str, limit: usize) -> String {
    match text.trim() {
        "" => "…".to_owned(),
        text => UNITS.shorten(text, limit).into_owned(),
    }
}
