//! Replies as JSON.

use bot_core::reply::Block;
use bot_core::{Reply, TextStyle};
use charts::Theme;
use serde_json::{Value, json};

/// A reply with what a client cannot make by itself: the plain text, and of each chart a drawing and a sentence.
pub(crate) fn reply(reply: &Reply) -> Value {
    let blocks: Vec<Value> = reply.blocks.iter().map(block).collect();
    json!({ "ok": reply.ok, "text": reply.to_text(TextStyle::PLAIN), "blocks": blocks, "actions": reply.actions })
}

fn block(block: &Block) -> Value {
    let mut value = json!(block);
    if let Block::Chart { chart } = block {
        value["svg"] = chart.svg(Theme::Auto).into();
        value["alt"] = chart.alt().into();
    }
    value
}
