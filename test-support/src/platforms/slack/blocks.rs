//! What Slack refuses. Sources: the pages of <https://docs.slack.dev/reference/block-kit>; lengths are counted in UTF-16 units,
//! the stricter reading.

use std::collections::HashSet;

use serde_json::Value;

/// Looks at the blocks of a message; `most` is how many there may be.
///
/// # Errors
/// Slack's code, and what is wrong.
pub fn check(blocks: &[Value], most: usize) -> Result<(), (&'static str, String)> {
    if blocks.len() > most {
        return Err(("invalid_blocks", format!("{} blocks are more than {most}", blocks.len())));
    }
    let mut total = 0;
    for block in blocks {
        total += length(block);
        block_is_right(block).map_err(|why| ("invalid_blocks", format!("{why}: {block}")))?;
    }
    if total > 13_000 {
        return Err(("msg_blocks_too_long", format!("{total} characters")));
    }
    Ok(())
}

fn block_is_right(block: &Value) -> Result<(), String> {
    let elements = || block["elements"].as_array().cloned().unwrap_or_default();
    match block["type"].as_str() {
        Some("rich_text") => elements().iter().try_for_each(rich_text),
        Some("actions") => {
            within(elements().len(), 1, 25, "elements")?;
            let ids: HashSet<String> = elements().iter().map(|element| element["action_id"].to_string()).collect();
            if ids.len() < elements().len() {
                return Err("an action_id is used twice".to_owned());
            }
            elements().iter().try_for_each(button)
        }
        Some("header") => text(&block["text"], 150),
        Some("section") => text(&block["text"], 3_000),
        Some("context") => within(elements().len(), 1, 10, "elements"),
        Some("divider") => Ok(()),
        Some("input") => {
            text(&block["label"], 2_000)?;
            input(&block["element"])
        }
        other => Err(format!("there is no block {other:?}")),
    }
}

fn rich_text(element: &Value) -> Result<(), String> {
    let parts = element["elements"].as_array().ok_or("rich text has no elements")?;
    within(parts.len(), 1, usize::MAX, "rich text elements")?;
    for part in parts {
        match part["type"].as_str() {
            Some("text") => within(units(&part["text"]), 1, usize::MAX, "text")?,
            Some("emoji") => within(units(&part["name"]), 1, 100, "emoji")?,
            Some("link") => within(units(&part["url"]), 1, 3_000, "link")?,
            other => return Err(format!("there is no rich text {other:?}")),
        }
    }
    Ok(())
}

fn button(button: &Value) -> Result<(), String> {
    if button["type"] != "button" {
        return Err("only buttons are known".to_owned());
    }
    text(&button["text"], 75)?;
    within(units(&button["action_id"]), 1, 255, "action_id")?;
    within(units(&button["value"]), 0, 2_000, "value")?;
    match button["style"].as_str() {
        None | Some("primary" | "danger") => Ok(()),
        Some(other) => Err(format!("there is no style {other}")),
    }
}

fn input(element: &Value) -> Result<(), String> {
    match element["type"].as_str() {
        Some("plain_text_input") => match &element["placeholder"] {
            Value::Null => Ok(()),
            placeholder => text(placeholder, 150),
        },
        Some("static_select") => {
            let options = element["options"].as_array().ok_or("a select has no options")?;
            within(options.len(), 1, 100, "options")?;
            options.iter().try_for_each(|option| {
                text(&option["text"], 75)?;
                within(units(&option["value"]), 1, 150, "an option's value")
            })
        }
        other => Err(format!("there is no input {other:?}")),
    }
}

/// Looks at a modal or an app home.
///
/// # Errors
/// What is wrong.
pub fn check_view(view: &Value) -> Result<(), String> {
    if view["type"] == "modal" {
        text(&view["title"], 24)?;
        text(&view["submit"], 24)?;
    }
    within(units(&view["private_metadata"]), 0, 3_000, "private_metadata")?;
    let blocks = view["blocks"].as_array().ok_or("a view has no blocks")?;
    check(blocks, 100).map_err(|(_, why)| why)
}

fn text(value: &Value, most: usize) -> Result<(), String> {
    within(units(&value["text"]), 1, most, "text")
}

fn within(length: usize, least: usize, most: usize, what: &str) -> Result<(), String> {
    if (least..=most).contains(&length) { Ok(()) } else { Err(format!("{what} of {length} is not {least} to {most}")) }
}

fn units(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.encode_utf16().count())
}

/// The characters of all texts in it.
fn length(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| if name == "text" && value.is_string() { units(value) } else { length(value) })
            .sum(),
        Value::Array(values) => values.iter().map(length).sum(),
        _ => 0,
    }
}
