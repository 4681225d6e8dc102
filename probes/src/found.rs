//! What a check found, in words for people.

use monitor_core::assertion::{FactKind, Facts, Value};

use crate::failure::clean;

/// Longest text of one thing that was found, in characters.
const MAX_CHARS: usize = 200;

/// What is told of a check, in this order: 8 of them at most, since no kind finds more. What differs with every check is not
/// among them, because what was found is stored when it changes.
const TOLD: &[FactKind] = &[
    FactKind::Answers,
    FactKind::Dnssec,
    FactKind::Rows,
    FactKind::Result,
    FactKind::GrpcStatus,
    FactKind::Banner,
    FactKind::Loss,
    FactKind::DomainDays,
    FactKind::DomainRegistrar,
    FactKind::TlsProtocol,
    FactKind::TlsCipher,
    FactKind::CertificateIssuer,
    FactKind::CertificateNames,
];

/// What was found, by the words that assertions call it.
pub(crate) fn found(facts: &Facts) -> Vec<(String, String)> {
    let told = TOLD.iter().filter_map(|fact| Some((fact.word().to_owned(), words(*fact, facts.get(*fact)?))));
    told.take(8).collect()
}

fn words(fact: FactKind, value: &Value) -> String {
    let text = match value {
        Value::Number(number) if fact == FactKind::Loss => format!("{number:.0}%"),
        Value::Number(number) => number.to_string(),
        Value::Size(bytes) => bytes.to_string(),
        Value::Text(text) => text.clone(),
        Value::Texts(texts) => {
            // Name servers turn the order of their answers around.
            let mut texts = texts.clone();
            texts.sort_unstable();
            texts.join(", ")
        }
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Duration(time) => monitor_core::duration::humanize(*time),
        Value::Json(json) => json.to_string(),
    };
    match clean(&text, MAX_CHARS) {
        nothing if nothing.is_empty() => "nothing".to_owned(),
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_told_in_words_and_bounded() {
        let mut facts = Facts::new();
        facts.set(FactKind::Answers, vec!["192.0.2.2".to_owned(), "192.0.2.1".to_owned()]);
        facts.set(FactKind::Result, "a\nb".repeat(1_000));
        facts.set(FactKind::Banner, "");
        facts.set(FactKind::Loss, 100.0 / 3.0);
        facts.set(FactKind::Latency, std::time::Duration::from_millis(7));
        let told = found(&facts);
        let words: Vec<&str> = told.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["answers", "value", "banner", "loss"]);
        assert_eq!(
            (told[0].1.as_str(), told[2].1.as_str(), told[3].1.as_str()),
            ("192.0.2.1, 192.0.2.2", "nothing", "33%")
        );
        assert!(told[1].1.starts_with("a ba b") && told[1].1.chars().count() <= MAX_CHARS + 1);
    }
}
