use std::time::Duration;

use monitor_core::http::HttpSpec;
use monitor_core::monitor::{CheckSpec, Settings};

use super::request::{self, request_options};
use super::{CheckKind, sugar, target};
use crate::command::Failure;
use crate::grammar::Given;

pub(super) const KIND: CheckKind = CheckKind {
    name: "http",
    aliases: &["https"],
    schemes: &["http", "https"],
    target: "HOST or https://HOST:PORT/PATH",
    options: request_options!("expect", "method", "body", "form"),
    examples: &[
        "add-monitor https://shop.example/health every 30s expect 200,301 contains ok slow 800ms",
        "add-monitor https://api.example/orders method POST body '{\"id\":7}' oauth2 \"https://id.example/token shop:S3CRET orders\"",
        "add-monitor https://shop.example assert \"certificate.days > 14\" assert \"json $.data[0].id == 7\"",
    ],
    interval: Duration::from_secs(60),
    start: |said| Ok(CheckSpec::Http(HttpSpec::get(target::bare(said))?)),
    moved: |old, new| {
        if let (CheckSpec::Http(old), CheckSpec::Http(new)) = (old, new) {
            moved(old, new);
        }
    },
    apply,
    shown: |spec| super::request_of(spec).map(request::shown).unwrap_or_default(),
};

/// User information in the new address is authentication, as when a monitor is added.
pub(super) fn moved(old: &mut HttpSpec, new: HttpSpec) {
    old.url = new.url;
    old.auth = new.auth.or_else(|| old.auth.take());
}

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    if let CheckSpec::Http(spec) = &mut settings.spec {
        request::apply(given, spec)?;
    }
    sugar::expect(given, &mut settings.assertions, "status ")
}
