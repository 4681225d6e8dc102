//! The app home: how things are, shortcuts, and how to begin.

use bot_core::Reply;
use bot_core::reply::Block;
use serde_json::{Value, json};

use crate::render::{self, limits::VIEW_BLOCKS};

/// What the `action_id` of a button begins with whose value is what it says.
pub(crate) const SAYS: &str = "say";

/// What can be said with a press.
const SHORTCUTS: [(&str, &str); 5] = [
    ("Status", "status"),
    ("Incidents", "list-incidents"),
    ("Monitors", "list-monitors"),
    ("Add a monitor", "add-monitor"),
    ("Help", "help"),
];

/// The view. `kept` comes back with every press.
pub(crate) fn view(replies: &[Reply], kept: &str, command: &str) -> Value {
    let shortcut = |(number, (label, says)): (usize, &(&str, &str))| {
        json!({
            "type": "button",
            "text": { "type": "plain_text", "text": label, "emoji": false },
            "action_id": format!("{SAYS}-{number}"),
            "value": says,
        })
    };
    let shortcuts: Vec<Value> = SHORTCUTS.iter().enumerate().map(shortcut).collect();
    let begin = format!(
        "Say `{command} help` in any channel, mention me in a channel that I am in, or write to me under “Messages”. \
         `{command} add-monitor https://shop.example` watches your first website. Invite me to the channel that is to hear \
         of incidents."
    );
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "text": "Watchword", "emoji": false } }),
        json!({ "type": "actions", "block_id": "shortcuts", "elements": shortcuts }),
        json!({ "type": "divider" }),
    ];
    let end = render::messages(&Reply::of(vec![Block::text(begin)]));
    let end: Vec<Value> = end.into_iter().flat_map(|message| message.blocks).collect();
    // One message's worth is what fits on a page that people look at.
    let shown = replies.iter().flat_map(|reply| render::messages(reply).into_iter().next());
    blocks.extend(shown.flat_map(|message| message.blocks));
    blocks.truncate(VIEW_BLOCKS - 1 - end.len());
    blocks.push(json!({ "type": "divider" }));
    blocks.extend(end);
    json!({ "type": "home", "private_metadata": kept, "blocks": blocks })
}

#[cfg(test)]
mod tests {
    use bot_core::commands;

    use super::*;

    #[test]
    fn every_shortcut_says_a_command() {
        for (_, says) in SHORTCUTS {
            assert!(commands::find(says).is_some(), "{says}");
        }
    }

    #[test]
    fn the_home_is_within_the_limits_whatever_is_shown() {
        let long: Vec<Block> = (0..200).map(|number| Block::text(format!("line {number}"))).collect();
        let view = view(&[Reply::of(long.clone()), Reply::of(long.clone()), Reply::of(long)], "{}", "/watchword");
        let blocks = view["blocks"].as_array().unwrap();
        assert!(blocks.len() <= VIEW_BLOCKS);
        assert!(blocks.last().unwrap().to_string().contains("add-monitor https://shop.example"));
    }
}
