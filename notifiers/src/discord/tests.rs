use std::time::Duration;

use monitor_core::alerting::Event;
use serde_json::{Value, json};
use test_support::receiver::Receiver;
use test_support::targets::Answer;

use super::payload::payload;
use crate::chat::utf16;
use crate::chat_samples::{self, FILLINGS, SPECIAL};
use crate::{SendError, Settings, samples};

const WEBHOOK: &str = "/webhooks/1098765432109876543/Qm7vXk2_ZtR9wLcN4sYbHj8pGdFaEu-K3oTiMx6";

#[test]
fn what_is_sent() {
    for notification in chat_samples::shown() {
        insta::assert_json_snapshot!(notification.event.as_str(), payload(&samples::post(&notification)));
    }
}

#[test]
fn texts_of_any_length_stay_within_the_limits() {
    for filling in FILLINGS {
        let payload = json!(payload(&samples::post(&chat_samples::huge(filling))));
        let length = |value: &Value| utf16(value.as_str().unwrap());
        let embed = &payload["embeds"][0];
        let fields = embed["fields"].as_array().unwrap();
        assert!(length(&payload["content"]) <= 2_000, "{filling}");
        assert!(length(&embed["description"]) <= 4_096, "{filling}");
        assert!(fields.len() <= 25, "{filling}");
        assert!(fields.iter().all(|field| (1..=1_024).contains(&length(&field["value"]))), "{filling}");
        let all = fields.iter().map(|field| length(&field["name"]) + length(&field["value"])).sum::<usize>();
        assert!(all + length(&embed["description"]) <= 6_000, "{filling}");
    }
}

#[test]
fn a_name_is_shown_as_it_is_and_calls_nobody() {
    let payload = json!(payload(&samples::post(&chat_samples::named(SPECIAL))));
    insta::assert_snapshot!(payload["content"].as_str().unwrap(), @r#"🔴 **&\<\>"'\*\_\~\`\|\\\#\[\](){}\@all \<\@1\> \<!channel\> {{DATE(2026)}} $%^=+-.:;,?! ä😀 is down**"#);
    assert_eq!(payload["allowed_mentions"], json!({ "parse": [] }));
}

#[tokio::test]
async fn the_first_message_is_brought_up_to_date_by_quiet_events_and_by_the_end() {
    let receiver = Receiver::start().await;
    receiver.otherwise(Answer::ok(r#"{"id":"7"}"#));
    let settings = chat_samples::settings_at(&receiver, "discord");
    for (event, before, expected) in [
        (Event::Opened, None, vec![format!("POST /api/v10{WEBHOOK}?wait=true HTTP/1.1")]),
        (Event::Grew, Some("7"), vec![format!("PATCH /api/v10{WEBHOOK}/messages/7 HTTP/1.1")]),
        (Event::Grew, None, vec![]),
        (Event::Reminder, Some("7"), vec![format!("POST /api/v10{WEBHOOK}?wait=true HTTP/1.1")]),
        (
            Event::Resolved,
            Some("7"),
            vec![
                format!("POST /api/v10{WEBHOOK}?wait=true HTTP/1.1"),
                format!("PATCH /api/v10{WEBHOOK}/messages/7 HTTP/1.1"),
            ],
        ),
    ] {
        let already = receiver.requests().len();
        let receipt = chat_samples::send(&settings, &samples::of(event), before).await.unwrap();
        let lines: Vec<String> =
            receiver.requests()[already..].iter().map(|request| request.request_line().to_owned()).collect();
        assert_eq!(lines, expected, "{event:?} {before:?}");
        assert_eq!(receipt.id.as_deref(), (!expected.is_empty()).then_some("7"), "{event:?} {before:?}");
    }
}

#[tokio::test]
async fn a_resolution_that_was_told_is_not_told_again_for_the_sake_of_the_first_message() {
    let receiver = Receiver::start().await;
    receiver.then(Answer::ok(r#"{"id":"8"}"#));
    receiver.otherwise(Answer::status(500));
    let settings = chat_samples::settings_at(&receiver, "discord");
    let receipt = chat_samples::send(&settings, &samples::of(Event::Resolved), Some("7")).await.unwrap();
    assert_eq!(receipt.id.as_deref(), Some("8"));
}

#[tokio::test]
async fn discords_own_words_say_how_long_to_wait_and_what_is_gone() {
    let receiver = Receiver::start().await;
    let settings = chat_samples::settings_at(&receiver, "discord");
    let limited = json!({ "message": "You are being rate limited.", "retry_after": 0.65, "global": false });
    // The header is in whole seconds, the body is exact.
    receiver.otherwise(Answer::status(429).header("Retry-After", "1").with_body(limited.to_string()));
    for event in [Event::Opened, Event::Acknowledged] {
        let error = chat_samples::send(&settings, &samples::of(event), Some("7")).await.unwrap_err();
        let why = "answered 429 Too Many Requests: You are being rate limited.".to_owned();
        assert_eq!(error, SendError::Later { after: Duration::from_millis(650), why }, "{event:?}");
    }

    receiver.otherwise(Answer::status(404).with_body(r#"{"message":"Unknown Message","code":10008}"#));
    let receipt = chat_samples::send(&settings, &samples::of(Event::Acknowledged), Some("7")).await.unwrap();
    assert_eq!(receipt.text, "not brought up to date: the first message is not there any more");

    receiver.otherwise(Answer::status(404).with_body(r#"{"message":"Unknown Webhook","code":10015}"#));
    for event in [Event::Opened, Event::Acknowledged] {
        let error = chat_samples::send(&settings, &samples::of(event), Some("7")).await.unwrap_err();
        let why =
            "answered 404 Not Found: Unknown Webhook; the webhook is gone: make a new one in Discord and give its url";
        assert_eq!(error, SendError::Never { why: why.to_owned() }, "{event:?}");
    }
}

#[tokio::test]
async fn a_thread_stays_in_the_address_and_an_older_version_does_not() {
    let receiver = Receiver::start().await;
    let url = format!("{}api/v8{WEBHOOK}?thread_id=99&wait=false", receiver.url());
    let settings = samples::settings("discord", &[("url", &url)]);
    samples::send(&settings, &samples::of(Event::Opened)).await.unwrap();
    assert_eq!(receiver.last().request_line(), format!("POST /api/v10{WEBHOOK}?thread_id=99&wait=true HTTP/1.1"));
    chat_samples::send(&settings, &samples::of(Event::Grew), Some("7")).await.unwrap();
    assert_eq!(receiver.last().request_line(), format!("PATCH /api/v10{WEBHOOK}/messages/7?thread_id=99 HTTP/1.1"));
}

#[test]
fn what_is_no_webhook_is_refused_with_advice() {
    for (url, expected) in [
        ("https://discord.com/channels/1/2", "is no webhook"),
        ("https://discord.com/api/webhooks/1", "is no webhook"),
        ("https://discord.com/api/webhooks/name/token", "is no webhook"),
        ("https://discord.com/api/webhooks/1/token/slack", "leave out what follows the token"),
    ] {
        let error = Settings::read("discord", &[("url".to_owned(), url.to_owned())].into()).unwrap_err();
        assert!(error.why.starts_with(expected), "{url}: {error}");
    }
}
