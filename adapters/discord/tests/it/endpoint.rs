//! The signed endpoint.

use std::sync::Arc;

use adapter_discord::{Config, PATH, StartError, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use test_support::platforms::discord::{CHANNEL, Deed};
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::world::{World, text};

fn config(world: &World) -> Config {
    Config { public_key: Some(world.fake.public_key()), ..world.config() }
}

async fn post(router: &Router, body: &str, (signature, timestamp): (String, String)) -> (StatusCode, Value) {
    let request = Request::post(PATH)
        .header("content-type", "application/json")
        .header("x-signature-ed25519", signature)
        .header("x-signature-timestamp", timestamp);
    let response = router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

#[tokio::test]
async fn what_discord_signed_is_answered() {
    let world = World::start().await;
    let router = router(&config(&world), Arc::clone(&world.engine), &TaskTracker::new()).unwrap();
    let ping = json!({ "type": 1, "id": "1", "application_id": "2", "token": "t", "version": 1 }).to_string();
    let (status, answer) = post(&router, &ping, world.fake.sign(&ping)).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "type": 1 })));

    let (asked, body) = world.fake.act_by_post(CHANNEL, Deed::Slash("whoami", &[]));
    let (status, answer) = post(&router, &body, world.fake.sign(&body)).await;
    assert_eq!((status, &answer["type"]), (StatusCode::OK, &json!(4)));
    world.fake.posted(asked, &answer);
    assert!(!text(&world.fake.answer(asked).await).is_empty());
}

#[tokio::test]
async fn what_another_signed_is_refused() {
    let world = World::start().await;
    let other = test_support::platforms::discord::Fake::start().await;
    let router = router(&config(&world), Arc::clone(&world.engine), &TaskTracker::new()).unwrap();
    let (_, body) = world.fake.act_by_post(CHANNEL, Deed::Slash("whoami", &[]));
    let (signature, timestamp) = world.fake.sign(&body);
    for (signature, timestamp, said) in [
        (String::new(), timestamp.clone(), body.clone()),
        (signature.clone(), "1767225601".to_owned(), body.clone()),
        (signature.clone(), timestamp.clone(), body.replace("whoami", "status")),
        (other.sign(&body).0, timestamp.clone(), body.clone()),
        ("zz".repeat(64), timestamp.clone(), body.clone()),
    ] {
        assert_eq!(post(&router, &said, (signature, timestamp)).await.0, StatusCode::UNAUTHORIZED);
    }
    let nonsense = "{}";
    assert_eq!(post(&router, nonsense, world.fake.sign(nonsense)).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn files_follow_what_was_put_off_before_the_program_ends() {
    let world = World::start().await;
    test_support::builders::monitors(&world.database.store, &[std::time::Duration::from_secs(30); 1]).await;
    let tasks = TaskTracker::new();
    let router = router(&config(&world), Arc::clone(&world.engine), &tasks).unwrap();
    let options = [("monitor", json!("m1"))];
    let (asked, body) = world.fake.act_by_post(CHANNEL, Deed::Slash("show-report", &options));
    let (_, answer) = post(&router, &body, world.fake.sign(&body)).await;
    world.fake.posted(asked, &answer);
    tasks.close();
    tasks.wait().await;
    let shown = world.fake.with(|state| state.answered(asked.id)).unwrap();
    assert!(text(&shown).contains("m1"), "{shown}");
}

#[tokio::test]
async fn a_key_that_is_none_is_told_at_the_start() {
    let world = World::start().await;
    for key in ["", "abc", &"zz".repeat(32)] {
        let config = Config { public_key: Some(key.to_owned()), ..world.config() };
        assert_eq!(router(&config, Arc::clone(&world.engine), &TaskTracker::new()).err(), Some(StartError::PublicKey));
        assert_eq!(world.serve(config).ended().await, Err(StartError::PublicKey));
    }
}

#[tokio::test]
async fn with_the_endpoint_the_gateway_is_not_connected_to() {
    let world = World::start().await;
    let serving = world.serve(config(&world));
    world.fake.until("commands", |state| state.commands.get(&0).filter(|known| known.len() > 5).map(|_| ())).await;
    serving.stop().await;
    assert!(world.fake.with(|state| state.events.is_empty()));
}
