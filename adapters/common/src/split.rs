//! A long text as several messages.

mod atoms;

use atoms::{Atom, Atoms, FENCE, Mark};

use crate::Units;

/// Least limit that a text is split by; a lower one is taken as this.
pub const LEAST: usize = 40;

/// What closes a code block at the end of a message.
const CLOSE: &str = "\n```";

/// Room that a re-opened fence and its end take at most: the fence, its language, two line breaks and a fence.
const FENCES: usize = 2 * FENCE.len() + atoms::LANGUAGE + 2;

/// Cuts a text in which there may be code blocks and code spans into messages of at most `limit` units, in time linear in the
/// text. Where it can it is cut at the end of a line, else between words, else between characters as people see them: never
/// within a code span, an entity such as `&amp;` or a character. A code block that is cut is closed, and opened again in the
/// next message with its language; one that is never closed is closed at the end.
///
/// Only what is longer than a whole message by itself is cut anywhere: a code span as text, a character between code points.
/// Messages of nothing but white space and backticks are left out, for platforms refuse them, and so is a line break at the
/// end of a message.
#[must_use]
pub fn split(text: &str, limit: usize, units: Units) -> Vec<String> {
    let limit = limit.max(LEAST);
    let pieces = pieces(text, limit, units);
    pieces.iter().map(Piece::message).filter(|message| has_content(message)).collect()
}

fn has_content(message: &str) -> bool {
    message.chars().any(|c| !c.is_whitespace() && c != '`')
}

/// What of a text is one message.
struct Piece<'a> {
    text: &'a str,
    /// The fence that is open at its beginning, with its language.
    opened: Option<&'a str>,
    /// Whether a fence is open at its end.
    open: bool,
}

impl Piece<'_> {
    fn message(&self) -> String {
        let opened = self.opened.map(|language| format!("{FENCE}{language}\n")).unwrap_or_default();
        let text = self.text.strip_suffix('\n').unwrap_or(self.text);
        format!("{opened}{text}{}", if self.open { CLOSE } else { "" })
    }
}

/// Where a piece may end.
#[derive(Clone, Copy)]
struct Cut<'a> {
    /// How many atoms it has.
    atoms: usize,
    end: usize,
    fence: Option<&'a str>,
}

fn pieces(text: &str, limit: usize, units: Units) -> Vec<Piece<'_>> {
    let atoms: Vec<Atom<'_>> = Atoms::new(text, limit - FENCES, units).collect();
    let (mut pieces, mut rest, mut start, mut fence) = (Vec::new(), atoms.as_slice(), 0, None);
    while !rest.is_empty() {
        let cut = best_cut(rest, fence, limit);
        pieces.push(Piece { text: &text[start..cut.end], opened: fence, open: cut.fence.is_some() });
        (rest, start, fence) = (&rest[cut.atoms..], cut.end, cut.fence);
    }
    pieces
}

/// Fills a piece as far as it goes and looks back for the best place to end it, but no farther than to its middle, so that what
/// is looked at twice is no more than the half.
fn best_cut<'a>(rest: &[Atom<'a>], opened: Option<&'a str>, limit: usize) -> Cut<'a> {
    let mut used = opened.map_or(0, |language| FENCE.len() + language.len() + 1);
    let mut fence = opened;
    let (mut line, mut word, mut any, mut last) = (None, None, None, None);
    for (index, atom) in rest.iter().enumerate() {
        used += atom.size;
        if used > limit {
            break;
        }
        fence = match atom.mark {
            Mark::Fence(language) => {
                if fence.is_some() {
                    None
                } else {
                    Some(language)
                }
            }
            _ => fence,
        };
        let closed = used + if fence.is_some() { CLOSE.len() } else { 0 };
        if closed > limit {
            continue;
        }
        let cut = Cut { atoms: index + 1, end: atom.end, fence };
        // Whatever is left goes in here.
        if index + 1 == rest.len() {
            return cut;
        }
        last = Some(cut);
        // A code block does not begin at the very end of a message.
        if !atom.clean || matches!(atom.mark, Mark::Fence(_)) && fence.is_some() {
            continue;
        }
        any = last;
        let late = used * 2 >= limit;
        match atom.mark {
            Mark::Line if late => line = last,
            Mark::Space if late => word = last,
            _ => {}
        }
    }
    let first = rest.first().map_or(0, |atom| atom.end);
    line.or(word).or(any).or(last).unwrap_or(Cut { atoms: 1, end: first, fence })
}

#[cfg(test)]
mod tests;
