//! Neutral replies as messages of Discord, within its [limits](crate::limits). Nothing is left out: what is too long for
//! messages goes with them as a file.

mod blocks;
mod components;
mod pack;
mod payload;
mod text;

use adapter_common::Units;
use bot_core::Reply;

pub(crate) use components::{Said, modal};
pub(crate) use payload::EPHEMERAL;
pub use payload::{
    Attachment, Component, Embed, EmbedField, EmbedImage, File, Mentions, Message, Reference, Row, SelectOption,
};

/// What Discord's limits are counted in.
const UNITS: Units = Units::Chars;

/// The messages that show a reply, at least one. The buttons are below the last.
#[must_use]
pub fn messages(reply: &Reply) -> Vec<Message> {
    let titles: Vec<&str> = reply.blocks.iter().filter_map(blocks::form_title).collect();
    let shown = reply.blocks.iter().filter(|block| {
        // A question stands above its form already.
        !blocks::plain_text(block).is_some_and(|text| titles.contains(&text))
    });
    let parts = shown.flat_map(blocks::parts).collect();
    pack::pack(parts, components::rows(reply))
}

/// The one message that shows a card. What does not fit into it is not shown, and cards fit.
#[must_use]
pub fn card(reply: &Reply) -> Message {
    let mut all = messages(reply);
    let rows = all.last_mut().map(|last| std::mem::take(&mut last.components)).unwrap_or_default();
    let mut first = all.swap_remove(0);
    first.components = rows;
    first
}

#[cfg(test)]
mod tests;
