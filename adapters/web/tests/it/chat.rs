use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;
use test_support::targets::answering::{Answer, answering};

use crate::world::{World, asking, read};

#[tokio::test]
async fn what_is_said_is_answered_in_the_conversation_it_was_said_in() {
    let world = World::start().await;
    let (status, answer) = world.post(r#"{"text": "help", "conversation": "my-chat_1"}"#).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["conversation"], "my-chat_1");
    let reply = &answer["replies"][0];
    assert_eq!(reply["ok"], true);
    assert!(reply["text"].as_str().unwrap().contains("add-monitor"), "{reply}");
    assert!(!reply["blocks"].as_array().unwrap().is_empty());
    assert!(reply["actions"].is_array());
}

#[tokio::test]
async fn who_names_no_conversation_is_given_one() {
    let world = World::start().await;
    let (_, first) = world.post(r#"{"text": "help"}"#).await;
    let (_, second) = world.post(r#"{"text": "help"}"#).await;
    let id = first["conversation"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    assert_ne!(first["conversation"], second["conversation"]);
    let (status, again) = world.post(json!({ "text": "help", "conversation": id }).to_string()).await;
    assert_eq!((status, &again["conversation"]), (StatusCode::OK, &first["conversation"]));
}

#[tokio::test]
async fn a_failed_command_is_an_answer_that_says_so() {
    let world = World::start().await;
    let answer = world.say("show-monitor nothing").await;
    assert_eq!(answer["replies"][0]["ok"], false);
    assert_eq!(answer["replies"][0]["code"], "monitor_not_found");
    assert!(answer["replies"][0]["text"].as_str().unwrap().contains("nothing"));
}

#[tokio::test]
async fn an_answer_to_a_secret_says_that_the_line_is_not_to_be_kept() {
    let world = World::start().await;
    let reply = |answer: serde_json::Value| answer["replies"][0].clone();
    assert_eq!(reply(world.say("edit-monitor nothing bearer hunter2").await)["sensitive"], true);
    assert!(reply(world.say("show-monitor nothing").await).get("sensitive").is_none());
}

#[tokio::test]
async fn a_button_does_what_it_says_only_where_it_was_shown() {
    let world = World::start().await;
    let target = answering(Answer::ok("hello")).await;
    let asked = world.say(&format!("add-monitor {} every 30s name shop", target.url())).await;
    let token = asked["replies"][0]["actions"][0]["token"].as_str().unwrap();
    assert!(token.len() <= 48);
    for elsewhere in [
        json!({ "action": token, "conversation": "d" }),
        json!({ "action": token, "conversation": "c", "platform": "terminal" }),
    ] {
        let (status, answer) = world.post(elsewhere.to_string()).await;
        assert_eq!((status, &answer["replies"][0]["ok"]), (StatusCode::OK, &json!(false)));
    }
    let (_, done) = world.post(json!({ "action": token, "conversation": "c" }).to_string()).await;
    assert_eq!(done["replies"][0]["ok"], true, "{done}");
    assert!(world.say("list-monitors").await["replies"][0]["text"].as_str().unwrap().contains("shop"));
}

#[tokio::test]
async fn a_form_answers_its_own_question_where_it_was_asked() {
    let world = World::start().await;
    world.monitors(1, "c").await;
    let asked = world.say("pause-monitor").await;
    let form = asked["replies"][0]["blocks"].as_array().unwrap().iter().find(|block| block["type"] == "form").unwrap();
    let answer = |token: &serde_json::Value, conversation: &str| {
        json!({ "answer": { "token": token, "values": { "monitor": "m1" } }, "conversation": conversation }).to_string()
    };
    for other in [answer(&form["token"], "d"), answer(&json!(""), "c")] {
        let (status, refused) = world.post(other).await;
        assert_eq!((status, &refused["replies"][0]["code"]), (StatusCode::OK, &json!("no_question")), "{refused}");
    }
    let (_, done) = world.post(answer(&form["token"], "c")).await;
    assert!(done["replies"][0]["text"].as_str().unwrap().starts_with("`m1` is paused"), "{done}");
}

#[tokio::test]
async fn charts_come_with_a_drawing_and_a_sentence() {
    let world = World::start().await;
    let (_, monitors) = world.monitors(1, "c").await;
    world.check(&world.services, &monitors, monitor_core::outcome::Reason::Ok).await;
    let answer = world.say("show-report m1 1h").await;
    let blocks = answer["replies"][0]["blocks"].as_array().unwrap();
    let charts: Vec<_> = blocks.iter().filter(|block| block["type"] == "chart").collect();
    assert!(!charts.is_empty(), "{answer}");
    for chart in charts {
        assert!(chart["svg"].as_str().unwrap().starts_with("<svg "));
        assert!(chart["svg"].as_str().unwrap().contains("prefers-color-scheme"));
        assert!(chart["alt"].as_str().unwrap().len() > 10);
        assert!(chart["chart"].is_object());
    }
}

#[tokio::test]
async fn a_line_is_completed() {
    let world = World::start().await;
    world.monitors(1, "c").await;
    let (status, _, body) = world.get("/api/v1/chat/completions?text=show-monitor%20m&conversation=c").await;
    assert_eq!(status, StatusCode::OK);
    let completion: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(completion["start"], "show-monitor ".len());
    assert_eq!(completion["choices"][0]["text"], "m1");
}

#[tokio::test]
async fn what_cannot_be_served_is_refused_with_a_code_and_a_sentence() {
    let world = World::start().await;
    let chat = |body: String| {
        asking("/api/v1/chat").method("POST").header("content-type", "application/json").body(Body::from(body)).unwrap()
    };
    let get = |path: &str| asking(path).body(Body::empty()).unwrap();
    let form = asking("/api/v1/chat").method("POST").header("content-type", "application/x-www-form-urlencoded");
    let cases = [
        (chat("{".into()), 400, "invalid", "not a message"),
        (chat("[]".into()), 400, "invalid", "not a message"),
        (chat("{}".into()), 400, "invalid", "`text`"),
        (chat(r#"{"text": 5}"#.into()), 400, "invalid", "string"),
        (chat(r#"{"text": "a", "action": "b"}"#.into()), 400, "invalid", "either"),
        (chat(r#"{"txt": "help"}"#.into()), 400, "invalid", "`txt`"),
        (chat(r#"{"text": "help", "platform": "pigeon"}"#.into()), 400, "invalid", "pigeon"),
        (chat(r#"{"text": "help", "conversation": ""}"#.into()), 400, "invalid", "`conversation`"),
        (chat(r#"{"text": "help", "conversation": "a b"}"#.into()), 400, "invalid", "`conversation`"),
        (chat(json!({ "text": "help", "conversation": "x".repeat(65) }).to_string()), 400, "invalid", "64"),
        (chat(json!({ "text": "x".repeat(64_000) }).to_string()), 413, "message_too_long", "8000 characters"),
        (chat(json!({ "text": "x".repeat(10_000_000) }).to_string()), 413, "message_too_long", "8000 characters"),
        (form.body(Body::from("text=help")).unwrap(), 415, "not_json", "application/json"),
        (get("/api/v1/chat"), 405, "wrong_method", "method"),
        (get("/api/v1/nothing"), 404, "no_route", "/"),
        (get("/assets/../Cargo.toml"), 404, "no_route", "/"),
        (get("/api/v1/chat/completions"), 400, "invalid", "text="),
        (get("/api/v1/conversations/a%20b/events"), 400, "invalid", "`conversation`"),
        (get("/api/v1/conversations/c/events?after=yesterday"), 400, "invalid", "`after`"),
    ];
    for (request, status, code, part) in cases {
        let asked = format!("{} {}", request.method(), request.uri());
        let (given, headers, body) = read(world.send(request).await).await;
        assert_eq!(given.as_u16(), status, "{asked}: {body}");
        assert_eq!(headers["content-type"], "application/json", "{asked}");
        let error = &serde_json::from_str::<serde_json::Value>(&body).unwrap()["error"];
        assert_eq!(error["code"], code, "{asked}");
        assert!(error["message"].as_str().unwrap().contains(part), "{asked}: {body}");
    }
}

#[tokio::test]
async fn other_sites_reach_nothing() {
    let world = World::start().await;
    let foreign = [("host", "evil.example"), ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    for (name, value) in foreign {
        for path in ["/api/v1/chat", "/api/v1/conversations/c/events", "/", "/nothing"] {
            let mut request = asking(path).method(if path.ends_with("chat") { "POST" } else { "GET" });
            request.headers_mut().unwrap().insert(name, value.parse().unwrap());
            let (status, headers, body) =
                read(world.send(request.body(Body::from(r#"{"text":"help"}"#)).unwrap()).await).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{name} {path}: {body}");
            assert!(headers.contains_key("content-security-policy"));
        }
    }
}
