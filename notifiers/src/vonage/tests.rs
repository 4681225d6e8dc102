use std::collections::BTreeMap;

use monitor_core::alerting::{Event, Notification};
use test_support::targets::Answer;

use super::Settings;
use super::payload::{MAX_REFERENCE, payload};
use crate::answers::{form, outcome, settings, there};
use crate::destination::Destination;
use crate::fields::Fields;
use crate::phone::Number;
use crate::samples;

const FIELDS: [(&str, &str); 4] =
    [("to", "+447700900123"), ("from", "Watchword"), ("key", "7b3c9e1d"), ("secret", "Q9xT4mL7vB2kR8wZ")];

fn sent(more: &[(&str, &str)], notification: &Notification) -> BTreeMap<&'static str, String> {
    let given = FIELDS.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let settings = Settings::read(&Fields::new(&const { Settings::KIND }, &given).unwrap()).unwrap();
    let to = Number::read("to", "+447700900123").unwrap();
    payload(&settings, &samples::post(notification), &to).into_iter().collect()
}

#[test]
fn a_phone_rings_for_what_is_loud_only() {
    let settings = samples::settings("vonage", &FIELDS);
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
fn a_text_beyond_the_gsm_alphabet_is_sent_as_unicode_and_numbers_without_a_plus() {
    let mut notification = samples::of(Event::Opened);
    notification.incident.as_mut().unwrap().title = "магазин не работает".to_owned();
    let form = sent(&[("from", "+447700900987")], &notification);
    assert_eq!((form["type"].as_str(), form["from"].as_str()), ("unicode", "447700900987"));
    assert!(form["text"].encode_utf16().count() <= 134);
}

#[test]
fn the_reference_is_the_key_or_as_much_of_its_end_as_is_allowed() {
    assert_eq!(MAX_REFERENCE, 40);
    let key = "watchword-42-acknowledged-1234-1772359200000".to_owned();
    let notification = Notification { key, ..samples::of(Event::Opened) };
    assert_eq!(sent(&[], &notification)["client-ref"], "hword-42-acknowledged-1234-1772359200000");
    assert_eq!(sent(&[], &notification)["client-ref"].len(), MAX_REFERENCE);
    assert_eq!(sent(&[], &samples::of(Event::Opened))["client-ref"], "0190b5c4-opened");
}

#[tokio::test]
async fn every_number_is_told() {
    let (receiver, mut fields) = there(&FIELDS).await;
    fields[0].1 = "+447700900123, +447700900124".to_owned();
    let taken = r#"{"message-count":"1","messages":[{"to":"447700900000","message-id":"0C000000217B7F02","status":"0","remaining-balance":"15.53","message-price":"0.0333","network":"23410"}]}"#;
    receiver.otherwise(Answer::ok(taken));
    let receipt = samples::send(&settings("vonage", &fields), &samples::of(Event::Opened)).await.unwrap();
    assert_eq!(receipt.id.as_deref(), Some("0C000000217B7F02"));
    let requests = receiver.requests();
    assert_eq!(requests[0].request_line(), "POST /sms/json HTTP/1.1");
    let to: Vec<String> = requests.iter().map(|request| form(request)[3].1.clone()).collect();
    assert_eq!(to, ["447700900123", "447700900124"]);
}

#[tokio::test]
async fn the_statuses_in_an_answer_of_200_are_understood() {
    let statuses = |statuses: &[(&str, &str)]| {
        let message = |(status, text): &(&str, &str)| match *status {
            "0" => serde_json::json!({ "to": "447700900123", "message-id": "0A01", "status": "0" }),
            status => serde_json::json!({ "status": status, "error-text": text }),
        };
        let messages: Vec<_> = statuses.iter().map(message).collect();
        Answer::ok(serde_json::json!({ "message-count": "1", "messages": messages }).to_string())
    };
    for (answer, expected) in [
        (statuses(&[("0", "")]), "ok 0A01: 200 OK"),
        (statuses(&[("0", ""), ("0", "")]), "ok 0A01: 200 OK"),
        (statuses(&[("1", "Throughput Rate Exceeded - please wait")]), "again: answered 200 OK: status 1, throttled"),
        (statuses(&[("0", ""), ("1", "")]), "again: answered 200 OK: status 1, throttled"),
        (statuses(&[("7", ""), ("5", "")]), "again: answered 200 OK: status 5, internal error"),
        (statuses(&[("10", "")]), "again: answered 200 OK: status 10, too many connections"),
        (statuses(&[("2", "Missing to param")]), "never: answered 200 OK: status 2, a parameter is missing"),
        (statuses(&[("4", "Bad Credentials")]), "never: answered 200 OK: status 4, the key or the secret is wrong"),
        (statuses(&[("7", "")]), "never: answered 200 OK: status 7, the number is barred from messages"),
        (statuses(&[("9", "")]), "never: answered 200 OK: status 9, the account has no credit left"),
        (statuses(&[("15", "")]), "never: answered 200 OK: status 15, the sender is not allowed"),
        (statuses(&[("99", "Number 447700900123 is odd")]), "never: answered 200 OK: status 99, Number *** is odd"),
        (Answer::ok("{}"), "again: answered 200 OK: it does not say what became of the message"),
        (Answer::status(401), "never: answered 401 Unauthorized"),
        (Answer::status(503), "again: answered 503 Service Unavailable"),
    ] {
        assert_eq!(outcome("vonage", &FIELDS, answer).await, expected);
    }
}
