use std::collections::BTreeMap;

use monitor_core::alerting::{Event, Severity};
use test_support::targets::Answer;

use super::Settings;
use super::payload::{MAX_DEDUP_KEY, MAX_SUMMARY, payload};
use crate::answers::{outcome, settings, there};
use crate::destination::Destination;
use crate::fields::Fields;
use crate::samples;

const KEY: &str = "R0K7QZ4VY2M9XC1T8WJ5HB3ND6PFGSAE";

fn service() -> Settings {
    let given = BTreeMap::from([("key".to_owned(), KEY.to_owned())]);
    Settings::read(&Fields::new(&const { Settings::KIND }, &given).unwrap()).unwrap()
}

#[test]
fn what_is_sent() {
    for event in [Event::Opened, Event::Reminder, Event::Acknowledged, Event::Resolved] {
        let notification = samples::of(event);
        insta::assert_json_snapshot!(event.as_str(), payload(&service(), &samples::post(&notification)));
    }
    insta::assert_json_snapshot!("storm", payload(&service(), &samples::post(&samples::storm())));
    let test = samples::notice(Event::Test, "");
    insta::assert_json_snapshot!("test", payload(&service(), &samples::post(&test)));
}

#[test]
fn all_that_is_told_of_an_incident_has_the_same_key_and_other_things_their_own() {
    let key = |notification| payload(&service(), &samples::post(&notification)).dedup_key;
    for event in [Event::Opened, Event::Grew, Event::Acknowledged, Event::Reopened, Event::Resolved] {
        assert_eq!(key(samples::of(event)), "watchword-incident-42");
    }
    assert_eq!(key(samples::notice(Event::Test, "")), "0190b5c4-test");
}

#[test]
fn severities_are_those_of_pagerduty() {
    for (severity, expected) in
        [(Severity::Critical, "critical"), (Severity::Warning, "warning"), (Severity::Info, "info")]
    {
        let mut notification = samples::of(Event::Opened);
        notification.incident.as_mut().unwrap().severity = severity;
        let sent = serde_json::to_value(payload(&service(), &samples::post(&notification))).unwrap();
        assert_eq!(sent["payload"]["severity"], expected);
    }
}

#[test]
fn limits_are_kept() {
    assert_eq!((MAX_SUMMARY, MAX_DEDUP_KEY), (1_024, 255));
    let mut notification = samples::storm();
    let brief = notification.incident.as_mut().unwrap();
    brief.title = "ü".repeat(900);
    brief.why = "😀".repeat(90_000);
    brief.members.iter_mut().for_each(|member| member.why = "😀".repeat(90_000));
    let sent = serde_json::to_value(payload(&service(), &samples::post(&notification))).unwrap();
    assert_eq!(sent["payload"]["summary"].as_str().unwrap().chars().count(), MAX_SUMMARY);
    assert!(sent.to_string().len() < 512 * 1024, "{}", sent.to_string().len());
    let test = monitor_core::alerting::Notification { key: "k".repeat(300), ..samples::notice(Event::Test, "") };
    assert_eq!(payload(&service(), &samples::post(&test)).dedup_key.chars().count(), MAX_DEDUP_KEY);
}

#[test]
fn a_target_of_which_something_is_hidden_is_no_link() {
    let mut notification = samples::of(Event::Opened);
    notification.incident.as_mut().unwrap().members[0].target = "https://shop.example/?token=***".to_owned();
    let sent = serde_json::to_value(payload(&service(), &samples::post(&notification))).unwrap();
    assert_eq!(sent.get("links"), None);
}

#[test]
fn a_key_of_another_kind_is_refused_without_repeating_it() {
    let given = BTreeMap::from([("key".to_owned(), "u+vnP4tYzqx8BSUCyXzw".to_owned())]);
    let error = Settings::read(&Fields::new(&const { Settings::KIND }, &given).unwrap()).unwrap_err();
    assert_eq!(error.field, "key");
    assert!(error.why.contains("32 letters and digits") && !error.why.contains("vnP4"), "{}", error.why);
}

#[test]
fn each_region_has_its_address() {
    for (region, expected) in [("us", "https://events.pagerduty.com"), ("EU", "https://events.eu.pagerduty.com")] {
        let shown = samples::settings("pagerduty", &[("key", KEY), ("region", region)]).shown();
        assert!(shown.contains(&("url", expected.to_owned())), "{shown:?}");
    }
}

#[tokio::test]
async fn an_event_is_posted_where_events_are_taken() {
    let (receiver, fields) = there(&[("key", KEY)]).await;
    receiver.otherwise(
        Answer::status(202)
            .with_body(r#"{"status":"success","message":"Event processed","dedup_key":"watchword-incident-42"}"#),
    );
    let receipt = samples::send(&settings("pagerduty", &fields), &samples::of(Event::Opened)).await.unwrap();
    assert_eq!(receipt.id.as_deref(), Some("watchword-incident-42"));
    assert_eq!(receipt.text, "202 Accepted");
    let request = receiver.last();
    assert_eq!(request.request_line(), "POST /v2/enqueue HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
    let sent: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(sent["routing_key"], KEY);
}

#[tokio::test]
async fn the_answers_of_pagerduty_are_understood() {
    let invalid = r#"{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}"#;
    let busy = r#"{"status":"throttle exceeded","message":"Requests for this service are arriving too quickly.  Please retry later."}"#;
    let broken = r#"{"status":"Unrecognized object","message":"Event object format is unrecognized","errors":["JSON parse error"]}"#;
    for (answer, expected) in [
        (
            Answer::status(400).with_body(invalid),
            "never: answered 400 Bad Request: Event object is invalid: Length of 'routing_key' is incorrect (should be 32 characters)",
        ),
        (
            Answer::status(429).with_body(busy),
            "again: answered 429 Too Many Requests: Requests for this service are arriving too quickly.  Please retry later.",
        ),
        (
            Answer::status(429).with_body(busy).header("Retry-After", "30"),
            "later 30s: answered 429 Too Many Requests: Requests for this service are arriving too quickly.  Please retry later.",
        ),
        (
            Answer::status(500).with_body(broken),
            "again: answered 500 Internal Server Error: Event object format is unrecognized: JSON parse error",
        ),
        (Answer::status(413), "never: answered 413 Payload Too Large"),
    ] {
        assert_eq!(outcome("pagerduty", &[("key", KEY)], answer).await, expected);
    }
}
