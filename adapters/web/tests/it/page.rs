use axum::body::Body;
use axum::http::StatusCode;

use crate::world::{World, asking, read};

#[tokio::test]
async fn the_page_comes_with_all_its_files() {
    let world = World::start().await;
    let mut waiting = vec!["/".to_owned()];
    let mut seen = Vec::new();
    while let Some(path) = waiting.pop() {
        let (status, headers, text) = world.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!headers["content-type"].is_empty());
        let quoted = text
            .split('"')
            .filter(|part| part.starts_with("/assets/") || (part.starts_with("./") && part.ends_with(".js")));
        let named: Vec<String> = quoted.map(|part| part.replace("./", "/assets/")).collect();
        seen.push(path);
        waiting.extend(named.into_iter().filter(|path| !seen.contains(path)));
        waiting.dedup();
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 8, "{seen:?}");
}

#[tokio::test]
async fn the_page_refuses_what_the_engine_would_refuse() {
    let world = World::start().await;
    let (_, _, script) = world.get("/assets/server.js").await;
    let (_, limit) = script.split_once("const LONGEST_MESSAGE = ").unwrap();
    let limit: String = limit.chars().take_while(|c| *c != ';').filter(char::is_ascii_digit).collect();
    assert_eq!(limit, bot_core::grammar::MAX_CHARS.to_string());
}

#[tokio::test]
async fn nothing_runs_that_is_not_one_of_its_files() {
    let world = World::start().await;
    let (_, headers, html) = world.get("/").await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"));
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert!(
        !html.contains(" style=") && !html.contains("<style") && !html.contains(" on"),
        "the policy would refuse it"
    );
    for script in html.split("<script").skip(1) {
        assert!(script.starts_with(" type=\"module\" src=\"/assets/") && script.contains("></script>"));
    }
}

#[tokio::test]
async fn a_browser_that_has_a_file_is_not_sent_it_again() {
    let world = World::start().await;
    let (_, headers, _) = world.get("/assets/chat.js").await;
    assert_eq!(headers["cache-control"], "no-cache");
    let again = asking("/assets/chat.js").header("if-none-match", &headers["etag"]).body(Body::empty()).unwrap();
    let (status, _, body) = read(world.send(again).await).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
}
