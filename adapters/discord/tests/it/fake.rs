//! The fake is held against what Discord publishes, and driven by discord.js.

use std::process::Stdio;

use serde_json::json;
use test_support::platforms::discord::{ADA, CHANNEL, DIRECT, Deed, Fake, TOKEN};
use test_support::platforms::node_script;
use tokio::io::AsyncWriteExt as _;

use crate::world::text;

/// Holds what was sent to a fake against the schemas that are made from Discord's own description.
pub(crate) async fn hold_against_schemas(fake: &Fake) {
    let mut script = node_script("discord/schemas.mjs");
    let mut node = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = node.stdin.take().unwrap();
    let recorded = fake.recorded();
    stdin.write_all(recorded.to_string().as_bytes()).await.unwrap();
    drop(stdin);
    let output = node.wait_with_output().await.unwrap();
    let (wrong, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && wrong.is_empty(), "{wrong}{told}");
    let count = recorded.as_array().unwrap().len();
    assert!(count > 0 && told.contains(&format!("{count} checked")), "{told}");
}

#[tokio::test]
async fn discord_js_finds_all_that_it_needs() {
    let fake = Fake::start().await;
    let mut bot = node_script("discord/client.cjs").args([&fake.url(), TOKEN]).spawn().unwrap();
    fake.connected(1).await;

    // It sends a message, begins a thread at it, writes there, and attaches a file.
    let ready = |state: &mut test_support::platforms::discord::State| {
        let sent = state.of_bot(CHANNEL).pop()?;
        (!sent["attachments"].as_array()?.is_empty()).then_some(sent)
    };
    let sent = fake.until("the first message", ready).await;
    assert_eq!(text(&sent), "watchword of Shop with 2 roles knew 0");
    let thread = sent["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(text(&fake.messages(thread, 1).await[0]), "in the thread");
    let description = fake.with(|state| state.commands[&0]["ping"]["description"].clone());
    assert_eq!(description, "Answers at once");

    let asked = fake.act(CHANNEL, Deed::Slash("ping", &[("to", json!("all"))]));
    let pong = fake.answer(asked).await;
    assert_eq!(text(&pong), "pong all");
    let pressed = fake.act(CHANNEL, Deed::Press(pong["id"].as_str().unwrap().parse().unwrap(), "go"));
    let pressed = fake.answer(pressed).await;
    assert_eq!(text(&pressed), format!("pressed go of {}", pong["id"].as_str().unwrap()));
    assert_eq!(pressed["flags"], 64);

    let asked = fake.act(CHANNEL, Deed::Slash("later", &[]));
    assert_eq!(text(&fake.answer(asked).await), "edited");
    fake.until("what follows", |state| {
        state.of_bot(CHANNEL).iter().any(|message| text(message) == "followed").then_some(())
    })
    .await;
    let typing = fake.act(CHANNEL, Deed::Types("ping", "to", "al"));
    assert_eq!(fake.first_answer(typing).await["data"]["choices"], json!([{ "name": "al", "value": "a" }]));

    fake.say(CHANNEL, "not for it");
    fake.say(DIRECT, "hello");
    let direct = fake.messages(DIRECT, 1).await;
    assert_eq!(text(&direct[0]), "heard hello from ada");
    let heard = |state: &mut test_support::platforms::discord::State| {
        state.of_bot(CHANNEL).iter().map(text).find(|text| text.starts_with("heard"))
    };
    assert_eq!(fake.until("what it heard in the channel", heard).await, "heard  from Ada L.");

    let bye = fake.say(CHANNEL, "<@1100000000000000001> bye");
    assert!(bot.wait().await.unwrap().success());
    assert!(fake.with(|state| !state.messages.contains_key(&bye)), "{ADA}'s message is deleted");
}

#[tokio::test]
async fn discord_js_is_refused_with_a_wrong_token() {
    let fake = Fake::start().await;
    let output = node_script("discord/client.cjs").args([&fake.url(), "not.a.token"]).output().await.unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("invalid token"), "{output:?}");
}
