//! Parts into as few messages as hold them, in their order: Discord shows a message's text, then its file, then its boxes.

use super::UNITS;
use super::blocks::Part;
use super::payload::{Attachment, Embed, Message, Row};
use crate::limits;

pub(super) fn pack(parts: Vec<Part>, rows: Vec<Row>) -> Vec<Message> {
    let mut messages = vec![Message::empty()];
    for part in parts {
        let refused = match messages.last_mut() {
            Some(last) => add(last, part),
            None => Some(part),
        };
        if let Some(part) = refused {
            let mut next = Message::empty();
            // Every part fits into a message of its own.
            add(&mut next, part);
            messages.push(next);
        }
    }
    if let Some(last) =
        messages.last_mut().filter(|last| last.content.is_empty() && last.embeds.is_empty() && last.files.is_empty())
    {
        last.content = "—".to_owned();
    }
    let mut rows = rows.into_iter();
    if let Some(last) = messages.last_mut() {
        last.components.extend(rows.by_ref().take(limits::ROWS));
    }
    let rest: Vec<Row> = rows.collect();
    let more = rest.chunks(limits::ROWS).map(|rows| Message { components: rows.to_vec(), ..Message::text("More:") });
    messages.extend(more);
    messages
}

/// Adds a part, or gives it back when there is no room.
fn add(message: &mut Message, part: Part) -> Option<Part> {
    let used: usize = message.embeds.iter().map(Embed::size).sum();
    let room = |embed: &Embed| message.embeds.len() < limits::EMBEDS && used + embed.size() <= limits::EMBEDS_TEXT;
    match part {
        Part::Text(text) if message.embeds.is_empty() && message.files.is_empty() => {
            let gap = if message.content.is_empty() { "" } else { "\n" };
            if UNITS.of(&message.content) + gap.len() + UNITS.of(&text) > limits::CONTENT {
                return Some(Part::Text(text));
            }
            message.content.extend([gap, &text]);
        }
        Part::Text(text) => {
            let embed = Embed { description: Some(text), ..Embed::default() };
            if !room(&embed) {
                return embed.description.map(Part::Text);
            }
            message.embeds.push(embed);
        }
        Part::Embed(embed) if room(&embed) => message.embeds.push(embed),
        Part::File(file, description, embed) if message.files.is_empty() && embed.as_ref().is_none_or(room) => {
            message.attachments.push(Attachment { id: "0".to_owned(), filename: file.name.clone(), description });
            message.embeds.extend(embed);
            message.files.push(file);
        }
        part => return Some(part),
    }
    None
}
