//! What people typed, made one line that the grammar reads, whatever phones, keyboards and habits made of it.
//!
//! The grammar itself reads typographic quotes that pair, dashes before flags, a `/` before a command and the word
//! `watchword`. What is mended here is the rest that all platforms share; a platform's own markup, such as Slack's
//! `<https://…|…>`, its adapter takes away before.

use bot_core::grammar::{Line, Quoted, is_too_long, tokenize};

/// The line that somebody meant. `names` is how the bot is mentioned in that text, such as `<@123>` or `@its_bot`: at the
/// beginning and at the end that says only whom the message is for.
///
/// - Code around the whole, around the first word and around an address is taken away, with a fence's language.
/// - Other code of several backticks becomes a value in single ones, which the grammar reads as quotes.
/// - Characters without width are dropped, spaces that do not break become spaces, hyphens that do not break hyphens.
/// - Typographic quotes that do not pair become straight ones.
///
/// What is longer than the grammar reads is left as it is.
#[must_use]
pub fn hear(text: &str, names: &[&str]) -> String {
    if is_too_long(text) {
        return text.to_owned();
    }
    let text = visible(text);
    let line = for_whom(whole_code(for_whom(&text, names)), names);
    let line = single_backticks(line);
    words(&line).or_else(|| words(&straight_quotes(&line))).unwrap_or(line)
}

/// The text without characters that nobody sees.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = '\n';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let c = match c {
            '\r' => {
                rest.next_if_eq(&'\n');
                '\n'
            }
            '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
            '\u{ad}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => continue,
            // Joiners mean something between letters of some scripts and between emoji, and nothing beside ASCII.
            '\u{200c}' | '\u{200d}' if before.is_ascii() || rest.peek().is_none_or(char::is_ascii) => continue,
            c => c,
        };
        out.push(c);
        before = c;
    }
    out
}

/// The text without the bot's name at its ends, and behind a command at the beginning: `/status@its_bot`.
fn for_whom<'a>(text: &'a str, names: &[&str]) -> &'a str {
    let mut text = text.trim();
    while let Some(rest) = names.iter().find_map(|name| without_prefix(text, name)) {
        text = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ':'));
    }
    while let Some(rest) = names.iter().find_map(|name| without_suffix(text, name)) {
        text = rest.trim_end();
    }
    text
}

fn without_prefix<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(name.len())?;
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') || name.ends_with('>');
    (head.eq_ignore_ascii_case(name) && ends && !name.is_empty()).then_some(rest)
}

fn without_suffix<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (rest, tail) = text.split_at_checked(text.len().checked_sub(name.len())?)?;
    let alone = rest.ends_with(char::is_whitespace);
    (tail.eq_ignore_ascii_case(name) && alone && !name.is_empty()).then_some(rest)
}

/// What stands in code formatting, when all of the text does.
fn whole_code(text: &str) -> &str {
    let run = backticks(text);
    if run == 0 || text.len() <= 2 * run {
        return text;
    }
    match text[run..].strip_suffix(&text[..run]).filter(|inside| closing(inside, run).is_none()) {
        Some(inside) if !inside.ends_with('`') => code(inside, run),
        _ => text,
    }
}

/// What code says: without the language that a fence may name, and without the space around it.
fn code(inside: &str, run: usize) -> &str {
    let language = |first: &str| {
        first.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_.#".contains(&byte))
            && !matches!(Line::read(first), Ok(Line::Command(..) | Line::Address(_)))
    };
    match inside.split_once('\n') {
        Some((first, rest)) if run >= 3 && language(first) && !rest.trim().is_empty() => rest.trim(),
        _ => inside.trim(),
    }
}

/// How many backticks a text begins with.
fn backticks(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'`').count()
}

/// Where exactly that many backticks stand.
fn closing(text: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(next) = text[at..].find('`') {
        at += next;
        let found = backticks(&text[at..]);
        if found == run {
            return Some(at);
        }
        at += found;
    }
    None
}

/// The line with single backticks, which are quotes to the grammar, instead of pairs of more.
fn single_backticks(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("``") {
        let run = backticks(&rest[at..]);
        let (before, inside) = (&rest[..at], &rest[at + run..]);
        let Some(end) = closing(inside, run) else {
            out.push_str(&rest[..at + run]);
            rest = inside;
            continue;
        };
        let code = code(&inside[..end], run);
        out.push_str(before);
        let quote = ['`', '"', '\''].into_iter().find(|quote| !code.contains(*quote));
        out.extend(quote);
        out.push_str(code);
        out.extend(quote);
        rest = &inside[end + run..];
    }
    out + rest
}

/// Mends word by word; `None`: a quote is never closed.
fn words(line: &str) -> Option<String> {
    let mut out = String::with_capacity(line.len());
    let mut done = 0;
    for (index, token) in tokenize(line).ok()?.iter().enumerate() {
        out.push_str(&line[done..token.at.start]);
        done = token.at.end;
        let word = &line[token.at.clone()];
        match bare_code(word).filter(|code| index == 0 || code.contains("://")) {
            Some(code) => out.push_str(code),
            None if token.quoted == Quoted::No => out.extend(word.chars().map(hyphen)),
            None => out.push_str(word),
        }
    }
    out.push_str(line[done..].trim_end());
    Some(out)
}

/// What stands in the backticks around a word, if it says the same without them.
fn bare_code(word: &str) -> Option<&str> {
    let code = word.strip_prefix('`')?.strip_suffix('`')?;
    let plain =
        |c: char| !c.is_whitespace() && !matches!(c, '`' | '"' | '\'' | '“' | '”' | '„' | '‘' | '’' | '«' | '»');
    (!code.is_empty() && code.chars().all(plain)).then_some(code)
}

fn hyphen(c: char) -> char {
    if matches!(c, '\u{2010}' | '\u{2011}' | '\u{2212}') { '-' } else { c }
}

/// Keyboards replace one quote of a pair and not the other.
fn straight_quotes(line: &str) -> String {
    let straight = |c| match c {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '＂' => '"',
        '‘' | '’' | '‚' | '‛' | '′' => '\'',
        c => c,
    };
    line.chars().map(straight).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::HEARD;

    const NAMES: [&str; 2] = ["@its_bot", "<@1100>"];

    #[test]
    fn what_the_grammar_reads_is_left_to_it() {
        for line in [
            "status",
            "edit-monitor shop contains:“Add to cart”",
            "edit-monitor shop contains:„Add to cart“",
            "add-monitor https://shop.example —every 30s",
            "watchword, status",
            "edit-monitor shop contains:`Add to cart`",
            "note #3 it’s the cache, not the shop",
            "note #3 👩\u{200d}🚒 and نامه\u{200c}ای",
            "edit-monitor shop contains:\"a\u{2011}b\"",
            "",
        ] {
            assert_eq!(hear(line, &NAMES), line);
        }
    }

    #[test]
    fn code_around_the_whole_is_taken_away() {
        for text in
            ["`status shop`", "``status shop``", "```status shop```", "```\nstatus shop\n```", "```sh\nstatus shop```"]
        {
            assert_eq!(hear(text, &NAMES), "status shop", "{text}");
        }
        assert_eq!(hear("```status\nshop```", &NAMES), "status\nshop", "a command is no language");
        assert_eq!(hear("`status` `shop`", &NAMES), "status `shop`");
    }

    #[test]
    fn the_bots_name_says_for_whom() {
        for text in [
            "@its_bot status",
            "@Its_Bot: status",
            "<@1100>status",
            "<@1100>, @its_bot status",
            "status @its_bot",
            "@its_bot `status`",
            "`@its_bot status`",
        ] {
            assert_eq!(hear(text, &NAMES), "status", "{text}");
        }
        assert_eq!(hear("@its_botany status", &NAMES), "@its_botany status");
        assert_eq!(hear("note #3 mail me@its_bot", &NAMES), "note #3 mail me@its_bot");
        assert_eq!(hear("@its_bot", &NAMES), "");
    }

    #[test]
    fn quotes_that_do_not_pair_are_straightened() {
        assert_eq!(hear("edit-monitor shop contains:\"a b”", &[]), "edit-monitor shop contains:\"a b\"");
        assert_eq!(hear("edit-monitor shop contains:„a b”", &[]), "edit-monitor shop contains:\"a b\"");
        assert_eq!(hear("edit-monitor shop contains:\"a b", &[]), "edit-monitor shop contains:\"a b");
    }

    #[test]
    fn nobody_sees_what_has_no_width() {
        assert_eq!(
            hear("\u{feff}add-monitor\u{a0}https://\u{200b}shop.\u{ad}example\r\n", &[]),
            "add-monitor https://shop.example"
        );
        assert_eq!(hear("\u{202a}add\u{2011}monitor\u{202c} x", &[]), "add-monitor x");
    }

    #[test]
    fn each_wanted_line_stays_what_it_is() {
        for heard in HEARD {
            assert_eq!(hear(heard.wanted, &[]), heard.wanted);
        }
    }

    proptest! {
        #[test]
        fn anything_is_heard_and_the_second_time_it_is_the_same(text in r#"([`"'“”„ \n\u{200b}@a-z/:.<>&-]|```|https://|@its_bot|🧯|\PC){0,60}"#) {
            let once = hear(&text, &NAMES);
            prop_assert!(once.len() <= text.len() + 2);
            let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
            prop_assert!(letters(&once) <= letters(&text));
        }
    }
}
