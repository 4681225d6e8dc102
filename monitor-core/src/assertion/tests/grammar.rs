use super::*;

fn canonical(text: &str) -> String {
    let assertion = Assertion::parse(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(Assertion::parse(assertion.as_str()), Ok(assertion.clone()), "{text}");
    assertion.to_string()
}

#[test]
fn every_form_has_a_canonical_text_that_reads_the_same() {
    for (text, expected) in [
        ("status in 200..299", "status in 200..299"),
        ("status in 200, 301..308", "status in 200, 301..308"),
        ("status in (200, 301)", "status in 200, 301"),
        ("status in [200,301]", "status in 200, 301"),
        ("status in 200-204", "status in 200..204"),
        ("status in 200 … 204", "status in 200..204"),
        ("status == 200", "status == 200"),
        ("STATUS=200", "status == 200"),
        ("status is 200", "status == 200"),
        ("status in 2xx", "status in 200..299"),
        ("status is not 5XX", "not status in 500..599"),
        ("status is not in 500..599", "not status in 500..599"),
        ("status not in 500, 502", "not status in 500, 502"),
        ("status ≥ 200 and status ≠ 204", "status >= 200 and status != 204"),
        ("header \"content-type\" contains json", "header \"content-type\" contains \"json\""),
        ("header Content-Type contains json", "header \"content-type\" contains \"json\""),
        ("header “x” exists", "header \"x\" exists"),
        ("header \"x\" not exists", "not header \"x\" exists"),
        ("not header \"x\" exists", "not header \"x\" exists"),
        ("not not header \"x\" exists", "header \"x\" exists"),
        ("header location == /login", "header \"location\" == \"/login\""),
        ("header x-left > 10", "header \"x-left\" > 10"),
        ("header x == \"10\"", "header \"x\" == \"10\""),
        ("json $.data[0].id == 7", "json $.data[0].id == 7"),
        ("json $.a==\"7\"", "json $.a == \"7\""),
        ("json $.a = ok", "json $.a == \"ok\""),
        ("json $.a", "json $.a exists"),
        ("json $.a == null", "json $.a == null"),
        (
            "json $.a == {\"b\": [1, \"”\"]} or json $.a in ([1], [2])",
            "json $.a == {\"b\":[1,\"”\"]} or json $.a in ([1], [2])",
        ),
        ("json $.a in [1, x, 3..4]", "json $.a in 1, \"x\", 3..4"),
        ("json $.a in 2024-01-01, 1.2.3", "json $.a in \"2024-01-01\", \"1.2.3\""),
        ("json $.items length > 3", "json $.items length > 3"),
        ("json $.items[?@.name == 'a b'] exists", "json $.items[?@.name == 'a b'] exists"),
        ("json $[‘a b’] is empty", "json $['a b'] is empty"),
        ("json \"$ .a\" is not empty", "json \"$ .a\" is not empty"),
        (r"json $.name matches /^v\d/i", r"json $.name matches /^v\d/i"),
        (r#"body matches "^a/b\d""#, r"body matches /^a\/b\d/"),
        (r"body matches /a\/b/si", r"body matches /a\/b/is"),
        ("body contains \"all ok\"", "body contains \"all ok\""),
        ("body contains “all ok”", "body contains \"all ok\""),
        ("body contains „all ok“", "body contains \"all ok\""),
        ("body contains it’s", "body contains \"it’s\""),
        ("body contains 'say \"hi\" \\o/'", r#"body contains "say \"hi\" \\o/""#),
        ("body contains \"and\"", "body contains \"and\""),
        ("body contains 1..2", "body contains \"1..2\""),
        (
            "body starts with <html and body ends with </html>",
            "body starts with \"<html\" and body ends with \"</html>\"",
        ),
        ("body == \"\"", "body == \"\""),
        ("latency p < 800ms", "latency < 800ms"),
        ("latency < 800 ms as degraded", "latency < 800ms as degraded"),
        ("latency < 1.5s AS DOWN", "latency < 1.5s"),
        ("latency.tls < 200ms", "latency.tls < 200ms"),
        ("latency in 100ms..2s", "latency in 100ms..2s"),
        ("certificate.days > 14", "certificate.days > 14"),
        ("certificate.days > 14d", "certificate.days > 14"),
        ("certificate.days > 2 weeks or domain.days > 30 days", "certificate.days > 14 or domain.days > 30"),
        ("size < 2MB", "size < 2MB"),
        ("size < 1.5 mb", "size < 1500kB"),
        ("size < 2048", "size < 2KiB"),
        ("size < 2047", "size < 2047"),
        ("size < 4GiB", "size < 4GiB"),
        ("size > 0 bytes", "size > 0"),
        ("loss < 5 %", "loss < 5"),
        ("dnssec", "dnssec == true"),
        ("not dnssec and dnssec is yes", "not dnssec == true and dnssec == true"),
        ("answers contains 192.0.2.1", "answers contains \"192.0.2.1\""),
        ("answers in 192.0.2.1, 192.0.2.2", "answers in \"192.0.2.1\", \"192.0.2.2\""),
        ("answers length in 1..4", "answers length in 1..4"),
        ("exit = 0", "exit == 0"),
        ("value >= 1", "value >= 1"),
        ("  (status == 200)  ", "status == 200"),
        ("(rows > 1 and rows < 9) and rows != 5", "rows > 1 and rows < 9 and rows != 5"),
        ("rows > 1 and (rows < 9 or rows == 12)", "rows > 1 and (rows < 9 or rows == 12)"),
        ("(rows > 1 and rows < 9) or rows == 12", "rows > 1 and rows < 9 or rows == 12"),
        ("not (rows > 1 and not rows > 2)", "not (rows > 1 and not rows > 2)"),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
    }
}

#[test]
fn and_binds_closer_than_or_and_not_closer_than_both() {
    let facts = facts();
    for (text, passed) in [
        ("dnssec or dnssec and not dnssec", true),
        ("(dnssec or dnssec) and not dnssec", false),
        ("not dnssec and not dnssec or dnssec", true),
        ("not (not dnssec or not dnssec)", true),
        ("not (dnssec or not dnssec)", false),
    ] {
        assert_eq!(judge(text, &facts).failure.is_none(), passed, "{text}");
    }
}

#[test]
fn an_assertion_is_its_text_wherever_it_is_stored() {
    let assertions = Assertions::new(vec![Assertion::parse("latency p < 2 s as degraded").unwrap()]).unwrap();
    let stored = serde_json::to_string(&assertions).unwrap();
    assert_eq!(stored, r#"["latency < 2s as degraded"]"#);
    assert_eq!(serde_json::from_str::<Assertions>(&stored).unwrap(), assertions);
    let refused = serde_json::from_str::<Assertions>(r#"["latency < 2"]"#).unwrap_err().to_string();
    assert!(refused.contains("`2` has no unit"), "{refused}");
}

#[test]
fn it_is_known_what_an_assertion_is_about() {
    let assertion = Assertion::parse("not (json $.a exists or status == 200)").unwrap();
    let mentioned: Vec<FactKind> = FactKind::ALL.iter().copied().filter(|kind| assertion.mentions(*kind)).collect();
    assert_eq!(mentioned, [FactKind::Status, FactKind::Json]);
    assert_eq!(assertion.severity(), Severity::Down);
}

#[test]
fn every_fact_has_a_word_of_its_own_and_can_be_asked_for() {
    for kind in FactKind::ALL {
        assert_eq!(FactKind::from_word(kind.word()), Some(*kind));
        let text = kind.usage().replace("NAME", "x").replace("PATH", "$.x");
        assert!(Assertion::parse(&format!("{text} exists")).unwrap().mentions(*kind), "{text}");
        assert!(kind.about().ends_with('.'), "{}", kind.about());
    }
}
