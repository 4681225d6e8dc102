//! Takes Lighthouse's markup out of its texts: code in backticks, and links as `[words](address)`.

use serde_json::Value;

use super::json::one_line;

/// Longest title, in characters.
const MAX_TITLE: usize = 200;

/// A text of Lighthouse as plain text of one line with `limit` characters at most.
pub(super) fn plain(value: &Value, limit: usize) -> String {
    // Addresses of links are long: what is shown is a part of what has to be read.
    let text: String = value.as_str().unwrap_or_default().chars().take(limit.saturating_mul(4)).collect();
    one_line(&without_markup(&text), limit)
}

/// A title as plain text: Lighthouse writes most of them without a full stop.
pub(super) fn title(value: &Value) -> String {
    plain(value, MAX_TITLE).trim_end_matches('.').to_owned()
}

/// Links become their words. One that is a sentence of its own ("Learn more about …") after another is left out: it would be
/// an invitation to click on nothing.
fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, words, after)) = next_link(rest) {
        plain.push_str(before);
        let to_end = after.trim_start();
        let ends = to_end.is_empty() || to_end.starts_with(SENTENCE_END);
        if ends && plain.trim_end().ends_with(SENTENCE_END) {
            rest = to_end.strip_prefix(SENTENCE_END).unwrap_or_default();
            plain.truncate(plain.trim_end().len());
        } else {
            plain.push_str(words);
            rest = after;
        }
    }
    plain.push_str(rest);
    plain.replace('`', "").trim_end().to_owned()
}

const SENTENCE_END: [char; 5] = ['.', '。', '!', '?', '।'];

/// What comes before the next link, its words, and what comes after it.
fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let middle = ["](https://", "](http://"].into_iter().filter_map(|sign| text.find(sign)).min()?;
    let open = text[..middle].rfind('[')?;
    let close = middle + text[middle..].find(')')?;
    Some((&text[..open], &text[open + 1..middle], &text[close + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_code_become_words() {
        for (text, expected) in [
            ("No markup.", "No markup."),
            ("Keep it short. [Learn more about TTFB](https://a.example/).", "Keep it short."),
            ("Keep it short. [Learn more](https://a.example/)", "Keep it short."),
            ("[Optimize LCP](https://a.example/lcp) by making it visible", "Optimize LCP by making it visible"),
            ("See [this](http://a.example) and [that](https://b.example).", "See this and that."),
            ("[Learn](https://a.example).", "Learn."),
            ("`<html>` has no `[lang]` attribute", "<html> has no [lang] attribute"),
            (
                "Ask. [One](https://a.example). Also the [`<x>` element](https://b.example).",
                "Ask. Also the <x> element.",
            ),
            ("Ask. [One](https://a.example) first.", "Ask. One first."),
            ("短く。[詳細](https://a.example)。", "短く。"),
            ("a ](https://x) b", "a ](https://x) b"),
            ("[a](https://never closed", "[a](https://never closed"),
            ("[a](javascript:alert(1))", "[a](javascript:alert(1))"),
        ] {
            assert_eq!(plain(&text.into(), 200), expected, "{text}");
        }
        assert_eq!(plain(&"x".repeat(500).into(), 10).chars().count(), 11);
        assert_eq!(plain(&7.into(), 10), "");
    }

    #[test]
    fn many_links_take_no_time() {
        let text = "[a](https://b.example) ".repeat(100_000);
        assert!(plain(&text.into(), 600).starts_with("a a a"));
    }
}
