use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use monitor_core::alerting::Event;
use monitor_core::secret::Secret;
use serde_json::{Value, json};
use sha2::Sha256;
use test_support::receiver::Receiver;
use test_support::targets::Received;

use super::template::Template;
use super::{payload, sign};
use crate::{Settings, samples};

const SECRET: &str = "whsec_0123456789";

fn body(request: &Received) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[test]
fn what_is_sent_by_default() {
    let template = Template::read(payload::DEFAULT_BODY, payload::PLACEHOLDERS).unwrap();
    for notification in [Event::Opened, Event::Grew, Event::Acknowledged, Event::Resolved].map(samples::of) {
        let filled = template.fill(&payload::values(&samples::post(&notification)));
        insta::assert_json_snapshot!(notification.event.as_str(), filled);
    }
    let test = samples::notice(Event::Test, "");
    insta::assert_json_snapshot!("test", template.fill(&payload::values(&samples::post(&test))));
}

#[test]
fn every_placeholder_has_its_value_and_its_line_in_the_help() {
    let values = payload::values(&samples::post(&samples::of(Event::Resolved)));
    let mut names: Vec<&str> = values.keys().map(String::as_str).collect();
    let mut documented = payload::PLACEHOLDERS.to_vec();
    names.sort_unstable();
    documented.sort_unstable();
    assert_eq!(names, documented);
    let help = crate::kind("webhook").unwrap().field("body").unwrap().help;
    let (_, list) = help.split_once("They are ").unwrap();
    assert_eq!(list.replace(" and ", ", ").split(", ").collect::<Vec<_>>(), payload::PLACEHOLDERS);
}

/// Checks a request as its receiver would.
fn verified(request: &Received, secret: &str) -> bool {
    let signature = request.header("x-watchword-signature").unwrap();
    let (time, hex) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    assert_eq!(request.header("x-watchword-timestamp"), Some(time));
    let digest: Vec<u8> = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hmac.update(time.as_bytes());
    hmac.update(b".");
    hmac.update(&request.body);
    hmac.verify_slice(&digest).is_ok()
}

#[tokio::test]
async fn a_receiver_can_verify_who_sent_what_and_when() {
    let receiver = Receiver::start().await;
    let url = format!("{}hooks/0123456789?token=abcdefgh", receiver.url());
    let settings = samples::settings("webhook", &[("url", &url), ("secret", SECRET)]);
    let receipt = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap();
    assert_eq!(receipt.text, "200 OK");
    let request = receiver.last();
    assert_eq!(request.request_line(), "POST /hooks/0123456789?token=abcdefgh HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("idempotency-key"), Some("0190b5c4-opened"));
    assert_eq!(request.header("x-watchword-timestamp"), Some("1772359200"));
    assert!(verified(&request, SECRET));
    assert!(!verified(&request, "another"));
    let changed = Received { body: [request.body.clone(), b" ".to_vec()].concat(), ..request };
    assert!(!verified(&changed, SECRET));
}

#[tokio::test]
async fn another_try_has_the_same_key() {
    let receiver = Receiver::start().await;
    let settings = samples::settings("webhook", &[("url", &receiver.url())]);
    for _ in 0..2 {
        samples::send(&settings, &samples::of(Event::Opened)).await.unwrap();
    }
    let requests = receiver.requests();
    assert_eq!(requests[0].header("idempotency-key"), requests[1].header("idempotency-key"));
    assert_eq!(requests[0].header("x-watchword-signature"), None);
}

#[tokio::test]
async fn the_owner_lays_out_method_headers_and_body() {
    let receiver = Receiver::start().await;
    let url = receiver.url().replace("http://", "http://ada:secret@");
    let settings = samples::settings(
        "webhook",
        &[
            ("url", &url),
            ("method", "put"),
            ("headers", "X-Team: web | X-Key: a=b;c\nContent-Type: application/vnd.shop+json"),
            ("body", r#"{"what": "{{event}}: {{title}}", "failing": "{{failing_count}}", "done": "{{resolved_at}}"}"#),
        ],
    );
    samples::send(&settings, &samples::of(Event::Grew)).await.unwrap();
    let request = receiver.last();
    assert_eq!(request.request_line(), "PUT / HTTP/1.1");
    assert_eq!(request.header("x-team"), Some("web"));
    assert_eq!(request.header("x-key"), Some("a=b;c"));
    assert_eq!(request.header("content-type"), Some("application/vnd.shop+json"));
    assert_eq!(request.header("authorization"), Some("Basic YWRhOnNlY3JldA=="));
    assert_eq!(body(&request), json!({"what": "grew: Grew: 4 monitors are down", "failing": 3, "done": null}));
}

#[test]
fn the_signature_is_the_documented_one() {
    // printf '1772359200.{}' | openssl dgst -sha256 -hmac key
    assert_eq!(
        sign(&Secret::new("key"), 1_772_359_200, "{}"),
        "t=1772359200,v1=c28e0c36309aa9f4b27eee1f325826991e5e111bdb577ceaed76c950bd1d07cd"
    );
}

#[test]
fn what_cannot_be_sent_is_refused_at_once() {
    let mut told = Vec::new();
    for (name, value) in [
        ("url", "shop.example/hook"),
        ("url", "ftp://shop.example/"),
        ("method", "GET"),
        ("body", r#"{"n": {{failing_count}}}"#),
        ("body", r#"{"n": "{{failures}}"}"#),
        ("headers", "X-Key"),
        ("headers", "X Key: 1"),
        ("headers", "Content-Length: 7"),
        ("headers", "X-Watchword-Signature: none"),
    ] {
        let mut given = BTreeMap::from([("url".to_owned(), "https://shop.example/".to_owned())]);
        given.insert(name.to_owned(), value.to_owned());
        told.push(format!("{name}={value} -> {}", Settings::read("webhook", &given).unwrap_err()));
    }
    insta::assert_snapshot!(told.join("\n"));
}
