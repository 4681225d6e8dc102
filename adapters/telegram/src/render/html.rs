//! Text with backticks as Telegram's HTML. Source: <https://core.telegram.org/bots/api#html-style>.

use super::MAX_ENTITIES;

/// What begins and ends bold words in a drawing. Foreign text has neither: its control characters are made visible.
pub(super) const BOLD: char = '\u{2}';
pub(super) const NORMAL: char = '\u{3}';

const FENCE: &str = "```";

/// What begins a name that calls nobody: a character without width keeps it from being one.
const SPLIT_AT: &str = "@\u{2060}";

/// Longest language that a fence may name, as `adapter_common::split` reads it.
const LANGUAGE: usize = 16;

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Code(&'a str),
    /// Its language, possibly empty, and its text.
    Block(&'a str, &'a str),
}

/// The text as HTML; `None`: there is nothing in it to be seen, and Telegram refuses that.
pub(super) fn draw(text: &str) -> Option<String> {
    let mut page = Page::default();
    for part in parts(text) {
        match part {
            Part::Text(text) => page.text(text),
            Part::Code(code) => page.tagged("<code>", code, "</code>"),
            Part::Block("", block) => page.tagged("<pre>", block, "</pre>"),
            Part::Block(language, block) => {
                page.tagged(&format!("<pre><code class=\"language-{language}\">"), block, "</code></pre>");
            }
        }
    }
    page.end_bold();
    page.seen.then_some(page.out)
}

/// The text as it goes into a file.
pub(super) fn plain(text: &str) -> String {
    text.replace([BOLD, NORMAL], "").replace(SPLIT_AT, "@")
}

/// The text with names in it that call nobody: whatever a monitored page says, nobody is notified by it. What turns out to be
/// code is given its names back, for there nobody is called anyway.
pub(super) fn without_mentions(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let name = rest.peek().is_some_and(|next| next.is_alphanumeric() || *next == '_');
        if c == '@' && name { out.push_str(SPLIT_AT) } else { out.push(c) }
    }
    out
}

/// The text with nothing in it that a reader would not see, or that would reorder what is around it. Line breaks stay.
pub(super) fn clean(text: &str) -> String {
    let visible = |c: char| match c {
        '\n' => '\n',
        '\t' => ' ',
        // The block of control pictures mirrors the control characters. Source: <https://www.unicode.org/charts/PDF/U2400.pdf>.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => '\u{fffd}',
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
            '\u{fffd}'
        }
        c => c,
    };
    text.replace("\r\n", "\n").chars().map(visible).collect()
}

/// What stands between backticks, and around it.
fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest, mut plain) = (Vec::new(), text, 0);
    // `plain` is how much of the rest is known to be text.
    while let Some(at) = rest[plain..].find('`').map(|at| plain + at) {
        let Some((part, end)) = marked(&rest[at..]) else {
            plain = at + rest[at..].bytes().take_while(|byte| *byte == b'`').count();
            continue;
        };
        parts.extend((at > 0).then_some(Part::Text(&rest[..at])));
        parts.push(part);
        rest = &rest[at + end..];
        plain = 0;
    }
    parts.extend((!rest.is_empty()).then_some(Part::Text(rest)));
    parts
}

/// What begins with the backtick at the beginning, and where it ends.
fn marked(text: &str) -> Option<(Part<'_>, usize)> {
    if let Some(after) = text.strip_prefix(FENCE) {
        let long = after.find(FENCE)?;
        let inside = &after[..long];
        let (language, inside) =
            inside.split_once('\n').filter(|(first, _)| is_language(first)).unwrap_or(("", inside));
        return Some((Part::Block(language, inside.strip_suffix('\n').unwrap_or(inside)), long + 2 * FENCE.len()));
    }
    let run = if text.starts_with("``") { 2 } else { 1 };
    let line = text.split('\n').next().unwrap_or_default();
    let mut at = run;
    loop {
        at += line.get(at..)?.find('`')?;
        let found = line[at..].bytes().take_while(|byte| *byte == b'`').count();
        if found == run {
            return Some((Part::Code(&text[run..at]), at + run));
        }
        at += found;
    }
}

fn is_language(first: &str) -> bool {
    first.len() <= LANGUAGE && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_.#".contains(&byte))
}

/// A message being written.
#[derive(Default)]
struct Page {
    out: String,
    bold: bool,
    entities: usize,
    /// Whether there is anything in it that can be seen.
    seen: bool,
}

impl Page {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                BOLD => self.begin_bold(),
                NORMAL => self.end_bold(),
                c => self.push(c),
            }
        }
    }

    /// Code cannot stand within bold words.
    fn tagged(&mut self, begin: &str, inside: &str, end: &str) {
        let bold = self.bold;
        self.end_bold();
        let tagged = self.entities < MAX_ENTITIES && !inside.is_empty();
        self.entities += 1;
        self.out.push_str(if tagged { begin } else { "" });
        plain(inside).chars().for_each(|c| self.push(c));
        self.out.push_str(if tagged { end } else { "" });
        if bold {
            self.begin_bold();
        }
    }

    fn begin_bold(&mut self) {
        if !self.bold && self.entities < MAX_ENTITIES {
            self.bold = true;
            self.entities += 1;
            self.out.push_str("<b>");
        }
    }

    fn end_bold(&mut self) {
        if std::mem::take(&mut self.bold) {
            self.out.push_str("</b>");
        }
    }

    fn push(&mut self, c: char) {
        self.seen |= is_seen(c);
        match c {
            '&' => self.out.push_str("&amp;"),
            '<' => self.out.push_str("&lt;"),
            '>' => self.out.push_str("&gt;"),
            c => self.out.push(c),
        }
    }
}

/// Whether a character shows. Telegram takes a message of others alone for an empty one.
fn is_seen(c: char) -> bool {
    let blank = matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
    );
    !c.is_whitespace() && !c.is_control() && !blank
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_are_code_and_the_rest_is_escaped() {
        for (text, expected) in [
            ("say `a <b>` & <i>go</i>", "say <code>a &lt;b&gt;</code> &amp; &lt;i&gt;go&lt;/i&gt;"),
            ("an ` alone", "an ` alone"),
            ("not ` over\na line `", "not ` over\na line `"),
            ("``a ` b``", "<code>a ` b</code>"),
            ("```\na\n\nb\n```", "<pre>a\n\nb</pre>"),
            ("```sh\nls\n```after", "<pre><code class=\"language-sh\">ls</code></pre>after"),
            ("\u{2}bold `code` on\u{3} off", "<b>bold </b><code>code</code><b> on</b> off"),
            ("\u{2}open", "<b>open</b>"),
        ] {
            assert_eq!(draw(text).as_deref(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_no_message() {
        for text in ["", " \n ", "``````", "\u{200b}\u{2060}", "```\n\n```", "\u{2}\u{3}"] {
            assert_eq!(draw(text), None, "{text:?}");
        }
    }

    #[test]
    fn formatting_ends_where_telegram_counts_no_more_of_it() {
        let page = draw(&"`a` ".repeat(MAX_ENTITIES + 5)).unwrap();
        assert_eq!(page.matches("<code>").count(), MAX_ENTITIES);
        assert!(page.ends_with("<code>a</code> a a a a a "), "{page}");
    }

    #[test]
    fn nobody_is_called_by_what_is_monitored() {
        let text = without_mentions("ask @ada `@bob` a@b @ ops");
        assert_eq!(draw(&text).unwrap(), "ask @\u{2060}ada <code>@bob</code> a@\u{2060}b @ ops");
        assert_eq!(plain(&text), "ask @ada `@bob` a@b @ ops");
    }
}
