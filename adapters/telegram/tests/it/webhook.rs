use std::sync::Arc;

use adapter_telegram::{StartError, Webhook, router};
use axum::Router;
use monitor_core::secret::Secret;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::clients::assert_models;
use crate::world::{ADA, World};

const SECRET: &str = "a-secret_of-32-characters-or-so";

/// A world to which updates are delivered, and where.
async fn delivered(secret: &str) -> (World, String) {
    delivered_among(secret, &TaskTracker::new()).await
}

/// The same with the tasks among which they are answered.
async fn delivered_among(secret: &str, tasks: &TaskTracker) -> (World, String) {
    let mut world = World::asleep().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/telegram/webhook", listener.local_addr().unwrap());
    let webhook = |secret: &str| Some(Webhook { url: url.parse().unwrap(), secret: Secret::new(secret) });
    let routes: Router =
        router(&world.config(webhook(SECRET)), Arc::clone(&world.engine), world.services.clone(), tasks).unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    world.wake(webhook(secret));
    (world, url)
}

#[tokio::test]
async fn what_telegram_delivers_is_answered() {
    let (mut world, url) = delivered(SECRET).await;
    world.fake.until("the webhook is set", |fake| fake.webhook() == url).await;
    world.link(ADA).await;
    assert!(!world.ask(ADA, ADA, "whoami").await.is_empty());
    assert!(world.fake.deliveries().iter().all(|status| *status == 200), "{:?}", world.fake.deliveries());
    world.stop().await.unwrap();
    // What is said while nobody runs waits there.
    assert_eq!(world.fake.webhook(), url);

    // Long polling takes its place.
    world.wake(None);
    world.fake.until("the webhook is taken away", |fake| fake.webhook().is_empty()).await;
    assert!(!world.ask(ADA, ADA, "whoami").await.is_empty());
    let calls = world.fake.calls();
    assert!(["setWebhook", "deleteWebhook"].iter().all(|method| calls.iter().any(|call| call.is(method))));
    assert_models(&calls).await;
}

#[tokio::test]
async fn what_was_taken_is_answered_before_the_program_ends() {
    let tasks = TaskTracker::new();
    let (world, url) = delivered_among(SECRET, &tasks).await;
    world.fake.until("the webhook is set", |fake| fake.webhook() == url).await;
    world.fake.say(ADA, ADA, "/start");
    world.fake.until("it is taken", |fake| fake.deliveries() == [200]).await;
    tasks.close();
    tasks.wait().await;
    assert_eq!(world.fake.said(ADA).len(), 1, "nothing more is waited for");
}

#[tokio::test]
async fn whoever_does_not_know_the_secret_is_turned_away() {
    let (world, url) = delivered("another-secret").await;
    world.fake.until("the webhook is set", |fake| fake.webhook() == url).await;
    world.fake.say(ADA, ADA, "/start");
    world.fake.until("it was tried more than once", |fake| fake.deliveries().len() > 1).await;
    assert!(world.fake.deliveries().iter().all(|status| *status == 401), "{:?}", world.fake.deliveries());
    assert_eq!(world.fake.said(ADA), Vec::<String>::new());
}

#[tokio::test]
async fn what_there_is_no_room_for_is_delivered_again() {
    let (world, url) = delivered(SECRET).await;
    world.fake.until("the webhook is set", |fake| fake.webhook() == url).await;
    // The first answer waits longer than a test does.
    world.fake.fail("sendMessage", test_support::platforms::telegram::Failure::TooMany(120));
    world.fake.say(ADA, ADA, "/start");
    world.fake.until("it is being answered", |fake| !fake.calls_of("sendMessage").is_empty()).await;
    for _ in 0..101 {
        world.fake.say(ADA, ADA, "/start");
    }
    world.fake.until("the last comes again", |fake| fake.deliveries().ends_with(&[200, 503, 503])).await;
    assert_eq!(
        (world.fake.pending(), world.fake.deliveries().iter().filter(|status| **status == 200).count()),
        (1, 101)
    );
}

#[tokio::test]
async fn a_delivery_before_telegram_says_who_the_bot_is_comes_again() {
    let (world, url) = delivered(SECRET).await;
    world.fake.until("the webhook is set", |fake| fake.webhook() == url).await;
    world.fake.fail("getMe", test_support::platforms::telegram::Failure::Page(502));
    world.fake.say(ADA, ADA, "/start");
    world.fake.hears(ADA, 1).await;
    assert_eq!(world.fake.deliveries(), [503, 200]);
}

#[tokio::test]
async fn a_webhook_that_telegram_does_not_take_is_one_clear_line() {
    let mut world = World::asleep().await;
    world.wake(Some(Webhook { url: "ftp://bot.example/t".parse().unwrap(), secret: Secret::new(SECRET) }));
    let error = world.serving.take().unwrap().await.unwrap().unwrap_err();
    assert!(matches!(&error, StartError::Webhook(why) if why.contains("HTTPS")), "{error}");
}
