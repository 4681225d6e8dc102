//! Names and times of other programs as ours.

use std::time::Duration;

use monitor_core::duration::format;
use monitor_core::monitor::MonitorName;

use crate::draft::Draft;

/// A name of one word: what a name cannot have becomes a dash.
pub(crate) fn name(text: &str) -> Option<MonitorName> {
    let word = word(text, MonitorName::MAX_CHARS);
    MonitorName::new(&word).ok()
}

/// A word of at most so many characters: letters, digits, dots, dashes and underscores, a letter or digit first.
pub(crate) fn word(text: &str, most: usize) -> String {
    let mut word = String::new();
    for c in text.trim().chars() {
        let kept = if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' };
        if kept.is_alphanumeric() || !(word.is_empty() || kept == '-' && word.ends_with('-')) {
            word.push(kept);
        }
    }
    let word: String = word.chars().take(most).collect();
    word.trim_end_matches(['-', '.', '_']).to_owned()
}

/// A word that stands for that text alone: when the text is no such word, a hash of it stands behind what is left of it.
pub(crate) fn id(text: &str, most: usize) -> String {
    let kept = word(text, most);
    if kept == text {
        return kept;
    }
    let hash = format!("{:08x}", hash(text));
    match word(text, most - hash.len() - 1).as_str() {
        "" => hash,
        start => format!("{start}-{hash}"),
    }
}

/// FNV-1a, which stays the same from version to version. Source: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Sets the interval, within what is possible here.
pub(crate) fn set_interval(draft: &mut Draft, wanted: Duration) {
    let possible = wanted.clamp(Duration::from_secs(1), Duration::from_secs(86_400));
    if possible != wanted {
        draft.note(format!("its interval of {} becomes {}", format(wanted), format(possible)));
    }
    draft.settings.interval = possible;
}

/// Sets the timeout, within what is possible here.
pub(crate) fn set_timeout(draft: &mut Draft, wanted: Duration) {
    let possible = wanted.clamp(Duration::from_millis(100), Duration::from_secs(60));
    if possible != wanted {
        draft.note(format!("its timeout of {} becomes {}", format(wanted), format(possible)));
    }
    draft.settings.timeout = possible;
}

/// Confirms a failure by so many checks in a row.
pub(crate) fn set_confirmation(draft: &mut Draft, checks: u64) {
    let possible = u8::try_from(checks.clamp(1, 20)).unwrap_or(20);
    if u64::from(possible) != checks {
        draft.note(format!("{checks} failures in a row become {possible}"));
    }
    (draft.settings.policy.needed, draft.settings.policy.of) = (possible, possible);
}

/// Seconds of any size as a duration; 0 for what is none.
pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default().min(Duration::from_secs(366 * 86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_name_of_one_word() {
        for (text, expected) in [
            ("Shop", "Shop"),
            (" My  web / shop! ", "My-web-shop"),
            ("—Bücher (neu)—", "Bücher-neu"),
            ("--x--", "x"),
            ("a.b_c-d", "a.b_c-d"),
        ] {
            assert_eq!(name(text).unwrap().as_str(), expected, "{text}");
        }
        assert_eq!(name(&"x".repeat(200)).unwrap().as_str().len(), 60);
        for text in ["", " ", "!!!", "🦀"] {
            assert!(name(text).is_none(), "{text}");
        }
    }

    #[test]
    fn texts_that_make_the_same_word_have_ids_of_their_own() {
        assert_eq!(id("Shop-API", 20), "Shop-API");
        assert_eq!(id("Shop API", 20), "Shop-API-2fb419d9");
        let long = "x".repeat(60);
        let ids = ["Shop API", "Shop/API", " Shop-API", "!!!", &long, &format!("{long}y")].map(|text| id(text, 20));
        assert!(ids.iter().all(|id| id.len() <= 20), "{ids:?}");
        assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), ids.len(), "{ids:?}");
        // Known values of FNV-1a.
        assert_eq!((hash(""), hash("a"), hash("foobar")), (0x811c_9dc5, 0xe40c_292c, 0xbf9c_f968));
    }
}
