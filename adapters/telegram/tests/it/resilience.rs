use std::time::Duration;

use adapter_telegram::{Config, StartError, serve};
use monitor_core::monitor::MonitorId;
use monitor_core::secret::Secret;
use serde_json::json;
use test_support::platforms::telegram::Failure;

use crate::world::{ADA, BOB, OPS, World};

#[tokio::test]
async fn a_wrong_token_is_one_clear_line_at_once() {
    let world = World::asleep().await;
    for token in ["123456789:AAGf3kXw9ZqTn5VbYc2LrJd8MhPs6Eu1KoI", "no-token"] {
        let config = Config { token: Secret::new(token), ..world.config(None) };
        let ended = serve(config, world.engine.clone(), world.services.clone(), world.shutdown.clone());
        let error = Box::pin(ended).await.unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("telegram: ") && text.contains("BotFather") && !text.contains(token), "{text}");
        assert!(!text.contains('\n'), "{text}");
    }
}

#[tokio::test]
async fn a_token_that_is_taken_back_ends_it() {
    let mut world = World::start().await;
    world.fake.until("updates are asked for", |fake| !fake.calls_of("getUpdates").is_empty()).await;
    world.fake.revoke();
    world.fake.happen("message", &json!({}));
    assert_eq!(world.serving.take().unwrap().await.unwrap(), Err(StartError::Token));
}

#[tokio::test]
async fn whatever_breaks_on_the_way_is_tried_again_and_nothing_is_done_twice() {
    let mut world = World::asleep().await;
    // What a network answers that wants a password first is no word of Telegram, neither of the token nor of anything else.
    world.fake.fail("getMe", Failure::Page(401));
    world.fake.fail("getUpdates", Failure::Break);
    world.fake.fail("getMyCommands", Failure::TooMany(0));
    world.wake(None);
    world.link(ADA).await;
    let before = world.fake.said(ADA).len();
    world.fake.fail("getUpdates", Failure::Page(401));
    world.fake.fail("sendMessage", Failure::TooMany(0));
    world.fake.say(ADA, ADA, "whoami");
    world.fake.say(ADA, ADA, "whoami");
    assert_eq!(world.fake.hears(ADA, before + 2).await.len(), before + 2);
    world.fake.until("all is confirmed", |fake| fake.pending() == 0).await;
    world.stop().await.unwrap();
    assert_eq!(world.fake.said(ADA).len(), before + 2);
}

#[tokio::test]
async fn after_a_restart_nothing_is_done_again_and_what_was_said_meanwhile_is() {
    let mut world = World::with_ada().await;
    let before = world.fake.said(ADA).len();
    world.stop().await.unwrap();
    assert_eq!(world.fake.pending(), 0);
    world.fake.say(ADA, ADA, "whoami");
    world.wake(None);
    world.fake.hears(ADA, before + 1).await;
    world.ask(ADA, ADA, "whoami").await;
    assert_eq!(world.fake.said(ADA).len(), before + 2);
}

#[tokio::test]
async fn a_backlog_is_answered_with_one_line_for_each_conversation() {
    let mut world = World::with_ada().await;
    world.connect().await;
    let before = (world.fake.said(ADA).len(), world.fake.said(OPS).len());
    world.stop().await.unwrap();
    for _ in 0..5 {
        world.fake.say(ADA, ADA, "add-monitor http://127.0.0.1:9/ --yes");
        world.fake.say(OPS, ADA, "/status@its_bot");
        world.fake.say(OPS, BOB, "unrelated");
    }
    world.pass(Duration::from_secs(2 * 3_600));
    world.wake(None);
    let said = world.ask(ADA, ADA, "list-monitors").await;
    assert!(said.starts_with("I was away"), "{said}");
    let said = world.fake.hears(ADA, before.0 + 2).await;
    assert!(said[before.0 + 1].contains("no monitors"), "{said:?}");
    let said = world.fake.hears(OPS, before.1 + 1).await;
    assert!(said[before.1].starts_with("I was away"), "{said:?}");
    world.stop().await.unwrap();
    assert_eq!((world.fake.said(ADA).len(), world.fake.said(OPS).len()), (before.0 + 2, before.1 + 1));
}

#[tokio::test]
async fn a_press_that_is_too_old_is_not_done() {
    let mut world = World::with_ada().await;
    world.ask(ADA, ADA, "add-monitor http://127.0.0.1:9/ name:shop").await;
    let asked = world.last(ADA);
    world.stop().await.unwrap();
    for button in ["Yes", "No"] {
        let press = world.fake.press(ADA, ADA, asked, button);
        world.fake.forget(&press);
    }
    world.pass(Duration::from_secs(2 * 3_600));
    let before = world.fake.said(ADA).len();
    world.wake(None);
    // Each of them is answered, for each of them looks as if it were done.
    let said = world.fake.hears(ADA, before + 2).await.split_off(before);
    assert!(said.iter().all(|said| said.starts_with("I was away")), "{said:?}");
    assert!(world.ask(ADA, ADA, "list-monitors").await.contains("no monitors"));
}

#[tokio::test]
async fn a_press_that_is_no_older_than_its_message_is_done_though_telegram_takes_no_answer_to_it() {
    let mut world = World::with_ada().await;
    world.ask(ADA, ADA, "add-monitor http://127.0.0.1:9/ name:shop").await;
    let asked = world.last(ADA);
    world.stop().await.unwrap();
    let press = world.fake.press(ADA, ADA, asked, "Yes");
    world.fake.forget(&press);
    let before = world.fake.said(ADA).len();
    world.wake(None);
    let said = world.fake.hears(ADA, before + 1).await.pop().unwrap();
    assert!(said.starts_with("I watch shop now"), "{said}");
}

#[tokio::test]
async fn a_press_of_now_is_done_however_old_its_message_is_and_whatever_telegram_says_of_it() {
    let world = World::with_ada().await;
    world.ask(ADA, ADA, "add-monitor http://127.0.0.1:9/ name:shop --yes").await;
    let heard = world.fake.said(ADA).len();
    world.fail(MonitorId(1)).await;
    world.fake.hears(ADA, heard + 1).await;
    let card = world.last(ADA);
    world.pass(Duration::from_secs(2 * 3_600));
    // All is known that happened until then.
    for _ in 0..2 {
        world.ask(ADA, ADA, "whoami").await;
    }
    let words = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    world.fake.fail("answerCallbackQuery", Failure::Refused(400, words));
    world.fake.press(ADA, ADA, card, "Acknowledge");
    world.fake.until("the card says so", |fake| fake.said(ADA)[heard].contains("Ada has acknowledged it")).await;
}

#[tokio::test]
async fn as_much_as_people_say_at_once_is_done() {
    let world = World::with_ada().await;
    let before = world.fake.said(ADA).len();
    for _ in 0..250 {
        world.fake.say(ADA, ADA, "whoami");
    }
    world.fake.hears(ADA, before + 250).await;
    world.fake.until("all is confirmed", |fake| fake.pending() == 0).await;
    assert_eq!(world.fake.said(ADA).len(), before + 250, "each once");
}

#[tokio::test]
async fn whoever_says_more_than_can_be_done_is_told_and_holds_nobody_up() {
    let world = World::with_ada().await;
    // The first answer waits longer than a test does.
    world.fake.fail("sendMessage", Failure::TooMany(120));
    let (before, sent) = (world.fake.said(ADA).len(), world.fake.calls_of("sendMessage").len());
    world.fake.say(ADA, ADA, "whoami");
    world.fake.until("it is being answered", |fake| fake.calls_of("sendMessage").len() > sent).await;
    for _ in 0..130 {
        world.fake.say(ADA, ADA, "whoami");
    }
    world.fake.say(BOB, BOB, "/start");
    world.fake.until("what there is room for is confirmed", |fake| fake.pending() == 31).await;
    let asked = world.fake.calls_of("getUpdates").len();
    world.fake.until("the rest comes again", |fake| fake.calls_of("getUpdates").len() > asked + 1).await;
    assert_eq!((world.fake.said(ADA).len(), world.fake.said(BOB).len()), (before, 0));
    world.pass(Duration::from_secs(61));
    world.fake.hears(BOB, 1).await;
    let said = world.fake.hears(ADA, before + 1).await.split_off(before);
    assert!(said.len() == 1 && said[0].starts_with("More is said here at once"), "{said:?}");
    world.fake.until("all is confirmed", |fake| fake.pending() == 0).await;
}

#[tokio::test]
async fn an_answer_outlasts_what_breaks_on_the_way() {
    let world = World::with_ada().await;
    for failure in [Failure::Refused(500, "Internal Server Error"), Failure::Page(502)] {
        world.fake.fail("sendMessage", failure);
    }
    assert!(world.ask(ADA, ADA, "whoami").await.contains("Ada"));
}

#[tokio::test]
async fn a_press_is_heard_at_once_however_long_what_was_said_before_takes() {
    let world = World::with_ada().await;
    world.ask(ADA, ADA, "add-monitor http://127.0.0.1:9/ name:shop").await;
    let asked = world.last(ADA);
    // The answer to what is said next waits longer than a test does.
    world.fake.fail("sendMessage", Failure::TooMany(60));
    world.fake.fail("sendMessage", Failure::TooMany(60));
    let sent = world.fake.calls_of("sendMessage").len();
    world.fake.say(ADA, ADA, "whoami");
    world.fake.until("it is being answered", |fake| fake.calls_of("sendMessage").len() > sent).await;
    let press = world.fake.press(ADA, ADA, asked, "Yes");
    world.fake.until("the press is heard", |fake| fake.is_heard(&press)).await;
}

#[tokio::test]
async fn updates_with_large_ids_are_confirmed_like_others() {
    let mut world = World::with_ada().await;
    world.fake.number_updates_from(i64::from(i32::MAX) + 1);
    world.ask(ADA, ADA, "whoami").await;
    world.fake.until("it is confirmed", |fake| fake.pending() == 0).await;
    world.ask(ADA, ADA, "whoami").await;
    world.stop().await.unwrap();
    assert_eq!(world.fake.pending(), 0);
}

#[tokio::test]
async fn an_update_that_makes_no_sense_holds_nothing_up() {
    let world = World::with_ada().await;
    world.fake.happen("message", &json!({ "text": 3 }));
    world.fake.happen("poll", &json!({ "id": "1" }));
    world.fake.happen("callback_query", &json!({ "id": "unknown", "from": { "id": BOB }, "chat_instance": "1" }));
    world.ask(ADA, ADA, "whoami").await;
    world.fake.until("every press is answered", |fake| fake.calls_of("answerCallbackQuery").len() == 1).await;
}

#[tokio::test]
async fn whoever_shuts_the_bot_out_hurts_nobody_else() {
    let world = World::with_ada().await;
    world.fake.shut_out(BOB, "bot was blocked by the user");
    world.fake.say(BOB, BOB, "status");
    assert!(!world.ask(ADA, ADA, "whoami").await.is_empty());
}

#[tokio::test]
async fn another_program_with_the_same_token_is_waited_for() {
    let mut world = World::asleep().await;
    world.fake.fail("getUpdates", Failure::Refused(409, "Conflict: terminated by other getUpdates request"));
    world.wake(None);
    world.link(ADA).await;
}
