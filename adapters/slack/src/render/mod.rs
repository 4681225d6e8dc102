//! Replies as Slack messages: a pure function, within the limits of [`limits`].

mod draw;
pub mod limits;
pub(crate) mod modal;
mod rich;

use bot_core::Reply;
use serde_json::Value;

use draw::{Piece, buttons, notification};
use limits::{MESSAGE_BLOCKS, MESSAGE_CHARS};
pub(crate) use rich::escape;

/// A message to post.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its blocks.
    pub blocks: Vec<Value>,
    /// What notifications and screen readers are given, with everything escaped.
    pub text: String,
    /// The files that belong to it.
    pub files: Vec<Attachment>,
}

/// A file to share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name with an extension.
    pub name: String,
    /// What it shows, in words.
    pub alt: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub data: Vec<u8>,
    /// What is said about it once it is shared.
    pub note: Option<String>,
    /// What is said where it cannot be shared, to be shown in a fixed width.
    pub instead: String,
}

/// A reply as messages, with the buttons below the last of them.
#[must_use]
pub fn messages(reply: &Reply) -> Vec<Message> {
    let mut pieces = draw::pieces(reply);
    pieces.extend(buttons(reply));
    paged(reply, pieces)
}

/// A reply as a card that is edited later, with the buttons in the first of its messages.
pub(crate) fn card(reply: &Reply) -> Vec<Message> {
    let mut buttons = buttons(reply).into_iter();
    let Some((below, length)) = buttons.next().and_then(Piece::into_block) else { return messages(reply) };
    let mut pages = Pages { blocks_left: MESSAGE_BLOCKS - 1, chars_left: MESSAGE_CHARS - length, ..Pages::new() };
    draw::pieces(reply).into_iter().chain(buttons).for_each(|piece| pages.add(piece));
    let mut messages = pages.done(reply);
    if messages.is_empty() {
        messages.push(Message { blocks: Vec::new(), text: notification(reply), files: Vec::new() });
    }
    messages[0].blocks.push(below);
    messages
}

/// A text in a fixed width as messages, for what cannot be shared as a file.
pub(crate) fn plain(text: &str) -> Vec<Message> {
    let pieces = rich::preformatted(text).into_iter().map(|(block, length)| Piece::Block(block, length)).collect();
    paged(&Reply::text(text), pieces)
}

fn paged(reply: &Reply, pieces: Vec<Piece>) -> Vec<Message> {
    let mut pages = Pages::new();
    pieces.into_iter().for_each(|piece| pages.add(piece));
    pages.done(reply)
}

/// Messages being filled.
struct Pages {
    full: Vec<(Vec<Value>, Vec<Attachment>)>,
    blocks: Vec<Value>,
    files: Vec<Attachment>,
    blocks_left: usize,
    chars_left: usize,
}

impl Pages {
    fn new() -> Self {
        Self {
            full: Vec::new(),
            blocks: Vec::new(),
            files: Vec::new(),
            blocks_left: MESSAGE_BLOCKS,
            chars_left: MESSAGE_CHARS,
        }
    }

    fn add(&mut self, piece: Piece) {
        match piece {
            Piece::File(file) => self.files.push(file),
            Piece::Block(block, length) => {
                if self.blocks_left == 0 || self.chars_left < length {
                    let full = (std::mem::take(&mut self.blocks), std::mem::take(&mut self.files));
                    self.full.push(full);
                    (self.blocks_left, self.chars_left) = (MESSAGE_BLOCKS, MESSAGE_CHARS);
                }
                self.blocks_left -= 1;
                self.chars_left -= length.min(self.chars_left);
                self.blocks.push(block);
            }
        }
    }

    fn done(mut self, reply: &Reply) -> Vec<Message> {
        self.full.push((self.blocks, self.files));
        let text = notification(reply);
        let message = |(blocks, files): (Vec<Value>, Vec<Attachment>)| Message { blocks, files, text: text.clone() };
        let shown = |page: &(Vec<Value>, Vec<Attachment>)| !page.0.is_empty() || !page.1.is_empty();
        self.full.into_iter().filter(shown).map(message).collect()
    }
}
