use monitor_core::Timestamp;
use monitor_core::outcome::{Outcome, Reason, Verdict};

use super::{bytes, latency};
use crate::reply::Field;

/// How a check went, in a sentence.
pub(crate) fn verdict(outcome: &Outcome) -> String {
    let took = latency(outcome.duration);
    let why = if outcome.message.is_empty() { outcome.reason.about() } else { outcome.message.as_str() };
    let why = why.trim_end_matches('.');
    match outcome.verdict() {
        Verdict::Ok => format!("It is up and answered in {took}."),
        Verdict::Slow if outcome.reason == Reason::Slow => format!("It is up but slow: {why}."),
        Verdict::Slow => format!("It is up, but {why} ({}).", outcome.reason.code()),
        Verdict::Failed => format!("It failed after {took}: {why} ({}).", outcome.reason.code()),
        Verdict::Inconclusive => format!("The check could not tell: {why} ({}).", outcome.reason.code()),
    }
}

/// What a check found: answer, phases, certificate, assertions.
pub(crate) fn findings(outcome: &Outcome) -> Vec<Field> {
    let details = &outcome.details;
    let mut fields = Vec::new();
    let protocol = details.protocol.as_deref();
    let answer: Vec<String> =
        outcome.http_status.map(|status| status.to_string()).into_iter().chain(protocol.map(str::to_owned)).collect();
    if !answer.is_empty() {
        let name = if outcome.http_status.is_some() { "status" } else { "speaks" };
        fields.push(Field::new(name, answer.join(" over ")));
    }
    // A check of TLS speaks what it finds.
    let news = |(_, text): &&(String, String)| Some(text.as_str()) != protocol;
    fields.extend(details.found.iter().filter(news).map(|(name, text)| Field::new(name, text.clone())));
    let phases = [
        ("DNS lookup", outcome.timings.dns_lookup),
        ("TCP connection", outcome.timings.tcp_connection),
        ("TLS handshake", outcome.timings.tls_handshake),
        ("request sent", outcome.timings.send_request),
        ("first byte", outcome.timings.time_to_first_byte),
        ("body received", outcome.timings.receive_response),
    ];
    fields.extend(phases.into_iter().filter_map(|(name, time)| Some(Field::new(name, latency(time?)))));
    fields.push(Field::new("total", latency(outcome.duration)));
    if outcome.http_status.is_some() {
        fields.push(Field::new("size", bytes(outcome.response_bytes)));
    }
    if let Some(peer) = details.peer {
        fields.push(Field::new("peer", peer.to_string()));
    }
    if let Some(end) = details.certificate_not_after {
        fields.push(Field::new("certificate", certificate(end, outcome.at)));
    }
    if let Some(url) = &details.final_url {
        fields.push(Field::new("redirected to", url.clone()));
    }
    fields.extend(details.steps.iter().enumerate().map(|(index, (name, time))| {
        let step = format!("step {}", index + 1);
        let name = if *name == step { String::new() } else { format!("{name}: ") };
        Field::new(&step, format!("{name}{}", latency(*time)))
    }));
    fields.extend(details.warning.as_deref().map(|warning| Field::new("soon", warning)));
    for assertion in &details.assertions {
        let seen = assertion.seen.as_deref().map(|seen| format!(", saw {seen}")).unwrap_or_default();
        fields.push(Field::new(
            if assertion.passed { "holds" } else { "fails" },
            format!("{}{seen}", assertion.assertion),
        ));
    }
    fields
}

/// How long a certificate lasts.
pub(crate) fn certificate(end: Timestamp, now: Timestamp) -> String {
    let day_ms = 86_400_000;
    match (end.as_millis() - now.as_millis()).div_euclid(day_ms) {
        days @ 0.. => format!("{} left, until {}", super::plural(days.unsigned_abs(), "day"), end.to_day()),
        _ => format!("expired on {}", end.to_day()),
    }
}
