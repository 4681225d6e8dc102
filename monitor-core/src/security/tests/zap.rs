//! Alerts of ZAP.

use serde_json::{Value, json};

use super::good::{remove, site};
use super::{ids, said};
use crate::security::observed::Observed;
use crate::security::{Depth, Review, Risk, review, zap};

fn alert(plugin: &str, risk: &str, confidence: &str, url: &str) -> Value {
    json!({
        "id": "7", "pluginId": plugin, "alert": format!("Alert {plugin}"), "name": format!("Alert {plugin}"), "risk": risk,
        "confidence": confidence, "url": url, "param": "q", "attack": "secret", "evidence": "secret", "other": "secret",
        "description": "Bad.", "solution": "Mend it.", "reference": "https://a.example\nhttps://b.example",
        "cweid": "79", "wascid": "8", "sourceid": "3", "tags": {}, "messageId": "1", "method": "GET",
    })
}

fn deep(alerts: &[Value]) -> Review {
    let site = Observed { depth: Depth::Deep, ..site() };
    review(&site, &zap::findings(&json!({ "alerts": alerts })).unwrap())
}

#[test]
fn alerts_of_one_kind_are_one_finding_without_what_may_be_secret() {
    let found = zap::findings(&json!({ "alerts": [
        alert("40012", "High", "Medium", "https://shop.example/b?token=1"),
        alert("40012", "High", "High", "https://shop.example/a"),
        alert("40012", "High", "High", "https://shop.example/a"),
    ]}))
    .unwrap();
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.evidence, "https://shop.example/a (q), https://shop.example/b (q)");
    assert_eq!((finding.id.as_str(), finding.risk, finding.title.as_str()), ("zap-40012", Risk::High, "Alert 40012"));
    assert_eq!(finding.reference, "https://a.example https://b.example");
    assert!(!serde_json::to_string(&found).unwrap().contains("secret"));
}

#[test]
fn little_confidence_counts_less_and_false_positives_not_at_all() {
    let found = zap::findings(&json!([
        alert("1", "High", "Low", "u"),
        alert("2", "Medium", "Low", "u"),
        alert("3", "Low", "Low", "u"),
        alert("4", "Informational", "High", "u"),
        alert("5", "High", "False Positive", "u"),
        alert("6", "Medium", "Confirmed", "u"),
    ]))
    .unwrap();
    let risks: Vec<(&str, Risk)> = found.iter().map(|finding| (finding.id.as_str(), finding.risk)).collect();
    use Risk::{Info, Low, Medium};
    assert_eq!(risks, [("zap-1", Medium), ("zap-2", Low), ("zap-3", Info), ("zap-4", Info), ("zap-6", Medium)]);
}

#[test]
fn alerts_cost_by_their_risk() {
    let review = deep(&[
        alert("1", "High", "High", "u"),
        alert("2", "Low", "High", "u"),
        alert("3", "Informational", "High", "u"),
    ]);
    assert_eq!(review.formula, "100 - 40 (zap-1) - 5 (zap-2) = 55, C");
    assert_eq!(ids(&review), ["zap-1", "zap-2", "zap-3"]);
}

#[test]
fn what_was_found_already_is_not_told_twice() {
    let mut seen = Observed { depth: Depth::Deep, ..site() };
    let alerts = zap::findings(&json!([alert("10021", "Low", "Medium", "https://shop.example/x")])).unwrap();
    assert_eq!(ids(&review(&seen, &alerts)), ["zap-10021"], "another page than ours has it");
    remove(&mut seen, "x-content-type-options");
    assert_eq!(ids(&review(&seen, &alerts)), ["content-type-sniffing"]);
}

#[test]
fn a_scan_that_failed_is_said_and_mends_nothing() {
    let before = deep(&[alert("1", "High", "High", "u")]);
    let failed = deep(&[]).without_zap("ZAP did not answer");
    assert_eq!(failed.depth, Depth::Active);
    assert!(failed.not_looked.iter().any(|blind| blind.ids == ["zap-*"] && blind.reason == "ZAP did not answer"));
    let changes = failed.changes_since(&before);
    assert_eq!((changes.mended.len(), changes.not_seen_again.len()), (0, 1));
    let changes = deep(&[]).changes_since(&before);
    assert_eq!((changes.mended.len(), changes.not_seen_again.len()), (1, 0));
}

#[test]
fn what_zap_did_not_get_or_was_not_read_is_said_and_mends_nothing() {
    let before = deep(&[alert("1", "High", "High", "u")]);
    let cut = deep(&[]).with_zap_cut("ZAP has more");
    assert_eq!((cut.depth, said(&cut, "zap-*")), (Depth::Deep, Err("ZAP has more")));
    assert_eq!(cut.changes_since(&before).mended, []);
    let mut elsewhere = Observed { depth: Depth::Deep, ..site() };
    elsewhere.hops[0].url = "https://www.shop.example/".to_owned();
    let elsewhere = review(&elsewhere, &[]);
    assert!(said(&elsewhere, "zap-*").unwrap_err().contains("verify-host www.shop.example"));
    assert_eq!(elsewhere.changes_since(&before).mended, []);
}

#[test]
fn what_are_no_alerts_is_refused() {
    assert_eq!(
        zap::findings(&json!({"code": "bad_api_key"})).unwrap_err().to_string(),
        "ZAP's answer has no list of alerts"
    );
    let error = zap::findings(&json!([{"alert": "x"}])).unwrap_err().to_string();
    assert_eq!(error, "ZAP's alert 1 cannot be read: missing field `pluginId`");
}

#[test]
fn rules_that_say_the_same_as_zap_exist() {
    for (_, same) in &zap::SAME {
        for id in *same {
            assert!(crate::security::rules::rule(id).is_some_and(|rule| rule.id == *id), "{id}");
        }
    }
}
