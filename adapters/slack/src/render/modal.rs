//! Questions as modals. A modal knows all that it needs itself, so that a restart between a question and its answer, or between
//! opening and submitting, loses nothing.

use std::collections::BTreeMap;

use bot_core::reply::{Block, FormKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::limits::{
    BUTTON_VALUE, INPUT_LABEL, INPUT_TEXT, MODAL_TITLE, OPTION_TEXT, OPTION_VALUE, OPTIONS, PLACEHOLDER, VIEW_BLOCKS,
    VIEW_METADATA,
};
use super::rich::{shorten, units};

/// What the `action_id` of a button that opens a form begins with.
pub(crate) const ANSWER: &str = "answer";

/// The `callback_id` of a modal.
pub(crate) const CALLBACK: &str = "answer";

/// What the `action_id` of an input is called.
const INPUT: &str = "input";

/// A question, as a button that opens it keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Form {
    #[serde(rename = "t")]
    title: String,
    /// What says which question it asks; a button of an earlier version has none.
    #[serde(rename = "k", default)]
    pub(crate) token: String,
    #[serde(rename = "f")]
    fields: Vec<Question>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Question {
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "l")]
    label: String,
    #[serde(rename = "r")]
    required: bool,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    placeholder: Option<String>,
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    choices: Vec<String>,
}

impl Form {
    /// The form that a block is; `None` when it asks only for a yes or no, for which there are buttons.
    pub(crate) fn of(block: &Block) -> Option<Self> {
        let Block::Form { title, token, fields } = block else { return None };
        let asked = fields.iter().filter(|field| field.kind != FormKind::Confirm).map(|field| Question {
            name: field.name.clone(),
            label: shorten(&field.label, 200),
            required: field.required,
            placeholder: field.example().map(|example| shorten(&example, PLACEHOLDER)),
            choices: field.choices.clone(),
        });
        let fields: Vec<Question> = asked.take(VIEW_BLOCKS).collect();
        (!fields.is_empty()).then(|| Self { title: shorten(title, 200), token: token.clone(), fields })
    }

    /// The value of the button that opens it; `None` when it asks more than a button can keep. Choices go first: their
    /// answer can be typed.
    pub(crate) fn to_value(&self) -> Option<String> {
        let fits = |form: &Self| serde_json::to_string(form).ok().filter(|value| units(value) <= BUTTON_VALUE);
        fits(self).or_else(|| {
            let mut typed = self.clone();
            typed.fields.iter_mut().for_each(|field| field.choices.clear());
            fits(&typed)
        })
    }

    /// The form that a button's value keeps.
    pub(crate) fn from_value(value: &str) -> Option<Self> {
        serde_json::from_str(value).ok()
    }

    /// The modal. `kept` comes back when it is submitted; `None` when that is too long to be kept.
    pub(crate) fn view(&self, kept: &str) -> Option<Value> {
        let blocks: Vec<Value> = self.fields.iter().map(Question::input).collect();
        (units(kept) <= VIEW_METADATA).then(|| {
            json!({
                "type": "modal",
                "callback_id": CALLBACK,
                "private_metadata": kept,
                "title": plain(&self.title, MODAL_TITLE),
                "submit": plain("Answer", MODAL_TITLE),
                "close": plain("Not now", MODAL_TITLE),
                "blocks": blocks,
            })
        })
    }
}

impl Question {
    fn input(&self) -> Value {
        let option = |choice: &String| json!({ "text": plain(choice, OPTION_TEXT), "value": choice });
        let selectable = (1..=OPTIONS).contains(&self.choices.len())
            && self.choices.iter().all(|choice| (1..=OPTION_VALUE).contains(&units(choice)));
        let element = if selectable {
            json!({
                "type": "static_select",
                "action_id": INPUT,
                "options": self.choices.iter().map(option).collect::<Vec<_>>(),
            })
        } else {
            let mut input = json!({ "type": "plain_text_input", "action_id": INPUT, "max_length": INPUT_TEXT });
            if let Some(example) = self.placeholder.as_deref().filter(|example| !example.trim().is_empty()) {
                input["placeholder"] = plain(example, PLACEHOLDER);
            }
            input
        };
        json!({
            "type": "input",
            "block_id": self.name,
            "optional": !self.required,
            "label": plain(&self.label, INPUT_LABEL),
            "element": element,
        })
    }
}

fn plain(text: &str, most: usize) -> Value {
    let text = shorten(text, most);
    json!({ "type": "plain_text", "text": if text.trim().is_empty() { "…" } else { &text }, "emoji": false })
}

/// What was answered, by block: `view.state` of a submission.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Answers {
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, Answer>>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    selected_option: Option<Choice>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    value: String,
}

impl Answers {
    /// What was filled into which field.
    pub(crate) fn filled(self) -> Vec<(String, String)> {
        let filled = self.values.into_iter().filter_map(|(name, mut block)| {
            let answer = block.remove(INPUT)?;
            let value = answer.selected_option.map(|choice| choice.value).or(answer.value)?;
            (!value.trim().is_empty()).then_some((name, value))
        });
        filled.collect()
    }
}

#[cfg(test)]
mod tests {
    use bot_core::reply::FormField;

    use super::*;

    fn field(name: &str, choices: &[&str]) -> FormField {
        FormField {
            name: name.to_owned(),
            label: format!("Which {name}?"),
            kind: if choices.is_empty() { FormKind::Text } else { FormKind::Choice },
            required: true,
            placeholder: Some("shop".to_owned()),
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
            secret: false,
        }
    }

    fn form(title: &str, field: FormField) -> Form {
        Form::of(&Block::Form { title: title.to_owned(), token: "1f".to_owned(), fields: vec![field] }).unwrap()
    }

    #[test]
    fn a_form_survives_its_button() {
        let form = form("Which monitor?", field("monitor", &["shop", "blog"]));
        assert_eq!(Form::from_value(&form.to_value().unwrap()), Some(form));
    }

    #[test]
    fn choices_that_a_button_cannot_keep_are_typed() {
        let names: Vec<String> = (0..90).map(|number| format!("a-rather-long-name-of-a-monitor-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let kept = form("Which?", field("monitor", &names)).to_value().unwrap();
        let view = Form::from_value(&kept).unwrap().view("{}").unwrap();
        assert_eq!(view["blocks"][0]["element"]["type"], "plain_text_input");
    }

    #[test]
    fn a_button_of_an_earlier_version_opens_a_form_that_answers_nothing() {
        let old = r#"{"t":"Which?","f":[{"n":"monitor","l":"Which?","r":true}]}"#;
        assert_eq!(Form::from_value(old).unwrap().token, "");
    }

    #[test]
    fn what_was_filled_in_is_each_answer_with_its_name() {
        let filled = |value: Value| serde_json::from_value::<Answers>(value).unwrap().filled();
        let two = json!({ "values": {
            "a": { "input": { "type": "plain_text_input", "value": "say \"hi\"" } },
            "b": { "input": { "type": "static_select", "selected_option": { "value": "shop" } } },
            "c": { "input": { "type": "plain_text_input", "value": null } },
        } });
        let wanted = [("a", "say \"hi\""), ("b", "shop")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(filled(two), wanted);
    }
}
