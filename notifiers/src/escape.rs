//! Text for the markups of platforms, and texts cut to their limits.

/// Text within HTML, also within an attribute in double quotes.
pub(crate) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The text, or as much of its beginning as fits into that many bytes of UTF-8 with an ellipsis behind it. To be cut before
/// it is escaped, so that no entity is.
pub(crate) fn cut_bytes(text: &str, limit: usize) -> String {
    cut(text, limit, char::len_utf8)
}

/// The same, counted in characters.
pub(crate) fn cut_chars(text: &str, limit: usize) -> String {
    cut(text, limit, |_| 1)
}

/// The same, with the size of each character as the platform counts it. The limit has to have room for the ellipsis.
pub(crate) fn cut(text: &str, limit: usize, size: impl Fn(char) -> usize) -> String {
    let room = limit.saturating_sub(size('…'));
    let (mut used, mut end) = (0, 0);
    for (index, c) in text.char_indices() {
        if used <= room {
            end = index;
        }
        used += size(c);
        if used > limit {
            return format!("{}…", text[..end].trim_end());
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters_and_only_when_they_are_too_long() {
        assert_eq!(cut_chars("häuser", 6), "häuser");
        assert_eq!(cut_chars("häuser", 5), "häus…");
        assert_eq!(cut_chars("häuser am see", 8), "häuser…");
        for limit in 3..20 {
            let cut = cut_bytes("😀ä😀ä😀", limit);
            assert!(cut.len() <= limit, "{cut} in {limit}");
        }
        assert_eq!(cut_bytes("😀ä😀ä😀", 16), "😀ä😀ä😀");
        assert_eq!(cut_bytes("😀ä😀ä😀", 15), "😀ä😀ä…");
        assert_eq!(cut_bytes("ääää", 4), "…");
    }

    #[test]
    fn html_has_no_markup_of_others() {
        assert_eq!(html("<a href=\"x\">&</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
    }
}
