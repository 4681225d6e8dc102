//! Texts of strangers.

use maud::{Markup, Render, html};
use monitor_core::http::shorten;

/// A text without what controls a terminal or the direction of what follows it, escaped.
pub(crate) struct Clean<'a>(pub(crate) &'a str);

impl Render for Clean<'_> {
    fn render_to(&self, buffer: &mut String) {
        clean(self.0).as_str().render_to(buffer);
    }
}

/// A text without what controls a terminal or the direction of what follows it.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_control(*c)).collect()
}

/// Source of the second list: <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>. What is no character at
/// all is left out too, as HTML does not allow it.
fn is_control(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let none = matches!(u32::from(c) & 0xffff, 0xfffe | 0xffff) || matches!(c, '\u{fdd0}'..='\u{fdef}');
    c.is_control() || turns || none
}

/// A text of a stranger within ours: it has a direction of its own.
pub(crate) fn said(text: &str) -> Markup {
    html! { bdi { (Clean(text)) } }
}

/// A text of a stranger of this many characters at most, in the language that it is written in.
pub(crate) fn written(text: &str, language: &str, limit: usize) -> Markup {
    html! { bdi lang=(Clean(language)) { (Clean(&shorten(text, limit))) } }
}

/// Code or an address of this many characters at most: always from left to right.
pub(crate) fn code(text: &str, limit: usize) -> Markup {
    html! { code dir="ltr" translate="no" { (Clean(&shorten(text, limit))) } }
}

/// `1 run`, `12 runs`.
pub(crate) fn plural(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_is_taken_out_and_the_rest_escaped() {
        let text = "a\u{1b}[31m\u{202e}b\u{0}\u{ffff}\n<i title=\"x\">&";
        assert_eq!(said(text).into_string(), "<bdi>a[31mb &lt;i title=&quot;x&quot;&gt;&amp;</bdi>");
        assert_eq!(clean("見出し 🎉 مرحبا"), "見出し 🎉 مرحبا");
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(code(&"x".repeat(9_000), 3).into_string(), "<code dir=\"ltr\" translate=\"no\">xxx…</code>");
    }
}
