//! Writes the server's answers for the person at the terminal.

use std::collections::BTreeMap;
use std::io::{self, Write};

use bot_core::reply::{Action, Block};
use bot_core::{Reply, TextStyle};
use serde_json::Value;

use crate::{TerminalOptions, files};

/// What an answer left behind.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    /// Whether all that was asked was done.
    pub(crate) ok: bool,
    /// Whether what was said may hold a secret and is not to be kept.
    pub(crate) sensitive: bool,
    /// The buttons of the last reply.
    pub(crate) offers: Vec<Action>,
}

/// Writes an answer of the server, as JSON or drawn in that many columns, and saves the files in it.
pub(crate) fn answer(
    out: &mut dyn Write,
    options: &TerminalOptions,
    width: usize,
    answer: &Value,
) -> io::Result<Printed> {
    let replies = answer["replies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut printed = Printed {
        ok: replies.iter().all(|reply| reply["ok"] == true),
        sensitive: replies.iter().any(|reply| reply["sensitive"] == true),
        offers: Vec::new(),
    };
    if options.json {
        writeln!(out, "{answer}")?;
        return Ok(printed);
    }
    for (index, value) in replies.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let Some(reply) = read(value) else {
            writeln!(out, "{}", fallback(value))?;
            continue;
        };
        writeln!(out, "{}", reply.to_text(TextStyle { width, colour: options.colour }))?;
        for block in &reply.blocks {
            if let Block::File { name, data, .. } = block {
                match files::save(&options.downloads, name, data) {
                    Ok(path) => writeln!(out, "Saved as {}", path.display())?,
                    Err(error) => writeln!(out, "It could not be saved here: {error}")?,
                }
            }
        }
        printed.offers = reply.actions;
    }
    Ok(printed)
}

/// Draws the reply of a card.
pub(crate) fn card(options: &TerminalOptions, width: usize, reply: &Value) -> String {
    let text = read(reply).map(|reply| reply.to_text(TextStyle { width, colour: options.colour }));
    text.unwrap_or_else(|| fallback(reply))
}

/// The buttons of a reply.
pub(crate) fn actions(reply: &Value) -> Vec<Action> {
    read(reply).map(|reply| reply.actions).unwrap_or_default()
}

fn read(reply: &Value) -> Option<Reply> {
    serde_json::from_value(reply.clone()).ok()
}

/// A newer server may send blocks that this terminal does not know; its own text says the same.
fn fallback(reply: &Value) -> String {
    reply["text"].as_str().unwrap_or("(an answer that this version cannot show)").to_owned()
}

/// The buttons as a line: `[1] Yes  [2] No`.
pub(crate) fn offers(actions: &[Action]) -> String {
    let labels: Vec<String> =
        actions.iter().enumerate().map(|(index, action)| format!("[{}] {}", index + 1, action.label)).collect();
    labels.join("  ")
}

/// The button that a typed line means: its number or its label.
pub(crate) fn chosen<'a>(offers: &'a [Action], typed: &str) -> Option<&'a Action> {
    let by_number = typed.parse::<usize>().ok().and_then(|number| offers.get(number.checked_sub(1)?));
    by_number.or_else(|| offers.iter().find(|action| action.label.eq_ignore_ascii_case(typed)))
}

/// How everything stands, in half a line: `11 up, 1 down`.
pub(crate) fn overview(counts: &BTreeMap<String, u64>) -> String {
    const ORDER: [&str; 7] = ["down", "degraded", "inconclusive", "unknown", "maintenance", "paused", "up"];
    let counted = ORDER.iter().filter_map(|status| counts.get(*status).map(|count| format!("{count} {status}")));
    let counted: Vec<String> = counted.collect();
    if counted.is_empty() { "nothing is watched yet".to_owned() } else { counted.join(", ") }
}

#[cfg(test)]
mod tests {
    use bot_core::reply::ActionStyle;

    use super::*;

    fn offered() -> Vec<Action> {
        let action =
            |label: &str| Action { label: label.into(), token: format!("token-{label}"), style: ActionStyle::Default };
        vec![action("Yes"), action("No")]
    }

    #[test]
    fn buttons_are_pressed_by_number_or_label() {
        let offers = offered();
        for (typed, wanted) in
            [("1", Some("Yes")), ("2", Some("No")), ("yes", Some("Yes")), ("0", None), ("3", None), ("maybe", None)]
        {
            assert_eq!(chosen(&offers, typed).map(|action| action.label.as_str()), wanted, "{typed}");
        }
        assert_eq!(super::offers(&offers), "[1] Yes  [2] No");
    }

    #[test]
    fn the_overview_starts_with_what_is_worst() {
        let counts = BTreeMap::from([("up".to_owned(), 11), ("down".to_owned(), 1)]);
        assert_eq!(overview(&counts), "1 down, 11 up");
        assert_eq!(overview(&BTreeMap::new()), "nothing is watched yet");
    }

    fn options(downloads: &std::path::Path) -> TerminalOptions {
        TerminalOptions {
            server: String::new(),
            conversation: String::new(),
            command: None,
            interactive: true,
            json: false,
            colour: false,
            history: None,
            downloads: downloads.to_owned(),
        }
    }

    #[test]
    fn a_card_is_drawn_for_the_terminal_it_is_shown_in() {
        let item = serde_json::json!({ "status": "down", "name": "shop", "detail": "answered 503" });
        let reply =
            serde_json::json!({ "ok": true, "blocks": [{ "type": "status_list", "items": [item] }], "actions": [] });
        let options = options(std::path::Path::new("."));
        assert_eq!(card(&options, 80, &reply), "  ✖ down  shop  answered 503");
        let coloured = card(&TerminalOptions { colour: true, ..options }, 80, &reply);
        assert!(coloured.contains("\u{1b}[31m✖ down"), "{coloured:?}");
    }

    #[test]
    fn a_file_that_cannot_be_saved_is_told_and_the_rest_is_shown() {
        let reply = serde_json::json!({ "ok": true, "actions": [], "blocks": [
            { "type": "file", "name": "a.png", "media_type": "image/png", "data": "YQ==" },
            { "type": "text", "text": "That was it." },
        ] });
        let mut out = Vec::new();
        let nowhere = options(std::path::Path::new("/nonexistent/folder"));
        let printed = answer(&mut out, &nowhere, 80, &serde_json::json!({ "replies": [reply] })).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(printed.ok && text.contains("That was it.") && text.contains("could not be saved"), "{text}");
    }

    #[test]
    fn what_a_newer_server_says_is_shown_as_text() {
        let reply =
            serde_json::json!({ "ok": true, "text": "look", "blocks": [{ "type": "hologram" }], "actions": [] });
        assert_eq!(read(&reply), None);
        assert_eq!(fallback(&reply), "look");
    }
}
