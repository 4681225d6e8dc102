use monitor_core::alerting::{Event, Notification};
use test_support::targets::Answer;

use super::Settings;
use super::payload::{MAX_REFERENCE, MAX_TEXT, payload};
use crate::answers::{outcome, settings, there};
use crate::destination::Destination;
use crate::fields::{FieldError, Fields};
use crate::phone::Number;
use crate::samples;

const TOKEN: &str = "EAAJZBx9T2kQwBO7nV4cYdL1sMhZAq3Rf8GtUe5Wp6XiKo0Dj";
const FIELDS: [(&str, &str); 3] = [("to", "+447700900123"), ("phone", "106540352242922"), ("token", TOKEN)];

fn read(more: &[(&str, &str)]) -> Result<Settings, FieldError> {
    let given = FIELDS.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::read(&Fields::new(&const { Settings::KIND }, &given).unwrap())
}

fn sent(more: &[(&str, &str)], notification: &Notification) -> serde_json::Value {
    let to = Number::read("to", "+447700900123").unwrap();
    serde_json::to_value(payload(&read(more).unwrap(), &samples::post(notification), &to)).unwrap()
}

const TEMPLATE: (&str, &str) = ("template", "watchword_alert");

#[test]
fn a_phone_rings_for_what_is_loud_only() {
    let settings = samples::settings("whatsapp", &FIELDS);
    assert!(!settings.wants(Event::Grew) && !settings.wants(Event::Acknowledged) && settings.wants(Event::Resolved));
}

#[test]
fn what_is_sent() {
    for event in [Event::Opened, Event::Reminder, Event::Acknowledged, Event::Resolved] {
        insta::assert_json_snapshot!(event.as_str(), sent(&[TEMPLATE], &samples::of(event)));
    }
    insta::assert_json_snapshot!("storm", sent(&[TEMPLATE, ("parameters", "4")], &samples::storm()));
    insta::assert_json_snapshot!("test", sent(&[TEMPLATE], &samples::notice(Event::Test, "")));
    insta::assert_json_snapshot!("text", sent(&[], &samples::of(Event::Opened)));
}

fn places(sent: &serde_json::Value) -> Vec<String> {
    let parameters = sent["template"]["components"][0]["parameters"].as_array().cloned().unwrap_or_default();
    parameters.iter().map(|parameter| parameter["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_template_is_filled_with_as_many_places_as_it_has() {
    let notification = samples::of(Event::Opened);
    for count in 0..=4 {
        let sent = sent(&[TEMPLATE, ("parameters", &count.to_string())], &notification);
        assert_eq!(places(&sent).len(), count);
        assert_eq!(sent["template"].get("components").is_some(), count > 0);
    }
    assert_eq!(read(&[TEMPLATE, ("parameters", "5")]).unwrap_err().field, "parameters");
}

#[test]
fn the_values_of_places_are_one_line_never_empty_and_within_their_limits() {
    let mut notification = samples::of(Event::Opened);
    let brief = notification.incident.as_mut().unwrap();
    brief.title = "ü".repeat(900);
    brief.why = "no\n\n\tanswer      😀 ".repeat(900);
    let filled = places(&sent(&[TEMPLATE, ("parameters", "4")], &notification));
    let lengths: Vec<usize> = filled.iter().map(|value| value.chars().count()).collect();
    assert_eq!(lengths, [250, 500, "Shop & Sons".len(), "2026-03-01 10:00 UTC".len()]);
    assert!(lengths.iter().sum::<usize>() < 1_024);
    assert!(filled[1].starts_with("critical, #42: no answer 😀 no answer"), "{}", filled[1]);
    let notice = samples::notice(Event::Notice, "Maintenance of shop begins");
    assert_eq!(places(&sent(&[TEMPLATE], &notice)), ["Maintenance of shop begins", "-"]);
}

#[test]
fn free_text_and_references_keep_their_limits() {
    assert_eq!((MAX_TEXT, MAX_REFERENCE), (4_096, 512));
    let mut notification = Notification { key: "k".repeat(900), ..samples::of(Event::Opened) };
    notification.incident.as_mut().unwrap().why = "😀".repeat(9_000);
    let sent = sent(&[], &notification);
    assert_eq!(sent["text"]["body"].as_str().unwrap().chars().count(), MAX_TEXT);
    assert_eq!(sent["biz_opaque_callback_data"].as_str().unwrap().chars().count(), MAX_REFERENCE);
}

#[test]
fn fields_that_cannot_work_are_refused() {
    for (field, wrong) in [
        ("phone", "+447700900987"),
        ("template", "my template"),
        ("language", "e"),
        ("version", "23"),
        ("version", "v2/.."),
    ] {
        assert_eq!(read(&[TEMPLATE, (field, wrong)]).unwrap_err().field, field, "{wrong}");
    }
}

#[tokio::test]
async fn a_message_is_posted_in_the_name_of_the_number() {
    let (receiver, mut fields) = there(&FIELDS).await;
    fields.push(("template", "watchword_alert".to_owned()));
    receiver.otherwise(Answer::ok(
        r#"{"messaging_product":"whatsapp","contacts":[{"input":"+447700900123","wa_id":"447700900123"}],"messages":[{"id":"wamid.HBgMNDQ3NzAwOTAw","message_status":"accepted"}]}"#,
    ));
    let receipt = samples::send(&settings("whatsapp", &fields), &samples::of(Event::Opened)).await.unwrap();
    assert_eq!(receipt.text, "200 OK");
    let request = receiver.last();
    assert_eq!(request.request_line(), "POST /v23.0/106540352242922/messages HTTP/1.1");
    assert_eq!(request.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["to"], "+447700900123");
}

#[tokio::test]
async fn the_errors_of_the_cloud_api_are_judged_by_their_codes_and_not_by_the_status() {
    let error = |status: u16, code: u32, message: &str| {
        let data = serde_json::json!({ "messaging_product": "whatsapp", "details": "…" });
        let error = serde_json::json!({
            "message": format!("(#{code}) {message}"), "type": "OAuthException", "code": code, "error_data": data,
            "fbtrace_id": "A4O5a8RAgePwbcGSu",
        });
        Answer::status(status).with_body(serde_json::json!({ "error": error }).to_string())
    };
    let busy = "later 10s: answered 429 Too Many Requests: error 130429, the number sends too fast";
    for (answer, expected) in [
        (error(429, 130_429, "Rate limit hit"), busy),
        (error(429, 130_429, "Rate limit hit").header("Retry-After", "3"), &busy.replace("10s", "3s")),
        (
            error(400, 131_056, "(Business Account, Consumer Account) pair rate limit hit"),
            "later 60s: answered 400 Bad Request: error 131056, too much was sent to this person",
        ),
        (
            error(400, 80_007, "Rate limit issues"),
            "later 600s: answered 400 Bad Request: error 80007, the account sent too much",
        ),
        (
            error(400, 131_026, "Message undeliverable"),
            "never: answered 400 Bad Request: error 131026, the number is not on WhatsApp or cannot be written to",
        ),
        (
            error(401, 190, "Error validating access token: Session has expired"),
            "never: answered 401 Unauthorized: error 190, the access token has expired; make one that does not",
        ),
        (
            error(400, 100, "Invalid parameter"),
            "never: answered 400 Bad Request: error 100, a parameter is wrong; check the phone number ID, the number and the template",
        ),
        (
            error(400, 131_047, "Re-engagement message"),
            "never: answered 400 Bad Request: error 131047, the person wrote last more than 24 hours ago; use a template",
        ),
        (
            error(500, 132_000, "Number of parameters does not match the expected number of params"),
            "never: answered 500 Internal Server Error: error 132000, the template has another number of places; set parameters to it",
        ),
        (
            error(400, 131_016, "Service unavailable"),
            "again: answered 400 Bad Request: error 131016, the service is overloaded",
        ),
        (
            error(400, 139_999, "+447700900123 is odd"),
            "never: answered 400 Bad Request: error 139999, (#139999) +*** is odd",
        ),
        (Answer::status(502), "again: answered 502 Bad Gateway"),
    ] {
        assert_eq!(outcome("whatsapp", &FIELDS, answer).await, expected);
    }
}
