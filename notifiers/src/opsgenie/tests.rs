use monitor_core::alerting::{Event, Notification, Severity};
use test_support::targets::Answer;

use super::payload::{MAX_ALIAS, MAX_DESCRIPTION, MAX_MESSAGE, MAX_NOTE, MAX_USER, payload};
use crate::answers::{outcome, settings, there};
use crate::message::{Post, Receipt};
use crate::samples;

const KEY: &str = "5f2d81c6-93ab-4e07-b1f4-6c0e7d2a98b3";

#[test]
fn what_is_sent() {
    for event in [Event::Opened, Event::Reminder, Event::Acknowledged, Event::Resolved] {
        let notification = samples::of(event);
        insta::assert_json_snapshot!(event.as_str(), payload(&samples::post(&notification)));
    }
    let before = Receipt { id: None, text: "202 Accepted".to_owned() };
    let storm = samples::storm();
    insta::assert_json_snapshot!("storm", payload(&Post { before: Some(&before), ..samples::post(&storm) }));
    let test = samples::notice(Event::Test, "");
    insta::assert_json_snapshot!("test", payload(&samples::post(&test)));
}

#[test]
fn who_was_not_told_before_is_told_of_a_grown_incident_as_of_a_new_one() {
    assert_eq!(payload(&samples::post(&samples::storm())).action, None);
}

#[test]
fn all_that_is_told_of_an_incident_has_the_same_alias_and_other_things_their_own() {
    for event in [Event::Opened, Event::Grew, Event::Acknowledged, Event::Reopened, Event::Resolved] {
        assert_eq!(payload(&samples::post(&samples::of(event))).alias, "watchword-incident-42");
    }
    assert_eq!(payload(&samples::post(&samples::notice(Event::Test, ""))).alias, "0190b5c4-test");
}

#[test]
fn severities_are_priorities() {
    for (severity, expected) in [(Severity::Critical, "P1"), (Severity::Warning, "P3"), (Severity::Info, "P5")] {
        let mut notification = samples::of(Event::Opened);
        notification.incident.as_mut().unwrap().severity = severity;
        let sent = serde_json::to_value(payload(&samples::post(&notification)).body).unwrap();
        assert_eq!(sent["priority"], expected);
    }
}

#[test]
fn limits_are_kept() {
    assert_eq!((MAX_MESSAGE, MAX_ALIAS, MAX_DESCRIPTION, MAX_NOTE, MAX_USER), (130, 512, 15_000, 25_000, 100));
    let length = |value: &serde_json::Value| value.as_str().unwrap().chars().count();
    let long = |event| {
        let mut notification = samples::of(event);
        let brief = notification.incident.as_mut().unwrap();
        brief.title = "ü".repeat(900);
        brief.why = "😀".repeat(90_000);
        brief.members[0].target = "t".repeat(900);
        brief.acknowledged = Some((brief.opened_at, "A".repeat(900)));
        serde_json::to_value(payload(&samples::post(&notification)).body).unwrap()
    };
    let opened = long(Event::Opened);
    assert_eq!(length(&opened["message"]), MAX_MESSAGE);
    assert_eq!(length(&opened["description"]), MAX_DESCRIPTION);
    assert_eq!(length(&opened["entity"]), 512);
    let details = opened["details"].as_object().unwrap();
    assert!(details.iter().map(|(name, value)| name.len() + length(value)).sum::<usize>() <= 8_000);
    let acknowledged = long(Event::Acknowledged);
    assert_eq!(length(&acknowledged["note"]), MAX_NOTE);
    assert_eq!(length(&acknowledged["user"]), MAX_USER);
    let test = Notification { key: "k".repeat(900), ..samples::notice(Event::Test, "") };
    assert_eq!(payload(&samples::post(&test)).alias.len(), MAX_ALIAS + "…".len() - 1);
}

#[test]
fn each_region_has_its_address() {
    for (region, expected) in [
        ("us", "https://api.opsgenie.com"),
        ("eu", "https://api.eu.opsgenie.com"),
        ("jira", "https://api.atlassian.com/…"),
    ] {
        let shown = samples::settings("opsgenie", &[("key", KEY), ("region", region)]).shown();
        assert!(shown.contains(&("url", expected.to_owned())), "{shown:?}");
    }
}

#[tokio::test]
async fn an_alert_is_created_acknowledged_and_closed_by_its_alias() {
    let (receiver, fields) = there(&[("key", KEY)]).await;
    receiver.otherwise(Answer::status(202).with_body(
        r#"{"result":"Request will be processed","took":0.302,"requestId":"43a29c5c-3dbf-4fa4-9c26-f4f71023e120"}"#,
    ));
    let settings = settings("opsgenie", &fields);
    for (event, expected) in [
        (Event::Opened, "POST /v2/alerts HTTP/1.1"),
        (Event::Acknowledged, "POST /v2/alerts/watchword-incident-42/acknowledge?identifierType=alias HTTP/1.1"),
        (Event::Resolved, "POST /v2/alerts/watchword-incident-42/close?identifierType=alias HTTP/1.1"),
    ] {
        let receipt = samples::send(&settings, &samples::of(event)).await.unwrap();
        assert_eq!(receipt.id.as_deref(), Some("43a29c5c-3dbf-4fa4-9c26-f4f71023e120"));
        assert_eq!(receiver.last().request_line(), expected);
        assert_eq!(receiver.last().header("authorization"), Some("GenieKey 5f2d81c6-93ab-4e07-b1f4-6c0e7d2a98b3"));
    }
}

#[tokio::test]
async fn the_successors_path_comes_before_that_of_the_api() {
    let (receiver, mut fields) = there(&[("key", KEY)]).await;
    if let Some((_, url)) = fields.last_mut() {
        url.push_str("jsm/ops/integration");
    }
    samples::send(&settings("opsgenie", &fields), &samples::of(Event::Opened)).await.unwrap();
    assert_eq!(receiver.last().request_line(), "POST /jsm/ops/integration/v2/alerts HTTP/1.1");
}

#[tokio::test]
async fn the_answers_of_opsgenie_are_understood() {
    let key = r#"{"message":"Could not authenticate","took":0.001,"requestId":"b5d5c5d6"}"#;
    let body = r#"{"message":"Request body is not processable. Please check the errors.","errors":{"message":"Message can not be empty."},"took":0.001,"requestId":"b5d5c5d7"}"#;
    let busy = r#"{"message":"You are making too many requests!","took":0.001,"requestId":"b5d5c5d8"}"#;
    for (answer, expected) in [
        (Answer::status(401).with_body(key), "never: answered 401 Unauthorized: Could not authenticate"),
        (
            Answer::status(422).with_body(body),
            "never: answered 422 Unprocessable Entity: Request body is not processable. Please check the errors.",
        ),
        (Answer::status(402), "never: answered 402 Payment Required"),
        (
            Answer::status(429).with_body(busy),
            "again: answered 429 Too Many Requests: You are making too many requests!",
        ),
        (
            Answer::status(429).with_body(busy).header("Retry-After", "5"),
            "later 5s: answered 429 Too Many Requests: You are making too many requests!",
        ),
        (Answer::status(503), "again: answered 503 Service Unavailable"),
    ] {
        assert_eq!(outcome("opsgenie", &[("key", KEY)], answer).await, expected);
    }
}
