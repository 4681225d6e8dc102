//! Lines of foreign text, made fit for a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The text without anything that a terminal would act on: control characters become visible pictures, and what reorders
/// or hides the text around it becomes a replacement character. Line breaks stay.
pub(super) fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").chars().map(|c| if c == '\n' { c } else { visible(c) }).collect()
}

/// The text on one line, cleaned.
pub(super) fn one_line(text: &str) -> String {
    text.replace("\r\n", "\n").chars().map(|c| if c == '\n' { ' ' } else { visible(c) }).collect()
}

fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        // The block of control pictures mirrors the control characters. Source: <https://www.unicode.org/charts/PDF/U2400.pdf>.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => '\u{fffd}',
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
            '\u{fffd}'
        }
        c => c,
    }
}

/// The text on one line, cut to so many columns with an ellipsis.
pub(super) fn fit(text: &str, columns: usize) -> String {
    let line = one_line(text);
    if line.width() <= columns {
        return line;
    }
    let mut out = String::new();
    let mut used = 1;
    for c in line.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        out.push(c);
    }
    format!("{}…", out.trim_end())
}

/// The text with spaces after it up to so many columns.
pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// The text with spaces before it up to so many columns.
pub(super) fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(text.width())))
}

/// Breaks lines between words; a word that is wider than a line stays whole, and so does what stands between backticks,
/// for it may have to be copied.
pub(super) fn wrap(text: &str, columns: usize) -> String {
    let lines = text.split('\n').map(|line| {
        if line.width() <= columns {
            return line.to_owned();
        }
        // A line that is indented stays so where it goes on.
        let indent = &line[..line.len() - line.trim_start_matches(' ').len()];
        let mut out = indent.to_owned();
        let mut used = 0;
        for word in words(&line[indent.len()..]) {
            let wide = word.width();
            if used > 0 && indent.len() + used + 1 + wide > columns {
                out.push('\n');
                out.push_str(indent);
                used = 0;
            } else if used > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(&word);
            used += wide;
        }
        out
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The words of a line, what stands between backticks being one.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for word in line.split(' ') {
        match words.last_mut().filter(|_| open) {
            Some(last) => {
                last.push(' ');
                last.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
        open ^= word.matches('`').count() % 2 == 1;
    }
    words
}
