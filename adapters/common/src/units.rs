//! How long a text is, as each platform counts.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;

/// What a platform's limits are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    /// Unicode code points, as Discord counts.
    /// Source: <https://github.com/discord/discord-api-docs/issues/1315#issuecomment-577780098>; Slack says "characters" and
    /// is not known to count otherwise.
    Chars,
    /// UTF-16 code units, as Telegram counts entities, and the stricter reading of its limits.
    /// Source: <https://core.telegram.org/api/entities#entity-length>.
    Utf16,
    /// Bytes of UTF-8, as Telegram counts what buttons carry.
    Bytes,
}

impl Units {
    /// How long a text is.
    #[must_use]
    pub fn of(self, text: &str) -> usize {
        match self {
            Self::Chars => text.chars().count(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
            Self::Bytes => text.len(),
        }
    }

    /// The longest beginning of a text that is no longer than that, cut between characters as people see them; between code
    /// points only where the first of those is too long already.
    #[must_use]
    pub fn head(self, text: &str, limit: usize) -> &str {
        let code_points = || text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]);
        match self.up_to(limit, text.graphemes(true)) {
            0 => &text[..self.up_to(limit, code_points())],
            whole => &text[..whole],
        }
    }

    /// Where the last of these parts of a text ends that is within the limit.
    fn up_to<'a>(self, limit: usize, parts: impl Iterator<Item = &'a str>) -> usize {
        let (mut end, mut used) = (0, 0);
        for part in parts {
            used += self.of(part);
            if used > limit {
                return end;
            }
            end += part.len();
        }
        end
    }

    /// The text, cut with an ellipsis when it is longer than that.
    #[must_use]
    pub fn shorten(self, text: &str, limit: usize) -> Cow<'_, str> {
        const ELLIPSIS: &str = "…";
        // Most texts are short; a long one is not counted to its end.
        let head = self.head(text, limit);
        if head.len() == text.len() {
            return Cow::Borrowed(text);
        }
        match limit.checked_sub(self.of(ELLIPSIS)) {
            Some(room) => Cow::Owned(format!("{}{ELLIPSIS}", self.head(text, room).trim_end())),
            None => Cow::Borrowed(head),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Units; 3] = [Units::Chars, Units::Utf16, Units::Bytes];

    #[test]
    fn each_platform_counts_in_its_own_way() {
        assert_eq!(ALL.map(|units| units.of("a🧯é")), [3, 4, 7]);
    }

    #[test]
    fn a_text_is_cut_between_characters_that_people_see() {
        let fireman = "👩\u{200d}🚒";
        assert_eq!(Units::Chars.shorten(&format!("ab{fireman}cd"), 5), "ab…");
        assert_eq!(Units::Chars.shorten(&format!("ab{fireman}"), 5), format!("ab{fireman}"));
        assert_eq!(Units::Chars.head(fireman, 2), "👩\u{200d}");
        assert_eq!(Units::Bytes.shorten("long", 2), "lo");
        assert_eq!(Units::Bytes.shorten("long", 0), "");
    }

    proptest! {
        #[test]
        fn what_is_shortened_is_within_the_limit(text in r"\PC{0,40}", limit in 0_usize..50) {
            for units in ALL {
                let short = units.shorten(&text, limit);
                prop_assert!(units.of(&short) <= limit);
                prop_assert_eq!(units.of(&text) <= limit, short == text);
            }
        }
    }
}
