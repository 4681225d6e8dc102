use super::*;

#[test]
fn every_condition_has_a_canonical_text() {
    for (written, canonical) in [
        ("down", "down"),
        ("DOWN for 3 Checks", "down for 3 checks"),
        ("down for 5 minutes", "down for 5m"),
        ("degraded for 90s", "degraded for 1m30s"),
        ("2 of 3 checks failed", "2 of 3 checks failed"),
        ("1 of 1 check slow", "1 of 1 checks slow"),
        ("p95 over 10m>800ms for 5m", "p95 over 10m > 800ms for 5m"),
        ("latency over 10 min > 0.8 s", "latency over 10m > 800ms"),
        ("p50 over 5m > 0.1 ms", "p50 over 5m > 0.1ms"),
        ("error rate over 10m ≥ 5 %", "error rate over 10m >= 5%"),
        ("bytes over 1h > 200% of usual", "bytes over 1h > 200% of usual"),
        ("requests over 1h < 50 % of usual for 10m", "requests over 1h < 50% of usual for 10m"),
        ("bytes over 1h > 10 MB", "bytes over 1h > 10MB"),
        ("requests over 1h < 3", "requests over 1h < 3"),
        ("certificate.days < 2 weeks", "certificate.days < 14"),
        ("domain.days < 30d", "domain.days < 30"),
        ("heartbeat too long", "heartbeat too long"),
        ("heartbeat missed or heartbeat failed", "heartbeat missed or heartbeat failed"),
        ("recovered", "recovered"),
        ("(down)", "down"),
        ("not not down", "down"),
        ("not (degraded or down)", "not (degraded or down)"),
        ("(degraded or p50 over 5m > 1s) and not down", "(degraded or p50 over 5m > 1s) and not down"),
        ("degraded and (down and recovered)", "degraded and down and recovered"),
    ] {
        let condition: Condition = written.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(condition.to_string(), canonical);
        assert_eq!(canonical.parse(), Ok(condition));
    }
}

#[test]
fn a_fault_is_pointed_at_and_said_how_to_mend() {
    let long = format!("down{}", " or down".repeat(70));
    let deep = format!("{}down{}", "(".repeat(9), ")".repeat(9));
    let faults = [
        "",
        "dwon",
        "wrong",
        "p95 > 800ms",
        "p95 over 10m",
        "p95 over 10m == 800ms",
        "p95 over 10m > 800",
        "p95 over 10m > 5%",
        "p95 over 10s > 800ms",
        "p95 over 2d > 800ms",
        "p100 over 10m > 1s",
        "error over 10m > 5%",
        "error rate over 10m > 5",
        "error rate over 10m > 500%",
        "bytes over 1h > 200%",
        "bytes over 10m > 200% of usual",
        "bytes over 1h > much",
        "requests over 1h > 10MB",
        "2 of 3",
        "4 of 3 checks failed",
        "2 of 30 checks failed",
        "certificate.days < soon",
        "heartbeat lost",
        "down for",
        "down for 5",
        "down for 30d",
        "down for 0 checks",
        "p95 over 10m > 1s for 3 checks",
        "recovered for 5m",
        "down for 5m and degraded",
        "(down for 5m)",
        "(down",
        "down)",
        "down and",
        "down degraded",
        &deep,
        &long,
        "down or down or down or down or down or down or down or down or down",
    ];
    let shown: Vec<String> = faults
        .into_iter()
        .map(|text| match Condition::parse(text) {
            Err(error) => format!("{error}\n"),
            Ok(condition) => panic!("`{text}` is read as `{condition}`"),
        })
        .collect();
    insta::assert_snapshot!("faults", shown.join("\n"));
}

#[test]
fn a_rule_is_told_in_the_words_of_the_command() {
    let mut rule = rule("p95 over 10m > 800ms for 5m");
    assert_eq!(rule.to_string(), "when p95 over 10m > 800ms for 5m severity critical");
    rule.severity = Severity::Warning;
    rule.cooldown = minutes(10);
    rule.remind = Some(minutes(60));
    rule.notify = vec!["#ops".into(), "@primary".into()];
    assert_eq!(rule.validate(), Ok(()));
    insta::assert_snapshot!(rule, @"when p95 over 10m > 800ms for 5m severity warning cooldown 10m remind 1h notify #ops @primary");
}

#[test]
fn ranges_of_a_rule_are_checked() {
    let with = |change: fn(&mut Rule)| {
        let mut rule = rule("down");
        change(&mut rule);
        rule.validate().unwrap_err().to_string()
    };
    assert!(with(|rule| rule.cooldown = minutes(60 * 24 * 8)).contains("7d at most"));
    assert!(with(|rule| rule.remind = Some(Duration::from_secs(1))).contains("from 1m to 30d"));
    assert!(with(|rule| rule.notify = vec!["#ops".into(); 17]).contains("16 destinations"));
    assert!(with(|rule| rule.notify = vec!["# ops".into()]).contains("name of a destination"));
}

#[test]
fn what_a_condition_needs_is_known() {
    let needs = |text: &str| {
        let condition: Condition = text.parse().unwrap();
        let seconds = condition.look_every().map(|every| every.as_secs());
        (condition.class(), condition.follows_checks(), condition.counts_checks(), seconds)
    };
    assert_eq!(needs("down for 5m"), (Class::Down, true, false, None));
    assert_eq!(needs("down for 3 checks"), (Class::Down, true, true, None));
    assert_eq!(needs("degraded"), (Class::Degraded, true, false, None));
    assert_eq!(needs("p95 over 10m > 1s"), (Class::Other, false, false, Some(10)));
    assert_eq!(needs("p95 over 1d > 1s and 2 of 3 checks failed"), (Class::Other, true, true, Some(60)));
    assert_eq!(needs("certificate.days < 14"), (Class::Other, false, false, Some(300)));
}
