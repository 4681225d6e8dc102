use std::time::Duration;

use monitor_core::alerting::Event;
use serde_json::{Value, json};
use test_support::receiver::Receiver;
use test_support::targets::Answer;

use super::payload::{MAX_SECTION, payload};
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
fn texts_of_any_length_stay_within_the_limits_of_the_blocks() {
    for filling in FILLINGS {
        let payload = json!(payload(&samples::post(&chat_samples::huge(filling))));
        let attachment = &payload["attachments"][0];
        let blocks = attachment["blocks"].as_array().unwrap();
        let length = |text: &Value| utf16(text["text"].as_str().unwrap());
        assert!(utf16(payload["text"].as_str().unwrap()) <= 4_000, "{filling}");
        assert!(blocks.len() <= 50, "{filling}");
        let mut all = 0;
        for block in blocks {
            let fields = block["fields"].as_array().cloned().unwrap_or_default();
            assert!(fields.len() <= 10 && fields.iter().all(|field| length(field) <= 2_000), "{filling}");
            let text = block.get("text").map_or(0, length);
            assert!(text <= MAX_SECTION, "{filling}");
            all += text + fields.iter().map(length).sum::<usize>();
        }
        // Above some 13,000 Slack refuses a message.
        assert!(all <= 12_000, "{filling}");
    }
}

#[test]
fn a_name_is_shown_as_it_is_and_calls_nobody() {
    let payload = json!(payload(&samples::post(&chat_samples::named(SPECIAL))));
    insta::assert_snapshot!(payload["text"].as_str().unwrap(), @r#"🔴 &amp;&lt;&gt;"'*_~`|\#[](){}@all &lt;@1&gt; &lt;!channel&gt; {{DATE(2026)}} $%^=+-.:;,?! ä😀 is down"#);
    assert_eq!(payload["mrkdwn"], false);
    let text = &payload["attachments"][0]["blocks"][0]["text"];
    assert_eq!(text["type"], "plain_text");
    let shown = text["text"].as_str().unwrap().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    assert_eq!(shown, SPECIAL);
}

#[test]
fn an_entity_is_never_cut() {
    for length in MAX_SECTION - 10..MAX_SECTION + 10 {
        let name = format!("{}&&&&&&", "a".repeat(length - 30));
        let payload = json!(payload(&samples::post(&chat_samples::named(&name))));
        let text = payload["attachments"][0]["blocks"][0]["text"]["text"].as_str().unwrap().to_owned();
        assert_eq!(text.replace("&amp;", "").trim_end_matches('…').trim_matches('a'), "", "{length}");
        assert!(utf16(&text) <= MAX_SECTION, "{length}");
    }
}

#[tokio::test]
async fn a_webhook_is_told_what_is_loud_and_nothing_else() {
    let receiver = Receiver::start().await;
    receiver.otherwise(Answer::ok("ok"));
    let settings = chat_samples::settings_at(&receiver, "slack");
    let wanted: Vec<&str> = Event::ALL.into_iter().filter(|event| settings.wants(*event)).map(Event::as_str).collect();
    assert_eq!(wanted, ["opened", "worse", "escalated", "reminder", "reopened", "resolved", "test", "notice"]);
    let receipt = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap();
    assert_eq!((receipt.id, receipt.text.as_str()), (None, "200 OK"));
    let request = receiver.last();
    assert_eq!(request.request_line(), "POST /services/T04QK7ZV2/B06MXR81JHD/w3NcEy5TgLp9UaZb2RkVq7Fs HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn slacks_own_words_say_whether_another_try_is_worth_it() {
    let receiver = Receiver::start().await;
    let settings = chat_samples::settings_at(&receiver, "slack");
    let later = SendError::Later {
        after: Duration::from_secs(30),
        why: "answered 429 Too Many Requests: rate_limited".to_owned(),
    };
    let gone = "; the webhook or its channel is gone: make a new webhook and give its url";
    let never = |why: &str| SendError::Never { why: why.to_owned() };
    for (answer, expected) in [
        (Answer::status(429).header("Retry-After", "30").with_body("rate_limited"), later),
        (Answer::status(404).with_body("no_service"), never(&format!("answered 404 Not Found: no_service{gone}"))),
        (
            Answer::status(410).with_body("channel_is_archived"),
            never(&format!("answered 410 Gone: channel_is_archived{gone}")),
        ),
        (Answer::status(400).with_body("invalid_payload"), never("answered 400 Bad Request: invalid_payload")),
        (
            Answer::status(500).with_body("rollup_error"),
            SendError::Again { why: "answered 500 Internal Server Error: rollup_error".to_owned() },
        ),
    ] {
        receiver.otherwise(answer);
        assert_eq!(samples::send(&settings, &samples::of(Event::Opened)).await.unwrap_err(), expected);
    }
}

#[test]
fn the_address_of_a_channel_is_no_webhook() {
    let url = "https://shop.slack.com/archives/C024BE91L".to_owned();
    let error = Settings::read("slack", &[("url".to_owned(), url)].into()).unwrap_err();
    assert!(error.why.starts_with("is no incoming webhook"), "{error}");
}
