//! Text with tags to text with entities, as the Bot API server does it, errors included.
//! Source: <https://github.com/tdlib/td/blob/master/td/telegram/MessageEntity.cpp>, `parse_html`.

use serde_json::{Value, json};

/// A text and what of it is something.
pub(super) struct Formatted {
    pub(super) text: String,
    pub(super) entities: Vec<Value>,
}

/// A tag that is open.
struct Open {
    name: String,
    /// Where it begins in the text, in UTF-16 units.
    at: usize,
    /// The language or the address that it names.
    argument: String,
}

/// Reads text with tags.
pub(super) fn parse(html: &str) -> Result<Formatted, String> {
    let (mut text, mut entities, mut open) = (String::new(), Vec::new(), Vec::<Open>::new());
    let mut rest = html;
    while let Some(c) = rest.chars().next() {
        let offset = html.len() - rest.len();
        match c {
            '<' if rest.starts_with("</") => {
                let Some(end) = rest.find('>') else { return Err(format!("Unclosed end tag at byte offset {offset}")) };
                let name = rest[2..end].trim().to_ascii_lowercase();
                let Some(tag) = open.pop() else { return Err(format!("Unexpected end tag at byte offset {offset}")) };
                if !name.is_empty() && name != tag.name {
                    let expected = tag.name;
                    return Err(format!(
                        "Unmatched end tag at byte offset {offset}, expected \"</{expected}>\", found \"</{name}>\""
                    ));
                }
                entities.extend(entity(&tag, &open, units(&text)));
                rest = &rest[end + 1..];
            }
            '<' => {
                let Some(end) = rest.find('>') else {
                    return Err(format!("Unclosed start tag at byte offset {offset}"));
                };
                let inside = &rest[1..end];
                let (name, attributes) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
                let name = name.to_ascii_lowercase();
                if !TAGS.contains(&name.as_str()) {
                    return Err(format!("Unsupported start tag \"{name}\" at byte offset {offset}"));
                }
                let argument = attributes.split_once('=').map_or("", |(_, value)| value.trim_matches(['"', '\'', ' ']));
                open.push(Open { name, at: units(&text), argument: unescaped(argument) });
                rest = &rest[end + 1..];
            }
            '&' => {
                let (c, long) = character(rest);
                text.push(c);
                rest = &rest[long..];
            }
            c => {
                text.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    match open.pop() {
        Some(tag) => Err(format!("Can't find end tag corresponding to start tag \"{}\"", tag.name)),
        None => Ok(Formatted { text, entities }),
    }
}

const TAGS: [&str; 16] = [
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "span",
    "tg-spoiler",
    "a",
    "code",
    "pre",
    "blockquote",
    "tg-emoji",
];

/// What a tag makes of the text since it was opened. Of `<pre><code class="language-x">` it is one entity.
fn entity(tag: &Open, around: &[Open], end: usize) -> Option<Value> {
    let length = end.checked_sub(tag.at).filter(|length| *length > 0)?;
    let of = |kind: &str| json!({ "type": kind, "offset": tag.at, "length": length });
    let with =
        |kind: &str, name: &str, value: &str| json!({ "type": kind, "offset": tag.at, "length": length, name: value });
    match tag.name.as_str() {
        "b" | "strong" => Some(of("bold")),
        "i" | "em" => Some(of("italic")),
        "u" | "ins" => Some(of("underline")),
        "s" | "strike" | "del" => Some(of("strikethrough")),
        "span" | "tg-spoiler" => Some(of("spoiler")),
        "blockquote" => Some(of("blockquote")),
        "tg-emoji" => Some(with("custom_emoji", "custom_emoji_id", &tag.argument)),
        "a" => Some(with("text_link", "url", &tag.argument)),
        "code" if around.last().is_some_and(|outer| outer.name == "pre" && outer.at == tag.at) => {
            let language = tag.argument.strip_prefix("language-")?;
            Some(with("pre", "language", language))
        }
        "code" => Some(of("code")),
        _ => Some(of("pre")),
    }
}

/// The character that an `&` begins, and how many bytes it takes; one that is not known stands for itself.
fn character(rest: &str) -> (char, usize) {
    for (name, c) in [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')] {
        if rest.starts_with(name) {
            return (c, name.len());
        }
    }
    let number = rest.strip_prefix("&#").and_then(|rest| rest.split_once(';')).and_then(|(digits, _)| {
        let code = digits
            .strip_prefix(['x', 'X'])
            .map_or_else(|| digits.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
        code.and_then(char::from_u32).map(|c| (c, digits.len() + 3))
    });
    number.unwrap_or(('&', 1))
}

fn unescaped(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let (c, long) = if c == '&' { character(rest) } else { (c, c.len_utf8()) };
        out.push(c);
        rest = &rest[long..];
    }
    out
}

impl Formatted {
    /// As it is when nothing says what of it is something.
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), entities: Vec::new() }
    }

    /// Without the white space at its ends, and with what the server finds in a text by itself: names, commands, addresses.
    pub(super) fn finished(mut self) -> Self {
        let cut = units(&self.text) - units(self.text.trim_start());
        self.text = self.text.trim().to_owned();
        let long = units(&self.text);
        for entity in &mut self.entities {
            let number = |name: &str| entity[name].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
            let start = number("offset").saturating_sub(cut);
            let end = (number("offset") + number("length")).saturating_sub(cut).min(long);
            (entity["offset"], entity["length"]) = (json!(start), json!(end.saturating_sub(start)));
        }
        self.entities.retain(|entity| entity["length"] != 0);
        // A `pre` with a language is told once.
        let languages: Vec<Value> =
            self.entities.iter().filter(|entity| entity.get("language").is_some()).cloned().collect();
        self.entities.retain(|entity| {
            let twice = languages
                .iter()
                .any(|other| other["offset"] == entity["offset"] && other["length"] == entity["length"]);
            entity["type"] != "pre" || entity.get("language").is_some() || !twice
        });
        let found = found(&self.text);
        let taken: Vec<(u64, u64)> = self.entities.iter().filter(|entity| is_opaque(entity)).map(range).collect();
        let free = |entity: &Value| {
            let (start, end) = range(entity);
            !taken.iter().any(|(from, to)| start < *to && *from < end)
        };
        self.entities.extend(found.into_iter().filter(free));
        self.entities
            .sort_by_key(|entity| (entity["offset"].as_u64(), entity["length"].as_u64().map(|long| u64::MAX - long)));
        // Source: <https://limits.tginfo.me/en>.
        self.entities.truncate(100);
        self
    }
}

fn range(entity: &Value) -> (u64, u64) {
    let (offset, length) = (entity["offset"].as_u64().unwrap_or(0), entity["length"].as_u64().unwrap_or(0));
    (offset, offset + length)
}

/// Whether nothing is looked for in it.
fn is_opaque(entity: &Value) -> bool {
    matches!(entity["type"].as_str(), Some("code" | "pre" | "text_link"))
}

fn found(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let (mut at, mut before) = (0, ' ');
    for (index, c) in text.char_indices() {
        let rest = &text[index + c.len_utf8()..];
        let word: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let apart = !before.is_alphanumeric() && before != '_' && before != '/';
        match c {
            '@' if apart && (4..=32).contains(&word.len()) => {
                found.push(json!({ "type": "mention", "offset": at, "length": word.len() + 1 }));
            }
            '/' if apart && before.is_whitespace() && (1..=64).contains(&word.len()) => {
                let named = rest[word.len()..].strip_prefix('@');
                let name = named
                    .map_or(0, |rest| rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count());
                let name = if name > 0 { name + 1 } else { 0 };
                found.push(json!({ "type": "bot_command", "offset": at, "length": word.len() + 1 + name }));
            }
            'h' if !before.is_alphanumeric() && ["ttp://", "ttps://"].iter().any(|scheme| rest.starts_with(scheme)) => {
                let url: String = text[index..].chars().take_while(|c| !c.is_whitespace()).collect();
                found.push(json!({ "type": "url", "offset": at, "length": units(&url) }));
            }
            _ => {}
        }
        (at, before) = (at + c.len_utf16(), c);
    }
    found
}

/// How long a text is in UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_entities_in_utf16_units() {
        let parsed = parse("🧯 <b>bold <code>x &lt; y</code></b> &amp; &copy; &#39;").unwrap().finished();
        assert_eq!(parsed.text, "🧯 bold x < y & &copy; '");
        let expected = json!([
            { "type": "bold", "offset": 3, "length": 10 },
            { "type": "code", "offset": 8, "length": 5 },
        ]);
        assert_eq!(Value::from(parsed.entities), expected);
        let parsed = parse("<pre><code class=\"language-sh\">ls</code></pre>").unwrap().finished();
        assert_eq!(
            Value::from(parsed.entities),
            json!([{ "type": "pre", "offset": 0, "length": 2, "language": "sh" }])
        );
    }

    #[test]
    fn wrong_tags_are_refused_in_the_servers_words() {
        for (html, expected) in [
            ("a <x>b</x>", "Unsupported start tag \"x\" at byte offset 2"),
            ("a < b", "Unclosed start tag at byte offset 2"),
            ("<b>a", "Can't find end tag corresponding to start tag \"b\""),
            ("a</b>", "Unexpected end tag at byte offset 1"),
            ("<b>a</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""),
        ] {
            assert_eq!(parse(html).err().as_deref(), Some(expected), "{html}");
        }
    }

    #[test]
    fn names_commands_and_addresses_are_found_where_there_is_no_code() {
        let text = "/status@its_bot ask @alice, <code>@alice</code> a@alice https://x.example/?a=@alice";
        let kinds: Vec<Value> =
            parse(text).unwrap().finished().entities.iter().map(|entity| entity["type"].clone()).collect();
        assert_eq!(kinds, ["bot_command", "mention", "code", "url", "mention"]);
    }
}
