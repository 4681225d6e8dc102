use std::collections::BTreeMap;

use monitor_core::alerting::{Event, Notification, Severity};
use test_support::receiver::Receiver;
use test_support::targets::Answer;

use super::Settings;
use super::payload::{MAX_MESSAGE, MAX_TITLE, MAX_URL, MAX_URL_TITLE, payload};
use crate::answers::{form, outcome, settings, there};
use crate::destination::Destination;
use crate::fields::{FieldError, Fields};
use crate::samples;

const KEYS: [(&str, &str); 2] =
    [("user", "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"), ("token", "azGDORePK8gMaC0QOYAMyEEuzJnyUi")];

fn read(more: &[(&str, &str)]) -> Result<Settings, FieldError> {
    let given = KEYS.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::read(&Fields::new(&const { Settings::KIND }, &given).unwrap())
}

fn sent(more: &[(&str, &str)], notification: &Notification) -> BTreeMap<&'static str, String> {
    payload(&read(more).unwrap(), &samples::post(notification)).into_iter().collect()
}

#[test]
fn what_is_sent() {
    let alarm = [("emergency", "yes"), ("retry", "45s"), ("expire", "30m"), ("device", "phone")];
    insta::assert_json_snapshot!("emergency", sent(&alarm, &samples::of(Event::Opened)));
    for event in [Event::Opened, Event::Reminder, Event::Acknowledged, Event::Resolved] {
        insta::assert_json_snapshot!(event.as_str(), sent(&[], &samples::of(event)));
    }
    insta::assert_json_snapshot!("storm", sent(&[], &samples::storm()));
    insta::assert_json_snapshot!("test", sent(&[], &samples::notice(Event::Test, "")));
}

#[test]
fn what_is_critical_rings_and_with_an_emergency_until_somebody_confirms() {
    let priority = |more: &[(&str, &str)], event, severity| {
        let mut notification = samples::of(event);
        notification.incident.as_mut().unwrap().severity = severity;
        sent(more, &notification)["priority"].clone()
    };
    let alarm = [("emergency", "yes")];
    for (more, event, severity, expected) in [
        (&[][..], Event::Opened, Severity::Critical, "1"),
        (&[], Event::Opened, Severity::Warning, "0"),
        (&[], Event::Opened, Severity::Info, "-1"),
        (&[], Event::Grew, Severity::Critical, "-1"),
        (&[], Event::Acknowledged, Severity::Critical, "-1"),
        (&[], Event::Resolved, Severity::Critical, "0"),
        (&alarm, Event::Opened, Severity::Critical, "2"),
        (&alarm, Event::Reminder, Severity::Critical, "2"),
        (&alarm, Event::Opened, Severity::Warning, "0"),
        (&alarm, Event::Resolved, Severity::Critical, "0"),
    ] {
        assert_eq!(priority(more, event, severity), expected, "{more:?} {event:?} {severity:?}");
    }
}

#[test]
fn limits_are_kept() {
    assert_eq!((MAX_MESSAGE, MAX_TITLE, MAX_URL, MAX_URL_TITLE), (1_024, 250, 512, 100));
    let mut notification = samples::of(Event::Opened);
    let brief = notification.incident.as_mut().unwrap();
    brief.title = "ü".repeat(900);
    brief.why = "😀".repeat(9_000);
    brief.members[0].name = "n".repeat(900);
    let form = sent(&[], &notification);
    let length = |name: &str| form[name].chars().count();
    assert_eq!((length("title"), length("message"), length("url_title")), (MAX_TITLE, MAX_MESSAGE, MAX_URL_TITLE));
    notification.incident.as_mut().unwrap().members[0].target = format!("https://shop.example/{}", "x".repeat(600));
    assert!(!sent(&[], &notification).contains_key("url"));
}

#[test]
fn emergencies_are_repeated_within_what_pushover_allows() {
    for (field, value, valid) in [
        ("retry", "30s", true),
        ("retry", "29s", false),
        ("expire", "3h", true),
        ("expire", "3h1s", false),
        ("expire", "soon", false),
        ("emergency", "maybe", false),
        ("device", "my phone", false),
        ("device", "a-phone_of-twenty-five-ch", true),
    ] {
        let read = read(&[(field, value)]);
        assert_eq!(read.is_ok(), valid, "{field}={value}");
        assert!(read.err().is_none_or(|error| error.field == field), "{field}={value}");
    }
    let mut given: BTreeMap<String, String> = KEYS.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    given.insert("token".to_owned(), "azGDORePK8gMaC0".to_owned());
    let error = Settings::read(&Fields::new(&const { Settings::KIND }, &given).unwrap()).unwrap_err();
    assert!(error.field == "token" && !error.why.contains("azGD"), "{error}");
}

async fn lines(receiver: &Receiver) -> Vec<String> {
    receiver.requests().iter().map(|request| request.request_line().to_owned()).collect()
}

const CANCEL: &str = "POST /1/receipts/cancel_by_tag/watchword-incident-42.json HTTP/1.1";
const MESSAGE: &str = "POST /1/messages.json HTTP/1.1";

#[tokio::test]
async fn an_emergency_falls_silent_when_somebody_acknowledges_the_incident_elsewhere() {
    let (receiver, mut fields) = there(&KEYS).await;
    fields.push(("emergency", "yes".to_owned()));
    let settings = settings("pushover", &fields);
    receiver.then(Answer::ok(r#"{"status":1,"receipt":"rLqVuqTRh62UzxtmqiaLzQmVcPgiCy","request":"5042853c"}"#));
    let receipt = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap();
    assert_eq!(receipt.id.as_deref(), Some("rLqVuqTRh62UzxtmqiaLzQmVcPgiCy"));
    let tag = ("tags".to_owned(), "watchword-incident-42".to_owned());
    assert!(form(&receiver.last()).contains(&tag));
    samples::send(&settings, &samples::of(Event::Acknowledged)).await.unwrap();
    assert_eq!(lines(&receiver).await, [MESSAGE, CANCEL, MESSAGE]);
}

#[tokio::test]
async fn what_cannot_be_silenced_yet_is_tried_again_before_anything_is_told() {
    let (receiver, mut fields) = there(&KEYS).await;
    fields.push(("emergency", "yes".to_owned()));
    let settings = settings("pushover", &fields);
    receiver.then(Answer::status(500));
    assert!(samples::send(&settings, &samples::of(Event::Resolved)).await.is_err());
    assert_eq!(lines(&receiver).await, [CANCEL]);
    receiver.then(Answer::status(404));
    samples::send(&settings, &samples::of(Event::Resolved)).await.unwrap();
    assert_eq!(lines(&receiver).await, [CANCEL, CANCEL, MESSAGE]);
}

#[tokio::test]
async fn the_answers_of_pushover_are_understood() {
    let user = r#"{"user":"invalid","errors":["user identifier is not a valid user, group, or subscribed user key"],"status":0,"request":"5042853c"}"#;
    let token = r#"{"token":"invalid","errors":["application token is invalid, see https://pushover.net/api"],"status":0,"request":"5042853c"}"#;
    let quota =
        r#"{"message":"cannot be blank","errors":["application is over quota"],"status":0,"request":"5042853c"}"#;
    for (answer, expected) in [
        (Answer::ok(r#"{"status":1,"request":"647d2300-702c"}"#), "ok 647d2300-702c: 200 OK"),
        (
            Answer::status(400).with_body(user),
            "never: answered 400 Bad Request: user identifier is not a valid user, group, or subscribed user key",
        ),
        (
            Answer::status(400).with_body(token),
            "never: answered 400 Bad Request: application token is invalid, see https://pushover.net/api",
        ),
        (Answer::status(429).with_body(quota), "again: answered 429 Too Many Requests: application is over quota"),
        (Answer::status(502), "again: answered 502 Bad Gateway"),
    ] {
        assert_eq!(outcome("pushover", &KEYS, answer).await, expected);
    }
}
