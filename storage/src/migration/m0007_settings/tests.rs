use monitor_core::assertion::Assertion;
use serde_json::{Map, Value};

use super::anew::{expectations, in_assertions};
use super::before::in_spec;

#[test]
fn expectations_become_assertions_that_are_understood() {
    let spec = serde_json::json!({
        "url": "https://shop.example/", "expect": "200,301..302",
        "assertions": [
            {"type": "contains", "text": "say \"hi\" \\o/"},
            {"type": "matches", "pattern": "^a/b\\d"},
            {"type": "json", "path": "$.status", "equals": "ok"},
            {"type": "json", "path": "$.items[0]", "equals": null},
        ],
        "slow_after": {"secs": 1, "nanos": 500_000_000},
    });
    let Value::Object(mut spec) = spec else { panic!("an object") };
    let said = expectations(&mut spec);
    assert_eq!(
        said,
        [
            "status in 200,301..302",
            r#"body contains "say \"hi\" \\o/""#,
            r"body matches /^a\/b\d/",
            r#"json $.status == "ok""#,
            "json $.items[0] exists",
            "latency < 1500ms as degraded",
        ]
    );
    for text in said {
        assert!(monitor_core::assertion::Assertion::parse(&text).is_ok(), "{text}");
    }
    assert_eq!(Value::Object(spec), serde_json::json!({"url": "https://shop.example/"}));
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("an object") };
    map
}

#[test]
fn what_cannot_be_said_anew_is_named_with_the_reason() {
    let broad = serde_json::json!({"assertions": [
        {"type": "json", "path": "$..a..b..c..d..e..f..g..h", "equals": 1},
        {"type": "matches", "pattern": r"a\/b/c\\/d"},
    ]});
    let ((_, kept), lost) = in_assertions((object(broad), Vec::new()));
    assert_eq!(kept, [r"body matches /a\/b\/c\\\/d/"]);
    let [lost] = lost.as_slice() else { panic!("one is lost: {lost:?}") };
    let why = "this JSONPath could take too long: use `..` once at most";
    let told = "the assertion `json $..a..b..c..d..e..f..g..h == 1` is lost, add it anew in another form";
    assert_eq!(*lost, format!("{told}: {why}"));
    let all: Vec<Value> =
        (0..40).map(|number| serde_json::json!({"type": "contains", "text": number.to_string()})).collect();
    let ((_, kept), lost) = in_assertions((object(serde_json::json!({"assertions": all})), Vec::new()));
    assert_eq!((kept.len(), lost.len()), (32, 8));
}

#[test]
fn assertions_go_back_as_far_as_the_old_form_can_say_them() {
    let said = [
        "status in 200, 301..302",
        "body contains \"say \\\"hi\\\" \\\\o/\\n\"",
        r"body matches /^a\/b\d/",
        r#"json $.status == "ok""#,
        r#"json $["a == b"] == {"x":[1,null]}"#,
        "json $.items[0] exists",
        "latency < 1500ms as degraded",
    ]
    .map(|text| Assertion::parse(text).unwrap().to_string());
    let ((spec, none), lost) = in_spec((Map::new(), said.to_vec()));
    assert_eq!((none.len(), lost), (0, Vec::new()));
    assert_eq!(spec["expect"], "200,301..302");
    assert_eq!(spec["slow_after"], serde_json::json!({"secs": 1, "nanos": 500_000_000}));
    assert_eq!(spec["assertions"][0], serde_json::json!({"type": "contains", "text": "say \"hi\" \\o/\n"}));
    let ((spec, back), lost) = in_assertions((spec, Vec::new()));
    let back: Vec<String> = back.iter().map(|text| Assertion::parse(text).unwrap().to_string()).collect();
    assert_eq!((back.as_slice(), lost, spec), (said.as_slice(), Vec::new(), Map::new()));

    let ((spec, _), lost) = in_spec((Map::new(), vec!["body matches /^ok$/im".to_owned()]));
    assert_eq!((spec["assertions"][0]["pattern"].as_str(), lost.len()), (Some("(?im)^ok$"), 0));
    for text in [
        "status in 200 or body contains \"x\"",
        "status in 200..299 as degraded",
        "not status in 404",
        "body contains \"x\" and body contains \"y\"",
        "body matches /x/ or body matches /y/",
        "body contains \"x\" as degraded",
        "json $.a == 1 or json $.b == 2",
        "json $.a == 1 as degraded",
        "json $.a length == 1",
        "json $.a > 1",
        "latency < 1s",
        "certificate.days > 14",
    ] {
        let text = Assertion::parse(text).unwrap().to_string();
        let ((spec, _), lost) = in_spec((Map::new(), vec![text.clone()]));
        assert_eq!(spec, object(serde_json::json!({"assertions": []})), "{text}");
        assert!(lost.len() == 1 && lost[0].contains(&text), "{lost:?}");
    }
}
