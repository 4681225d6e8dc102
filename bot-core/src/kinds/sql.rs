//! What PostgreSQL and MySQL have in common.

use monitor_core::checks::{Security, SqlSpec};
use monitor_core::http::shorten;
use monitor_core::monitor::{CheckSpec, Settings};

use super::{CheckKind, request, sugar, target};
use crate::command::Failure;
use crate::grammar::{Given, Invalid};
use crate::reply::Field;

pub(super) const OPTIONS: &[&str] = &["query", "expect", "credentials", "tls"];

pub(super) fn start(kind: &CheckKind, said: &str, port: u16) -> Result<SqlSpec, Invalid> {
    let said = target::cut(kind, said)?;
    let mut spec = SqlSpec::new(said.endpoint(Some(port))?);
    spec.database = Some(said.path.trim_end_matches('/').to_owned()).filter(|name| !name.is_empty());
    // The words of libpq and of MySQL's tools for a connection that has to be protected.
    let mode =
        said.parameter("sslmode").or_else(|| said.parameter("ssl-mode")).unwrap_or_default().to_ascii_lowercase();
    if ["require", "required", "verify-ca", "verify_ca", "verify-full", "verify_identity"].contains(&mode.as_str()) {
        spec.security = Security::Tls;
    }
    spec.login = said.login;
    Ok(spec)
}

pub(super) fn moved(old: &mut SqlSpec, new: SqlSpec) {
    old.endpoint = new.endpoint;
    old.database = new.database.or_else(|| old.database.take());
    old.login = new.login.or_else(|| old.login.take());
    if new.security != Security::None {
        old.security = new.security;
    }
}

pub(super) fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let (CheckSpec::Postgres(spec) | CheckSpec::Mysql(spec)) = &mut settings.spec else { return Ok(()) };
    if given.has("query") {
        spec.query = given.get("query").unwrap_or(SqlSpec::DEFAULT_QUERY).to_owned();
    }
    if given.has("credentials") {
        spec.login = given.get("credentials").map(target::plain_login);
    }
    if let Some(tls) = given.switch("tls") {
        spec.security = if tls { Security::Tls } else { Security::None };
    }
    sugar::expect(given, &mut settings.assertions, "value ")
}

pub(super) fn shown(spec: &CheckSpec) -> Vec<Field> {
    let (CheckSpec::Postgres(spec) | CheckSpec::Mysql(spec)) = spec else { return Vec::new() };
    let mut fields = vec![Field::new("query", shorten(&spec.query, 200))];
    fields.extend(spec.login.as_ref().map(|login| Field::new("logs in as", request::user(login))));
    fields.extend((spec.security != Security::None).then(|| Field::new("speaks", "TLS")));
    fields
}
