//! How long a text message is: characters of SMS, segments, and shortening to a number of segments.
//!
//! A text of the GSM 7-bit alphabet is sent as septets, any other as UTF-16. What does not fit one segment is sent in
//! several, each with a header that takes room from the text, and paid for one by one.
//! Source: 3GPP TS 23.038 (alphabet) and TS 23.040 (segments), and <https://www.twilio.com/docs/glossary/what-sms-character-limit>.

use monitor_core::alerting::{Event, IncidentBrief, Stage};
use monitor_core::duration::humanize;

use crate::message::Post;
use crate::words;

/// Most segments of an alert.
pub(crate) const SEGMENTS: usize = 2;

/// Septets of a text in one segment, and of each segment of a longer one.
const GSM: Room = Room { alone: 160, each: 153 };
/// UTF-16 units of a text in one segment, and of each segment of a longer one.
const UCS2: Room = Room { alone: 70, each: 67 };

struct Room {
    alone: usize,
    each: usize,
}

/// What one septet stands for, beside the letters and digits of ASCII.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// What takes an escape and a septet.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How a text is encoded on its way to the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// The GSM 7-bit alphabet.
    Gsm7,
    /// UTF-16, for everything else.
    Ucs2,
}

/// The encoding that `text` needs.
pub(crate) fn encoding(text: &str) -> Encoding {
    if text.chars().all(|c| septets(c).is_some()) { Encoding::Gsm7 } else { Encoding::Ucs2 }
}

/// In how many segments `text` is sent. A character is never spread over two of them.
fn segments(text: &str) -> usize {
    let encoding = encoding(text);
    let (room, width): (_, fn(char) -> usize) = match encoding {
        Encoding::Gsm7 => (GSM, |c| septets(c).unwrap_or(1)),
        Encoding::Ucs2 => (UCS2, char::len_utf16),
    };
    if text.chars().map(width).sum::<usize>() <= room.alone {
        return 1;
    }
    let (mut segments, mut used) = (1, 0);
    for width in text.chars().map(width) {
        if used + width > room.each {
            (segments, used) = (segments + 1, 0);
        }
        used += width;
    }
    segments
}

/// What a text message says: `shop is down (Shop, critical, #42): answered 503`. The details are last, since the end is
/// what is cut.
pub(crate) fn text(post: &Post<'_>) -> String {
    let title = words::title(post.notification);
    let about = match &post.notification.incident {
        None => post.organisation.to_owned(),
        Some(brief) => format!("{}, {}, #{}", post.organisation, brief.severity.as_str(), brief.id),
    };
    fit(&match details(post) {
        details if details.is_empty() => format!("{title} ({about})"),
        details => format!("{title} ({about}): {details}"),
    })
}

/// What there is to say beside the title, on one line; may be empty.
pub(crate) fn details(post: &Post<'_>) -> String {
    let mut parts = Vec::new();
    match &post.notification.incident {
        Some(brief) if brief.stage == Stage::Resolved => {
            parts.extend(brief.resolved.map(|(at, _)| format!("lasted {}", humanize(at.since(brief.opened_at)))));
        }
        Some(brief) => {
            let acknowledged = brief.acknowledged.as_ref().filter(|_| post.notification.event == Event::Acknowledged);
            parts.extend(acknowledged.map(|(_, who)| format!("by {who}")));
            parts.push(words::text(post));
            parts.push(failing(brief));
        }
        None => parts.push(words::text(post)),
    }
    parts.retain(|part| !part.is_empty());
    one_line(&parts.join("; "))
}

/// Which members of several are failing.
fn failing(brief: &IncidentBrief) -> String {
    if brief.member_count <= 1 {
        return String::new();
    }
    let failing = brief.members.iter().filter(|member| member.until.is_none());
    let names: Vec<&str> = failing.map(|member| member.name.as_str()).collect();
    let left = brief.failing_count.saturating_sub(names.len() as u64);
    let more = if left > 0 { format!(" and {left} more") } else { String::new() };
    format!("failing: {}{more}", names.join(", "))
}

/// The words of a text with one space between two of them.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` with the typographic characters that have a plain twin replaced, and cut so that it is sent in at most
/// [`SEGMENTS`] segments; what was cut shows as dots.
fn fit(text: &str) -> String {
    let text = plain(text);
    if segments(&text) <= SEGMENTS {
        return text;
    }
    // What is cut may have been all that needed UTF-16, so the longest text that fits is looked for from above.
    let longest = SEGMENTS * GSM.each;
    let ends: Vec<usize> = text.char_indices().take(longest).map(|(at, _)| at).collect();
    ends.into_iter()
        .rev()
        .map(|end| {
            let kept = text[..end].trim_end();
            let dots = if encoding(kept) == Encoding::Gsm7 { "..." } else { "…" };
            format!("{kept}{dots}")
        })
        .find(|cut| segments(cut) <= SEGMENTS)
        .unwrap_or_default()
}

/// One dash or quotation mark outside the GSM alphabet would halve the room of the whole message.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '‘' | '’' | '′' | '`' => plain.push('\''),
            '“' | '”' | '„' | '″' => plain.push('"'),
            '‐' | '‑' | '–' | '—' | '−' | '•' | '·' => plain.push('-'),
            '…' => plain.push_str("..."),
            '→' => plain.push_str("->"),
            '×' => plain.push('x'),
            '≥' => plain.push_str(">="),
            '≤' => plain.push_str("<="),
            '\u{a0}' | '\u{202f}' | '\t' => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}

fn septets(c: char) -> Option<usize> {
    if c.is_ascii_alphanumeric() || BASIC.contains(c) {
        Some(1)
    } else if EXTENDED.contains(c) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_127_characters_beside_the_escape_and_ten_extended_ones() {
        assert_eq!(BASIC.chars().count() + 62, 127);
        assert_eq!(EXTENDED.chars().count(), 10);
        assert_eq!(encoding("Grüße, {shop} costs 5 €"), Encoding::Gsm7);
        assert_eq!(encoding("ç"), Encoding::Ucs2);
    }

    #[test]
    fn segments_are_counted_as_the_networks_count_them() {
        for (text, expected) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            // 153 is odd: one septet of each segment stays empty, since an escape is not parted from its character.
            ("€".repeat(152), 2),
            ("€".repeat(153), 3),
            ("я".repeat(70), 1),
            ("я".repeat(71), 2),
            ("я".repeat(134), 2),
            ("я".repeat(135), 3),
            ("🔥".repeat(35), 1),
            ("🔥".repeat(66), 2),
            ("🔥".repeat(67), 3),
        ] {
            assert_eq!(segments(&text), expected, "{} x {:?}", text.chars().count(), text.chars().next());
        }
    }

    #[test]
    fn a_long_text_fills_two_segments_and_says_that_it_was_cut() {
        let cut = fit(&"a".repeat(2_000));
        assert_eq!(cut.len(), 306);
        assert!(cut.ends_with("a..."));
        let cut = fit(&"я".repeat(2_000));
        assert_eq!(cut.chars().count(), 134);
        assert!(cut.ends_with("я…"));
        assert!(segments(&fit(&"🔥".repeat(2_000))) <= SEGMENTS);
    }

    #[test]
    fn typographic_characters_do_not_halve_the_room() {
        assert_eq!(fit("“shop” — down…"), "\"shop\" - down...");
        let late = format!("{}я", "a".repeat(400));
        assert_eq!(fit(&late).len(), 306, "the only character that needs UTF-16 is beyond the cut");
    }

    proptest::proptest! {
        #[test]
        fn nothing_ever_takes_more_than_two_segments(text in "\\PC{0,400}") {
            proptest::prop_assert!(segments(&fit(&text)) <= SEGMENTS);
        }
    }
}
