use monitor_core::alerting::Event;
use serde_json::{Value, json};
use test_support::receiver::Receiver;
use test_support::targets::Answer;

use super::payload::{MAX_MESSAGE, payload};
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
        let bytes = payload(&samples::post(&chat_samples::huge(filling))).to_string().len();
        assert!(bytes <= MAX_MESSAGE, "{bytes} with {filling}");
    }
}

#[test]
fn a_name_is_shown_as_it_is() {
    let payload = payload(&samples::post(&chat_samples::named(SPECIAL)));
    let text = payload["cardsV2"][0]["card"]["sections"][0]["widgets"][1]["textParagraph"]["text"].as_str().unwrap();
    insta::assert_snapshot!(text, @r#"&amp;&lt;&gt;&quot;'*_~`|\#[](){}@all &lt;@1&gt; &lt;!channel&gt; {{DATE(2026)}} $%^=+-.:;,?! ä😀"#);
}

#[tokio::test]
async fn all_of_an_incident_is_told_in_its_thread_and_once_for_a_key() {
    let receiver = Receiver::start().await;
    receiver.otherwise(Answer::ok(
        r#"{"name":"spaces/AAQA7xWk2Zc/messages/B.B","thread":{"name":"spaces/AAQA7xWk2Zc/threads/B"}}"#,
    ));
    let settings = chat_samples::settings_at(&receiver, "google-chat");
    assert!(!settings.wants(Event::Grew) && !settings.wants(Event::Acknowledged) && settings.wants(Event::Resolved));
    let mut threads = Vec::new();
    for event in [Event::Opened, Event::Reminder, Event::Resolved] {
        let receipt = samples::send(&settings, &samples::of(event)).await.unwrap();
        assert_eq!(receipt.id.as_deref(), Some("spaces/AAQA7xWk2Zc/messages/B.B"));
        let request = receiver.last();
        let line = request.request_line();
        assert!(
            line.starts_with("POST /v1/spaces/AAQA7xWk2Zc/messages?key=AIzaSyD3kQ9vR7tLm2XwZ&token=Yb5nTjH8"),
            "{line}"
        );
        let options =
            format!("&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD&requestId=0190b5c4-{}", event.as_str());
        assert!(line.contains(&options), "{line}");
        threads.push(serde_json::from_slice::<Value>(&request.body).unwrap()["thread"]["threadKey"].clone());
    }
    assert_eq!(threads, ["watchword-incident-42"; 3]);
    samples::send(&settings, &samples::notice(Event::Test, "")).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&receiver.last().body).unwrap().get("thread"), None);
}

#[tokio::test]
async fn googles_own_words_say_whether_another_try_is_worth_it() {
    let receiver = Receiver::start().await;
    let settings = chat_samples::settings_at(&receiver, "google-chat");
    let error = |code: u16, message: &str, status: &str| {
        let body = json!({ "error": { "code": code, "message": message, "status": status } });
        Answer::status(code).with_body(body.to_string())
    };
    let gone = "if the webhook or its space is gone, make a new one and give its url";
    for (answer, expected) in [
        (
            error(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED"),
            SendError::Again {
                why: "answered 429 Too Many Requests: Resource has been exhausted (e.g. check quota).".to_owned(),
            },
        ),
        (
            error(404, "Requested entity was not found.", "NOT_FOUND"),
            SendError::Never { why: format!("answered 404 Not Found: Requested entity was not found.; {gone}") },
        ),
        (
            error(503, "The service is currently unavailable.", "UNAVAILABLE"),
            SendError::Again {
                why: "answered 503 Service Unavailable: The service is currently unavailable.".to_owned(),
            },
        ),
    ] {
        receiver.otherwise(answer);
        assert_eq!(samples::send(&settings, &samples::of(Event::Opened)).await.unwrap_err(), expected);
    }
}

#[test]
fn an_address_that_lost_its_token_is_no_webhook() {
    for url in [
        "https://chat.googleapis.com/v1/spaces/AAQA7xWk2Zc/messages?key=AIzaSyD3kQ9vR7tLm2XwZ",
        "https://mail.google.com/chat/u/0/#chat/space/AAQA7xWk2Zc",
    ] {
        let error = Settings::read("google-chat", &[("url".to_owned(), url.to_owned())].into()).unwrap_err();
        assert!(error.why.starts_with("is no webhook"), "{error}");
    }
}
