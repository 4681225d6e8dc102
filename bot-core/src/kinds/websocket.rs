use std::time::Duration;

use monitor_core::checks::WebSocketSpec;
use monitor_core::http::shorten;
use monitor_core::monitor::{CheckSpec, Settings};

use super::{CheckKind, once, request, target};
use crate::command::Failure;
use crate::grammar::Given;
use crate::reply::Field;

pub(super) const KIND: CheckKind = CheckKind {
    name: "websocket",
    aliases: &["ws"],
    schemes: &["ws", "wss"],
    target: "wss://HOST/PATH",
    options: &["send", "expect", "subprotocol", "header", "secret-header", "bearer", "basic"],
    examples: &["add-monitor wss://live.example/feed send ping expect pong"],
    interval: Duration::from_secs(60),
    start: |said| {
        let said = target::bare(said);
        target::cut(&KIND, said)?;
        Ok(CheckSpec::WebSocket(WebSocketSpec::new(said)?))
    },
    moved: |old, new| {
        if let (CheckSpec::WebSocket(old), CheckSpec::WebSocket(new)) = (old, new) {
            old.url = new.url;
            old.auth = new.auth.or_else(|| old.auth.take());
        }
    },
    apply,
    shown,
};

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::WebSocket(spec) = &mut settings.spec else { return Ok(()) };
    request::headers(given, &mut spec.headers);
    request::auth(given, &mut spec.auth)?;
    if given.has("send") {
        spec.send = given.get("send").map(str::to_owned);
    }
    if given.has("expect") {
        spec.expect = once(given, "expect")?.map(str::to_owned);
    }
    if given.has("subprotocol") {
        spec.subprotocol = given.get("subprotocol").map(str::to_owned);
    }
    Ok(())
}

fn shown(spec: &CheckSpec) -> Vec<Field> {
    let CheckSpec::WebSocket(spec) = spec else { return Vec::new() };
    let mut fields: Vec<Field> = spec.auth.as_ref().map(request::shown_auth).into_iter().collect();
    fields.extend(request::shown_headers(&spec.headers));
    fields.extend(spec.subprotocol.as_deref().map(|name| Field::new("subprotocol", name)));
    fields.extend(spec.send.as_ref().map(|text| Field::new("sends", shorten(text, 80))));
    fields.extend(spec.expect.as_ref().map(|text| Field::new("answers", format!("with “{}”", shorten(text, 80)))));
    fields
}
