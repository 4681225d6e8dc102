//! The connection to the gateway goes on, whatever becomes of it.

use adapter_discord::{Config, INTENTS, StartError};
use monitor_core::secret::Secret;
use serde_json::json;
use test_support::platforms::discord::{CHANNEL, Deed, Event, Failure, Order};

use crate::world::{World, text};

fn events(world: &World) -> Vec<Event> {
    world.fake.with(|state| state.events.clone())
}

#[tokio::test]
async fn it_asks_for_no_more_than_it_needs() {
    let world = World::start().await;
    let serving = world.serving().await;
    assert_eq!(events(&world), [Event::Identified { intents: INTENTS.bits() }]);
    assert_eq!(INTENTS.bits(), 1 | 1 << 9 | 1 << 12);
    assert!(!INTENTS.is_privileged());
    serving.stop().await;
    world.fake.until("the connection to be closed", |state| state.events.contains(&Event::Closed).then_some(())).await;
}

/// What is said while nobody listens is answered after the connection was made anew.
async fn is_resumed_after(order: Order) {
    let world = World::start().await;
    let serving = world.serving().await;
    world.slash("status", &[]).await;
    world.fake.with(|state| state.disconnect(order));
    let answer = world.slash("status", &[]).await;
    assert!(!text(&answer).is_empty());
    assert!(
        matches!(events(&world).as_slice(), [Event::Identified { .. }, .., Event::Resumed { .. }]),
        "{:?}",
        events(&world)
    );
    serving.stop().await;
}

#[tokio::test]
async fn it_resumes_when_the_connection_breaks() {
    is_resumed_after(Order::Drop).await;
}

#[tokio::test]
async fn it_resumes_when_discord_asks_it_to_connect_anew() {
    is_resumed_after(Order::Reconnect).await;
}

#[tokio::test]
async fn it_resumes_when_discord_closes() {
    is_resumed_after(Order::Close(4000)).await;
}

#[tokio::test]
async fn it_begins_anew_when_its_session_is_over() {
    let world = World::start().await;
    let serving = world.serving().await;
    world.fake.with(|state| state.disconnect(Order::Invalidate(false)));
    world.fake.connected(2).await;
    world.slash("status", &[]).await;
    assert!(matches!(events(&world).last(), Some(Event::Identified { .. })), "{:?}", events(&world));
    serving.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_one_clear_line() {
    let world = World::start().await;
    let config = Config { token: Secret::new("not-it"), ..world.config() };
    assert!(!format!("{config:?}").contains("not-it"));
    let ended = world.serve(config).ended().await;
    insta::assert_snapshot!(ended.unwrap_err(), @"Discord does not know the bot's token: copy it anew from the page Bot of your application, and put it in discord.token");
}

#[tokio::test]
async fn a_token_that_is_taken_back_ends_it() {
    let world = World::start().await;
    let serving = world.serving().await;
    world.fake.with(|state| {
        state.token = "another".to_owned();
        state.disconnect(Order::Invalidate(false));
    });
    assert_eq!(serving.ended().await, Err(StartError::Token));
}

#[tokio::test]
async fn it_waits_for_discord_to_be_there() {
    let world = World::start().await;
    for failure in [Failure::Status(502), Failure::Broken, Failure::RateLimited(0.1)] {
        world.fake.fail_next("GET /oauth2", failure);
    }
    world.fake.fail_next("GET /gateway", Failure::Status(500));
    let serving = world.serving().await;
    world.slash("status", &[]).await;
    serving.stop().await;
}

#[tokio::test]
async fn a_page_of_a_proxys_says_nothing_of_the_token_nor_of_the_commands() {
    let world = World::start().await;
    world.fake.fail_next("GET /oauth2", Failure::Status(401));
    world.fake.fail_next("GET /applications/", Failure::Status(403));
    world.fake.fail_next("GET /gateway", Failure::Status(401));
    let serving = world.serving().await;
    world.slash("status", &[]).await;
    world.fake.until("the commands", |state| (!state.commands.is_empty()).then_some(())).await;
    serving.stop().await;
}

/// As it is used: no other address, with serenity's rate limiter, over TLS.
#[tokio::test]
async fn it_waits_as_long_as_discord_asks_it_to() {
    let world = World::start().await;
    let tls = world.fake.tls().await;
    let authority = reqwest::Certificate::from_pem(tls.authority.as_bytes()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "it reaches the fake alone")]
    let client = reqwest::Client::builder()
        .use_rustls_tls()
        .tls_built_in_root_certs(false)
        .add_root_certificate(authority)
        .resolve("discord.com", tls.address)
        .build()
        .unwrap();
    let config = Config { api_url: None, client: Some(client), ..world.config() };
    world.fake.fail_next("/callback", Failure::RateLimited(0.2));
    let serving = world.serve(config);
    world.fake.connected(1).await;
    let asked = world.fake.act(CHANNEL, Deed::Slash("whoami", &[("nothing", json!(""))]));
    let answer = world.fake.answer(asked).await;
    assert!(!text(&answer).is_empty());
    let tries =
        world.fake.with(|state| state.requests.iter().filter(|request| request.path.ends_with("/callback")).count());
    assert_eq!(tries, 2);
    serving.stop().await;
}

#[tokio::test]
async fn what_was_put_off_is_answered_before_the_program_ends() {
    let world = World::start().await;
    let target = test_support::targets::misbehaving::never_answers().await;
    let serving = world.serving().await;
    let options = [("target", json!(target.url())), ("timeout", json!("3s")), ("interval", json!("60s"))];
    let asked = world.fake.act(CHANNEL, Deed::Slash("add-monitor", &options));
    assert_eq!(world.fake.first_answer(asked).await["type"], 5);
    // Once more, so that it does not end by chance in time.
    world.fake.fail_next("PATCH /webhooks/", Failure::Status(503));
    serving.stop().await;
    assert!(world.fake.with(|state| state.answered(asked.id)).is_some(), "nothing more is waited for");
}
