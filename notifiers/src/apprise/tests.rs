//! What is sent, and what the Apprise library delivers of it.

use std::collections::BTreeMap;

use monitor_core::alerting::Event;
use serde_json::{Value, json};
use test_support::receiver::Receiver;
use test_support::services;
use test_support::targets::Answer;
use url::Url;

use super::payload::payload;
use crate::destination::Destination;
use crate::fields::Fields;
use crate::http::Request;
use crate::{SendError, samples};

fn settings(to: &str) -> super::Settings {
    let given = [("url", "http://127.0.0.1:8000"), ("to", to), ("tag", "ops")];
    let given: BTreeMap<String, String> = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    super::Settings::read(&Fields::new(&const { super::Settings::KIND }, &given).unwrap()).unwrap()
}

#[test]
fn what_is_sent() {
    let settings = settings("json://127.0.0.1/hook, mailto://ada:secret@shop.test");
    for notification in [Event::Opened, Event::Grew, Event::Acknowledged, Event::Resolved].map(samples::of) {
        insta::assert_json_snapshot!(notification.event.as_str(), payload(&settings, &samples::post(&notification)));
    }
    let test = samples::notice(Event::Test, "");
    insta::assert_json_snapshot!("test", payload(&settings, &samples::post(&test)));
    assert_eq!(settings.shown()[1], ("to", "json://…, mailto://…".to_owned()));
}

/// The address by which Apprise tells a receiver.
fn told(receiver: &Receiver) -> String {
    receiver.url().replace("http://", "json://")
}

#[tokio::test]
async fn apprise_delivers_to_the_services_that_are_named() {
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    let to = format!("{}, {}", told(&first), told(&second));
    let settings = samples::settings("apprise", &[("url", &services::apprise()), ("to", &to)]);
    let receipt = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap();
    assert_eq!(receipt.text, "200 OK");
    for receiver in [first, second] {
        let delivered: Value = serde_json::from_slice(&receiver.last().body).unwrap();
        assert_eq!(delivered["title"], "🔴 shop is down");
        assert_eq!(delivered["type"], "failure");
        let message = delivered["message"].as_str().unwrap();
        assert!(message.starts_with("answered 503 <Service Unavailable> & *nothing* else_\n"), "{message}");
    }
}

#[tokio::test]
async fn apprise_delivers_to_the_services_of_a_configuration() {
    let (told_of, other) = (Receiver::start().await, Receiver::start().await);
    let server = services::apprise();
    let config = format!("ops={}\nother={}\n", told(&told_of), told(&other));
    let key = format!("key-{}", told_of.url().rsplit(':').next().unwrap().trim_end_matches('/'));
    let add = Url::parse(&format!("{server}/add/{key}")).unwrap();
    let add = Request::post(add).json(&json!({"config": config, "format": "text"}));
    add.send(samples::outbound(), samples::NOW).await.unwrap();
    let settings = samples::settings("apprise", &[("url", &server), ("to", &key), ("tag", "ops")]);
    samples::send(&settings, &samples::of(Event::Resolved)).await.unwrap();
    assert_eq!(told_of.requests().len(), 1);
    assert_eq!(other.requests().len(), 0);
    let settings = samples::settings("apprise", &[("url", &server), ("to", "no-such-key")]);
    let error = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap_err();
    assert!(matches!(error, SendError::Never { .. }), "{error:?}");
}

#[tokio::test]
async fn what_apprise_could_not_deliver_is_tried_again() {
    let receiver = Receiver::start().await;
    receiver.otherwise(Answer::status(500));
    let settings = samples::settings("apprise", &[("url", &services::apprise()), ("to", &told(&receiver))]);
    let error = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap_err();
    assert!(matches!(error, SendError::Again { .. }), "{error:?}");
}
