use super::*;
use crate::code::ErrorCode;

fn refused(text: &str) -> AssertionError {
    match Assertion::parse(text) {
        Err(error) => error,
        Ok(assertion) => panic!("`{text}` is read as `{assertion}`"),
    }
}

#[test]
fn a_fault_is_pointed_at_and_said_how_to_mend() {
    let faults = [
        "",
        "status",
        "status 200",
        "status contains x",
        "status == 20",
        "status in 200..",
        "status in 299..200",
        "status in (200, 301",
        "status == 200, 301",
        "status < 2xx",
        "status === 200",
        "laetncy < 3s",
        "200 == status",
        "size > 3s",
        "latency > \"x\"",
        "latency < 800",
        "latency < 800 parsecs",
        "latency p95 < 2s",
        "latency < 800ms as slow",
        "latency < 800ms as degraded and status == 200",
        "(latency < 800ms as degraded)",
        "latency length > 3",
        "body containz ok",
        "body contains",
        "body contains \"\"",
        "body contains and",
        "body contains all ok",
        "body contains \"all ok",
        "body starts <html>",
        "body matches ^v",
        "body matches /(/",
        "body matches /a",
        "body matches /a/b/",
        "body matches //",
        "header exists",
        "header \"a b\" exists",
        "json status == ok",
        "json $.a[b] exists",
        "json $.a['b exists",
        "json \"$.a!b\" exists",
        "json $..a..b exists",
        "json $.a < x",
        "json $.a == {“b”: 1}",
        "certificate.days > soon",
        "certificate.names > 3",
        "dnssec == perhaps",
        "rows exists)",
        "(rows exists",
        "rows exists and",
        "not",
        "answers length exists",
    ];
    let shown: Vec<String> = faults.into_iter().map(|text| format!("{}\n", refused(text))).collect();
    insta::assert_snapshot!("faults", shown.join("\n"));
}

#[test]
fn codes_tell_faults_apart() {
    for (text, code, position) in [
        ("status contains x", ErrorCode::InvalidAssertion, 7),
        ("body matches /(/", ErrorCode::InvalidPattern, 13),
        (r"body matches /(\w{1000}){1000}/", ErrorCode::InvalidPattern, 13),
        ("json $.é[b] exists", ErrorCode::InvalidJsonPath, 8),
        ("json $..a..b exists", ErrorCode::JsonPathTooBroad, 5),
        ("body contains ''", ErrorCode::MissingValue, 14),
        ("body contains 'a", ErrorCode::UnterminatedQuote, 14),
    ] {
        let error = refused(text);
        assert_eq!((error.code(), error.position()), (code, position), "{error}");
    }
}

#[test]
fn what_would_be_too_much_is_refused() {
    let long = format!("body contains \"{}\"", "x".repeat(MAX_CHARS));
    let deep = format!("{}rows > 1{}", "(".repeat(17), ")".repeat(17));
    let tests = vec!["rows > 1"; MAX_TESTS + 1].join(" or ");
    let list = format!("rows in {}", vec!["1"; MAX_LIST + 1].join(","));
    let expanding = format!("body contains {}", "\\".repeat(600));
    for text in [long, deep, tests, list, expanding] {
        let error = refused(&text);
        assert_eq!(error.code(), ErrorCode::TooMuch, "{error}");
        assert!(error.pointed().lines().all(|line| line.chars().count() <= 74), "{error}");
    }
    let nots = format!("{}rows > 1", "not ".repeat(240));
    assert_eq!(Assertion::parse(&nots).unwrap().as_str(), "rows > 1");
}

#[test]
fn a_long_assertion_is_shown_around_its_fault() {
    let text = format!("body contains \"{}\" and size < 3s and body contains \"{}\"", "a".repeat(100), "b".repeat(100));
    insta::assert_snapshot!(refused(&text), @r#"
    `3s` is not a size; write it like 2MB, 500kB, 4KiB or 1024 (bytes)
    …aaaaaaaaaaaaaaaaaaaaaaa" and size < 3s and body contains "bbbbbbbbbbbbbb…
                                         ^^
    "#);
}

#[test]
fn a_monitor_has_a_bounded_number_of_assertions() {
    let one = Assertion::parse("rows > 1").unwrap();
    let mut assertions = Assertions::new(vec![one.clone(); MAX_LIST]).unwrap();
    assert_eq!(assertions.push(one.clone()).unwrap_err().code(), ErrorCode::TooMuch);
    assert!(Assertions::new(vec![one.clone(); MAX_LIST + 1]).is_err());
    let stored = serde_json::to_string(&vec![one; MAX_LIST + 1]).unwrap();
    let stored: Assertions = serde_json::from_str(&stored).unwrap();
    assert_eq!(stored.compile(FactKind::ALL, &[]).unwrap_err().code(), ErrorCode::TooMuch);
    let wide = Assertion::parse(&["rows > 1"; MAX_TESTS].join(" or ")).unwrap();
    let wide = Assertions::new(vec![wide; 5]).unwrap().compile(FactKind::ALL, &[]);
    assert_eq!(wide.unwrap_err().to_string(), "the assertions of a monitor may have 64 tests at most");
}

#[test]
fn a_check_is_asked_for_what_it_finds() {
    let assertions =
        Assertions::new(vec![Assertion::parse("latency < 2s and certificate.days > 14").unwrap()]).unwrap();
    let error = assertions.compile(&[FactKind::Latency, FactKind::LatencyConnect, FactKind::Banner], &[]).unwrap_err();
    assert_eq!(error.position(), 17);
    insta::assert_snapshot!(error, @r"
    `certificate.days` is not known of this kind of check; it knows latency, latency.connect, banner
    latency < 2s and certificate.days > 14
                     ^^^^^^^^^^^^^^^^
    ");
}
