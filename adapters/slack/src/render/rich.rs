//! Rich text: text with its style beside it instead of in it. Nothing in a text is read as markup, so that no name of a
//! monitor and no answer of a website mentions somebody, becomes a link or changes how the rest is shown.

use adapter_common::Units;
use serde_json::{Value, json};

use super::limits::BLOCK_CHARS;

/// A run of text in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Run {
    Plain(String),
    Bold(String),
    /// What can be typed.
    Typed(String),
    /// An emoji by its name.
    Emoji(&'static str),
}

impl Run {
    fn element(&self) -> Value {
        match self {
            Self::Plain(text) => json!({ "type": "text", "text": text }),
            Self::Bold(text) => json!({ "type": "text", "text": text, "style": { "bold": true } }),
            Self::Typed(text) => json!({ "type": "text", "text": text, "style": { "code": true } }),
            Self::Emoji(name) => json!({ "type": "emoji", "name": name }),
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Plain(text) | Self::Bold(text) | Self::Typed(text) => units(text),
            Self::Emoji(name) => name.len() + 2,
        }
    }

    /// The run in parts of which each fits into a block.
    fn parts(self) -> Vec<Self> {
        let cut = |text: String, of: fn(String) -> Self| split(&text, BLOCK_CHARS).into_iter().map(of).collect();
        match self {
            Self::Plain(text) => cut(text, Self::Plain),
            Self::Bold(text) => cut(text, Self::Bold),
            Self::Typed(text) => cut(text, Self::Typed),
            Self::Emoji(_) => vec![self],
        }
    }
}

/// The text with what stands between `backticks` set apart, line by line.
pub(super) fn marked(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut plain = String::new();
    for (number, line) in clean(text).split('\n').enumerate() {
        if number > 0 {
            plain.push('\n');
        }
        let parts: Vec<&str> = line.split('`').collect();
        let last = parts.len() - 1;
        for (index, part) in parts.into_iter().enumerate() {
            match index % 2 {
                1 if index < last && !part.is_empty() => {
                    runs.push(Run::Plain(std::mem::take(&mut plain)));
                    runs.push(Run::Typed(part.to_owned()));
                }
                1 => {
                    plain.push('`');
                    plain.push_str(part);
                    plain.extend((index < last).then_some('`'));
                }
                _ => plain.push_str(part),
            }
        }
    }
    runs.push(Run::Plain(plain));
    runs
}

/// Blocks of these runs, with the length of each.
pub(super) fn blocks(runs: Vec<Run>) -> Vec<(Value, usize)> {
    let mut blocks = Vec::new();
    let mut elements = Vec::new();
    let mut length = 0;
    for run in runs.into_iter().flat_map(Run::parts).filter(|run| run.length() > 0) {
        if length + run.length() > BLOCK_CHARS {
            blocks.push(section(&mut elements, &mut length));
        }
        length += run.length();
        elements.push(run.element());
    }
    if !elements.is_empty() {
        blocks.push(section(&mut elements, &mut length));
    }
    blocks
}

fn section(elements: &mut Vec<Value>, length: &mut usize) -> (Value, usize) {
    let elements = std::mem::take(elements);
    let block = json!({ "type": "rich_text", "elements": [{ "type": "rich_text_section", "elements": elements }] });
    (block, std::mem::take(length))
}

/// Blocks of a text in a fixed width, with the length of each.
pub(super) fn preformatted(text: &str) -> Vec<(Value, usize)> {
    let block = |part: String| {
        let elements = json!([{ "type": "text", "text": part }]);
        let block =
            json!({ "type": "rich_text", "elements": [{ "type": "rich_text_preformatted", "elements": elements }] });
        (block, units(&part))
    };
    split(clean(text).trim_end_matches('\n'), BLOCK_CHARS).into_iter().map(block).collect()
}

/// The text in parts of at most that length, cut at the ends of lines and of words where there are any. No part is empty.
fn split(text: &str, most: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while units(rest) > most {
        let head = Units::Utf16.head(rest, most);
        let line = head.rfind('\n').filter(|index| index * 2 >= head.len());
        let cut = line.or_else(|| head.rfind(' ')).map_or(head.len(), |index| index + 1);
        parts.push(rest[..cut].to_owned());
        rest = &rest[cut..];
    }
    parts.extend((!rest.is_empty()).then(|| rest.to_owned()));
    parts
}

/// The text without what Slack refuses or hides: control characters are shown as boxes.
pub(super) fn clean(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => Some(c),
        '\r' => None,
        c if c.is_control() => Some('\u{fffd}'),
        c => Some(c),
    };
    text.chars().filter_map(shown).collect()
}

/// The length as Slack may count it.
pub(super) fn units(text: &str) -> usize {
    Units::Utf16.of(text)
}

/// The text on one line, with an ellipsis where it is too long.
pub(super) fn shorten(text: &str, most: usize) -> String {
    Units::Utf16.shorten(&clean(text).replace(['\n', '\t'], " "), most).into_owned()
}

/// The text for the one place where Slack does read markup: no mention, no link.
/// Source: <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_set_apart() {
        let runs = marked("Say `yes` or\n`no, it's `open");
        let typed = |text: &str| Run::Typed(text.to_owned());
        let plain = |text: &str| Run::Plain(text.to_owned());
        assert_eq!(runs, [plain("Say "), typed("yes"), plain(" or\n"), typed("no, it's "), plain("open")]);
        assert_eq!(marked("a ` b"), [plain("a ` b")]);
        assert_eq!(marked("``"), [plain("``")]);
    }

    #[test]
    fn a_text_is_cut_where_a_line_ends_and_nothing_of_it_is_lost() {
        let text = "first line\nsecond line that is long\n😀😀😀😀😀😀😀😀😀😀😀😀";
        let parts = split(text, 20);
        assert!(parts.iter().all(|part| units(part) <= 20 && !part.is_empty()), "{parts:?}");
        assert_eq!(parts.concat(), text);
        assert_eq!(parts[0], "first line\n");
    }

    #[test]
    fn what_is_too_long_ends_with_an_ellipsis() {
        assert_eq!(shorten("Acknowledge", 75), "Acknowledge");
        assert_eq!(shorten("Acknowledge", 4), "Ack…");
        assert_eq!(shorten("😀😀😀", 4), "😀…");
    }
}
