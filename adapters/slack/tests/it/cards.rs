//! The cards of incidents in Slack.

use std::sync::atomic::Ordering;
use std::time::Duration;

use monitor_core::health::Policy;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use services::{Finished, LEASE_SLACK};
use test_support::builders::{monitors, outcome};
use test_support::platforms::slack::{ADA, Failure, Message, OPS, State};

use crate::world::World;

/// Lets a check of the monitor end like that.
async fn check(world: &World, monitor: MonitorId, reason: Reason) {
    world.clock.0.fetch_add(60, Ordering::SeqCst);
    let now = world.services.now();
    let policy = Policy { retries: 0, ..Policy::default() };
    let claim = world.services.store().claim_one(monitor, now, LEASE_SLACK).await.unwrap().unwrap();
    world.services.record(&[Finished { claim, policy, outcome: outcome(now, reason) }]).await.unwrap();
}

fn card(state: &State) -> Option<Message> {
    state.messages.iter().find(|message| message.by_bot && message.button("Why").is_some()).cloned()
}

async fn edited(world: &World, what: &str, holds: &str) -> Message {
    let is = |state: &State| card_or_last(state).filter(|card| card.words().contains(holds));
    world.fake.until(what, is).await
}

/// The card, also when it has no button any more.
fn card_or_last(state: &State) -> Option<Message> {
    state
        .messages
        .iter()
        .filter(|message| message.by_bot && message.thread.is_none())
        .find(|message| message.edits > 0)
        .cloned()
}

#[tokio::test]
async fn an_incident_is_one_message_that_changes_with_its_story_in_the_thread() {
    let world = World::start().await;
    world.fake.command(OPS, ADA, "follow everything").await;
    world.fake.messages(OPS, 1).await;
    let (_, ids) = monitors(&world.database.store, &[Duration::from_secs(30)]).await;
    check(&world, ids[0], Reason::ConnectionRefused).await;

    let posted = world.fake.until("a card", card).await;
    assert_eq!((posted.channel.as_str(), posted.thread.as_deref()), (OPS, None));
    assert!(posted.words().contains("m1"), "{}", posted.words());

    world.fake.press(ADA, &posted, "Acknowledge").await;
    let acknowledged = edited(&world, "the acknowledged card", "Ada Lovelace").await;
    assert_eq!(acknowledged.ts, posted.ts);
    assert!(acknowledged.button("Acknowledge").is_none());

    check(&world, ids[0], Reason::Ok).await;
    edited(&world, "the resolved card", ":large_green_circle:").await;
    let told = |state: &State| {
        let in_thread = |message: &&Message| message.thread.as_deref() == Some(posted.ts.as_str());
        (state.messages.iter().filter(in_thread).count() >= 2).then_some(())
    };
    world.fake.until("its story", told).await;
}

#[tokio::test]
async fn a_card_that_slack_does_not_take_at_first_comes_later() {
    let world = World::start().await;
    world.fake.command(OPS, ADA, "follow everything").await;
    world.fake.messages(OPS, 1).await;
    // Slack has two ways to say so.
    world.fake.fail("chat.postMessage", Failure::RateLimited(1));
    world.fake.fail("chat.postMessage", Failure::Code("rate_limited"));
    let (_, ids) = monitors(&world.database.store, &[Duration::from_secs(30)]).await;
    check(&world, ids[0], Reason::ConnectionRefused).await;
    world.fake.until("a card", card).await;
    assert!(world.fake.calls("chat.postMessage").len() >= 3);
}
