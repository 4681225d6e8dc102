//! Text within the Markdown of chats.

/// What is markup anywhere in a line.
const MARKUP: &[char] = &['\\', '`', '*', '_', '~', '|', '>', '#', '[', ']'];

/// What is markup at the beginning of a line.
const BULLETS: &[char] = &['-', '+'];

/// The text with its markup escaped by backslashes, cut to that many UTF-16 units; `more` is what else is markup on the
/// platform. Addresses stay as they are up to the next space, because there a backslash is shown.
pub(crate) fn escape(text: &str, more: &[char], limit: usize) -> String {
    let room = limit.saturating_sub(1);
    let (mut escaped, mut used, mut end) = (String::with_capacity(text.len()), 0, 0);
    let (mut in_address, mut line_begins) = (false, true);
    for (index, c) in text.char_indices() {
        in_address = match in_address {
            true => !c.is_whitespace() && c != '<',
            false => text[index..].starts_with("https://") || text[index..].starts_with("http://"),
        };
        let markup = MARKUP.contains(&c) || more.contains(&c) || (line_begins && BULLETS.contains(&c));
        let backslash = markup && !in_address;
        line_begins = c == '\n' || (line_begins && c.is_whitespace());
        if used <= room {
            end = escaped.len();
        }
        used += c.len_utf16() + usize::from(backslash);
        if used > limit {
            escaped.truncate(end);
            escaped.truncate(escaped.trim_end().len());
            escaped.push('…');
            return escaped;
        }
        if backslash {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::utf16;

    #[test]
    fn markup_is_escaped_and_addresses_are_not() {
        let text = r"*shop* (https://shop.example/a_b): `x` \ my_api";
        assert_eq!(escape(text, &[], 100), r"\*shop\* (https://shop.example/a_b): \`x\` \\ my\_api");
        assert_eq!(escape("- a\n  + b - c", &[], 100), "\\- a\n  \\+ b - c");
        assert_eq!(escape("<@1>", &['<', '@'], 100), r"\<\@1\>");
        assert_eq!(escape("http://a_<b_", &['<'], 100), r"http://a_\<b\_");
    }

    #[test]
    fn an_escape_is_never_cut() {
        for limit in 1..30 {
            let cut = escape("**😀_ä**#😀`` |>", &[], limit);
            assert!(utf16(&cut) <= limit, "{cut} in {limit}");
            let backslashes = cut.trim_end_matches('…').chars().rev().take_while(|c| *c == '\\').count();
            assert_eq!(backslashes % 2, 0, "{cut} ends in half an escape");
        }
        assert_eq!(escape("***", &[], 6), r"\*\*\*");
        assert_eq!(escape("***", &[], 5), r"\*\*…");
    }
}
