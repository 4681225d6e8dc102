//! The fake proved right: driven by another official client, and held, with what the adapter sends, against published models.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use test_support::builders::START;
use test_support::platforms::telegram::{Call, Fake, TOKEN};
use test_support::platforms::{node_script, python_script};
use tokio::io::AsyncWriteExt as _;

use crate::world::{ADA, OPS, World};

#[tokio::test]
async fn grammy_finds_what_it_needs() {
    let fake = Fake::start(START.as_millis() / 1_000).await;
    fake.person(ADA, "Ada");
    let client = node_script("telegram/client.cjs").args([fake.url(), TOKEN]).stdout(Stdio::piped()).spawn().unwrap();
    fake.say(ADA, ADA, "/start now");
    let said = fake.hears(ADA, 1).await;
    assert_eq!(said, ["Hello Ada, you said now"]);
    let message = fake.messages(ADA).pop().unwrap();
    let press = fake.press(ADA, ADA, message["message_id"].as_i64().unwrap(), "Press");
    let done = client.wait_with_output().await.unwrap();
    assert!(done.status.success());
    assert!(fake.is_heard(&press));
    let found: Value = serde_json::from_slice(&done.stdout).unwrap();
    insta::assert_json_snapshot!(found, @r#"
    {
      "chat": "private",
      "commands": [
        {
          "command": "status",
          "description": "How things are"
        }
      ],
      "content": "a,b\n",
      "deleted": true,
      "deleted_again": "400 Bad Request: message to delete not found {}",
      "document": "table.csv",
      "edited": true,
      "long_button": "400 Bad Request: BUTTON_DATA_INVALID {}",
      "me": "its_bot",
      "member": "member",
      "photo": [
        [
          1,
          1
        ]
      ],
      "unchanged": "400 Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message {}",
      "wrong_tag": "400 Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0 {}"
    }
    "#);
    assert_eq!(fake.said(ADA), ["Pressed", "a pixel", ""]);
    assert_models(&[fake.calls(), fake.calls_of("getUpdates")].concat()).await;
}

#[tokio::test]
async fn what_is_sent_and_answered_is_as_documented() {
    let mut world = World::with_ada().await;
    world.connect().await;
    world.fake.until("all scopes have commands", |fake| fake.calls_of("setMyCommands").len() == 3).await;
    world.ask(ADA, ADA, "add-monitor http://127.0.0.1:9/ name:shop every 30s").await;
    let (asked, heard) = (world.last(ADA), world.fake.said(ADA).len());
    world.fake.press(ADA, ADA, asked, "Yes");
    world.fake.hears(ADA, heard + 1).await;
    world.ask(OPS, ADA, "/show_monitor@its_bot").await;
    let topic = world.fake.topic(OPS, "Incidents");
    let heard = world.fake.said(OPS).len();
    world.fake.say_in_topic(OPS, topic, ADA, "/help add-monitor");
    world.fake.hears(OPS, heard + 1).await;
    world.pass(Duration::from_secs(60));
    world.fake.say(ADA, ADA, "show-report shop");
    world.fake.until("there is a picture", |fake| !fake.calls_of("sendPhoto").is_empty()).await;
    world.fake.say(ADA, ADA, "show-report shop as png");
    world.fake.until("there is a file", |fake| !fake.calls_of("sendDocument").is_empty()).await;
    world.stop().await.unwrap();
    let calls = [world.fake.calls(), world.fake.calls_of("getUpdates")].concat();
    for method in [
        "sendMessage",
        "sendPhoto",
        "sendDocument",
        "answerCallbackQuery",
        "deleteMessage",
        "setMyCommands",
        "getUpdates",
        "getMe",
    ] {
        assert!(calls.iter().any(|call| call.is(method)), "{method} was not called");
    }
    assert_models(&calls).await;
}

pub(crate) async fn assert_models(calls: &[Call]) {
    let shown = |call: &Call| {
        let files: Vec<&str> = call.files.iter().map(|file| file.field.as_str()).collect();
        json!({ "method": call.method, "params": call.params, "files": files, "answer": call.answer })
    };
    let calls: Value = calls.iter().map(shown).collect();
    let mut python = python_script("telegram/models.py").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(calls.to_string().as_bytes()).await.unwrap();
    let done = python.wait_with_output().await.unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && said.ends_with("calls are as documented\n"), "{said}");
}
