use adapter_common::testing::{essence, reply};
use bot_core::Reply;
use bot_core::reply::{Action, ActionStyle, Block, Field, FormField, FormKind, StatusItem};
use monitor_core::health::Status;
use proptest::prelude::*;

use super::text::escape;
use super::*;
use crate::limits;

fn shown(reply: &Reply) -> serde_json::Value {
    serde_json::to_value(messages(reply)).unwrap()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn within_limits(message: &Message) {
    assert!(length(&message.content) <= limits::CONTENT);
    assert!(message.embeds.len() <= limits::EMBEDS);
    assert!(message.embeds.iter().map(Embed::size).sum::<usize>() <= limits::EMBEDS_TEXT);
    for embed in &message.embeds {
        assert!(embed.title.as_deref().is_none_or(|title| (1..=limits::EMBED_TITLE).contains(&length(title))));
        let description = embed.description.as_deref();
        assert!(description.is_none_or(|text| (1..=limits::EMBED_DESCRIPTION).contains(&length(text))));
        assert!(embed.fields.len() <= limits::EMBED_FIELDS);
        for field in &embed.fields {
            assert!((1..=limits::FIELD_NAME).contains(&length(&field.name)));
            assert!((1..=limits::FIELD_VALUE).contains(&length(&field.value)));
        }
    }
    assert!(message.components.len() <= limits::ROWS);
    let mut ids = std::collections::HashSet::new();
    for row in &message.components {
        assert!((1..=limits::ROW_BUTTONS).contains(&row.components.len()));
        for component in &row.components {
            assert!((1..=limits::CUSTOM_ID).contains(&length(component.custom_id())));
            assert!(ids.insert(component.custom_id()));
            match component {
                Component::Button { label, .. } => assert!((1..=limits::BUTTON_LABEL).contains(&length(label))),
                Component::Select { placeholder, options, .. } => {
                    assert_eq!(row.components.len(), 1);
                    assert!(length(placeholder) <= limits::SELECT_PLACEHOLDER);
                    assert!((1..=limits::SELECT_OPTIONS).contains(&options.len()));
                    assert!(options.iter().all(|option| (1..=limits::SELECT_TEXT).contains(&length(&option.value))));
                }
                Component::Input { .. } => panic!("an input stands in modals alone"),
            }
        }
    }
    assert!(message.files.len() <= 1);
    assert!(message.files.iter().all(|file| file.data.len() <= limits::FILE_BYTES));
    let notes = message.attachments.iter().filter_map(|note| note.description.as_deref());
    assert!(notes.into_iter().all(|note| length(note) <= limits::FILE_DESCRIPTION));
    let empty = message.content.trim().is_empty() && message.embeds.is_empty() && message.files.is_empty();
    assert!(!empty, "Discord refuses a message with nothing in it");
}

/// All that a person can read in messages and in the files that go with them.
fn readable(messages: &[Message]) -> String {
    let mut all = String::new();
    for message in messages {
        all += &serde_json::to_string(message).unwrap();
        for file in &message.files {
            all.extend([" ", &file.name, " ", &String::from_utf8_lossy(&file.data)]);
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn any_reply_is_within_the_limits_and_loses_nothing(reply in reply()) {
        let messages = messages(&reply);
        messages.iter().for_each(within_limits);
        within_limits(&card(&reply));
        prop_assert!(!messages.is_empty() && messages.len() <= 40);
        let readable = readable(&messages);
        for marker in essence(&reply) {
            prop_assert!(readable.contains(&marker), "{} is lost", marker);
        }
    }
}

proptest! {
    #[test]
    fn nothing_of_a_foreign_text_means_anything(text in r#"([*_~|`<>@#\[\]\\:!()\n -]|<@1>|@everyone|<#2>|https://a\.example/b_c\*|\PC){0,40}"#) {
        let escaped = escape(&text);
        prop_assert!(!escaped.contains("<@") || escaped.contains("\\<\\@") );
        let mut before = ' ';
        for c in escaped.chars() {
            if matches!(c, '@' | '`' | '[' | '|' | '~') && before != '\\' {
                // Within an address it means nothing.
                prop_assert!(escaped.contains("<http"), "{}", escaped);
            }
            before = if before == '\\' && c == '\\' { ' ' } else { c };
        }
    }
}

#[test]
fn foreign_text_calls_nobody_and_shows_no_preview() {
    let text =
        "@everyone <@1> [x](https://a.example) **b** https://shop.example/a_b?c=1. `add-monitor` # no\n# head\n- item";
    let all = messages(&Reply::text(text));
    insta::assert_snapshot!(all[0].content, @r"
    \@everyone \<\@1\> \[x\](<https://a.example>) \*\*b\*\* <https://shop.example/a_b?c=1>. `add-monitor` \# no
    \# head
    \- item
    ");
    assert_eq!(
        serde_json::to_value(&all[0].allowed_mentions).unwrap(),
        serde_json::json!({ "parse": [], "replied_user": false })
    );
}

#[test]
fn a_card_has_the_colour_of_its_status_and_its_buttons() {
    let item = StatusItem {
        status: Status::Down,
        name: "shop_front".into(),
        detail: "is down — 500 instead of 200. #12".into(),
    };
    let mut reply = Reply::of(vec![Block::StatusList { title: None, items: vec![item] }]);
    for (label, style) in [("Acknowledge", ActionStyle::Primary), ("Silence 1 h", ActionStyle::Default)] {
        reply.actions.push(Action { label: label.into(), token: format!("card.12.{label}"), style });
    }
    insta::assert_json_snapshot!(card(&reply));
}

#[test]
fn all_kinds_of_blocks_in_one_answer() {
    let field = |label: &str, kind, choices: &[&str]| FormField {
        name: "monitor".into(),
        label: label.into(),
        kind,
        required: true,
        placeholder: Some("shop".into()),
        choices: choices.iter().map(|choice| (*choice).into()).collect(),
        secret: false,
    };
    let statuses = [(Status::Up, "shop"), (Status::Degraded, "blog")];
    let items = statuses.map(|(status, name)| StatusItem { status, name: name.into(), detail: "120 ms".into() });
    let reply = Reply::of(vec![
        Block::text("Two monitors, say `status shop`."),
        Block::StatusList { title: Some("Now".into()), items: items.into() },
        Block::fields("shop", vec![Field::new("uptime", "99.95 %"), Field::new("note", "")]),
        Block::table("Checks", &["monitor", ">ms"], vec![vec!["shop".into(), "120".into()]]),
        Block::Code { text: "a ``` b".into() },
        Block::File { name: "report 1.txt".into(), media_type: "text/plain".into(), data: "aGVsbG8=".into() },
        Block::text("Which monitor?"),
        Block::Form {
            title: "Which monitor?".into(),
            token: "1f".into(),
            fields: vec![field("Which monitor?", FormKind::Choice, &["shop", "blog"])],
        },
        Block::Form {
            title: "Which address?".into(),
            token: "20".into(),
            fields: vec![field("Which address?", FormKind::Text, &[])],
        },
    ]);
    insta::assert_json_snapshot!(shown(&reply));
}

#[test]
fn what_is_too_long_goes_as_a_file() {
    let long = "word ".repeat(2000);
    let rows = vec![vec!["x".repeat(90), "y".into()]; 60];
    let reply = Reply::of(vec![Block::text(long.clone()), Block::table("Wide", &["a", "b"], rows)]);
    let messages = messages(&reply);
    let files: Vec<_> = messages.iter().flat_map(|message| &message.files).map(|file| file.name.as_str()).collect();
    assert_eq!(files, ["answer.txt", "table.csv"]);
    assert_eq!(messages[0].files[0].data, long.as_bytes());
}

#[test]
fn a_question_comes_back_as_its_answer() {
    let field = FormField {
        name: "target".into(),
        label: "Which address?".into(),
        kind: FormKind::Text,
        required: true,
        placeholder: None,
        choices: Vec::new(),
        secret: false,
    };
    let form =
        |token: &str| Block::Form { title: "Which address?".into(), token: token.into(), fields: vec![field.clone()] };
    let reply = Reply::of(vec![form("00112233445566ff")]);
    let id = messages(&reply)[0].components[0].components[0].custom_id().to_owned();
    let Some(Said::Answer(question)) = Said::of(&id) else { panic!("{id}") };
    insta::assert_json_snapshot!(modal(&id, &question));
    assert_eq!((question.token, question.name), ("00112233445566ff", "target"));
    assert_eq!(Said::of("press:abc"), Some(Said::Press("abc")));
    assert_eq!(Said::of("other"), None);

    // One that an earlier version has shown says no question.
    for old in ["pick:|Which monitor?", "ask:target|Which address?"] {
        let Some(Said::Answer(question)) = Said::of(old) else { panic!("{old}") };
        assert_eq!((question.token, question.name), ("", ""), "{old}");
    }
}

#[test]
fn the_longest_question_can_be_answered() {
    let field = FormField {
        name: "n".repeat(limits::COMMAND_NAME),
        label: "l".repeat(300),
        kind: FormKind::Text,
        required: true,
        placeholder: None,
        choices: Vec::new(),
        secret: false,
    };
    let form = Block::Form { title: "Which?".into(), token: "0".repeat(16), fields: vec![field] };
    let all = messages(&Reply::of(vec![form]));
    assert_eq!(all[0].components.len(), 1);
}
