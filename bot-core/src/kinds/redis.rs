use std::time::Duration;

use monitor_core::checks::RedisSpec;
use monitor_core::code::ErrorCode;
use monitor_core::http::shorten;
use monitor_core::monitor::{CheckSpec, Settings};

use super::{CheckKind, request, sugar, target};
use crate::command::Failure;
use crate::grammar::{Given, Invalid};
use crate::reply::Field;

/// Source: <https://redis.io/docs/latest/operate/oss_and_stack/management/config/>.
const PORT: u16 = 6379;

pub(super) const KIND: CheckKind = CheckKind {
    name: "redis",
    aliases: &["valkey"],
    schemes: &["redis", "rediss", "valkey", "valkeys"],
    target: "HOST[:PORT] or rediss://user:password@HOST[:PORT]/DATABASE",
    options: &["query", "expect", "credentials", "tls"],
    examples: &[
        "add-monitor redis://cache.example",
        "add-monitor rediss://:S3CRET@cache.example/2 query \"LLEN jobs\" assert \"value < 1000\"",
    ],
    interval: Duration::from_secs(60),
    start: |said| {
        let said = target::cut(&KIND, said)?;
        let mut spec = RedisSpec::new(said.endpoint(Some(PORT))?);
        spec.tls = ["rediss", "valkeys"].contains(&said.scheme.as_str());
        spec.database = match said.path.trim_end_matches('/') {
            "" => 0,
            number => number.parse().map_err(|_| {
                let why = format!("`{}` is not the number of a Redis database", shorten(number, 40));
                Invalid::new(ErrorCode::InvalidOption, why)
            })?,
        };
        spec.login = said.login;
        Ok(CheckSpec::Redis(spec))
    },
    moved: |old, new| {
        if let (CheckSpec::Redis(old), CheckSpec::Redis(new)) = (old, new) {
            (old.endpoint, old.tls, old.database) = (new.endpoint, new.tls || old.tls, new.database);
            old.login = new.login.or_else(|| old.login.take());
        }
    },
    apply,
    shown,
};

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::Redis(spec) = &mut settings.spec else { return Ok(()) };
    if given.has("query") {
        spec.command = given.get("query").unwrap_or(RedisSpec::DEFAULT_COMMAND).to_owned();
    }
    if given.has("credentials") {
        spec.login = given.get("credentials").map(target::plain_login);
    }
    spec.tls = given.switch("tls").unwrap_or(spec.tls);
    sugar::expect(given, &mut settings.assertions, "value ")
}

fn shown(spec: &CheckSpec) -> Vec<Field> {
    let CheckSpec::Redis(spec) = spec else { return Vec::new() };
    let mut fields = vec![Field::new("command", shorten(&spec.command, 200))];
    fields.extend(spec.login.as_ref().map(|login| Field::new("logs in as", request::user(login))));
    fields.extend(spec.tls.then(|| Field::new("speaks", "TLS")));
    fields
}
