use super::*;

fn assertions(texts: &[&str]) -> Assertions {
    Assertions::new(texts.iter().map(|text| Assertion::parse(text).unwrap()).collect()).unwrap()
}

#[test]
fn a_failure_says_what_was_expected_and_what_was_seen() {
    let facts = facts();
    for (text, reason, message) in [
        ("status in 200..299", Reason::UnexpectedStatus, "answered 503 Service Unavailable, expected 200..299"),
        ("status in 2xx, 404", Reason::UnexpectedStatus, "answered 503 Service Unavailable, expected 200..299,404"),
        ("status == 200", Reason::UnexpectedStatus, "answered 503 Service Unavailable, expected 200"),
        ("status < 400", Reason::UnexpectedStatus, "answered 503 Service Unavailable, expected status < 400"),
        ("not status in 5xx", Reason::UnexpectedStatus, "expected not status in 500..599, saw 503 Service Unavailable"),
        ("latency < 800ms as degraded", Reason::Slow, "took 812 ms, slower than 800 ms"),
        ("latency < 1ms", Reason::AssertionFailed, "took 812 ms, slower than 1 ms"),
        ("latency < 800ms", Reason::AssertionFailed, "took 812 ms, slower than 800 ms"),
        ("latency > 1s", Reason::AssertionFailed, "expected latency > 1s, saw 812 ms"),
        ("latency.tls < 1s as degraded", Reason::Slow, "expected latency.tls < 1s, saw nothing"),
        ("certificate.days > 14", Reason::AssertionFailed, "expected certificate.days > 14, saw 3"),
        ("certificate.days > 14 as degraded", Reason::Degraded, "expected certificate.days > 14, saw 3"),
        ("size < 2MB", Reason::AssertionFailed, "expected size < 2MB, saw 2,000,001 bytes"),
        ("loss == 0", Reason::AssertionFailed, "expected loss == 0, saw 33.33%"),
        ("not dnssec", Reason::AssertionFailed, "expected not dnssec == true, saw true"),
        ("value > 50", Reason::AssertionFailed, "expected value > 50, saw “42”"),
        ("header x exists", Reason::AssertionFailed, "expected header \"x\" exists, saw nothing"),
        (
            "header x-empty contains a",
            Reason::AssertionFailed,
            "expected header \"x-empty\" contains \"a\", saw an empty text",
        ),
        ("json $.items length > 3", Reason::JsonMismatch, "expected json $.items length > 3, saw 3"),
        ("json $.name == v1", Reason::JsonMismatch, "expected json $.name == \"v1\", saw \"v12\""),
        ("json $.data == 1", Reason::JsonMismatch, "expected json $.data == 1, saw [{\"id\":7}]"),
        (
            "certificate.names contains a",
            Reason::AssertionFailed,
            "expected certificate.names contains \"a\", saw “shop.example”, “www.shop.example”",
        ),
        (
            "status == 200 and latency < 1s",
            Reason::AssertionFailed,
            "expected status == 200 and latency < 1s, saw status 503 Service Unavailable, latency 812 ms",
        ),
        ("rows > 1 or rows == 0", Reason::AssertionFailed, "expected rows > 1 or rows == 0, saw nothing"),
    ] {
        assert_eq!(failure(text, &facts), (reason, message.to_owned()));
    }
    let (reason, message) = failure("body contains \"all ok\"", &facts);
    assert_eq!(reason, Reason::BodyMismatch);
    let shown = "“{\"name\":\"v12\",\"data\":[{\"id\":7}],\"items\":[1,2,\"b\"],\"big\":9007199254740993,\"off\":n…”";
    assert_eq!(message, format!("expected body contains \"all ok\", saw {shown}"));
}

#[test]
fn excerpts_are_one_line() {
    let mut facts = Facts::new();
    facts.set_body(b"<html>\n\t gone\0</html>".to_vec());
    assert_eq!(failure("body contains ok", &facts).1, "expected body contains \"ok\", saw “<html> gone </html>”");
    facts.set_body(Vec::new());
    assert_eq!(failure("body contains ok", &facts).1, "expected body contains \"ok\", saw an empty body");
}

#[test]
fn the_worst_failure_is_told_and_every_result_kept() {
    let own = assertions(&["latency < 800ms as degraded", "body contains ok", "dnssec", "status == 200"]);
    let judged = own.compile(FactKind::ALL, &[]).unwrap().evaluate(&facts(), &[]);
    assert_eq!(judged.failure.unwrap().0, Reason::UnexpectedStatus);
    let passed: Vec<bool> = judged.results.iter().map(|result| result.passed).collect();
    assert_eq!(passed, [false, false, true, false]);
    assert_eq!(judged.results[0].assertion, "latency < 800ms as degraded");
    assert_eq!((judged.results[2].seen.as_deref(), judged.results[0].seen.as_deref()), (None, Some("812 ms")));

    let own = assertions(&["latency < 800ms as degraded", "body contains ok"]);
    assert_eq!(
        own.compile(FactKind::ALL, &[]).unwrap().evaluate(&facts(), &[]).failure.unwrap().0,
        Reason::BodyMismatch
    );
}

#[test]
fn defaults_count_until_their_fact_is_mentioned() {
    let defaults = ["status in 200..299"];
    let judge = |own: &[&str]| assertions(own).compile(FactKind::ALL, &defaults).unwrap().evaluate(&facts(), &[]);
    assert_eq!(judge(&[]).failure.unwrap().0, Reason::UnexpectedStatus);
    assert_eq!(judge(&["dnssec"]).results.len(), 2, "a default that failed is told");
    assert_eq!(judge(&["status == 503"]).failure, None);
    let none = assertions(&[]).compile(FactKind::ALL, &["dnssec"]).unwrap();
    assert!(none.needs(FactKind::Dnssec) && !none.needs(FactKind::Body) && !none.is_empty());
    assert_eq!(none.evaluate(&facts(), &[]), Judgement::default());
    assert!(assertions(&[]).compile(FactKind::ALL, &[]).unwrap().is_empty());
}
