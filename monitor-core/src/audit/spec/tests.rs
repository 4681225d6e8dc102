use super::*;

fn spec() -> AuditSpec {
    AuditSpec::of("shop.example/cart?x=1#top").unwrap()
}

fn named(name: &str, value: &str) -> Named {
    Named { name: name.into(), value: Secret::new(value) }
}

#[test]
fn an_address_is_enough() {
    let spec = spec();
    assert_eq!(spec.url.as_str(), "https://shop.example/cart?x=1");
    assert_eq!((spec.device, spec.runs, spec.throttling), (Device::Mobile, 3, Throttling::Simulate));
    assert_eq!(spec.locale, "en-US");
    assert_eq!(spec.validate(), Ok(()));
}

#[test]
fn only_pages_are_audited() {
    for address in
        ["file:///etc/passwd", "chrome://version", "about:blank", "javascript:1", "ftp://a.example", "data:,x"]
    {
        assert!(AuditSpec::of(address).is_err(), "{address}");
        let mut spec = spec();
        spec.url = Url::parse(address).unwrap();
        assert!(spec.validate().is_err(), "{address}");
    }
    let error = AuditSpec::of("https://ada:hunter2@shop.example").unwrap_err().to_string();
    assert!(error.contains("with a cookie") && !error.contains("hunter2"), "{error}");
}

#[test]
fn runs_and_locale_are_checked() {
    for (runs, works) in [(0, false), (1, true), (9, true), (10, false)] {
        assert_eq!(AuditSpec { runs, ..spec() }.validate().is_ok(), works, "{runs}");
    }
    for (locale, works) in [("de", true), ("zh-TW", true), ("DE", false), ("", false), ("xx", false)] {
        assert_eq!(AuditSpec { locale: locale.into(), ..spec() }.validate().is_ok(), works, "{locale}");
    }
}

#[test]
fn headers_that_are_not_the_pages_are_refused() {
    for (name, value, works) in [
        ("Authorization", "Bearer x", true),
        ("X-Preview", "1", true),
        ("Host", "internal", false),
        ("Cookie", "a=b", false),
        ("Connection", "close", false),
        ("Keep-Alive", "5", false),
        ("TE", "trailers", false),
        ("Trailer", "x", false),
        ("Transfer-Encoding", "chunked", false),
        ("Upgrade", "h2c", false),
        ("Proxy-Authorization", "Basic x", false),
        ("Sec-Fetch-Site", "none", false),
        ("Content-Length", "3", false),
        ("bad name", "x", false),
        ("", "x", false),
        ("X-A", "b\r\nX-Evil: 1", false),
    ] {
        let spec = AuditSpec { headers: vec![named(name, value)], ..spec() };
        assert_eq!(spec.validate().is_ok(), works, "{name}");
    }
    let twice = AuditSpec { headers: vec![named("X-A", "1"), named("x-a", "2")], ..spec() };
    assert_eq!(twice.validate().unwrap_err().to_string(), "`x-a` is given twice");
    let many = AuditSpec { headers: (0..33).map(|n| named(&format!("X-{n}"), "1")).collect(), ..spec() };
    assert!(matches!(many.validate(), Err(SpecError::TooMuch(_))));
}

#[test]
fn cookies_that_a_browser_would_not_keep_are_refused() {
    for (name, value, works) in [
        ("session", "4f2a", true),
        ("prefs", "{\"a\": 1}", true),
        ("__Host-session", "x", true),
        ("session", "a;b", false),
        ("session", "a\nb", false),
        ("a=b", "x", false),
        ("a b", "x", false),
        ("", "x", false),
    ] {
        let spec = AuditSpec { cookies: vec![named(name, value)], ..spec() };
        assert_eq!(spec.validate().is_ok(), works, "{name}={value}");
    }
    let plain =
        AuditSpec { cookies: vec![named("__Host-session", "x")], ..AuditSpec::of("http://shop.example").unwrap() };
    assert!(plain.validate().unwrap_err().to_string().contains("https only"));
    let long = AuditSpec { cookies: vec![named("session", &"x".repeat(4_096))], ..spec() };
    assert!(long.validate().is_err());
}

#[test]
fn secrets_come_out_and_go_back_in_the_same_order() {
    let mut spec = AuditSpec { headers: vec![named("X-Key", "one")], cookies: vec![named("session", "two")], ..spec() };
    let stored = serde_json::to_string(&spec).unwrap();
    assert!(!stored.contains("one") && !stored.contains("two"), "{stored}");
    assert!(!format!("{spec:?}").contains("two"));
    let taken: Vec<String> = spec.secrets_mut().iter().map(|secret| secret.expose().to_owned()).collect();
    assert_eq!(taken, ["one", "two"]);
    let mut back: AuditSpec = serde_json::from_str(&stored).unwrap();
    for (secret, value) in back.secrets_mut().into_iter().zip(taken) {
        *secret = Secret::new(value);
    }
    assert_eq!(back, spec);
}

#[test]
fn a_stored_spec_may_leave_out_what_has_a_default() {
    let spec: AuditSpec = serde_json::from_str(r#"{"url":"https://shop.example/cart?x=1"}"#).unwrap();
    assert_eq!(spec, self::spec());
}

#[test]
fn words_are_read_and_written() {
    for device in Device::ALL {
        assert_eq!(device.to_string().parse(), Ok(device));
        assert_eq!(serde_json::to_value(device).unwrap(), device.word());
    }
    for throttling in Throttling::ALL {
        assert_eq!(throttling.to_string().parse(), Ok(throttling));
        assert_eq!(serde_json::to_value(throttling).unwrap(), throttling.word());
    }
    assert_eq!(" Phone ".parse(), Ok(Device::Mobile));
    let error = "tablet".parse::<Device>().unwrap_err().to_string();
    assert_eq!(error, "`tablet` is not a device; use mobile or desktop");
    assert!("3g".parse::<Throttling>().is_err());
}
