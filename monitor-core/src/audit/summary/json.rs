//! Looks into JSON that a page had a hand in: nothing is taken for granted, everything has a bound.

use serde_json::Value;

/// Most entries that are looked at in any list.
pub(super) const MAX_ENTRIES: usize = 2_000;

/// The value at a path of names; `null` where there is none.
pub(super) fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// The entries of a list, [`MAX_ENTRIES`] at most.
pub(in crate::audit) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten().take(MAX_ENTRIES)
}

/// A text, in one line of `limit` characters at most. Empty when it is none.
pub(super) fn line(value: &Value, limit: usize) -> String {
    one_line(value.as_str().unwrap_or_default(), limit)
}

/// Puts a text on one line without what controls a terminal or the direction of what follows. Lines are joined with
/// semicolons, but for those that end with a mark themselves.
pub(in crate::audit) fn one_line(text: &str, limit: usize) -> String {
    // A line break for four bytes is the worst that a text can do.
    let bounded: String = text.chars().take(limit.saturating_mul(4)).collect();
    let mut joined = String::new();
    for line in bounded.lines().filter(|line| !line.trim().is_empty()) {
        if !joined.is_empty() {
            joined.push_str(if joined.ends_with([':', ';', '.', ',']) { " " } else { "; " });
        }
        let words: Vec<&str> =
            line.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
        joined.push_str(&words.join(" "));
    }
    joined.retain(|c| !turns_text(c));
    crate::http::shorten(&joined, limit)
}

/// Whether a character turns the direction of what follows it.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A finite number that is not negative.
pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| (0.0..=1e12).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_one_line() {
        assert_eq!(
            one_line("Fix any of the following:\n  No alt\n  No  title\n", 100),
            "Fix any of the following: No alt; No title"
        );
        assert_eq!(one_line("a\u{1b}[31mb\u{202e}c\u{0}", 100), "a [31mbc");
        assert_eq!(one_line(&"x".repeat(1_000), 10), "xxxxxxxxxx…");
        assert_eq!(one_line(&"\n".repeat(1_000_000), 10), "");
    }

    #[test]
    fn numbers_are_finite_and_not_negative() {
        for json in ["-1", "1e300", "\"1\"", "null", "[]"] {
            assert_eq!(number(&serde_json::from_str(json).unwrap()), None, "{json}");
        }
        assert_eq!(number(&0.into()), Some(0.0));
    }
}
