use std::fmt;

use regex::bytes::{Regex, RegexBuilder};

/// Largest compiled pattern, in bytes. The engine runs in time linear in what it searches, whatever the pattern.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// The flags that may stand behind a pattern.
pub(super) const FLAGS: &str = "ims";

/// A regular expression as written, and ready to search with.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// With a backslash before every slash.
    source: String,
    flags: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern, with flags out of [`FLAGS`].
    ///
    /// # Errors
    /// What the regex engine says of it.
    pub(super) fn new(pattern: &str, flags: &str) -> Result<Self, String> {
        let has = |flag| flags.contains(flag);
        let mut builder = RegexBuilder::new(pattern);
        builder.size_limit(MAX_PATTERN_BYTES);
        builder.case_insensitive(has('i')).multi_line(has('m')).dot_matches_new_line(has('s'));
        let regex = builder.build().map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large; repeat less".to_owned(),
            error => error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        })?;
        let flags = FLAGS.chars().filter(|flag| has(*flag)).collect();
        Ok(Self { source: slashes_escaped(pattern), flags, regex })
    }

    /// A pattern that finds just that text.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(super) fn literal(text: &str) -> Result<Self, String> {
        Self::new(&regex::escape(text), "")
    }

    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }
}

fn slashes_escaped(pattern: &str) -> String {
    let mut source = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => source.extend([Some(c), chars.next()].into_iter().flatten()),
            '/' => source.push_str("\\/"),
            _ => source.push(c),
        }
    }
    source
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.source, self.flags)
    }
}
