use std::time::Duration;

use monitor_core::alerting::Event;
use serde_json::{Value, json};
use test_support::receiver::Receiver;
use test_support::targets::Answer;

use super::payload::{MAX_EVENT, edit, message};
use crate::chat_samples::{self, FILLINGS, SPECIAL};
use crate::{SendError, Settings, samples};

const ROOM: &str = "/_matrix/client/v3/rooms/!KqWxTzRbNvYcLmPhSd:shop.example/send/m.room.message";

#[test]
fn what_is_sent() {
    for notification in chat_samples::shown() {
        let post = samples::post(&notification);
        let first = notification.incident.is_some().then_some("$first").filter(|_| notification.event != Event::Opened);
        let sent = match first {
            Some(first) if !notification.event.is_loud() => edit(first, &post),
            first => message(first, &post),
        };
        insta::assert_json_snapshot!(notification.event.as_str(), sent);
    }
}

#[test]
fn texts_of_any_length_stay_within_the_limit_of_an_event() {
    for filling in FILLINGS {
        let notification = chat_samples::huge(filling);
        let bytes = edit(&"$".repeat(255), &samples::post(&notification)).to_string().len();
        // The homeserver adds ids, hashes and signatures.
        assert!(bytes <= MAX_EVENT - 8_192, "{bytes} with {filling}");
    }
}

#[test]
fn a_name_is_shown_as_it_is_and_calls_nobody() {
    let sent = message(None, &samples::post(&chat_samples::named(SPECIAL)));
    assert_eq!(sent["body"].as_str().unwrap().lines().nth(1), Some(SPECIAL));
    let html = sent["formatted_body"].as_str().unwrap();
    let title = html.split_once("</p>").unwrap().0;
    insta::assert_snapshot!(title, @r#"<p><strong>🔴 &amp;&lt;&gt;&quot;'*_~`|\#[](){}@all &lt;@1&gt; &lt;!channel&gt; {{DATE(2026)}} $%^=+-.:;,?! ä😀 is down</strong>"#);
    assert_eq!(sent["m.mentions"], json!({}));
}

#[tokio::test]
async fn the_first_message_is_replaced_by_quiet_events_and_answered_by_loud_ones() {
    let receiver = Receiver::start().await;
    receiver.otherwise(Answer::ok(r#"{"event_id":"$later"}"#));
    let settings = chat_samples::settings_at(&receiver, "matrix");
    let answers = json!({ "m.in_reply_to": { "event_id": "$first" } });
    let replaces = json!({ "rel_type": "m.replace", "event_id": "$first" });
    for (event, before, expected, id) in [
        (Event::Opened, None, vec![("0190b5c4-opened", Value::Null)], Some("$later")),
        (Event::Grew, Some("$first"), vec![("0190b5c4-grew", replaces.clone())], Some("$first")),
        (Event::Grew, None, vec![], None),
        (Event::Reminder, Some("$first"), vec![("0190b5c4-reminder", answers.clone())], Some("$later")),
        (
            Event::Resolved,
            Some("$first"),
            vec![("0190b5c4-resolved", answers), ("0190b5c4-resolved-first", replaces)],
            Some("$later"),
        ),
    ] {
        let already = receiver.requests().len();
        let receipt = chat_samples::send(&settings, &samples::of(event), before).await.unwrap();
        assert_eq!(receipt.id.as_deref(), id, "{event:?} {before:?}");
        let requests = receiver.requests().split_off(already);
        assert_eq!(requests.len(), expected.len(), "{event:?} {before:?}");
        for (request, (transaction, relation)) in requests.iter().zip(expected) {
            assert_eq!(request.request_line(), format!("PUT {ROOM}/{transaction} HTTP/1.1"));
            assert_eq!(request.header("authorization"), Some("Bearer syt_d2F0Y2h3b3Jk_kZqXvTnRbYwLcMhPsJdE_3kVf9G"));
            let sent: Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(sent["m.relates_to"], relation, "{event:?}");
        }
    }
}

#[tokio::test]
async fn the_homeservers_own_words_say_whether_another_try_is_worth_it() {
    let receiver = Receiver::start().await;
    let settings = chat_samples::settings_at(&receiver, "matrix");
    let never = |why: &str| SendError::Never { why: why.to_owned() };
    for (status, body, expected) in [
        (
            429,
            json!({ "errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 2_500 }),
            SendError::Later {
                after: Duration::from_millis(2_500),
                why: "answered 429 Too Many Requests: Too Many Requests".to_owned(),
            },
        ),
        (
            401,
            json!({ "errcode": "M_UNKNOWN_TOKEN", "error": "Unrecognised access token" }),
            never(
                "answered 401 Unauthorized: Unrecognised access token; log the account in again and give its new token",
            ),
        ),
        (
            403,
            json!({ "errcode": "M_FORBIDDEN", "error": "User not in room" }),
            never("answered 403 Forbidden: User not in room; let the account into the room, and let it write there"),
        ),
        (
            413,
            json!({ "errcode": "M_TOO_LARGE", "error": "event too large" }),
            never("answered 413 Payload Too Large: event too large"),
        ),
    ] {
        receiver.otherwise(Answer::status(status).with_body(body.to_string()));
        for event in [Event::Opened, Event::Acknowledged] {
            let error = chat_samples::send(&settings, &samples::of(event), Some("$first")).await.unwrap_err();
            assert_eq!(error, expected, "{event:?}");
        }
    }
}

#[test]
fn a_name_of_a_room_is_no_room_id() {
    let given = [("url", "https://matrix.shop.example"), ("token", "syt_token"), ("room", "#ops:shop.example")];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let error = Settings::read("matrix", &given).unwrap_err();
    assert!(error.field == "room" && error.why.starts_with("is no room id"), "{error}");
}
