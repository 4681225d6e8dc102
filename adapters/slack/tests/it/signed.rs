//! The second mode: signed requests.

use adapter_slack::router;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use test_support::platforms::slack::{ADA, ADA_DIRECT, Fake, OPS, State};
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::world::World;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn door(world: &World) -> Router {
    router(&world.http_mode(), Arc::clone(&world.engine), &TaskTracker::new()).unwrap()
}

/// The time in seconds: what is signed has to be signed now.
fn now_s() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "signatures are held against the real time")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

async fn send(router: &Router, path: &str, kind: &str, body: String) -> (StatusCode, String) {
    let response = router.clone().oneshot(Fake::signed(path, kind, body, now_s())).await.unwrap();
    let status = response.status();
    (status, String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap())
}

fn interaction(payload: &Value) -> String {
    Fake::form(&json!({ "payload": payload.to_string() }))
}

#[tokio::test]
async fn the_address_is_verified_by_its_challenge() {
    let world = World::new().await;
    let body = json!({ "type": "url_verification", "token": "x", "challenge": "3eZbrw1aB" }).to_string();
    assert_eq!(send(&door(&world), "/slack/events", JSON, body).await, (StatusCode::OK, "3eZbrw1aB".to_owned()));
}

#[tokio::test]
async fn commands_events_buttons_and_forms_are_the_same_as_in_socket_mode() {
    let world = World::new().await;
    let router = door(&world);
    let quiet = (StatusCode::OK, String::new());

    let command = Fake::form(&world.fake.command_payload(OPS, ADA, "add-monitor"));
    assert_eq!(send(&router, "/slack/commands", FORM, command).await, quiet);
    let modal = world.fake.until("a form", |state| state.views.first().cloned()).await;
    let asked = world.fake.messages(OPS, 1).await.remove(0);

    let press = interaction(&world.fake.press_payload(ADA, &asked, "Answer"));
    assert_eq!(send(&router, "/slack/interactions", FORM, press).await, quiet);
    world.fake.until("the form again", |state| state.views.get(1).cloned()).await;

    let block = modal.view["blocks"][0]["block_id"].as_str().unwrap();
    let submitted = interaction(&world.fake.submit_payload(ADA, &modal.id, &[(block, "cancel")]));
    assert_eq!(send(&router, "/slack/interactions", FORM, submitted).await, quiet);
    world.fake.messages(OPS, 2).await;

    let said = world.fake.message_payload(ADA_DIRECT, ADA, "help", json!({})).to_string();
    assert_eq!(send(&router, "/slack/events", JSON, said.clone()).await, quiet);
    assert_eq!(send(&router, "/slack/events", JSON, said).await, quiet, "a retry is acknowledged too");
    let other = world.fake.message_payload(ADA_DIRECT, ADA, "list-monitors", json!({})).to_string();
    assert_eq!(send(&router, "/slack/events", JSON, other).await, quiet);
    assert_eq!(world.fake.messages(ADA_DIRECT, 2).await.len(), 2);
}

#[tokio::test]
async fn what_was_acknowledged_is_answered_before_the_program_ends() {
    let (world, tasks) = (World::new().await, TaskTracker::new());
    let router = router(&world.http_mode(), Arc::clone(&world.engine), &tasks).unwrap();
    let command = Fake::form(&world.fake.command_payload(OPS, ADA, "help"));
    assert_eq!(send(&router, "/slack/commands", FORM, command).await.0, StatusCode::OK);
    tasks.close();
    tasks.wait().await;
    let answered = |state: &State| state.messages.iter().filter(|message| message.by_bot).count();
    assert_eq!(world.fake.look(answered), 1, "nothing more is waited for");
}

#[tokio::test]
async fn what_slack_did_not_sign_just_now_is_refused() {
    let world = World::new().await;
    let router = door(&world);
    let body = || Fake::form(&world.fake.command_payload(OPS, ADA, "status"));
    let status = async |request: Request<Body>| router.clone().oneshot(request).await.unwrap().status();

    for stale in [now_s() - 310, now_s() + 310] {
        assert_eq!(status(Fake::signed("/slack/commands", FORM, body(), stale)).await, StatusCode::UNAUTHORIZED);
    }
    let mut changed = Fake::signed("/slack/commands", FORM, body(), now_s());
    *changed.body_mut() = Body::from(body());
    assert_eq!(status(changed).await, StatusCode::UNAUTHORIZED);
    for header in ["x-slack-signature", "x-slack-request-timestamp"] {
        for path in ["/slack/commands", "/slack/interactions", "/slack/events"] {
            let mut bare = Fake::signed(path, FORM, body(), now_s());
            bare.headers_mut().remove(header);
            assert_eq!(status(bare).await, StatusCode::UNAUTHORIZED);
        }
    }
    assert!(world.fake.calls("respond").is_empty());
}

#[tokio::test]
async fn without_a_signing_secret_there_is_no_door() {
    let world = World::new().await;
    let error = router(&world.socket_mode(), Arc::clone(&world.engine), &TaskTracker::new()).unwrap_err();
    assert!(error.to_string().contains("slack.signing_secret"));
}
