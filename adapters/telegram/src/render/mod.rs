//! A reply as messages of Telegram, within its limits. Pure.

mod blocks;
mod html;
mod keyboard;
mod media;

use adapter_common::{Units, split};
use bot_core::Reply;
use bot_core::reply::Block;

pub use keyboard::{Button, Keyboard};

/// Longest text of a message, in characters after entity parsing; counted in UTF-16 units, the stricter reading.
/// Source: <https://core.telegram.org/bots/api#sendmessage>.
pub const MAX_TEXT: usize = 4_096;

/// Longest caption of a photo or a document, counted likewise.
/// Source: <https://core.telegram.org/bots/api#sendphoto>.
pub const MAX_CAPTION: usize = 1_024;

/// Most entities, such as bold words and code, of one message; what is over is shown plain.
/// Source: <https://core.telegram.org/api/entities>, `message_entities_max` in <https://limits.tginfo.me/en>.
pub const MAX_ENTITIES: usize = 100;

/// Most bytes that a button carries. Source: <https://core.telegram.org/bots/api#inlinekeyboardbutton>.
pub const MAX_CALLBACK_DATA: usize = 64;

/// Most buttons of one keyboard, and of one of its rows.
/// Source: <https://limits.tginfo.me/en>; the API refuses more with `reply markup is too long`.
pub const MAX_BUTTONS: usize = 100;
/// See [`MAX_BUTTONS`].
pub const MAX_ROW: usize = 8;

/// Longest label of a button, in UTF-16 units. Telegram cuts longer ones on the screen long before it refuses them.
pub const MAX_LABEL: usize = 64;

/// Longest text that stands in an empty input field. Source: <https://core.telegram.org/bots/api#forcereply>.
pub const MAX_PLACEHOLDER: usize = 64;

/// Most bytes of a file. Source: <https://core.telegram.org/bots/api#senddocument>.
pub const MAX_FILE: usize = 50 * 1_000 * 1_000;

/// Messages of text that an answer may have; a longer one goes as a file. A group takes 20 messages a minute in all.
const MAX_PAGES: usize = 4;

/// What stands below the beginning of an answer that goes as a file.
const REST: &str = "The whole answer is in the file below.";

/// A message to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What it shows.
    pub body: Body,
    /// What can be pressed below it.
    pub keyboard: Keyboard,
}

/// What a message shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Text in Telegram's HTML, with everything escaped that is not ours.
    Text(String),
    /// A picture.
    Photo {
        /// The picture as PNG.
        png: Vec<u8>,
        /// What it shows, in plain text.
        caption: String,
    },
    /// A file to keep.
    Document {
        /// Its name.
        name: String,
        /// Its media type.
        media_type: String,
        /// What is in it.
        bytes: Vec<u8>,
    },
}

/// Draws a reply. Texts come first, then pictures and files; the first message has the buttons.
#[must_use]
pub fn messages(reply: &Reply) -> Vec<Message> {
    let mut text = String::new();
    let mut bodies = Vec::new();
    for (index, block) in reply.blocks.iter().enumerate() {
        let drawn = match block {
            Block::Chart { chart } => media::chart(chart),
            Block::File { name, media_type, data } => media::file(name, media_type, data),
            Block::Form { title, fields, .. } => Err(blocks::form(title, fields, reply, index)),
            block => Err(blocks::draw(block)),
        };
        match drawn {
            Ok(body) => bodies.push(body),
            Err(drawn) => blocks::append(&mut text, &drawn),
        }
    }
    let mut texts = pages(&text);
    if texts.len() > MAX_PAGES {
        bodies.insert(0, media::whole(html::plain(&text)));
        texts = beginning(&text);
    }
    let all = texts.into_iter().map(Body::Text).chain(bodies);
    let mut messages: Vec<Message> = all.map(|body| Message { body, keyboard: Keyboard::None }).collect();
    keyboard::attach(&mut messages, reply);
    messages
}

/// The text as HTML, each within the limit.
fn pages(text: &str) -> Vec<String> {
    split(text, MAX_TEXT, Units::Utf16).iter().filter_map(|page| html::draw(page)).collect()
}

/// The first message of an answer that goes as a file.
fn beginning(text: &str) -> Vec<String> {
    let room = MAX_TEXT - Units::Utf16.of(REST) - 2;
    let first = split(text, room, Units::Utf16).into_iter().find_map(|page| html::draw(&page));
    vec![format!("{}\n\n{REST}", first.unwrap_or_default())]
}

#[cfg(test)]
mod tests;
