use std::collections::BTreeMap;

use monitor_core::alerting::Event;
use test_support::targets::Answer;

use super::Settings;
use super::payload::payload;
use crate::answers::{form, outcome, settings, there};
use crate::destination::Destination;
use crate::fields::{FieldError, Fields};
use crate::phone::Number;
use crate::{samples, sms};

const ACCOUNT: &str = "AC5e1f7d09b3c84a2690d7f4e8b1a6c352";
const FIELDS: [(&str, &str); 4] = [
    ("to", "+447700900123"),
    ("from", "+447700900987"),
    ("account", ACCOUNT),
    ("token", "8d3b0f6a4c2e97515be0c7da91f4238e"),
];

fn read(more: &[(&str, &str)]) -> Result<Settings, FieldError> {
    let given = FIELDS.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::read(&Fields::new(&const { Settings::KIND }, &given).unwrap())
}

fn sent(more: &[(&str, &str)], notification: &monitor_core::alerting::Notification) -> BTreeMap<&'static str, String> {
    let to = Number::read("to", "+447700900123").unwrap();
    payload(&read(more).unwrap(), &samples::post(notification), &to).into_iter().collect()
}

#[test]
fn a_phone_rings_for_what_is_loud_only() {
    let settings = samples::settings("twilio", &FIELDS);
    assert!(!settings.wants(Event::Grew) && !settings.wants(Event::Acknowledged) && settings.wants(Event::Resolved));
}

#[test]
fn what_is_sent() {
    for event in [Event::Opened, Event::Reminder, Event::Acknowledged, Event::Resolved] {
        insta::assert_json_snapshot!(event.as_str(), sent(&[], &samples::of(event)));
    }
    insta::assert_json_snapshot!("storm", sent(&[], &samples::storm()));
    insta::assert_json_snapshot!("test", sent(&[], &samples::notice(Event::Test, "")));
}

#[test]
fn it_comes_from_a_number_a_name_or_a_messaging_service() {
    let service = "MG7c41f0b9e35d82a6640fb1d8e97c3a52";
    for (from, field, value) in [
        ("+44 7700 900987", "From", "+447700900987"),
        ("Watchword", "From", "Watchword"),
        (service, "MessagingServiceSid", service),
    ] {
        assert_eq!(sent(&[("from", from)], &samples::of(Event::Opened))[field], value);
    }
    for wrong in ["A name too long", "Wätch", "0770090", "MG123456789012"] {
        assert_eq!(read(&[("from", wrong)]).unwrap_err().field, "from", "{wrong}");
    }
}

#[test]
fn identifiers_of_another_kind_are_refused() {
    for (field, wrong) in [("account", "SK27c94f0be3a15d8672f0b4ce91d8a63f"), ("key", ACCOUNT), ("account", "AC5e")] {
        assert_eq!(read(&[(field, wrong)]).unwrap_err().field, field, "{wrong}");
    }
}

#[test]
fn an_alert_takes_two_segments_at_most() {
    let mut notification = samples::storm();
    let brief = notification.incident.as_mut().unwrap();
    brief.why = "the answer was “wrong” – again; ".repeat(100);
    let body = &sent(&[], &notification)["Body"];
    assert_eq!(sms::encoding(body), sms::Encoding::Gsm7);
    assert!((300..=306).contains(&body.len()), "{body}");
    notification.incident.as_mut().unwrap().title = "магазин не работает".to_owned();
    let body = &sent(&[], &notification)["Body"];
    assert!(body.encode_utf16().count() <= 134 && body.starts_with("Grew: магазин не работает"), "{body}");
}

#[tokio::test]
async fn every_number_is_told_with_the_credentials_of_the_account_or_of_its_key() {
    let (receiver, mut fields) = there(&FIELDS).await;
    fields[0].1 = "+447700900123, +447700900124".to_owned();
    receiver.then(Answer::status(201).with_body(r#"{"sid":"SM1f0e8ae6ade43cb3c0ce4525424e404f","status":"queued"}"#));
    let receipt = samples::send(&settings("twilio", &fields), &samples::of(Event::Opened)).await.unwrap();
    assert_eq!(receipt.id.as_deref(), Some("SM1f0e8ae6ade43cb3c0ce4525424e404f"));
    assert_eq!(receipt.text, "201 Created, 2 numbers");
    let requests = receiver.requests();
    let to: Vec<String> = requests.iter().map(|request| form(request)[0].1.clone()).collect();
    assert_eq!(to, ["+447700900123", "+447700900124"]);
    assert_eq!(requests[0].request_line(), format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1"));
    let account = "Basic QUM1ZTFmN2QwOWIzYzg0YTI2OTBkN2Y0ZThiMWE2YzM1Mjo4ZDNiMGY2YTRjMmU5NzUxNWJlMGM3ZGE5MWY0MjM4ZQ==";
    assert_eq!(requests[0].header("authorization"), Some(account));
    fields.push(("key", "SK27c94f0be3a15d8672f0b4ce91d8a63f".to_owned()));
    samples::send(&settings("twilio", &fields), &samples::of(Event::Opened)).await.unwrap();
    let key = "Basic U0syN2M5NGYwYmUzYTE1ZDg2NzJmMGI0Y2U5MWQ4YTYzZjo4ZDNiMGY2YTRjMmU5NzUxNWJlMGM3ZGE5MWY0MjM4ZQ==";
    assert_eq!(receiver.last().header("authorization"), Some(key));
    assert!(receiver.last().request_line().contains(ACCOUNT));
}

#[tokio::test]
async fn the_answers_of_twilio_are_understood() {
    let error = |status: u16, code: u32, message: &str| {
        let more = format!("https://www.twilio.com/docs/errors/{code}");
        let body = serde_json::json!({ "code": code, "message": message, "more_info": more, "status": status });
        Answer::status(status).with_body(body.to_string())
    };
    for (answer, expected) in [
        (
            error(400, 21610, "Attempt to send to unsubscribed recipient"),
            "never: answered 400 Bad Request: error 21610, the person wrote STOP; they have to write START to your number",
        ),
        (
            error(400, 21211, "The 'To' number +447700900123 is not a valid phone number."),
            "never: answered 400 Bad Request: error 21211, no phone has this number",
        ),
        (
            error(400, 21617, "The concatenated message body exceeds the 1600 character limit, to +447700900123"),
            "never: answered 400 Bad Request: error 21617, The concatenated message body exceeds the 1600 character limit, to +***",
        ),
        (
            error(401, 20003, "Authenticate"),
            "never: answered 401 Unauthorized: error 20003, the account or its token is wrong",
        ),
        (
            error(429, 20429, "Too Many Requests"),
            "again: answered 429 Too Many Requests: error 20429, Too Many Requests",
        ),
        (
            error(429, 20429, "Too Many Requests").header("Retry-After", "1"),
            "later 1s: answered 429 Too Many Requests: error 20429, Too Many Requests",
        ),
        (
            error(400, 21611, "This 'From' number has exceeded the maximum number of queued messages"),
            "again: answered 400 Bad Request: error 21611, This 'From' number has exceeded the maximum number of queued messages",
        ),
        (
            error(503, 20503, "Service Unavailable"),
            "again: answered 503 Service Unavailable: error 20503, Service Unavailable",
        ),
    ] {
        assert_eq!(outcome("twilio", &FIELDS, answer).await, expected);
    }
}
