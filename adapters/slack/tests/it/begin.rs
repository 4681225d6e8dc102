//! How it begins and ends.

use adapter_slack::{Mode, manifest};
use monitor_core::secret::Secret;
use test_support::platforms::slack::{APP_TOKEN, Failure};

use crate::world::World;

#[tokio::test]
async fn a_wrong_token_is_one_clear_line_without_the_token() {
    let world = World::new().await;
    let mut config = world.socket_mode();
    config.bot_token = Secret::new("xoxb-wrong");
    let error = world.serve(config).await.unwrap().unwrap_err().to_string();
    insta::assert_snapshot!(error, @"Slack does not accept the bot's token (invalid_auth): copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions of the app");

    let config = world.config(Mode::Socket { app_token: Secret::new("xapp-wrong") });
    let error = world.serve(config).await.unwrap().unwrap_err().to_string();
    insta::assert_snapshot!(error, @"Slack does not accept the app's token (invalid_auth): make an app-level token (xapp-…) with the scope connections:write, and switch Socket Mode on");
    assert!(!format!("{:?}", world.socket_mode()).contains(APP_TOKEN));
}

#[tokio::test]
async fn slack_that_is_not_there_at_the_start_is_waited_for() {
    let world = World::new().await;
    world.fake.fail("auth.test", Failure::Status(502));
    world.fake.fail("apps.connections.open", Failure::Reset);
    world.serve(world.socket_mode());
    world.fake.connected(2).await;
}

#[tokio::test]
async fn it_ends_when_it_is_told_to() {
    let world = World::new().await;
    let running = world.serve(world.socket_mode());
    world.fake.connected(2).await;
    world.shutdown.cancel();
    assert!(running.await.unwrap().is_ok());
    world.fake.connected(0).await;
}

#[test]
fn the_manifest_asks_for_what_is_used_and_no_more() {
    insta::assert_json_snapshot!("manifest_socket_mode", manifest("/watchword", None));
    let http = manifest("/ww", Some(&"https://watch.example/chat/".parse().unwrap()));
    assert_eq!(http["features"]["slash_commands"][0]["url"], "https://watch.example/chat/slack/commands");
    assert_eq!(http["settings"]["interactivity"]["request_url"], "https://watch.example/chat/slack/interactions");
    assert_eq!(http["settings"]["event_subscriptions"]["request_url"], "https://watch.example/chat/slack/events");
    assert_eq!(http["settings"]["socket_mode_enabled"], false);
}
