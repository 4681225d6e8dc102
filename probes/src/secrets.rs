//! What may not be shown although a target sends it back.

use std::ops::Range;
use std::sync::Arc;

use monitor_core::outcome::Outcome;

/// What stands in place of a secret.
const MASK: &str = "***";

/// Shortest beginning of a secret, in characters, that is hidden where a text was cut.
const MIN_BEGINNING: usize = 3;

/// The secrets of a check, in every form in which they are sent.
pub(crate) struct Secrets(Vec<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl Secrets {
    pub(crate) fn new(mut secrets: Vec<String>) -> Self {
        secrets.retain(|secret| !secret.is_empty());
        Self(secrets)
    }

    /// Those of the spec, and those that came up while it was probed.
    pub(crate) fn with(known: &Arc<Self>, new: Vec<String>) -> Arc<Self> {
        if new.is_empty() {
            Arc::clone(known)
        } else {
            Arc::new(Self::new(new.into_iter().chain(known.0.clone()).collect()))
        }
    }

    pub(crate) fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Takes out of an outcome whatever secret its target has sent back.
    pub(crate) fn hide(&self, mut outcome: Outcome) -> Outcome {
        if !self.0.is_empty() {
            outcome.message = self.mask(outcome.message);
            let details = &mut outcome.details;
            let shown = details.assertions.iter_mut().filter_map(|result| result.seen.as_mut());
            let found = details.found.iter_mut().map(|(_, text)| text);
            for text in shown.chain(found).chain(&mut details.final_url).chain(&mut details.warning) {
                *text = self.mask(std::mem::take(text));
            }
        }
        outcome
    }

    /// The text without secrets. All are looked for in the text as it came, so that no secret that is part of another one
    /// leaves the rest of that.
    fn mask(&self, text: String) -> String {
        let cuts: Vec<usize> = text.match_indices('…').map(|(cut, _)| cut).collect();
        let mut hidden: Vec<Range<usize>> = Vec::new();
        for secret in &self.0 {
            hidden.extend(text.match_indices(secret.as_str()).map(|(start, _)| start..start + secret.len()));
            hidden.extend(cuts.iter().filter_map(|&cut| beginning(secret, &text[..cut])));
        }
        if hidden.is_empty() {
            return text;
        }
        hidden.sort_by_key(|range| range.start);
        let (mut masked, mut end) = (String::with_capacity(text.len()), 0);
        for range in hidden {
            if range.start >= end {
                masked.push_str(&text[end..range.start]);
                masked.push_str(MASK);
            }
            end = end.max(range.end);
        }
        masked + &text[end..]
    }
}

/// Where the text ends within the secret: texts of targets are cut before anybody knows what is secret in them.
fn beginning(secret: &str, text: &str) -> Option<Range<usize>> {
    let ends = secret.char_indices().skip(MIN_BEGINNING).map(|(end, _)| end);
    let found = ends.filter(|&end| text.ends_with(&secret[..end])).last()?;
    Some(text.len() - found..text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secrets: &[&str], text: &str) -> String {
        Secrets::new(secrets.iter().map(|&secret| secret.to_owned()).collect()).mask(text.to_owned())
    }

    #[test]
    fn a_secret_within_another_leaves_nothing_of_it() {
        for secrets in [["hunter", "hunter2-and-more"], ["hunter2-and-more", "hunter"]] {
            assert_eq!(masked(&secrets, "it was hunter2-and-more, not hunter!"), "it was ***, not ***!");
        }
        assert_eq!(masked(&["abcdef", "defghi"], "<abcdefghi>"), "<***>");
        assert_eq!(masked(&["", "x"], "axb"), "a***b");
    }

    #[test]
    fn the_beginning_of_a_secret_at_a_cut_is_hidden() {
        let secrets = ["hunter2-and-more", "übergröße"];
        assert_eq!(masked(&secrets, "it says “login hunter2-a…” and über…"), "it says “login ***…” and ***…");
        assert_eq!(masked(&secrets, "hunter2-and-more… hun…"), "***… ***…");
        assert_eq!(masked(&secrets, "hu… hunt, hunter…!"), "hu… hunt, ***…!");
    }
}
