use std::time::Duration;

use monitor_core::checks::MqttSpec;
use monitor_core::monitor::{CheckSpec, Settings};

use super::{CheckKind, request, sugar, target};
use crate::command::Failure;
use crate::grammar::Given;
use crate::reply::Field;

/// Source: <https://www.iana.org/assignments/service-names-port-numbers>.
const PORT: u16 = 1883;
const TLS_PORT: u16 = 8883;

pub(super) const KIND: CheckKind = CheckKind {
    name: "mqtt",
    aliases: &[],
    schemes: &["mqtt", "mqtts"],
    target: "HOST[:PORT] or mqtts://user:password@HOST[:PORT]/TOPIC",
    options: &["topic", "expect", "credentials", "tls"],
    examples: &[
        "add-monitor mqtt://broker.example",
        "add-monitor mqtts://ada:S3CRET@broker.example topic sensors/hall assert \"json $.temperature < 30\"",
    ],
    interval: Duration::from_secs(60),
    start: |said| {
        let said = target::cut(&KIND, said)?;
        let tls = said.scheme == "mqtts";
        let mut spec = MqttSpec::new(said.endpoint(Some(if tls { TLS_PORT } else { PORT }))?);
        spec.tls = tls;
        spec.topic = Some(said.path.to_owned()).filter(|topic| !topic.is_empty());
        spec.login = said.login;
        Ok(CheckSpec::Mqtt(spec))
    },
    moved: |old, new| {
        if let (CheckSpec::Mqtt(old), CheckSpec::Mqtt(new)) = (old, new) {
            (old.endpoint, old.tls) = (new.endpoint, new.tls || old.tls);
            old.topic = new.topic.or_else(|| old.topic.take());
            old.login = new.login.or_else(|| old.login.take());
        }
    },
    apply,
    shown,
};

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::Mqtt(spec) = &mut settings.spec else { return Ok(()) };
    if given.has("topic") {
        spec.topic = given.get("topic").map(str::to_owned);
    }
    if given.has("credentials") {
        spec.login = given.get("credentials").map(target::plain_login);
    }
    spec.tls = given.switch("tls").unwrap_or(spec.tls);
    sugar::expect(given, &mut settings.assertions, "body contains ")
}

fn shown(spec: &CheckSpec) -> Vec<Field> {
    let CheckSpec::Mqtt(spec) = spec else { return Vec::new() };
    let mut fields: Vec<Field> = spec.topic.as_deref().map(|topic| Field::new("topic", topic)).into_iter().collect();
    fields.extend(spec.login.as_ref().map(|login| Field::new("logs in as", request::user(login))));
    fields.extend(spec.tls.then(|| Field::new("speaks", "TLS")));
    fields
}
