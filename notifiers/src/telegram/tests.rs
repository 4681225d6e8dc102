use std::time::Duration;

use monitor_core::alerting::{Event, Severity};
use serde_json::{Value, json};
use test_support::receiver::Receiver;
use test_support::targets::Answer;

use super::Settings;
use super::payload::{edit, message};
use crate::chat::utf16;
use crate::chat_samples::{self, FILLINGS, SPECIAL};
use crate::destination::Destination;
use crate::fields::Fields;
use crate::{SendError, samples};

const BOT: &str = "/bot7204518396:AAGf3kXw9ZqTn5VbYc2LrJd8MhPs6Eu1KoI";

fn settings() -> Settings {
    let fields = Settings::KIND.fields.iter().map(|field| (field.name.to_owned(), field.example.to_owned())).collect();
    Settings::read(&Fields::new(&const { Settings::KIND }, &fields).unwrap()).unwrap()
}

fn body(receiver: &Receiver) -> Value {
    serde_json::from_slice(&receiver.last().body).unwrap()
}

#[test]
fn what_is_sent() {
    let settings = settings();
    for notification in chat_samples::shown() {
        let post = samples::post(&notification);
        if notification.event.is_loud() {
            insta::assert_json_snapshot!(notification.event.as_str(), message(&settings, Some(7), &post));
        } else {
            insta::assert_json_snapshot!(notification.event.as_str(), edit(&settings, 7, &post));
        }
    }
}

#[test]
fn texts_of_any_length_stay_within_the_limits() {
    let settings = settings();
    for filling in FILLINGS {
        let payload = json!(message(&settings, None, &samples::post(&chat_samples::huge(filling))));
        let text = payload["text"].as_str().unwrap();
        let units = utf16(text);
        // The text of the incident fills what the rest leaves.
        assert!((3_900..=4_096).contains(&units), "{units} with {filling}");
        assert!(text.ends_with("Incident: #42"), "{filling}");
        assert!(payload["entities"][0]["length"].as_u64().unwrap() <= 256, "{filling}");
    }
}

#[test]
fn a_name_is_shown_as_it_is_and_calls_nobody() {
    let settings = settings();
    let payload = json!(message(&settings, None, &samples::post(&chat_samples::named(SPECIAL))));
    let first = payload["text"].as_str().unwrap().lines().next().unwrap();
    assert_eq!(first, format!("🔴 {} is down", SPECIAL.replace('@', "@\u{2060}")));
    assert_eq!(payload["entities"], json!([{ "type": "bold", "offset": 0, "length": utf16(first) }]));
    assert_eq!(payload.get("parse_mode"), None);
}

#[test]
fn what_is_only_worth_knowing_makes_no_sound() {
    let settings = settings();
    for (severity, expected) in [(Severity::Info, Some(&json!(true))), (Severity::Warning, None)] {
        let mut notification = samples::of(Event::Opened);
        notification.incident.as_mut().unwrap().severity = severity;
        let payload = json!(message(&settings, None, &samples::post(&notification)));
        assert_eq!(payload.get("disable_notification"), expected, "{severity:?}");
    }
}

#[tokio::test]
async fn the_first_message_is_brought_up_to_date_by_quiet_events_and_answered_by_loud_ones() {
    let receiver = Receiver::start().await;
    receiver.otherwise(Answer::ok(r#"{"ok":true,"result":{"message_id":8}}"#));
    let settings = chat_samples::settings_at(&receiver, "telegram");
    for (event, before, methods, id) in [
        (Event::Opened, None, vec!["sendMessage"], Some("8")),
        (Event::Acknowledged, Some("7"), vec!["editMessageText"], Some("7")),
        (Event::Acknowledged, None, vec![], None),
        (Event::Escalated, Some("7"), vec!["sendMessage"], Some("8")),
        (Event::Resolved, Some("7"), vec!["sendMessage", "editMessageText"], Some("8")),
    ] {
        let already = receiver.requests().len();
        let receipt = chat_samples::send(&settings, &samples::of(event), before).await.unwrap();
        let requests = receiver.requests().split_off(already);
        let lines: Vec<&str> = requests.iter().map(|request| request.request_line()).collect();
        let expected: Vec<String> = methods.iter().map(|method| format!("POST {BOT}/{method} HTTP/1.1")).collect();
        assert_eq!(lines, expected, "{event:?} {before:?}");
        assert_eq!(receipt.id.as_deref(), id, "{event:?} {before:?}");
        if let (Some(request), Some(_)) = (requests.first(), before) {
            let sent: Value = serde_json::from_slice(&request.body).unwrap();
            let about = if event.is_loud() { &sent["reply_parameters"]["message_id"] } else { &sent["message_id"] };
            assert_eq!(about, 7, "{event:?}");
        }
    }
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_is_followed_and_the_owner_is_told() {
    let receiver = Receiver::start().await;
    let moved = json!({
        "ok": false,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": { "migrate_to_chat_id": -1_009_876_543_210_i64 },
    });
    let settings = chat_samples::settings_at(&receiver, "telegram");
    receiver.then(Answer::status(400).with_body(moved.to_string()));
    receiver.then(Answer::ok(r#"{"ok":true,"result":{"message_id":8}}"#));
    let receipt = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap();
    assert_eq!(receipt.text, "200 OK; the group has become a supergroup: change chat to -1009876543210");
    assert_eq!((receipt.id.as_deref(), &body(&receiver)["chat_id"]), (Some("8"), &json!("-1009876543210")));

    // There is no end to it when the other chat has moved as well.
    receiver.otherwise(Answer::status(400).with_body(moved.to_string()));
    let error = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap_err();
    assert!(matches!(error, SendError::Never { .. }), "{error}");
    assert_eq!(receiver.requests().len(), 4);

    let receipt = chat_samples::send(&settings, &samples::of(Event::Grew), Some("7")).await.unwrap();
    assert_eq!(receipt.text, "not brought up to date: the first message is not there any more");
}

#[tokio::test]
async fn telegrams_own_words_say_whether_another_try_is_worth_it() {
    let receiver = Receiver::start().await;
    let settings = chat_samples::settings_at(&receiver, "telegram");
    let later = SendError::Later {
        after: Duration::from_secs(35),
        why: "answered 429 Too Many Requests: Too Many Requests: retry after 35".to_owned(),
    };
    let never = |why: &str| SendError::Never { why: why.to_owned() };
    for (status, description, parameters, expected) in [
        (429, "Too Many Requests: retry after 35", json!({ "retry_after": 35 }), later),
        (
            400,
            "Bad Request: chat not found",
            Value::Null,
            never(
                "answered 400 Bad Request: Bad Request: chat not found; check the chat and its topic, and that the bot is in \
                 it",
            ),
        ),
        (
            403,
            "Forbidden: bot was kicked from the group chat",
            Value::Null,
            never(
                "answered 403 Forbidden: Forbidden: bot was kicked from the group chat; let the bot into the chat again, and \
                 let it write there",
            ),
        ),
        (
            401,
            "Unauthorized",
            Value::Null,
            never(
                "answered 401 Unauthorized: Unauthorized; the bot's token is not valid any more: ask @BotFather for it",
            ),
        ),
    ] {
        let answer = json!({ "ok": false, "error_code": status, "description": description, "parameters": parameters });
        receiver.otherwise(Answer::status(status).with_body(answer.to_string()));
        for event in [Event::Opened, Event::Acknowledged] {
            let error = chat_samples::send(&settings, &samples::of(event), Some("7")).await.unwrap_err();
            assert_eq!(error, expected, "{event:?}");
        }
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_edited_any_more_is_no_failure() {
    let receiver = Receiver::start().await;
    let settings = chat_samples::settings_at(&receiver, "telegram");
    for (description, expected) in [
        ("Bad Request: message to edit not found", "not brought up to date: the first message is not there any more"),
        ("Bad Request: message can't be edited", "not brought up to date: the first message is not there any more"),
        (
            "Bad Request: message is not modified: specified new message content is the same",
            "the first message is up to date already",
        ),
    ] {
        let answer = json!({ "ok": false, "error_code": 400, "description": description });
        receiver.otherwise(Answer::status(400).with_body(answer.to_string()));
        let receipt = chat_samples::send(&settings, &samples::of(Event::Grew), Some("7")).await.unwrap();
        assert_eq!(receipt.text, expected, "{description}");
    }
}

#[test]
fn what_is_no_chat_and_no_token_is_refused_with_advice() {
    for (name, value, expected) in [
        ("token", "7204518396", "is no token of a bot"),
        ("token", "bot:AAGf3kXw9ZqTn5VbYc2LrJd8MhPs6Eu1KoI", "is no token of a bot"),
        ("token", "7204518396:AAGf3kXw9/../Yc2LrJd8MhPs6Eu1KoI", "is no token of a bot"),
        ("chat", "Shop alerts", "is no chat"),
        ("chat", "@a b", "is no chat"),
        ("topic", "0", "has to be a number from 1 to 2147483647"),
    ] {
        let fields = Settings::KIND.fields.iter().map(|field| (field.name.to_owned(), field.example.to_owned()));
        let mut fields: std::collections::BTreeMap<String, String> = fields.collect();
        fields.insert(name.to_owned(), value.to_owned());
        let error = crate::Settings::read("telegram", &fields).unwrap_err();
        assert_eq!(error.field, name, "{value}");
        assert!(error.why.starts_with(expected), "{value}: {error}");
    }
}
