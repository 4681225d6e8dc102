use std::time::Duration;

use monitor_core::alerting::Event;
use serde_json::json;
use test_support::receiver::Receiver;
use test_support::targets::Answer;

use super::payload::payload;
use crate::chat::utf16;
use crate::chat_samples::{self, FILLINGS, SPECIAL};
use crate::{SendError, Settings, samples};

#[test]
fn what_is_sent() {
    for notification in chat_samples::shown() {
        insta::assert_json_snapshot!(notification.event.as_str(), payload(&samples::post(&notification)));
    }
}

#[test]
fn texts_of_any_length_stay_within_the_limit_of_a_post() {
    for filling in FILLINGS {
        let payload = json!(payload(&samples::post(&chat_samples::huge(filling))));
        let units = utf16(&payload.to_string());
        assert!(units <= 16_383, "{units} with {filling}");
    }
}

#[test]
fn a_name_is_shown_as_it_is_and_calls_nobody() {
    let payload = json!(payload(&samples::post(&chat_samples::named(SPECIAL))));
    let text = payload["text"].as_str().unwrap();
    insta::assert_snapshot!(text.replace('\u{2060}', "(joiner)"), @r#"🔴 **&<\>"'\*\_\~\`\|\\\#\[\](){}@(joiner)all <@(joiner)1\> <!channel\> {{DATE(2026)}} $%^=+-.:;,?! ä😀 is down**"#);
}

#[tokio::test]
async fn mattermosts_own_words_say_whether_another_try_is_worth_it() {
    let receiver = Receiver::start().await;
    let settings = chat_samples::settings_at(&receiver, "mattermost");
    assert!(!settings.wants(Event::Grew) && !settings.wants(Event::Acknowledged) && settings.wants(Event::Resolved));
    receiver.then(Answer::ok("ok"));
    samples::send(&settings, &samples::of(Event::Opened)).await.unwrap();
    assert_eq!(receiver.last().request_line(), "POST /hooks/k7xw3zq9tbnp5yfjrm8dsc1hae HTTP/1.1");

    let invalid =
        json!({ "id": "web.incoming_webhook.invalid.app_error", "message": "Invalid webhook.", "status_code": 400 });
    let limited = Answer::status(429).header("X-RateLimit-Remaining", "0").header("Retry-After", "1");
    for (answer, expected) in [
        (
            limited.with_body("limit exceeded\n"),
            SendError::Later { after: Duration::from_secs(1), why: "answered 429 Too Many Requests".to_owned() },
        ),
        (
            Answer::status(400).with_body(invalid.to_string()),
            SendError::Never {
                why: "answered 400 Bad Request: Invalid webhook.; check that the webhook, its channel and its owner are still \
                      there"
                    .to_owned(),
            },
        ),
    ] {
        receiver.otherwise(answer);
        assert_eq!(samples::send(&settings, &samples::of(Event::Opened)).await.unwrap_err(), expected);
    }
}

#[test]
fn the_address_of_a_channel_is_no_webhook() {
    let url = "https://chat.shop.example/shop/channels/town-square".to_owned();
    let error = Settings::read("mattermost", &[("url".to_owned(), url)].into()).unwrap_err();
    assert!(error.why.starts_with("is no incoming webhook"), "{error}");
}
