//! As much of HTML as it takes to see what a page loads: its tags, with comments and the text of scripts told apart as
//! browsers do. No tree is built, and nothing can make it slow: every byte is looked at once.

use std::collections::HashSet;

use url::Url;

/// Most tags of a page that are looked at.
const MAX_TAGS: usize = 50_000;

/// A page's tags.
#[derive(Debug)]
pub struct Page<'a> {
    tags: Vec<Tag<'a>>,
    cut: bool,
}

/// A start tag.
#[derive(Debug)]
pub struct Tag<'a> {
    /// In lower case.
    pub name: String,
    attributes: Vec<(String, String)>,
    /// What stands in a `script`, `style` or another element whose content is no HTML; else nothing.
    pub text: &'a str,
}

impl Tag<'_> {
    /// An attribute's value, of several the first; empty for one without a value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether an attribute, taken as words, has this one (in lower case).
    #[must_use]
    pub fn has_word(&self, attribute: &str, word: &str) -> bool {
        self.attribute(attribute)
            .is_some_and(|value| value.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(word)))
    }
}

impl<'a> Page<'a> {
    /// Reads a page. Whatever the text is, it has some tags or none.
    #[must_use]
    pub fn read(html: &'a str) -> Self {
        let mut reader = Reader { html, at: 0 };
        let mut tags = Vec::new();
        while tags.len() < MAX_TAGS
            && let Some(tag) = reader.next_tag()
        {
            tags.push(tag);
        }
        let cut = tags.len() == MAX_TAGS && reader.next_tag().is_some();
        Self { tags, cut }
    }

    /// Whether the page has more tags than are looked at.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The page's tags in their order.
    #[must_use]
    pub fn tags(&self) -> &[Tag<'a>] {
        &self.tags
    }

    /// What relative addresses on the page begin with: its own address, or what its `base` says.
    #[must_use]
    pub fn base(&self, page: &Url) -> Url {
        let base = self.tags.iter().find_map(|tag| tag.attribute("href").filter(|_| tag.name == "base"));
        base.and_then(|base| page.join(base.trim()).ok()).unwrap_or_else(|| page.clone())
    }

    /// The scripts that the page names, each once, in their order; only `http` and `https`.
    #[must_use]
    pub fn scripts(&self, page: &Url) -> Vec<Url> {
        let base = self.base(page);
        let mut scripts: Vec<Url> = Vec::new();
        let mut known: HashSet<Url> = HashSet::new();
        for tag in self.tags.iter().filter(|tag| tag.name == "script") {
            let url = tag.attribute("src").and_then(|src| base.join(src.trim()).ok());
            if let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https"))
                && known.insert(url.clone())
            {
                scripts.push(url);
            }
        }
        scripts
    }
}

struct Reader<'a> {
    html: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.html.get(self.at..).unwrap_or_default()
    }

    /// Goes behind the next `end`, or to the end of the text.
    fn skip_past(&mut self, end: &str) {
        self.at = self.rest().find(end).map_or(self.html.len(), |found| self.at + found + end.len());
    }

    fn next_tag(&mut self) -> Option<Tag<'a>> {
        loop {
            self.at += self.rest().find('<')? + 1;
            let rest = self.rest();
            match rest.bytes().next()? {
                b'!' if rest.starts_with("!--") => {
                    // From behind the `!`, so that `<!-->` and `<!--->` are whole comments.
                    self.at += 1;
                    self.skip_past("-->");
                }
                b'!' | b'?' | b'/' => self.skip_past(">"),
                first if first.is_ascii_alphabetic() => return Some(self.tag()),
                _ => {}
            }
        }
    }

    fn tag(&mut self) -> Tag<'a> {
        let name = self.take_until(|c| c.is_ascii_whitespace() || c == '/' || c == '>').to_ascii_lowercase();
        let mut attributes = Vec::new();
        while let Some(attribute) = self.attribute() {
            attributes.push(attribute);
        }
        let text = if is_raw(&name) { self.raw(&name) } else { "" };
        Tag { name, attributes, text }
    }

    fn take_until(&mut self, end: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.find(end).map_or(rest, |found| rest.get(..found).unwrap_or_default());
        self.at += taken.len();
        taken
    }

    /// The next attribute; `None` at the end of the tag, which is left behind.
    fn attribute(&mut self) -> Option<(String, String)> {
        self.take_until(|c| !c.is_ascii_whitespace() && c != '/');
        if self.rest().starts_with('>') || self.rest().is_empty() {
            self.at = self.html.len().min(self.at + 1);
            return None;
        }
        let start = self.at;
        // A name may begin with `=`.
        self.at += usize::from(self.rest().starts_with('='));
        self.take_until(|c| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '='));
        let name = self.html.get(start..self.at).unwrap_or_default().to_ascii_lowercase();
        let after_name = self.at;
        self.take_until(|c| !c.is_ascii_whitespace());
        if !self.rest().starts_with('=') {
            self.at = after_name;
            return Some((name, String::new()));
        }
        self.at += 1;
        self.take_until(|c| !c.is_ascii_whitespace());
        Some((name, decode(self.value())))
    }

    fn value(&mut self) -> &'a str {
        match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => {
                self.at += 1;
                let value = self.take_until(|c| c == quote);
                self.at = self.html.len().min(self.at + 1);
                value
            }
            _ => self.take_until(|c| c.is_ascii_whitespace() || c == '>'),
        }
    }

    /// The text up to the element's own end tag.
    fn raw(&mut self, name: &str) -> &'a str {
        let start = self.at;
        loop {
            let Some(found) = self.rest().find("</") else {
                self.at = self.html.len();
                break;
            };
            self.at += found;
            let end = self.rest().get(2..2 + name.len());
            if end.is_some_and(|end| end.eq_ignore_ascii_case(name)) {
                break;
            }
            self.at += 2;
        }
        self.html.get(start..self.at).unwrap_or_default()
    }
}

/// Elements whose content is not HTML, `noscript` because browsers run scripts.
fn is_raw(name: &str) -> bool {
    matches!(name, "script" | "style" | "textarea" | "title" | "xmp" | "iframe" | "noembed" | "noframes" | "noscript")
}

/// Resolves the character references that addresses are written with: numbers, and the five names that HTML needs.
fn decode(value: &str) -> String {
    let mut decoded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(found) = rest.find('&') {
        let (before, reference) = rest.split_at(found);
        decoded.push_str(before);
        // The longest is `&#x10FFFF;`.
        let end = reference.char_indices().take(10).find(|(_, c)| *c == ';').map(|(at, _)| at);
        let character = end.and_then(|end| reference.get(1..end)).and_then(character);
        match (character, end) {
            (Some(character), Some(end)) => {
                decoded.push(character);
                rest = reference.get(end + 1..).unwrap_or_default();
            }
            _ => {
                decoded.push('&');
                rest = reference.get(1..).unwrap_or_default();
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(html: &str) -> Vec<String> {
        Page::read(html).tags().iter().map(|tag| format!("{} {:?} {}", tag.name, tag.attributes, tag.text)).collect()
    }

    #[test]
    fn tags_are_read_however_they_are_written() {
        insta::assert_debug_snapshot!(seen(
            "<!doctype html><IMG SRC=a.png alt='x y'><a\nhref = \"/?a=1&amp;b=&#50;&c\" hidden/>"
        ));
    }

    #[test]
    fn comments_scripts_and_text_hide_no_tags_and_are_none() {
        let html = "<!-- > <img src=1> --><!--><b><!---><i><script>'<img src=2>'</scrip></SCRIPT ><title><u></title><p>1 < 2</p><em>";
        let names: Vec<String> = Page::read(html).tags().iter().map(|tag| tag.name.clone()).collect();
        assert_eq!(names, ["b", "i", "script", "title", "p", "em"]);
    }

    #[test]
    fn a_page_of_too_many_tags_is_known_to_be_cut() {
        let tags = |count: usize| Page::read(&"<p>".repeat(count)).is_cut();
        assert_eq!((tags(MAX_TAGS), tags(MAX_TAGS + 1)), (false, true));
    }

    #[test]
    fn scripts_are_found_against_the_base_and_named_once() {
        let page = Url::parse("https://shop.example/a/").unwrap();
        let html = "<base href=/b/><script src=x.js></script><script src='/b/x.js'></script><script src=data:,1></script>\
            <script src='//cdn.example/y.js'></script><script>1</script>";
        let scripts: Vec<String> = Page::read(html).scripts(&page).iter().map(ToString::to_string).collect();
        assert_eq!(scripts, ["https://shop.example/b/x.js", "https://cdn.example/y.js"]);
    }

    proptest::proptest! {
        #[test]
        fn anything_is_read(html in "(<|>|/|!|-|=|\"|'|&|#|;|script|a|ü| |\n){0,60}") {
            let page = Page::read(&html);
            let _ = page.scripts(&Url::parse("https://shop.example/").unwrap());
        }
    }
}
