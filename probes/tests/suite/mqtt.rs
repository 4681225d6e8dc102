use monitor_core::checks::{Endpoint, Login, MqttSpec};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use monitor_core::secret::Secret;
use test_support::services::{PASSWORD, USER, mqtt, mqtt_tls};
use test_support::targets::upgrade::Upgrade;
use test_support::targets::{Misbehaviour, misbehaving};
use url::Url;

use crate::wrongs::{a_name_that_does_not_exist, bad_certificates, targets_that_misbehave};
use crate::{AMPLE, SHORT, outbound, run_settings, services_outbound, settings, told};

/// The real broker, with somebody who may log in.
fn spec(url: &str) -> MqttSpec {
    let url = Url::parse(url).unwrap();
    let endpoint = Endpoint::parse(&format!("localhost:{}", url.port().unwrap()), None).unwrap();
    let login = Some(Login { user: USER.into(), password: Secret::new(PASSWORD) });
    MqttSpec { tls: url.scheme() == "mqtts", login, ..MqttSpec::new(endpoint) }
}

async fn run(spec: MqttSpec, assertions: &[&str]) -> Outcome {
    run_settings(&settings(CheckSpec::Mqtt(spec), assertions), &services_outbound(), AMPLE).await
}

#[tokio::test]
async fn a_broker_lets_in_and_delivers() {
    for url in [mqtt(), mqtt_tls()] {
        let outcome = run(spec(&url), &[]).await;
        assert_eq!(told(&outcome), "ok", "{url}");
        assert_eq!(outcome.details.protocol.as_deref(), Some("MQTT 3.1.1"));
        assert_eq!(outcome.timings.tls_handshake.is_some(), url.starts_with("mqtts"));
        // The broker keeps a message of itself for whoever subscribes.
        let about_itself = MqttSpec { topic: Some("$SYS/broker/version".into()), ..spec(&url) };
        let outcome = run(about_itself, &["body contains mosquitto", "size > 5"]).await;
        assert_eq!(told(&outcome), "ok", "{url}");
    }
}

#[tokio::test]
async fn a_message_that_does_not_come_is_waited_for() {
    let spec = MqttSpec { topic: Some("nobody/publishes/this".into()), ..spec(&mqtt()) };
    let outcome = run_settings(&settings(CheckSpec::Mqtt(spec), &[]), &services_outbound(), SHORT).await;
    assert_eq!(outcome.reason, Reason::ResponseTimeout);
    let said = "no message of topic nobody/publishes/this came within ";
    assert!(outcome.message.starts_with(said), "{}", outcome.message);
}

#[tokio::test]
async fn a_wrong_login_is_refused() {
    let wrong = Some(Login { user: USER.into(), password: Secret::new("wrong") });
    for login in [wrong, None] {
        let outcome = run(MqttSpec { login, ..spec(&mqtt()) }, &[]).await;
        assert_eq!(outcome.reason, Reason::AuthenticationFailed, "{}", outcome.message);
    }
}

#[tokio::test]
async fn return_codes_have_their_reasons() {
    for (answer, reason) in [
        (&b"\x20\x02\x00\x01"[..], Reason::ProtocolMismatch),
        (b"\x20\x02\x00\x02", Reason::UnexpectedAnswer),
        (b"\x20\x02\x00\x03", Reason::NotServing),
        (b"\x20\x02\x00\x04", Reason::AuthenticationFailed),
        (b"\x20\x02\x00\x05", Reason::AuthenticationFailed),
        (b"\x20\x02\x00\x77", Reason::ProtocolMismatch),
        (b"\x20\x02\x00\x00\x90\x03\x00\x01\x80", Reason::QueryFailed),
        // A message may overtake the acknowledgement of its subscription.
        (b"\x20\x02\x00\x00\x30\x05\x00\x01a42", Reason::Ok),
        (b"\x20\x02\x00\x00\x90\x03\x00\x01\x00\x30\x05\x00\x01a42", Reason::Ok),
        (b"\x20\x02\x00\x00\x30\x05\x00\x0aa42", Reason::ProtocolMismatch),
        (b"\x20\x02\x00\x00\x30\xff\xff\xff\x7f", Reason::BodyTooLarge),
        (b"\x20\x02\x00\x00\x30\xff\xff\xff\xff\xff", Reason::ProtocolMismatch),
        (b"\x20\x02\x00\x00\xf0\x00", Reason::ProtocolMismatch),
    ] {
        let target = misbehaving(Misbehaviour::Hangs(answer)).await;
        let endpoint = Endpoint::parse(&target.addr().to_string(), None).unwrap();
        let spec = MqttSpec { topic: Some("a".into()), ..MqttSpec::new(endpoint) };
        let settings = settings(CheckSpec::Mqtt(spec), &["body == 42"]);
        let outcome = run_settings(&settings, &outbound(), AMPLE).await;
        assert_eq!(outcome.reason, reason, "{answer:?}: {}", outcome.message);
    }
}

#[tokio::test]
async fn targets_that_are_no_brokers_fail_with_their_reason() {
    let spec = |endpoint| CheckSpec::Mqtt(MqttSpec::new(endpoint));
    targets_that_misbehave(
        spec,
        &[
            (Misbehaviour::Sends(b"\x20\x02\x00"), Reason::ConnectionReset),
            (Misbehaviour::Hangs(b"\x20\x02\x00"), Reason::ResponseTimeout),
            (Misbehaviour::Floods(b"x"), Reason::ProtocolMismatch),
        ],
    )
    .await;
    a_name_that_does_not_exist(spec).await;
}

#[tokio::test]
async fn certificates_are_judged() {
    let spec = |endpoint| CheckSpec::Mqtt(MqttSpec { tls: true, ..MqttSpec::new(endpoint) });
    bad_certificates(spec, Upgrade::Immediate).await;
}
