//! Replies as people read them in Slack, and the limits.

use adapter_common::testing;
use adapter_slack::render::{Message, limits, messages};
use bot_core::Reply;
use bot_core::reply::{Action, ActionStyle, Block, Field, FormField, FormKind, StatusItem};
use charts::{BarChart, Chart, Unit};
use monitor_core::health::Status;
use proptest::prelude::*;
use serde_json::Value;
use test_support::platforms::slack::blocks;

fn everything() -> Reply {
    let rows = vec![vec!["shop".to_owned(), "120 ms".to_owned()], vec!["blog".to_owned(), "9 ms".to_owned()]];
    let field = FormField {
        name: "monitor".to_owned(),
        label: "Which monitor?".to_owned(),
        kind: FormKind::Choice,
        required: true,
        placeholder: Some("shop".to_owned()),
        choices: vec!["shop".to_owned(), "blog".to_owned()],
        secret: false,
    };
    let item =
        |status, name: &str, detail: &str| StatusItem { status, name: name.to_owned(), detail: detail.to_owned() };
    let button = |label: &str, style| Action { label: label.to_owned(), token: format!("token-{label}"), style };
    let mut reply = Reply::of(vec![
        Block::text("Two of your monitors, <!channel>. Say `show-monitor shop` for more & more."),
        Block::fields("Shop", vec![Field::new("Target", "https://shop.example"), Field::new("Every", "`30s`")]),
        Block::table("Times", &["Monitor", ">p95"], rows),
        Block::StatusList {
            title: Some("Status".to_owned()),
            items: vec![item(Status::Up, "shop", "120 ms"), item(Status::Down, "blog", "connection refused")],
        },
        Block::Code { text: "{\n  \"ok\": true\n}".to_owned() },
        Block::Chart {
            chart: Chart::Bars(BarChart { title: "p95".to_owned(), unit: Unit::Milliseconds, bars: Vec::new() }),
        },
        Block::File { name: "report.csv".to_owned(), media_type: "text/csv".to_owned(), data: "YSxi".to_owned() },
        Block::text("Which monitor?"),
        Block::Form { title: "Which monitor?".to_owned(), token: "1f".to_owned(), fields: vec![field] },
    ]);
    reply.actions = vec![button("Yes", ActionStyle::Primary), button("Delete", ActionStyle::Danger)];
    reply
}

#[test]
fn every_kind_of_block_has_its_place() {
    let rendered = messages(&everything());
    assert_eq!(rendered.len(), 1);
    let files: Vec<(&str, usize, &str)> =
        rendered[0].files.iter().map(|file| (file.name.as_str(), file.data.len().min(4), file.alt.as_str())).collect();
    insta::assert_debug_snapshot!(files, @r#"
    [
        (
            "p95.png",
            4,
            "p95: no data in this period.",
        ),
        (
            "report.csv",
            3,
            "report.csv",
        ),
    ]
    "#);
    insta::assert_snapshot!(rendered[0].text, @r#"
    Two of your monitors, &lt;!channel&gt;. Say `show-monitor shop` for more &amp; more. Shop Target https://shop.example Every `30s` Times Monitor p95 shop 120 ms blog 9 ms Status ● up shop 120 ms ✖ down blog connection refused { "ok": true } Which monitor? Possible answers: shop, blog
    "#);
    insta::assert_json_snapshot!("every_kind_of_block", rendered[0].blocks);
}

#[test]
fn what_is_too_long_is_a_file() {
    let wide = vec![vec!["x".repeat(200), "y".to_owned()]; 100];
    let rendered = messages(&Reply::of(vec![
        Block::table("Wide & long", &["a", "b"], wide),
        Block::Code { text: "line\n".repeat(4_000) },
    ]));
    let names: Vec<&str> = rendered.iter().flat_map(|message| &message.files).map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["wide---long.csv", "output.txt"]);
}

#[test]
fn a_long_reply_is_several_messages_with_the_buttons_below_the_last() {
    let mut reply = Reply::of((0..120).map(|number| Block::text(format!("line {number}"))).collect());
    reply.actions = everything().actions;
    let rendered = messages(&reply);
    assert_eq!(rendered.iter().map(|message| message.blocks.len()).collect::<Vec<_>>(), [50, 50, 21]);
    assert_eq!(rendered[2].blocks[20]["type"], "actions");
}

/// Everything that is in messages and in the files that go with them.
fn all_of(messages: &[Message]) -> String {
    let mut all = String::new();
    for message in messages {
        message.blocks.iter().for_each(|block| gather(block, &mut all));
        for file in &message.files {
            let note = file.note.as_deref().unwrap_or_default();
            all.extend([
                file.name.as_str(),
                " ",
                note,
                " ",
                &file.alt,
                " ",
                &String::from_utf8_lossy(&file.data),
                "\n",
            ]);
        }
    }
    all
}

fn gather(value: &Value, all: &mut String) {
    match value {
        Value::String(text) => all.extend([text.as_str(), " "]),
        Value::Object(fields) => fields.values().for_each(|value| gather(value, all)),
        Value::Array(values) => values.iter().for_each(|value| gather(value, all)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_limit_is_passed_and_nothing_is_lost(reply in testing::reply()) {
        let rendered = messages(&reply);
        for message in &rendered {
            prop_assert!(message.blocks.len() <= 50 && message.blocks.len() <= limits::MESSAGE_BLOCKS);
            if let Err((code, why)) = blocks::check(&message.blocks, 50) {
                prop_assert!(false, "{} {}", code, why);
            }
            let length: usize = message.blocks.iter().map(text_length).sum();
            prop_assert!(length <= 12_000, "{} characters", length);
            prop_assert!(!message.text.is_empty() && message.text.chars().count() <= 300 * 5);
            prop_assert!(!message.text.contains(['<', '>']));
            prop_assert!(message.files.iter().all(|file| !file.data.is_empty() && file.alt.chars().count() <= 1_000));
        }
        let all = all_of(&rendered);
        for marker in testing::essence(&reply) {
            prop_assert!(all.contains(&marker), "{} is lost", marker);
        }
        let buttons = rendered.iter().flat_map(|message| &message.blocks).filter(|block| block["type"] == "actions");
        let pressed: Vec<&str> = buttons
            .flat_map(|block| block["elements"].as_array().unwrap())
            .filter(|button| button["action_id"].as_str().unwrap().starts_with("press"))
            .map(|button| button["value"].as_str().unwrap())
            .collect();
        let tokens: Vec<&str> = reply.actions.iter().map(|action| action.token.as_str()).collect();
        prop_assert_eq!(pressed, tokens);
    }
}

fn text_length(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match value.as_str() {
                Some(text) if name == "text" => text.encode_utf16().count(),
                _ => text_length(value),
            })
            .sum(),
        Value::Array(values) => values.iter().map(text_length).sum(),
        _ => 0,
    }
}
