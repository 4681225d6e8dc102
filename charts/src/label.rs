//! Names written by strangers, made fit for drawing.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Longest name kept anywhere, in characters; what does not fit is cut with an ellipsis.
const LONGEST: usize = 160;

/// The name on one line without what a terminal or an XML parser would act on (control characters) or what would reorder the
/// text around it (direction overrides), and of bounded length.
pub(crate) fn clean(name: &str) -> String {
    let mut cleaned = String::new();
    let mut space_before = true;
    for (index, character) in name.chars().filter(|character| !is_unsafe(*character)).enumerate() {
        if index == LONGEST {
            cleaned.push('…');
            break;
        }
        let is_space = character.is_whitespace() || character.is_control();
        if !(is_space && space_before) {
            cleaned.push(if is_space { ' ' } else { character });
        }
        space_before = is_space;
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

/// The cleaned name cut to so many terminal columns.
pub(crate) fn fit(name: &str, columns: usize) -> String {
    let cleaned = clean(name);
    if cleaned.width() <= columns {
        return cleaned;
    }
    let mut fitted = String::new();
    let mut used = 1;
    for character in cleaned.chars() {
        used += character.width().unwrap_or(0);
        if used > columns {
            break;
        }
        fitted.push(character);
    }
    fitted.truncate(fitted.trim_end().len());
    if columns > 0 {
        fitted.push('…');
    }
    fitted
}

/// The name padded with spaces on the left to so many columns.
pub(crate) fn pad_left(name: &str, columns: usize) -> String {
    format!("{}{name}", " ".repeat(columns.saturating_sub(name.width())))
}

/// The name padded with spaces on the right to so many columns.
pub(crate) fn pad_right(name: &str, columns: usize) -> String {
    format!("{name}{}", " ".repeat(columns.saturating_sub(name.width())))
}

fn is_unsafe(character: char) -> bool {
    matches!(character, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
        || (character.is_control() && !character.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_overrides_and_line_breaks_are_gone() {
        assert_eq!(clean("\u{1b}[31mred\u{7} \u{202e}evil\n\n  shop\0 "), "[31mred evil shop");
    }

    #[test]
    fn a_name_of_any_length_is_cut() {
        assert_eq!(clean(&"x".repeat(10_000_000)).chars().count(), LONGEST + 1);
        assert_eq!(fit("a long name", 6), "a lon…");
        assert_eq!(fit("店店店店", 5), "店店…");
        assert_eq!(fit("shop", 4), "shop");
        assert_eq!(fit("shop", 0), "");
    }
}
