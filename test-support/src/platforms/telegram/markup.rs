//! Keyboards, checked as the Bot API does.

use serde_json::Value;

/// Most buttons of a keyboard. Source: <https://limits.tginfo.me/en>.
const MAX_BUTTONS: usize = 100;

/// Checks the keyboard of a message; the one that the message then has, which is one below it.
pub(super) fn checked(markup: Option<Value>) -> Result<Option<Value>, String> {
    let Some(markup) = markup else { return Ok(None) };
    if let Some(rows) = markup.get("inline_keyboard") {
        let buttons = buttons(rows)?;
        for button in buttons {
            inline(button)?;
        }
        return Ok(
            Some(markup).filter(|markup| markup["inline_keyboard"].as_array().is_some_and(|rows| !rows.is_empty()))
        );
    }
    if let Some(rows) = markup.get("keyboard") {
        for button in buttons(rows)? {
            let text = button.as_str().or_else(|| button["text"].as_str());
            if text.is_none_or(|text| text.trim().is_empty()) {
                return Err("keyboard button text must be non-empty".to_owned());
            }
        }
    }
    let placeholder = markup["input_field_placeholder"].as_str().unwrap_or_default();
    if placeholder.chars().count() > 64 {
        return Err("input field placeholder is too long".to_owned());
    }
    let known = ["keyboard", "force_reply", "remove_keyboard"];
    if !known.iter().any(|name| markup.get(name).is_some()) {
        return Err("object expected as reply markup".to_owned());
    }
    Ok(None)
}

fn buttons(rows: &Value) -> Result<Vec<&Value>, String> {
    let row = |row: &'_ Value| row.as_array().ok_or_else(|| "keyboard row must be an Array".to_owned()).map(|_| ());
    let rows = rows.as_array().ok_or("keyboard must be an Array")?;
    rows.iter().try_for_each(row)?;
    let buttons: Vec<&Value> = rows.iter().filter_map(Value::as_array).flatten().collect();
    if buttons.len() > MAX_BUTTONS {
        return Err("reply markup is too long".to_owned());
    }
    Ok(buttons)
}

fn inline(button: &Value) -> Result<(), String> {
    if button["text"].as_str().is_none_or(|text| text.trim().is_empty()) {
        return Err("can't parse inline keyboard button: Field \"text\" must be of type String".to_owned());
    }
    match button["callback_data"].as_str() {
        Some(data) if (1..=64).contains(&data.len()) => Ok(()),
        Some(_) => Err("BUTTON_DATA_INVALID".to_owned()),
        None if button.get("url").is_some() => Ok(()),
        None => Err("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard".to_owned()),
    }
}
