use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::audit::figure::ResourceKind;
use crate::audit::pwa::Observed;
use crate::audit::spec::AuditSpec;

/// A page with many faults, on a phone; three runs of Lighthouse 13.5, what is not read taken out.
const SLOW: &str = include_str!("../testdata/slow.json");

/// The same with a script that takes three times as long: what differs from run to run.
const WORSE: &str = include_str!("../testdata/worse.json");

/// A small page without faults, on a desktop computer.
const GOOD: &str = include_str!("../testdata/good.json");

/// A page that answers 404.
const MISSING: &str = include_str!("../testdata/missing.json");

fn lhrs(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap()
}

fn read_all(address: &str, device: Device, lhrs: &[Value]) -> Result<Summary, ReadError> {
    let mut spec = AuditSpec::of(address).unwrap();
    spec.device = device;
    spec.runs = u8::try_from(lhrs.len()).unwrap();
    let took = Duration::from_secs(28);
    read(&Taken { spec: &spec, lhrs, observed: Some(&Observed::default()), chromium: "156.0.8078.79", took })
}

/// The audit of a slow page with many faults.
pub(crate) fn slow() -> Summary {
    read_all("http://shop.example/bad", Device::Mobile, &lhrs(SLOW)).unwrap()
}

/// The same page, slower.
pub(crate) fn worse() -> Summary {
    let worse = read_all("http://shop.example/bad", Device::Mobile, &lhrs(WORSE)).unwrap();
    Summary { scores: worse.scores, metrics: worse.metrics, runs: worse.runs, ..slow() }
}

/// The audit of a page without faults.
pub(crate) fn good() -> Summary {
    read_all("http://shop.example/good", Device::Desktop, &lhrs(GOOD)).unwrap()
}

#[test]
fn scores_and_metrics_are_lighthouses() {
    let summary = slow();
    let scores: Vec<String> =
        summary.scores.iter().map(|(category, score)| format!("{} {score}", category.id())).collect();
    insta::assert_snapshot!(scores.join(", "), @"performance 56, accessibility 15, best-practices 81, seo 67, pwa 0");
    let metrics: Vec<String> = summary
        .metrics
        .iter()
        .map(|metric| format!("{} {} {} {:?}", metric.id, metric.text(), metric.rating().word(), metric.thresholds))
        .collect();
    insta::assert_snapshot!(metrics.join("\n"), @r"
    fcp 3.7 s poor (1800.0, 3000.0)
    lcp 4.5 s poor (2500.0, 4000.0)
    tbt 700 ms poor (200.0, 600.0)
    cls 0.00 good (0.1, 0.25)
    si 5.1 s needs work (3387.0, 5800.0)
    ttfb 554 ms good (800.0, 1800.0)
    ");
    assert_eq!(summary.runs.len(), 3);
    assert!(
        summary.runs.iter().all(|run| run.metrics.len() == 6 && run.scores.len() == 4 && run.benchmark_index > 1e3)
    );
    let (least, most) = summary.spread("lcp".parse().unwrap()).unwrap();
    assert!(least <= summary.metrics[1].value && summary.metrics[1].value <= most);
    assert_eq!((summary.measured.lighthouse.as_str(), summary.measured.took_ms), ("13.5.0", 28_000));
}

#[test]
fn a_desktop_has_thresholds_of_its_own() {
    let summary = good();
    assert_eq!(summary.scores[&Category::Performance], 100);
    assert_eq!(summary.metrics[1].thresholds, (1_200.0, 2_400.0));
    assert_eq!(summary.failed, []);
    assert_eq!(summary.opportunities, []);
    assert!(summary.passed.len() > 20, "{:?}", summary.passed);
}

#[test]
fn what_was_transferred_is_told_by_type() {
    let told: Vec<String> =
        slow().transfer.iter().map(|part| format!("{} {} {}", part.kind, part.requests, part.bytes)).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    total 6 300312
    document 1 2079
    script 1 174311
    stylesheet 1 26221
    image 2 97492
    font 0 0
    media 0 0
    other 1 209
    third-party 0 0
    ");
}

#[test]
fn what_would_save_most_comes_first() {
    let told: Vec<String> = slow()
        .opportunities
        .iter()
        .map(|one| format!("{}: {} {:?} {:?}", one.id, one.title, one.savings_ms, one.savings_bytes))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    unused-javascript: Reduce unused JavaScript {"fcp": 900.0, "lcp": 1500.0} Some(168000)
    render-blocking-insight: Render-blocking requests {"fcp": 2900.0} None
    bootup-time: Reduce JavaScript execution time {"tbt": 700.0} None
    mainthread-work-breakdown: Minimize main-thread work {"tbt": 700.0} None
    image-delivery-insight: Improve image delivery {"lcp": 300.0} Some(45720)
    unminified-javascript: Minify JavaScript {"fcp": 150.0, "lcp": 150.0} Some(18001)
    unused-css-rules: Reduce unused CSS {"lcp": 150.0} Some(26000)
    "#);
}

#[test]
fn what_failed_is_told_with_where() {
    let mut told = String::new();
    for failed in slow().failed {
        told += &format!("{} {} ({}): {}\n", failed.category.id(), failed.id, failed.weight, failed.title);
        for element in &failed.elements {
            told += &format!(
                "    {} | {} | {}\n",
                element.selector,
                element.snippet,
                element.explanation.as_deref().unwrap_or("-")
            );
        }
    }
    insta::assert_snapshot!("failed", told);
}

#[test]
fn texts_are_without_markup() {
    let summary = slow();
    for text in summary.failed.iter().flat_map(|failed| [&failed.title, &failed.description]) {
        assert!(!text.contains("](") && !text.contains('`') && !text.contains("Learn more"), "{text}");
    }
}

#[test]
fn pictures_are_jpeg_or_left_out() {
    let mut summary = slow();
    assert_eq!(summary.filmstrip.len(), 8);
    assert!(summary.screenshot.is_some() && summary.filmstrip.is_sorted_by_key(|frame| frame.at_ms));
    let mut lhrs = lhrs(SLOW);
    for picture in [
        "",
        "data:image/svg+xml;base64,/9j/",
        "data:image/jpeg;base64,<x>",
        "data:image/jpeg;base64,PHN2Zz4=",
        "javascript:1",
    ] {
        lhrs[0]["audits"]["final-screenshot"]["details"]["data"] = picture.into();
        lhrs[0]["audits"]["screenshot-thumbnails"]["details"]["items"][0]["data"] = picture.into();
        summary = read_all("http://shop.example/bad", Device::Mobile, &lhrs).unwrap();
        assert_eq!((summary.screenshot, summary.filmstrip.len()), (None, 7), "{picture}");
    }
}

#[test]
fn doubtful_figures_are_warned_of() {
    let mut lhrs = lhrs(SLOW);
    assert_eq!(slow().warnings.len(), 1, "{:?}", slow().warnings);
    lhrs[0]["environment"]["benchmarkIndex"] = json!(1_000);
    lhrs[0]["categories"]["seo"]["score"] = json!(null);
    lhrs[1]["runtimeError"] = json!({"code": "NO_FCP", "message": "nothing"});
    let mut spec = AuditSpec::of("http://shop.example/bad").unwrap();
    spec.runs = 3;
    let taken = Taken { spec: &spec, lhrs: &lhrs, observed: None, chromium: "156", took: Duration::ZERO };
    let summary = read(&taken).unwrap();
    insta::assert_snapshot!(summary.warnings.join("\n"), @r"
    The page loaded too slowly to finish within the time limit. Results may be incomplete.
    Only 2 of 3 runs could be scored.
    The machine that ran the audit was slow: its benchmark index is 1000, and fair figures take more than 1000. The page may be faster than it looks here.
    Lighthouse could not score SEO.
    What the page is as an app could not be found out.
    ");
    assert!(!summary.scores.contains_key(&Category::Pwa) && summary.pwa.is_empty());
    assert_eq!(summary.runs.len(), 2);
}

#[test]
fn a_page_that_cannot_be_audited_says_why() {
    let error = read_all("http://shop.example/nothing", Device::Mobile, &lhrs(MISSING)).unwrap_err();
    insta::assert_snapshot!(error, @"Lighthouse was unable to reliably load the page you requested. Make sure you are testing the correct URL and that the server is properly responding to all requests. (Status code: 404) (ERRORED_DOCUMENT_REQUEST)");
    assert_eq!(read_all("shop.example", Device::Mobile, &[]), Err(ReadError::Nothing));
    for (json, what) in [(json!({}), "audits"), (json!([]), "audits"), (json!({"audits": {}}), "categories")] {
        assert_eq!(read_all("shop.example", Device::Mobile, &[json]), Err(ReadError::Shape(what)));
    }
}

#[test]
fn a_summary_is_stored_and_read_back() {
    let summary = slow();
    let stored = serde_json::to_string(&summary).unwrap();
    assert_eq!(serde_json::from_str::<Summary>(&stored).unwrap(), summary);
    assert!(stored.len() < 60_000, "{}", stored.len());
}

#[test]
fn what_is_huge_is_cut() {
    let mut lhrs = lhrs(SLOW);
    let huge = "🦀".repeat(100_000);
    let audit = &mut lhrs[0]["audits"]["image-alt"];
    audit["title"] = huge.clone().into();
    let row = audit["details"]["items"][0].clone();
    audit["details"]["items"] = vec![row; 50_000].into();
    audit["details"]["items"][0]["node"]["snippet"] = huge.clone().into();
    lhrs[0]["runWarnings"] = vec![Value::from(huge); 100].into();
    let summary = read_all("http://shop.example/bad", Device::Mobile, &lhrs).unwrap();
    let failed = summary.failed.iter().find(|failed| failed.id == "image-alt").unwrap();
    assert_eq!((failed.elements.len(), failed.element_count), (5, 2_000));
    assert!(serde_json::to_string(&summary).unwrap().len() < 100_000);
}

/// Any JSON, with the words that are looked for.
fn any_json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "audits",
        "categories",
        "performance",
        "seo",
        "score",
        "auditRefs",
        "id",
        "weight",
        "group",
        "details",
        "items",
        "type",
        "node",
        "list-section",
        "value",
        "title",
        "description",
        "metricSavings",
        "LCP",
        "scoreDisplayMode",
        "binary",
        "image-alt",
        "runtimeError",
        "environment",
        "benchmarkIndex",
        "runWarnings",
        "numericValue",
        "url",
        "http://a.example",
        "[a](https://b)",
        "`",
        "metrics",
        "first-contentful-paint",
        "source-location",
        "line",
        "column",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        words.clone().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 128, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::hash_map(words.clone(), inner, 0..8)
                .prop_map(|map| map.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

/// The JSON at a place that a number chooses.
fn place(value: &mut Value, mut choice: usize) -> &mut Value {
    let children = match &*value {
        Value::Array(list) => list.len(),
        Value::Object(map) => map.len(),
        _ => 0,
    };
    if children == 0 || choice == 0 {
        return value;
    }
    choice -= 1;
    let (index, choice) = (choice % children, choice / children);
    match value {
        Value::Array(list) => place(&mut list[index], choice),
        Value::Object(map) => place(map.values_mut().nth(index).unwrap(), choice),
        _ => unreachable!("it has children"),
    }
}

proptest! {
    #[test]
    fn no_json_panics(json in any_json()) {
        let _ = read_all("shop.example", Device::Mobile, &[json]);
    }

    #[test]
    fn no_change_of_a_result_panics(choice in any::<usize>(), json in any_json()) {
        let mut lhrs = lhrs(SLOW);
        let (run, choice) = (choice % 3, choice / 3);
        *place(&mut lhrs[run], choice) = json;
        if let Ok(summary) = read_all("http://shop.example/bad", Device::Mobile, &lhrs) {
            prop_assert!(summary.scores.values().all(|score| *score <= 100));
            prop_assert!(summary.metrics.iter().all(|metric| metric.value.is_finite() && metric.value >= 0.0));
            prop_assert!(serde_json::to_string(&summary).unwrap().len() < 1_000_000);
            for kind in ResourceKind::ALL {
                let _ = Figure::Bytes(kind).of(&summary);
            }
        }
    }
}
