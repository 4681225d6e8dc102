use serde_json::json;

use super::*;

fn good() -> Observed {
    Observed {
        manifest_url: Some("https://shop.example/app.webmanifest".into()),
        manifest: Some(json!({
            "name": "Shop",
            "start_url": "/",
            "display": "standalone",
            "theme_color": "#123456",
            "background_color": "#fff",
            "icons": [
                {"src": "/192.png", "sizes": "192x192", "purpose": "any maskable"},
                {"src": "/512.png", "sizes": "512x512"},
            ],
        })),
        manifest_errors: Vec::new(),
        installability_errors: Vec::new(),
        service_worker: true,
        offline_status: Some(200),
        theme_color: Some("#123456".into()),
        viewport: Some("width=device-width, initial-scale=1".into()),
        content_width: Some((412, 412)),
    }
}

fn with(change: impl FnOnce(&mut Observed)) -> Vec<Check> {
    let mut observed = good();
    change(&mut observed);
    checks(&observed)
}

fn failed(checks: &[Check]) -> Vec<&str> {
    checks.iter().filter(|check| !check.passed).map(|check| check.id.as_str()).collect()
}

#[test]
fn a_good_app_has_all_points() {
    let checks = checks(&good());
    assert_eq!(failed(&checks), [""; 0]);
    assert_eq!(score(&checks), Some(100));
    assert_eq!(checks.iter().map(|check| check.weight).sum::<u8>(), 10);
}

#[test]
fn a_plain_page_has_none() {
    let checks = checks(&Observed::default());
    assert_eq!(score(&checks), Some(0));
    let told: Vec<String> =
        checks.iter().map(|check| format!("{} {}: {}", check.weight, check.id, check.detail)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    2 installable: The page names no manifest: link one with <link rel="manifest" href="…">.
    2 viewport: The page has no viewport: add <meta name="viewport" content="width=device-width, initial-scale=1">.
    2 offline-start: No service worker covers the page: register one whose scope contains it, and have it answer the start address from its cache.
    1 splash-screen: There is no manifest that could be read: link one with <link rel="manifest" href="…">.
    1 theme-color: The page names no colour: add <meta name="theme-color" content="…">.
    1 content-width: The page's width could not be measured.
    1 maskable-icon: There is no manifest that could be read: link one with <link rel="manifest" href="…">.
    "#);
}

#[test]
fn every_check_fails_for_its_own_reason() {
    type Change = fn(&mut Observed);
    let set = |observed: &mut Observed, name: &str, value: serde_json::Value| {
        observed.manifest.as_mut().unwrap()[name] = value;
    };
    let cases: [(&str, u8, Change); 9] = [
        ("installable", 80, |o| o.installability_errors = vec!["start-url-not-valid".into()]),
        ("installable", 80, |o| o.manifest_url = None),
        ("viewport", 80, |o| o.viewport = Some("width=980".into())),
        ("viewport", 80, |o| o.viewport = Some("width=device-width, initial-scale=0.5".into())),
        ("offline-start", 80, |o| o.offline_status = Some(503)),
        ("offline-start", 80, |o| o.service_worker = false),
        ("theme-color", 90, |o| o.theme_color = None),
        ("content-width", 90, |o| o.content_width = Some((980, 412))),
        ("content-width", 90, |o| o.content_width = None),
    ];
    for (id, points, change) in cases {
        let checks = with(change);
        assert_eq!((failed(&checks), score(&checks)), (vec![id], Some(points)));
    }
    let splash = with(|o| set(o, "background_color", json!("  ")));
    assert_eq!(failed(&splash), ["splash-screen"]);
    let small = with(|o| set(o, "icons", json!([{"src": "/a.png", "sizes": "192x192", "purpose": "maskable"}])));
    assert_eq!(failed(&small), ["splash-screen"]);
    let square = with(|o| set(o, "icons", json!([{"src": "/a.png", "sizes": "512x512", "purpose": "monochrome"}])));
    assert_eq!(failed(&square), ["maskable-icon"]);
    let colour = with(|o| o.manifest_errors = vec!["property 'theme_color' ignored, 'x' is not a valid color.".into()]);
    assert_eq!(failed(&colour), ["splash-screen", "theme-color"]);
}

#[test]
fn a_reason_that_is_not_known_is_told_as_it_is() {
    let checks = with(|o| o.installability_errors = vec!["new-\u{1b}reason".into(), "no-acceptable-icon".into()]);
    assert!(
        checks[0].detail.starts_with("Chromium refuses: new- reason. The manifest has no suitable icon"),
        "{}",
        checks[0].detail
    );
}

#[test]
fn a_manifest_that_is_something_else_fails_without_harm() {
    for manifest in
        [json!(null), json!([]), json!("x"), json!({"icons": 7, "name": []}), json!({"icons": [[], null, {}]})]
    {
        let checks = with(|o| o.manifest = Some(manifest));
        assert!(failed(&checks).contains(&"maskable-icon"));
    }
    assert_eq!(score(&[]), None);
}
