use adapter_common::testing;
use bot_core::reply::{Action, ActionStyle, Field, FormField, FormKind, StatusItem};
use charts::{Bar, BarChart, Chart, Unit};
use monitor_core::health::Status;
use proptest::prelude::*;

use super::*;

/// Messages as a person reads them: what is shown, then what can be pressed. `(wj)` is a word joiner, which nobody sees.
fn shown(messages: &[Message]) -> String {
    let one = |message: &Message| {
        let body = match &message.body {
            Body::Text(html) => html.clone(),
            Body::Photo { png, caption } => format!("[photo of {} kB] {caption}", png.len() / 1_000),
            Body::Document { name, media_type, bytes } => format!("[{name}, {media_type}, {} bytes]", bytes.len()),
        };
        let row = |labels: Vec<&str>| labels.iter().map(|label| format!("[ {label} ]")).collect::<Vec<_>>().join(" ");
        let keyboard = match &message.keyboard {
            Keyboard::None => Vec::new(),
            Keyboard::Buttons(rows) => {
                rows.iter().map(|r| row(r.iter().map(|button| button.label.as_str()).collect())).collect()
            }
            Keyboard::Choices { rows, placeholder } => {
                let rows = rows.iter().map(|choices| row(choices.iter().map(String::as_str).collect()));
                std::iter::once(format!("⌨ {placeholder}")).chain(rows).collect()
            }
            Keyboard::Answer { placeholder } => vec![format!("↩ {placeholder}")],
        };
        std::iter::once(body).chain(keyboard).collect::<Vec<_>>().join("\n")
    };
    messages.iter().map(one).collect::<Vec<_>>().join("\n=====\n").replace('\u{2060}', "(wj)")
}

fn button(label: &str) -> Action {
    Action { label: label.to_owned(), token: format!("card.12.{label}"), style: ActionStyle::Default }
}

fn field(kind: FormKind, choices: &[&str], placeholder: Option<&str>) -> Block {
    let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
    let (name, label) = ("monitor".to_owned(), "Which monitor?".to_owned());
    let placeholder = placeholder.map(str::to_owned);
    let field = FormField { name, label, kind, required: true, placeholder, choices, secret: false };
    Block::Form { title: "Which monitor?".to_owned(), token: "1".to_owned(), fields: vec![field] }
}

fn chart() -> Chart {
    let bar = Bar { label: "Mon".to_owned(), value: Some(3.0), detail: None };
    Chart::Bars(BarChart { title: "Checks per day".to_owned(), unit: Unit::Count, bars: vec![bar] })
}

#[test]
fn a_card_is_one_message_with_its_buttons() {
    let item = StatusItem {
        status: Status::Down,
        name: "shop <eu> & co".to_owned(),
        detail: "is down — HTTP 500 from @alice. Since 10:00 UTC. #12".to_owned(),
    };
    let mut reply = Reply::of(vec![Block::StatusList { title: None, items: vec![item] }]);
    reply.actions = ["Acknowledge", "Silence 1 h", "Check now", "Why", "Report"].map(button).to_vec();
    insta::assert_snapshot!(shown(&messages(&reply)), @r"
    🔴 <b>shop &lt;eu&gt; &amp; co</b> — is down — HTTP 500 from @(wj)alice. Since 10:00 UTC. #12
    [ Acknowledge ] [ Silence 1 h ]
    [ Check now ] [ Why ] [ Report ]
    ");
}

#[test]
fn every_kind_of_block_is_shown() {
    let rows = |rows: &[&[&str]]| rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
    let reply = Reply::of(vec![
        Block::text("Added shop. `show-monitor shop` shows it."),
        Block::fields(
            "shop",
            vec![Field::new("address", "https://shop.example/?a=1&b=2"), Field::new("interval", "every `30s`")],
        ),
        Block::table("Kinds (2)", &["kind", ">monitors"], rows(&[&["http", "12"], &["dns", "3"]])),
        Block::table(
            "Open incidents (1)",
            &["incident", "monitor", "severity", "since", "state", "why"],
            rows(&[
                &["#12", "shop", "critical", "2026-03-01 10:00", "open for 5 m", "HTTP 500, expected 200 to 299"],
                &["#13", "api", "", "", "", ""],
            ]),
        ),
        Block::StatusList {
            title: Some("Monitors".to_owned()),
            items: Status::ALL
                .iter()
                .map(|status| StatusItem { status: *status, name: "m".to_owned(), detail: String::new() })
                .collect(),
        },
        Block::Code { text: "p95 > 1s for\n         ^".to_owned() },
        Block::Chart { chart: chart() },
        Block::File { name: "shop.csv".to_owned(), media_type: "text/csv".to_owned(), data: "YSxi".to_owned() },
    ]);
    insta::assert_snapshot!(shown(&messages(&reply)), @r"
    Added shop. <code>show-monitor shop</code> shows it.

    <b>shop</b>
    <b>address:</b> https://shop.example/?a=1&amp;b=2
    <b>interval:</b> every <code>30s</code>

    <b>Kinds (2)</b>
    <pre>kind  monitors
    http        12
    dns          3</pre>

    <b>Open incidents (1)</b>
    incident · monitor · severity · since · state · why
    • <b>#12</b> · shop · critical · 2026-03-01 10:00 · open for 5 m · HTTP 500, expected 200 to 299
    • <b>#13</b> · api · – · – · – · –

    <b>Monitors</b>
    🟢 <b>m</b> up
    🟡 <b>m</b> degraded
    🔴 <b>m</b> down
    ⏸ <b>m</b> paused
    🔧 <b>m</b> maintenance
    ⚪ <b>m</b> unknown
    ❔ <b>m</b> inconclusive

    <pre>p95 &gt; 1s for
             ^</pre>
    =====
    [photo of 11 kB] Checks per day: 1 bar, 3 (Mon) to 3 (Mon), last 3 (Mon).
    =====
    [shop.csv, text/csv, 3 bytes]
    ");
}

#[test]
fn a_question_opens_an_answer_or_offers_what_is_possible() {
    let asked = |form| shown(&messages(&Reply::of(vec![Block::text("Which monitor?"), form])));
    insta::assert_snapshot!(asked(field(FormKind::Text, &[], Some("shop"))), @r"
    Which monitor?

    For example: <code>shop</code>
    ↩ shop
    ");
    insta::assert_snapshot!(asked(field(FormKind::Choice, &["shop", "my \"old\" shop"], Some("shop"))), @r#"
    Which monitor?
    ⌨ shop
    [ shop ] [ "my \"old\" shop" ]
    "#);
    insta::assert_snapshot!(asked(field(FormKind::Confirm, &["yes", "no"], None)), @r"
    Which monitor?

    Answer <code>yes</code> or <code>no</code>.
    ⌨ 
    [ yes ] [ no ]
    ");
    let mut reply = Reply::of(vec![Block::text("Shall I?"), field(FormKind::Confirm, &["yes", "no"], None)]);
    reply.actions = vec![button("Yes"), button("No")];
    insta::assert_snapshot!(shown(&messages(&reply)), @r"
    Shall I?

    Which monitor?
    [ Yes ] [ No ]
    ");
}

#[test]
fn an_answer_too_long_for_messages_goes_as_a_file() {
    let lines: String = (0..2_000).map(|line| format!("line {line} of the answer\n")).collect();
    let found = messages(&Reply::text(lines.clone()));
    let [Message { body: Body::Text(first), .. }, Message { body: Body::Document { name, bytes, .. }, .. }] =
        &found[..]
    else {
        panic!("{}", shown(&found));
    };
    assert!(first.starts_with("line 0 of the answer\n") && first.ends_with(REST), "{first}");
    assert_eq!((name.as_str(), String::from_utf8_lossy(bytes).trim_end()), ("answer.txt", lines.trim_end()));
}

#[test]
fn nothing_to_show_is_no_message_unless_there_are_buttons() {
    assert_eq!(messages(&Reply::of(Vec::new())), Vec::new());
    assert_eq!(messages(&Reply::text(" \u{200b}\n")), Vec::new());
    let mut reply = Reply::of(Vec::new());
    reply.actions = (0..MAX_BUTTONS + 1).map(|number| button(&number.to_string())).collect();
    let found = messages(&reply);
    let buttons = |message: &Message| match &message.keyboard {
        Keyboard::Buttons(rows) => rows.iter().map(Vec::len).sum(),
        _ => 0,
    };
    assert_eq!(found.iter().map(buttons).collect::<Vec<_>>(), [MAX_BUTTONS, 1]);
}

/// The text of HTML, and how many entities it has.
fn visible(html: &str) -> (String, usize) {
    let (mut text, mut tags, mut rest) = (String::new(), 0, html);
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let end = at + rest[at..].find('>').expect("every tag ends");
        tags += usize::from(!rest[at..].starts_with("</") && !rest[at..].starts_with("<code class"));
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    (text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"), tags)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// The numbers stand here again, by value: the constants could be wrong.
    #[test]
    fn whatever_a_reply_is_it_is_within_the_limits_and_whole(reply in testing::reply()) {
        let mut all = String::new();
        for message in messages(&reply) {
            match &message.body {
                Body::Text(html) => {
                    let (text, entities) = visible(html);
                    prop_assert!((1..=4_096).contains(&text.encode_utf16().count()) && !text.trim().is_empty());
                    prop_assert!(entities <= 100, "{entities} entities");
                    all.push_str(&text);
                }
                Body::Photo { png, caption } => {
                    prop_assert!(png.len() < 10_000_000 && caption.encode_utf16().count() <= 1_024);
                    all.push_str(caption);
                }
                Body::Document { name, bytes, .. } => {
                    prop_assert!((1..=50_000_000).contains(&bytes.len()) && !name.contains(['/', '"', '\n']));
                    all.push_str(&format!("{name}\n{}", String::from_utf8_lossy(bytes)));
                }
            }
            all.push('\n');
            match &message.keyboard {
                Keyboard::None => {}
                Keyboard::Buttons(rows) => {
                    prop_assert!(rows.iter().all(|row| (1..=8).contains(&row.len())));
                    prop_assert!(rows.iter().map(Vec::len).sum::<usize>() <= 100);
                    prop_assert!(rows.iter().flatten().all(|button| (1..=64).contains(&button.token.len()) && !button.label.is_empty()));
                }
                Keyboard::Choices { rows, placeholder } => {
                    prop_assert!(rows.iter().map(Vec::len).sum::<usize>() <= 100 && placeholder.encode_utf16().count() <= 64);
                    rows.iter().flatten().for_each(|choice| all.push_str(choice));
                }
                Keyboard::Answer { placeholder } => prop_assert!(placeholder.encode_utf16().count() <= 64),
            }
        }
        for marker in testing::essence(&reply) {
            prop_assert!(all.contains(&marker), "{marker} is lost: {all}");
        }
    }
}
