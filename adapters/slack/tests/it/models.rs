//! What the adapter sends is held against slack_sdk's models of blocks and views.

use std::process::Stdio;

use adapter_common::testing;
use adapter_slack::render;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use test_support::platforms::python_script;
use test_support::platforms::slack::{ADA, ADA_DIRECT, OPS};
use tokio::io::AsyncWriteExt as _;

use crate::world::World;

/// How many blocks and views the models accepted.
async fn accepted(calls: &[Value]) -> usize {
    let mut command = python_script("slack/models.py");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(serde_json::to_string(calls).unwrap().as_bytes()).await.unwrap();
    drop(input);
    let done = child.wait_with_output().await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn the_models_accept_what_is_said_in_a_conversation() {
    let world = World::start().await;
    test_support::builders::monitors(&world.database.store, &[std::time::Duration::from_secs(30)]).await;
    for line in
        ["help", "help add-monitor", "status", "list-monitors", "show-monitor m1", "add-monitor", "delete-monitor m1"]
    {
        world.fake.command(OPS, ADA, line).await;
    }
    world.fake.open_home(ADA).await;
    world.fake.say(ADA_DIRECT, ADA, "show-report m1 1h").await;
    world.fake.messages(OPS, 7).await;
    world.fake.messages(ADA_DIRECT, 1).await;
    world
        .fake
        .until("a form and a home", |state| (!state.views.is_empty() && !state.homes.is_empty()).then_some(()))
        .await;
    let calls: Vec<Value> = world
        .fake
        .look(|state| state.calls.iter().map(|call| json!({ "method": call.method, "body": call.body })).collect());
    assert!(accepted(&calls).await > 20);
}

#[tokio::test]
async fn the_models_accept_whatever_a_reply_becomes() {
    let mut runner = TestRunner::deterministic();
    let strategy = testing::reply().prop_filter("drawing pictures takes long", |reply| {
        !reply.blocks.iter().any(|block| matches!(block, bot_core::reply::Block::Chart { .. }))
    });
    let replies = (0..60).map(|_| strategy.new_tree(&mut runner).unwrap().current());
    let messages = replies.flat_map(|reply| render::messages(&reply));
    let calls: Vec<Value> =
        messages.map(|message| json!({ "method": "chat.postMessage", "body": { "blocks": message.blocks } })).collect();
    assert!(accepted(&calls).await > 100);
}

#[tokio::test]
async fn the_models_are_no_yes_men() {
    let button =
        json!({ "type": "button", "action_id": "a", "text": { "type": "plain_text", "text": "x".repeat(76) } });
    let calls = json!([{ "method": "m", "body": { "blocks": [{ "type": "actions", "elements": [button] }] } }]);
    let mut command = python_script("slack/models.py");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(calls.to_string().as_bytes()).await.unwrap();
    assert!(!child.wait_with_output().await.unwrap().status.success());
}
