use monitor_core::Timestamp;
use monitor_core::checks::DomainSpec;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Verdict};
use test_support::targets::{Answer, Answering, Misbehaviour, answering, misbehaving};

use crate::{AMPLE, SHORT, outbound, run_at, run_settings, settings, told};

/// An answer in the form of RFC 9083, section 5.3, shortened.
const SHOP: &str = r#"{
    "rdapConformance": ["rdap_level_0"],
    "objectClassName": "domain",
    "handle": "XXXX",
    "ldhName": "shop.example",
    "status": ["active"],
    "entities": [
        {"objectClassName": "entity", "handle": "ABUSE", "roles": ["abuse"]},
        {
            "objectClassName": "entity",
            "handle": "292",
            "roles": ["registrar"],
            "vcardArray": ["vcard", [
                ["version", {}, "text", "4.0"],
                ["fn", {}, "text", "Good Names, Inc."]
            ]]
        }
    ],
    "events": [
        {"eventAction": "registration", "eventDate": "1990-12-31T23:59:59Z"},
        {"eventAction": "expiration", "eventDate": "2027-03-01T12:00:00Z"}
    ]
}"#;

/// 2027-03-01 12:00 UTC.
const END: i64 = 1_803_902_400_000;
const DAY: i64 = 86_400_000;

fn spec(name: &str, server: &str) -> CheckSpec {
    CheckSpec::Domain(DomainSpec { server: Some(server.parse().unwrap()), ..DomainSpec::new(name).unwrap() })
}

async fn registry(answer: &str) -> Answering {
    answering(Answer::ok(answer).header("Content-Type", "application/rdap+json")).await
}

async fn ask(answer: &str, now: i64) -> Outcome {
    let server = registry(answer).await;
    run_at(&settings(spec("shop.example", &server.url()), &[]), &outbound(), Timestamp::from_millis(now), AMPLE).await
}

#[tokio::test]
async fn a_registration_is_read() {
    let server = registry(SHOP).await;
    let monitor = settings(
        spec("shop.example", &format!("{}rdap/", server.url())),
        &["domain.days == 99", "domain.registrar == \"Good Names, Inc.\""],
    );
    let outcome = run_at(&monitor, &outbound(), Timestamp::from_millis(END - 99 * DAY - 1), AMPLE).await;
    assert_eq!(told(&outcome), "ok");
    assert_eq!(server.last_request().request_line(), "GET /rdap/domain/shop.example HTTP/1.1");
    assert_eq!(server.last_request().header("accept"), Some("application/rdap+json, application/json"));
}

#[tokio::test]
async fn an_end_that_nears_is_told_once_per_threshold() {
    for (left, message, news) in [
        (31 * DAY, "ok", None),
        (
            8 * DAY,
            "domain_ending: the registration of shop.example ends in 8 d, on 2027-03-01",
            Some("the registration of shop.example ends in 14 days or less, on 2027-03-01"),
        ),
        (
            7 * DAY,
            "domain_ending: the registration of shop.example ends in 7 d, on 2027-03-01",
            Some("the registration of shop.example ends in 7 days or less, on 2027-03-01"),
        ),
        (0, "domain_expired: the registration of shop.example ended on 2027-03-01", None),
        (-DAY, "domain_expired: the registration of shop.example ended on 2027-03-01", None),
    ] {
        let outcome = ask(SHOP, END - left).await;
        assert_eq!((told(&outcome).as_str(), outcome.details.warning.as_deref()), (message, news));
    }
}

#[tokio::test]
async fn names_below_a_registered_domain_lead_to_it() {
    let server = registry("{}").await;
    server.set(Answer::status(404));
    let outcome = run_settings(&settings(spec("www.shop.example", &server.url()), &[]), &outbound(), AMPLE).await;
    assert_eq!(told(&outcome), "domain_expired: www.shop.example is not registered: its registry does not know it");
    assert_eq!(server.requests(), 2);
    assert_eq!(server.last_request().request_line(), "GET /domain/shop.example HTTP/1.1");
}

#[tokio::test]
async fn a_registry_is_asked_at_most_once_an_hour() {
    let server = registry(SHOP).await;
    let check = probes::Check::compile(&settings(spec("shop.example", &server.url()), &[])).unwrap();
    let outbound = outbound();
    for (minute, requests) in [(0, 1), (1, 1), (59, 1), (60, 2)] {
        let at = Timestamp::from_millis(END - 99 * DAY + minute * 60_000);
        assert_eq!(told(&probes::run(&check, &outbound, at, AMPLE).await), "ok");
        assert_eq!(server.requests(), requests, "{minute}");
    }
}

#[tokio::test]
async fn a_registry_that_does_not_tell_says_nothing_of_the_domain() {
    let untold = "registry_unavailable: the registry does not tell when the registration of shop.example ends";
    let foreign = "registry_unavailable: the registry's answer for shop.example is not RDAP";
    for (answer, said) in [
        (r#"{"objectClassName": "domain", "events": []}"#, untold),
        (r#"{"objectClassName": "domain", "events": [{"eventAction": "expiration", "eventDate": "soon"}]}"#, untold),
        (r#"{"objectClassName": "domain"}"#, untold),
        (r#"{"objectClassName": "entity"}"#, foreign),
        ("<html>", foreign),
        ("", foreign),
    ] {
        let outcome = ask(answer, 0).await;
        assert_eq!((told(&outcome).as_str(), outcome.verdict()), (said, Verdict::Inconclusive), "{answer}");
    }
    // The time zone may be missing.
    let outcome = ask(&SHOP.replace("12:00:00Z", "12:00:00"), END).await;
    assert_eq!(told(&outcome), "domain_expired: the registration of shop.example ended on 2027-03-01");
}

#[tokio::test]
async fn a_registry_that_cannot_be_asked_says_nothing_of_the_domain() {
    let outbound = outbound();
    let server = registry("").await;
    for (status, said) in [(429, "it has been asked too often (status 429)"), (500, "it answered with status 500")] {
        server.set_status(status);
        let outcome = run_settings(&settings(spec("shop.example", &server.url()), &[]), &outbound, AMPLE).await;
        assert_eq!(told(&outcome), format!("registry_unavailable: the registry could not be asked: {said}"));
    }
    for (misbehaviour, said) in [
        (Misbehaviour::Refuses, "the connection was refused while connecting to "),
        (Misbehaviour::Closes, "the target closed the connection while waiting for its answer"),
        (Misbehaviour::GARBAGE, "the answer is not valid HTTP"),
        (Misbehaviour::Silent, "it did not answer in time"),
    ] {
        let target = misbehaving(misbehaviour).await;
        let monitor = settings(spec("shop.example", &format!("http://{}", target.addr())), &[]);
        let outcome = run_settings(&monitor, &outbound, SHORT).await;
        let said = format!("registry_unavailable: the registry could not be asked: {said}");
        assert!(told(&outcome).starts_with(&said), "{misbehaviour:?}: {}", told(&outcome));
        assert_eq!(outcome.verdict(), Verdict::Inconclusive);
    }
}
