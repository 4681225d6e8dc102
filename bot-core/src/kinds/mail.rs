//! What SMTP and IMAP have in common.

use monitor_core::checks::{MailSpec, Security};
use monitor_core::monitor::{CheckSpec, Settings};

use super::{CheckKind, request, sugar, target};
use crate::command::Failure;
use crate::grammar::{Given, Invalid};
use crate::reply::Field;

pub(super) const OPTIONS: &[&str] = &["security", "credentials", "expect"];

/// The ports of a mail protocol: in the clear, and with TLS from the first byte.
pub(super) struct Ports {
    pub(super) plain: u16,
    pub(super) tls: u16,
}

pub(super) fn start(kind: &CheckKind, said: &str, ports: &Ports) -> Result<MailSpec, Invalid> {
    let said = target::cut(kind, said)?;
    let tls = said.scheme.ends_with('s');
    let endpoint = said.endpoint(Some(if tls { ports.tls } else { ports.plain }))?;
    let mut spec = MailSpec::new(endpoint, if tls { Security::Tls } else { Security::None });
    spec.login = said.login;
    upgrade(&mut spec);
    Ok(spec)
}

/// A password does not go in the clear unless somebody says so.
fn upgrade(spec: &mut MailSpec) {
    if spec.login.is_some() && spec.security == Security::None {
        spec.security = Security::StartTls;
    }
}

pub(super) fn moved(old: &mut MailSpec, new: MailSpec) {
    old.endpoint = new.endpoint;
    if new.security == Security::Tls || old.security == Security::Tls {
        old.security = new.security;
    }
    old.login = new.login.or_else(|| old.login.take());
    upgrade(old);
}

pub(super) fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let (CheckSpec::Smtp(spec) | CheckSpec::Imap(spec)) = &mut settings.spec else { return Ok(()) };
    if given.has("credentials") {
        spec.login = given.get("credentials").map(target::plain_login);
        upgrade(spec);
    }
    if let Some(word) = given.get("security") {
        spec.security = match word.to_ascii_lowercase().as_str() {
            "starttls" => Security::StartTls,
            "tls" => Security::Tls,
            _ => Security::None,
        };
    }
    sugar::expect(given, &mut settings.assertions, "banner contains ")
}

pub(super) fn shown(spec: &CheckSpec) -> Vec<Field> {
    let (CheckSpec::Smtp(spec) | CheckSpec::Imap(spec)) = spec else { return Vec::new() };
    let security = match spec.security {
        Security::None => "not protected",
        Security::StartTls => "upgraded to TLS (STARTTLS)",
        Security::Tls => "TLS from the first byte",
    };
    let login = spec.login.as_ref().map(|login| Field::new("logs in as", request::user(login)));
    std::iter::once(Field::new("connection", security)).chain(login).collect()
}
