use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use monitor_core::secret::Secret;
use probes::security::zap::{Zap, ZapError, scan, stop, version};
use test_support::services;
use test_support::targets::{Answer, answering, misbehaving};
use test_support::zap::{KEY, Zap as Fake};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{AMPLE, SHORT, config};

const TARGET: &str = "https://shop.example/";

fn zap_at(url: &str, key: Option<&str>) -> Zap {
    Zap { url: Url::parse(url).unwrap(), key: key.map(Secret::new) }
}

/// A client that may reach nothing private, but ZAP.
fn strict() -> probes::Outbound {
    probes::Outbound::new(&config(false)).unwrap()
}

async fn scanned(zap: &Zap, within: Duration, cancel: &CancellationToken) -> Result<serde_json::Value, ZapError> {
    let alerts = scan(zap, &Url::parse(TARGET).unwrap(), within, &strict(), cancel, &|_| {}).await?;
    assert_eq!(alerts.cut, None);
    Ok(alerts.list)
}

/// A fake that is only what we imagine proves nothing.
#[tokio::test]
async fn the_official_client_takes_the_fake_for_zap() {
    let fake = Fake::start().await;
    fake.find(3);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-support/clients/zap/client.py");
    let mut client = Command::new(services::python());
    client.arg(script).args([fake.url().as_str(), KEY, TARGET]).kill_on_drop(true);
    let output = client.output().await.unwrap();
    let (told, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}{wrong}");
    insta::assert_snapshot!(told, @r"
    version 2.16.1
    ascan before the spider refused: url_not_found
    status of no scan refused: does_not_exist
    spider [0, 50, 100]
    records [2, 1, 0]
    ascan [0, 50, 100]
    alerts [('40012', 'High', 'Medium', 'q0'), ('40012', 'High', 'Medium', 'q1')]
    alerts elsewhere []
    delete OK refused: does_not_exist
    alerts left 2
    stop OK
    ");
}

#[tokio::test]
async fn zap_crawls_attacks_and_tells_its_alerts() {
    let fake = Fake::start().await;
    fake.find(201);
    let told = Mutex::new(Vec::new());
    let progress = |text: &str| told.lock().unwrap().push(text.to_owned());
    let target = Url::parse("https://shop.example/app?x=1").unwrap();
    let zap = zap_at(&fake.url(), Some(KEY));
    let alerts = scan(&zap, &target, AMPLE, &strict(), &CancellationToken::new(), &progress).await.unwrap().list;
    assert_eq!(alerts.as_array().unwrap().len(), 201);
    assert_eq!(
        (&alerts[7]["pluginId"], &alerts[7]["param"], &alerts[7]["url"]),
        (&"40012".into(), &"q7".into(), &target.as_str().into())
    );
    insta::assert_snapshot!(told.into_inner().unwrap().join("\n"), @r"
    ZAP crawls, 0 %
    ZAP crawls, 50 %
    ZAP crawls, 100 %
    ZAP looks through what it has crawled
    ZAP attacks, 0 %
    ZAP attacks, 50 %
    ZAP attacks, 100 %
    fetching ZAP's alerts
    ");
    insta::assert_snapshot!(fake.calls().join("\n"), @r"
    alert/view/alerts
    spider/action/scan
    spider/view/status
    pscan/view/recordsToScan
    ascan/action/scan
    ascan/view/status
    alert/view/alerts
    ");
    assert_eq!(fake.running(), 0);
    assert_eq!(version(&zap, &strict()).await.as_deref(), Ok(test_support::zap::VERSION));
}

#[tokio::test]
async fn what_was_mended_since_the_last_scan_is_not_told_again() {
    let fake = Fake::start().await;
    let zap = zap_at(&fake.url(), Some(KEY));
    for count in [250, 100, 1, 0] {
        fake.find(count);
        let alerts = scanned(&zap, AMPLE, &CancellationToken::new()).await.unwrap();
        assert_eq!(alerts.as_array().unwrap().len(), count);
    }
}

#[tokio::test]
async fn of_too_many_alerts_those_of_the_highest_risk_are_taken_and_that_is_told() {
    let fake = Fake::start().await;
    let zap = zap_at(&fake.url(), Some(KEY));
    fake.find_also(2_100, "Low");
    fake.find_also(1, "High");
    let target = Url::parse(TARGET).unwrap();
    let alerts = scan(&zap, &target, AMPLE, &strict(), &CancellationToken::new(), &|_| {}).await.unwrap();
    assert_eq!(alerts.list[0]["risk"], "High");
    assert!((2_000..2_101).contains(&alerts.list.as_array().unwrap().len()));
    let why = "ZAP has 2000 alerts of the site or more, and the lowest risks may not have been read";
    assert_eq!(alerts.cut.as_deref(), Some(why));
}

#[tokio::test]
async fn a_scan_that_is_cancelled_or_takes_too_long_is_stopped_in_zap() {
    let fake = Fake::start().await;
    fake.get_stuck();
    let (zap, cancel) = (zap_at(&fake.url(), Some(KEY)), CancellationToken::new());
    let (ended, ()) = tokio::join!(scanned(&zap, AMPLE, &cancel), async {
        fake.called("spider/view/status").await;
        assert_eq!(fake.running(), 1);
        cancel.cancel();
    });
    assert_eq!(ended, Err(ZapError::Cancelled));
    assert_eq!((fake.running(), fake.calls().last().map(String::as_str)), (0, Some("spider/action/stop")));

    let ended = scanned(&zap, SHORT, &CancellationToken::new()).await;
    assert_eq!(ended, Err(ZapError::TooLong("300 ms".into())));
    assert_eq!(fake.running(), 0);
}

/// As a process that is killed leaves it.
async fn scanned_until(fake: &Fake, zap: &Zap, call: &str) {
    let cancel = CancellationToken::new();
    let ended = tokio::select! {
        biased;
        () = fake.called(call) => None,
        ended = scanned(zap, AMPLE, &cancel) => Some(ended),
    };
    assert_eq!((ended, fake.running()), (None, 1), "{call}");
}

#[tokio::test]
async fn what_a_killed_process_has_left_going_on_is_stopped_for_its_target_alone() {
    for call in ["spider/view/status", "ascan/view/status"] {
        let fake = Fake::start().await;
        let zap = zap_at(&fake.url(), Some(KEY));
        scanned_until(&fake, &zap, call).await;
        for (target, left) in [("https://shop.example:8443/", 1), ("https://shop.example/other", 0)] {
            stop(&zap, &Url::parse(target).unwrap(), &strict()).await.unwrap();
            assert_eq!(fake.running(), left, "{target} at {call}");
        }
    }
    let nothing = zap_at(&format!("http://{}/", misbehaving::nothing_listens()), Some(KEY));
    let gone = stop(&nothing, &Url::parse(TARGET).unwrap(), &strict()).await;
    assert!(matches!(gone, Err(ZapError::Unreachable(_))), "{gone:?}");
}

#[tokio::test]
async fn alerts_of_an_origin_that_only_begins_alike_are_neither_deleted_nor_taken_in() {
    let fake = Fake::start().await;
    let zap = zap_at(&fake.url(), Some(KEY));
    let alerts_of = async |target: &str| {
        let target = Url::parse(target).unwrap();
        let alerts = scan(&zap, &target, AMPLE, &strict(), &CancellationToken::new(), &|_| {}).await.unwrap();
        alerts.list.as_array().unwrap().len()
    };
    fake.find(2);
    assert_eq!(alerts_of("https://shop.com/").await, 2);
    fake.find(1);
    assert_eq!(alerts_of("https://shop.co:8443/").await, 1);
    fake.find(0);
    assert_eq!(alerts_of("https://shop.co/").await, 0);
    assert_eq!(fake.kept(), 3);
}

#[tokio::test]
async fn what_keeps_zap_from_scanning_is_told_with_what_to_do() {
    let fake = Fake::start().await;
    let told = |error: ZapError| error.to_string();
    let cancel = CancellationToken::new();
    for key in [None, Some("wrong")] {
        let error = scanned(&zap_at(&fake.url(), key), AMPLE, &cancel).await.unwrap_err();
        assert_eq!(
            told(error),
            "ZAP does not answer: the target closed the connection while waiting for its answer; check security.zap_url \
             and security.zap_key, and that ZAP's API lets this machine in (-config api.addrs.addr.name=ADDRESS)"
        );
    }
    let nothing = format!("http://{}/", misbehaving::nothing_listens());
    assert!(matches!(scanned(&zap_at(&nothing, Some(KEY)), AMPLE, &cancel).await, Err(ZapError::Unreachable(_))));
    fake.fall_silent();
    let silent = scanned(&zap_at(&fake.url(), Some(KEY)), SHORT, &cancel).await;
    assert_eq!(silent, Err(ZapError::TooLong("300 ms".into())));

    for (answer, why) in [
        (
            Answer::status(400).with_body(r#"{"code":"mode_violation","message":"Mode Violation"}"#),
            "ZAP refuses: Mode Violation (mode_violation)",
        ),
        (
            Answer::status(400).with_body(r#"{"code":"bad_external_data","message":"Bad","detail":"why"}"#),
            "ZAP refuses: Bad (bad_external_data): why",
        ),
        (
            Answer::status(200).with_body("<html>"),
            "what answers is not ZAP's API: it answered with status 200 and “<html>”; check security.zap_url",
        ),
        (Answer::ok("{}"), "what answers is not ZAP's API: it tells no list of alerts; check security.zap_url"),
        (
            Answer::ok(r#"{"alerts":[]}"#),
            "what answers is not ZAP's API: its answer has no “scan”; check security.zap_url",
        ),
        (
            Answer::ok(r#"{"alerts":[],"scan":"0","status":"x"}"#),
            "what answers is not ZAP's API: its “status” is “x”, which is no number; check security.zap_url",
        ),
    ] {
        let other = answering(answer).await;
        let error = scanned(&zap_at(&other.url(), Some(KEY)), AMPLE, &cancel).await.unwrap_err();
        assert_eq!(told(error), why);
    }
}

#[tokio::test]
async fn the_key_goes_in_a_header_and_the_base_may_have_a_path() {
    let other = answering(Answer::ok(r#"{"version":"2.16.1"}"#)).await;
    let zap = zap_at(&format!("{}tools/zap", other.url()), Some(KEY));
    assert_eq!(version(&zap, &strict()).await.as_deref(), Ok("2.16.1"));
    let request = other.last_request();
    assert_eq!(request.request_line(), "GET /tools/zap/JSON/core/view/version/? HTTP/1.1");
    assert_eq!(request.header("x-zap-api-key"), Some(KEY));
    assert!(!format!("{zap:?}").contains(KEY));
}
