//! What became of a file, as text.

use crate::apply::{Done, Outcome};

/// Most characters of the first column.
const WIDTH: usize = 32;

/// A line for each entry, what is not as it was below it, and the sums.
#[must_use]
pub fn table(format: &str, notes: &[String], done: &[Done], dry_run: bool) -> String {
    let width = done.iter().map(|done| done.from.chars().count()).max().unwrap_or(0).min(WIDTH);
    let added = if dry_run { "would add" } else { "added" };
    let mut text = format!("This is {format}.\n\n");
    let (mut taken, mut unchanged, mut left) = (0, 0, 0);
    for done in done {
        let (word, what) = match &done.outcome {
            Outcome::Added(name) => (added, name.to_string()),
            Outcome::Unchanged(name) => ("unchanged", format!("{name} is there already")),
            Outcome::Left(why) => ("not taken", why.clone()),
        };
        match done.outcome {
            Outcome::Added(_) => taken += 1,
            Outcome::Unchanged(_) => unchanged += 1,
            Outcome::Left(_) => left += 1,
        }
        text.push_str(&format!("{:width$}  {word:9}  {what}\n", clean(&done.from)));
        for note in &done.notes {
            text.push_str(&format!("{:width$}             - {}\n", "", clean(note)));
        }
    }
    if !notes.is_empty() {
        text.push_str(&format!("\nNot read: {}.\n", notes.join("; ")));
    }
    text.push_str(&format!("\n{taken} {added}, {unchanged} unchanged, {left} not taken.\n"));
    text
}

/// Text of a file, on one line and without what a terminal would obey.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
