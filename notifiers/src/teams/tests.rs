use std::time::Duration;

use monitor_core::alerting::Event;
use serde_json::Value;
use test_support::receiver::Receiver;
use test_support::targets::Answer;

use super::payload::{MAX_MESSAGE, payload};
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
fn texts_of_any_length_stay_within_the_limit() {
    for filling in FILLINGS {
        let units = utf16(&payload(&samples::post(&chat_samples::huge(filling))).to_string());
        assert!(units <= MAX_MESSAGE, "{units} with {filling}");
    }
}

/// All texts of a card, and whether they are text runs, which know no markup.
fn texts(value: &Value, texts: &mut Vec<(String, bool)>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(text)) = map.get("text") {
                texts.push((text.clone(), map["type"] == "TextRun"));
            }
            map.values().for_each(|value| self::texts(value, texts));
        }
        Value::Array(values) => values.iter().for_each(|value| self::texts(value, texts)),
        _ => {}
    }
}

#[test]
fn a_name_is_shown_as_it_is() {
    let mut shown = Vec::new();
    texts(&payload(&samples::post(&chat_samples::named(SPECIAL))), &mut shown);
    assert!(shown.iter().all(|(_, run)| *run));
    assert_eq!(shown[0].0, format!("🔴 {SPECIAL} is down"));
    assert_eq!(shown[1].0, SPECIAL);
}

#[tokio::test]
async fn a_workflow_is_told_what_is_loud_and_nothing_else() {
    let receiver = Receiver::start().await;
    receiver.otherwise(Answer::status(202));
    let settings = chat_samples::settings_at(&receiver, "teams");
    assert!(!settings.wants(Event::Grew) && !settings.wants(Event::Acknowledged) && settings.wants(Event::Resolved));
    let receipt = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap();
    assert_eq!((receipt.id, receipt.text.as_str()), (None, "202 Accepted"));
    let line = receiver.last().request_line().to_owned();
    assert!(
        line.contains("/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=Hk3"),
        "{line}"
    );
}

#[tokio::test]
async fn the_workflows_own_words_say_whether_another_try_is_worth_it() {
    let receiver = Receiver::start().await;
    let settings = chat_samples::settings_at(&receiver, "teams");
    let body =
        |code: &str, message: &str| serde_json::json!({ "error": { "code": code, "message": message } }).to_string();
    let later = SendError::Later {
        after: Duration::from_secs(12),
        why: "answered 429 Too Many Requests: Rate limit is exceeded.".to_owned(),
    };
    let gone = "the workflow is gone or switched off: make a new one in Teams and give its url";
    for (answer, expected) in [
        (
            Answer::status(429)
                .header("Retry-After", "12")
                .with_body(body("TooManyRequests", "Rate limit is exceeded.")),
            later,
        ),
        (
            Answer::status(404).with_body(body("WorkflowNotFound", "The workflow could not be found.")),
            SendError::Never { why: format!("answered 404 Not Found: The workflow could not be found.; {gone}") },
        ),
        (
            Answer::status(413).with_body(body("RequestEntityTooLarge", "")),
            SendError::Never { why: "answered 413 Payload Too Large".to_owned() },
        ),
    ] {
        receiver.otherwise(answer);
        assert_eq!(samples::send(&settings, &samples::of(Event::Opened)).await.unwrap_err(), expected);
    }
}

#[test]
fn a_retired_connector_is_refused_with_advice() {
    let url = "https://shop.webhook.office.com/webhookb2/1/IncomingWebhook/2/3".to_owned();
    let error = Settings::read("teams", &[("url".to_owned(), url)].into()).unwrap_err();
    assert!(error.why.contains("retired; choose Workflows"), "{error}");
}
