use proptest::prelude::*;

use super::*;

/// Words of the language in any order: most are wrong, many nearly right.
fn soup() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "status",
        "header",
        "\"x\"",
        "body",
        "json",
        "$.a",
        "$..*",
        "$[?@.a == 'b']",
        "latency",
        "p",
        "size",
        "answers",
        "dnssec",
        "length",
        "exists",
        "is",
        "empty",
        "not",
        "and",
        "or",
        "as",
        "down",
        "degraded",
        "in",
        "contains",
        "starts",
        "with",
        "ends",
        "matches",
        "/a.b/i",
        "==",
        "=",
        "!=",
        "<",
        ">=",
        "(",
        ")",
        ",",
        "200",
        "2xx",
        "1..5",
        "..",
        "-",
        "3s",
        "800",
        "ms",
        "2MB",
        "%",
        "“a b”",
        "'",
        "\"",
        "\\",
        "[1,",
        "]",
        "{\"a\":1}",
        "true",
        "null",
        "…",
        "ß",
        "value",
    ]);
    prop::collection::vec((words, prop::sample::select(vec!["", " ", "  ", "\n"])), 0..14)
        .prop_map(|parts| parts.into_iter().map(|(word, space)| format!("{word}{space}")).collect())
}

fn values() -> impl Strategy<Value = Facts> {
    let json = prop::sample::select(vec!["{\"a\":[1,2]}", "[[[]]]", "null", "", "{", "\"a\"", "{\"a\":\"b\"}"]);
    let body = prop_oneof![json.prop_map(|text| text.as_bytes().to_vec()), prop::collection::vec(any::<u8>(), 0..200)];
    (body, any::<f64>(), any::<u64>(), ".{0,20}").prop_map(|(body, number, count, text)| {
        let mut facts = Facts::new();
        facts.set_body(body);
        facts.set(FactKind::Status, number);
        facts.set(FactKind::Size, Value::Size(count));
        facts.set(FactKind::Latency, ms(count));
        facts.set(FactKind::Answers, vec![text.clone(), String::new()]);
        facts.set(FactKind::Result, text.as_str());
        facts.set_headers(vec![("x".to_owned(), text)]);
        facts
    })
}

fn check(text: &str, facts: &Facts) {
    match Assertion::parse(text) {
        Ok(assertion) => {
            assert_eq!(Assertion::parse(assertion.as_str()).as_ref(), Ok(&assertion), "{text}");
            let judge = |text| compile(text).evaluate(facts, &["a".to_owned()]);
            let (said, canonical) = (judge(text), judge(assertion.as_str()));
            assert_eq!(said.failure.is_some(), canonical.failure.is_some(), "{text} / {assertion}");
            assert_eq!(canonical.failure.is_some(), !canonical.results[0].passed);
        }
        Err(error) => {
            assert!(error.position() <= text.chars().count());
            assert!(error.pointed().lines().count() == 2, "{error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn words_in_any_order_are_read_the_same_again_or_refused(text in soup(), facts in values()) {
        check(&text, &facts);
    }

    #[test]
    fn no_text_panics(text in "(status |body |json |latency |size |header |value |rows )?\\PC{0,40}", facts in values()) {
        check(&text, &facts);
    }

    #[test]
    fn any_text_can_be_looked_for(wanted in "\\PC{1,30}", facts in values()) {
        for operator in ["contains", "==", "starts with", "ends with"] {
            for fact in ["body", "answers", "value", "header x"] {
                let text = format!("{fact} {operator} \"{}\"", wanted.replace('\\', "\\\\").replace('"', "\\\""));
                prop_assert!(Assertion::parse(&text).is_ok(), "{}", text);
                check(&text, &facts);
            }
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers(a in -1e6..1e6_f64, b in -1e6..1e6_f64) {
        let mut facts = Facts::new();
        facts.set(FactKind::Rows, a);
        facts.set(FactKind::Result, a.to_string());
        facts.set(FactKind::Json, serde_json::json!(a));
        for fact in ["rows", "value", "json $"] {
            prop_assert_eq!(judge(&format!("{fact} < {b}"), &facts).failure.is_none(), a < b);
            prop_assert_eq!(judge(&format!("{fact} == {a}"), &facts).failure, None);
        }
    }
}
