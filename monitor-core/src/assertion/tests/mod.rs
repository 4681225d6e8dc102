mod errors;
mod grammar;
mod judging;
mod masking;
mod operators;
mod properties;

use std::time::Duration;

use super::*;
use crate::outcome::Reason;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A bit of everything that probes find.
fn facts() -> Facts {
    let mut facts = Facts::new();
    facts.set(FactKind::Status, 503_u16);
    facts.set(FactKind::Latency, ms(812));
    facts.set(FactKind::Size, Value::Size(2_000_001));
    facts.set(FactKind::CertificateDays, 3_u32);
    facts.set(FactKind::CertificateNames, vec!["shop.example".to_owned(), "www.shop.example".to_owned()]);
    facts.set(FactKind::TlsProtocol, "TLSv1.3");
    facts.set(FactKind::Dnssec, true);
    facts.set(FactKind::Loss, 33.333);
    facts.set(FactKind::Result, "42");
    facts.set_headers(
        [("Content-Type", "application/json"), ("X-Left", "17"), ("vary", "a"), ("Vary", "b"), ("x-empty", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
    );
    facts.set_body(
        br#"{"name":"v12","data":[{"id":7}],"items":[1,2,"b"],"big":9007199254740993,"off":null,"on":true,"note":""}"#
            .to_vec(),
    );
    facts
}

fn compile(text: &str) -> CompiledAssertions {
    let assertion = Assertion::parse(text).unwrap_or_else(|error| panic!("{error}"));
    Assertions::new(vec![assertion]).unwrap().compile(FactKind::ALL, &[]).unwrap()
}

fn judge(text: &str, facts: &Facts) -> Judgement {
    compile(text).evaluate(facts, &[])
}

/// What is said when an assertion does not hold.
fn failure(text: &str, facts: &Facts) -> (Reason, String) {
    judge(text, facts).failure.unwrap_or_else(|| panic!("{text} holds"))
}
