//! Slack is slow, broken or gone for a while.

use test_support::platforms::slack::{ADA, ADA_DIRECT, Failure, OPS, State};

use crate::world::World;

/// Waits until connections were asked for that often: once at the start to see whether it can be done, then once for each.
async fn asked_for_connections(world: &World, times: usize) {
    let asked = |state: &State| state.calls.iter().filter(|call| call.method == "apps.connections.open").count();
    world.fake.until("other connections", |state| (asked(state) >= times).then_some(())).await;
    world.fake.connected(2).await;
}

#[tokio::test]
async fn another_connection_is_opened_when_slack_asks_for_it_and_when_one_breaks() {
    let world = World::start().await;
    world.fake.ask_to_refresh();
    asked_for_connections(&world, 5).await;
    world.fake.break_connections();
    asked_for_connections(&world, 7).await;
    world.fake.command(OPS, ADA, "help").await;
    world.fake.messages(OPS, 1).await;
}

/// Takes as long as an answer is waited for.
#[tokio::test]
async fn a_connection_that_slack_never_answers_is_given_up() {
    let world = World::start().await;
    world.fake.fail("apps.connections.open", Failure::Hang);
    world.fake.fail("apps.connections.open", Failure::Hang);
    world.fake.break_connections();
    asked_for_connections(&world, 7).await;
}

#[tokio::test]
async fn a_pause_that_slack_asks_for_is_made() {
    let world = World::start().await;
    world.fake.fail("respond", Failure::RateLimited(0));
    world.fake.fail("respond", Failure::Status(503));
    world.fake.fail("respond", Failure::Reset);
    world.fake.command(OPS, ADA, "help").await;
    world.fake.messages(OPS, 1).await;
    assert_eq!(world.fake.calls("respond").len(), 4);
}

/// A proxy, or the page of a network that wants to be signed in to.
#[tokio::test]
async fn a_page_that_is_not_slacks_refuses_nothing() {
    let world = World::new().await;
    for status in [200, 404] {
        world.fake.fail("auth.test", Failure::Status(status));
    }
    world.serve(world.socket_mode());
    world.fake.connected(2).await;

    world.fake.fail("chat.postMessage", Failure::Status(200));
    world.fake.say(ADA_DIRECT, ADA, "help").await;
    world.fake.messages(ADA_DIRECT, 1).await;
}

#[tokio::test]
async fn an_address_that_is_used_up_is_replaced_by_the_channel() {
    let world = World::start().await;
    world.fake.fail("respond", Failure::Code("used_url"));
    world.fake.command(OPS, ADA, "help").await;
    world.fake.messages(OPS, 1).await;
    assert_eq!(world.fake.calls("chat.postMessage").len(), 1);
}

#[tokio::test]
async fn names_that_slack_does_not_tell_keep_nobody_from_speaking() {
    let world = World::start().await;
    world.fake.fail("users.info", Failure::Code("missing_scope"));
    world.fake.fail("conversations.info", Failure::Code("missing_scope"));
    world.fake.say(OPS, ADA, "help").await;
    world.fake.messages(OPS, 1).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_acknowledged_and_harms_nothing() {
    let world = World::start().await;
    for kind in ["slash_commands", "interactive", "events_api", "hologram"] {
        world.fake.deliver(kind, serde_json::json!({ "type": "event_callback", "odd": [1, 2] })).await;
    }
    world.fake.say(ADA_DIRECT, ADA, "help").await;
    world.fake.messages(ADA_DIRECT, 1).await;
}
