//! Replies as JSON.

use bot_core::reply::Block;
use bot_core::{Reply, TextStyle};
use charts::Theme;
use serde_json::{Value, json};

/// A reply with what a client cannot make by itself: the plain text, and of each chart a drawing and a sentence.
pub(crate) fn reply(reply: &Reply) -> Value {
    let blocks: Vec<Value> = reply.blocks.iter().map(block).collect();
    let text = reply.to_text(TextStyle::PLAIN);
    let mut value = json!({ "ok": reply.ok, "text": text, "blocks": blocks, "actions": reply.actions });
    if let Some(code) = &reply.code {
        value["code"] = code.as_ref().into();
    }
    if reply.sensitive {
        value["sensitive"] = true.into();
    }
    value
}

fn block(block: &Block) -> Value {
    let mut value = json!(block);
    if let Block::Chart { chart } = block {
        value["svg"] = chart.svg(Theme::Auto).into();
        value["alt"] = chart.alt().into();
    }
    value
}
