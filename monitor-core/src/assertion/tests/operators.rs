use super::*;

/// Every operator with every type that takes it: what holds, and what does not.
#[test]
fn operators_mean_what_they_say() {
    let facts = facts();
    for (holds, fails) in [
        ("status == 503", "status == 200"),
        ("status != 200", "status != 503"),
        ("status < 504", "status < 503"),
        ("status <= 503", "status <= 502"),
        ("status > 502", "status > 503"),
        ("status >= 503", "status >= 504"),
        ("status in 200, 500..503", "status in 200, 500..502"),
        ("status in 5xx", "status in 4xx"),
        ("status exists", "not status exists"),
        ("latency < 813ms", "latency < 812ms"),
        ("latency in 800ms..1s", "latency in 1s..2s"),
        ("latency == 812ms", "latency == 813ms"),
        ("size > 2MB", "size < 2MB"),
        ("size in 2MB..3MB", "size == 2MB"),
        ("certificate.days < 1w", "certificate.days > 14 days"),
        ("loss < 34%", "loss < 33%"),
        ("dnssec is true", "dnssec is not true"),
        ("tls.protocol == TLSv1.3", "tls.protocol == tlsv1.3"),
        ("tls.protocol in TLSv1.2, TLSv1.3", "tls.protocol in TLSv1.2"),
        ("tls.protocol starts with TLS", "tls.protocol starts with v1"),
        ("tls.protocol ends with .3", "tls.protocol ends with TLS"),
        ("tls.protocol matches /^tls/i", "tls.protocol matches /^tls/"),
        ("tls.protocol length == 7", "tls.protocol length == 8"),
        ("header CONTENT-type contains json", "header content-type contains xml"),
        ("header vary == \"a, b\"", "header vary == a"),
        ("header x-left >= 17", "header x-left > 17"),
        ("header x-left == 17.0", "header x-left == \"17.0\""),
        ("header x-left in 10..20", "header x-left in 18..20"),
        ("header x-empty is empty", "header x-empty is not empty"),
        ("header x-empty exists", "header x-empty contains a"),
        ("value == 42 and value > 41.5", "value > 42"),
        ("body contains v12", "body contains v13"),
        ("body starts with '{'", "body is empty"),
        ("body matches /\"on\":true/", "body matches /^on/"),
        ("certificate.names contains shop.example", "certificate.names contains example"),
        ("certificate.names in shop.example, www.shop.example, a.example", "certificate.names in shop.example"),
        ("certificate.names length == 2", "certificate.names == shop.example"),
        ("certificate.names ends with .example", "certificate.names starts with a"),
        ("certificate.names matches /^www/", "certificate.names is empty"),
        ("json $.data[0].id == 7", "json $.data[0].id == \"7\""),
        ("json $.data[0].id > 6", "json $.name > 6"),
        ("json $.data[0].id in 1..7", "json $.data[0].id in 1, 6"),
        ("json $.big == 9007199254740993", "json $.big == 9007199254740992"),
        ("json $.name matches /^V\\d/i", "json $.name matches /^V\\d/"),
        ("json $.name contains 12 and json $.name == v12", "json $.name contains 13"),
        ("json $.name starts with v and json $.name ends with 2", "json $.name starts with 2"),
        ("json $.items contains 2 and json $.items contains b", "json $.items contains \"2\""),
        ("json $.items length == 3", "json $.items length > 3"),
        ("json $ contains big", "json $ contains small"),
        ("json $.on == true", "json $.on == \"true\""),
        ("json $.off == null and json $.off is empty", "json $.off is not empty"),
        ("json $.off exists", "json $.offer exists"),
        ("json $.note is empty", "json $.on is empty"),
    ] {
        assert_eq!(judge(holds, &facts).failure, None, "{holds}");
        let failed = judge(fails, &facts);
        assert!(failed.failure.is_some() && failed.results[0].seen.is_some(), "{fails}");
    }
}

#[test]
fn nothing_is_true_of_what_is_missing_except_that_it_differs() {
    let facts = Facts::new();
    let subjects = [
        ("status", "1xx"),
        ("header x", "a"),
        ("body", "a"),
        ("json $.a", "1"),
        ("latency", "1s"),
        ("size", "1"),
        ("answers", "a"),
        ("dnssec", "true"),
    ];
    for (subject, value) in subjects {
        for predicate in ["exists".to_owned(), format!("== {value}"), format!("in {value}"), "is empty".to_owned()] {
            let text = format!("{subject} {predicate}");
            let Ok(assertion) = Assertion::parse(&text) else { continue };
            let judged = judge(assertion.as_str(), &facts);
            assert_eq!(judged.results[0].seen.as_deref(), Some("nothing"), "{text}");
            assert!(judge(&format!("not {text}"), &facts).failure.is_none(), "{text}");
        }
        assert!(judge(&format!("{subject} != {value}"), &facts).failure.is_none(), "{subject}");
    }
    assert!(judge("header x is not empty", &facts).failure.is_some());
    assert!(judge("header x length >= 0", &facts).failure.is_some());
}

#[test]
fn a_body_of_bytes_is_searched_as_it_is() {
    let mut facts = Facts::new();
    facts.set_body(vec![0xff, b'o', b'k', 0xfe]);
    assert_eq!(judge("body contains ok and body matches /ok/ and body length == 4", &facts).failure, None);
    let (reason, message) = failure("json $.a == 1", &facts);
    assert_eq!(
        (reason, message.as_str()),
        (Reason::JsonMismatch, "expected json $.a == 1, saw no JSON: “\u{fffd}ok\u{fffd}”")
    );
}

#[test]
fn what_is_noted_becomes_what_the_fact_is() {
    let mut facts = Facts::new();
    facts.set(FactKind::Body, "ok");
    facts.set(FactKind::Size, 7_u16);
    facts.set(FactKind::Rows, 7_u64);
    facts.set(FactKind::Rows, 8_u64);
    assert_eq!(facts.body(), Some(&b"ok"[..]));
    assert_eq!(facts.get(FactKind::Size), Some(&Value::Size(7)));
    assert_eq!(facts.get(FactKind::Rows), Some(&Value::Number(8.0)));
    facts.set(FactKind::Json, serde_json::json!({"a": 1}));
    assert_eq!(judge("json $.a == 1", &facts).failure, None);
}
