//! Foreign text as Discord's markup: nobody is called, nothing is drawn, no page is shown a preview of.

use adapter_common::split;

use super::UNITS;

/// What would mean something to Discord outside of code.
const MARKUP: [char; 14] = ['\\', '*', '_', '~', '|', '`', '[', ']', '<', '>', '#', '@', '-', '+'];

/// Text in which nothing means anything. Addresses stay whole, between angle brackets, which keeps Discord from showing what
/// they lead to.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut line_begins = true;
    while let Some(c) = rest.chars().next() {
        if let Some(address) = address(rest) {
            out.extend(["<", address, ">"]);
            rest = &rest[address.len()..];
            line_begins = false;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        // A dash, a plus and a hash mean something at the beginning of a line alone.
        let marks = MARKUP.contains(&c) && (line_begins || !matches!(c, '-' | '+' | '#'));
        if marks {
            out.push('\\');
        }
        out.push(visible(c));
        line_begins = c == '\n' || (line_begins && c == ' ');
    }
    out
}

/// The address that a text begins with, as far as Discord takes it for one.
fn address(text: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme))?;
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '“' | '”');
    let whole = &text[..text.find(ends).unwrap_or(text.len())];
    let address = whole.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'', '*', '_', '|', '~']);
    // One that is too long to be shown as one is text like any other.
    (address.len() > scheme.len() && address.len() <= 512).then_some(address)
}

/// Control characters, and what reorders the text around it, are not passed on.
fn visible(c: char) -> char {
    match c {
        '\n' => c,
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    }
}

/// Text in which `backticks` mark what can be typed.
pub(super) fn marked(text: &str) -> String {
    let line = |line: &str| {
        let parts: Vec<&str> = line.split('`').collect();
        let last = parts.len() - 1;
        let part = |(index, part): (usize, &&str)| match index % 2 {
            1 if index < last && !part.trim().is_empty() => format!("`{}`", plain(part)),
            1 if index < last => format!("\\`{part}\\`"),
            1 => format!("\\`{}", escape(part)),
            _ => escape(part),
        };
        parts.iter().enumerate().map(part).collect::<String>()
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn plain(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// A code block.
pub(super) fn code_block(text: &str) -> String {
    // A character without width keeps three backticks from ending it.
    format!("```\n{}\n```", plain(text).replace("```", "``\u{200b}`").trim_end_matches('`'))
}

/// A foreign text as markup, shortened so that the markup is within the limit.
pub(super) fn within(text: &str, limit: usize) -> String {
    let mut room = limit;
    loop {
        let escaped = escape(&UNITS.shorten(text, room));
        if UNITS.of(&escaped) <= limit || room == 0 {
            return escaped;
        }
        room = room * 3 / 4;
    }
}

/// The same, with something in place of nothing, which Discord refuses.
pub(super) fn some_within(text: &str, limit: usize) -> String {
    let text = within(text.trim(), limit);
    if text.is_empty() { "—".to_owned() } else { text }
}

/// Markup cut into messages. What a backslash escapes is not parted from it.
pub(super) fn pieces(markup: &str, limit: usize) -> Vec<String> {
    let mut pieces: Vec<String> = split(markup, limit - 1, UNITS);
    for index in 1..pieces.len() {
        let backslashes = pieces[index - 1].bytes().rev().take_while(|byte| *byte == b'\\').count();
        if backslashes % 2 == 1 {
            pieces[index - 1].pop();
            pieces[index].insert(0, '\\');
        }
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}
