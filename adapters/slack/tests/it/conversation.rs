//! What people do in Slack, and what they see.

use monitor_core::people::Role;
use serde_json::json;
use test_support::platforms::slack::{ADA, ADA_DIRECT, BETWEEN, BOB, Failure, Message, OPS, RANDOM, State};
use test_support::targets::answering::{Answer, answering};
use test_support::targets::misbehaving::never_answers;

use crate::world::World;

#[tokio::test]
async fn the_slash_command_is_acknowledged_before_anything_is_done() {
    let world = World::start().await;
    // Whatever the answer waits for, the acknowledgement does not.
    world.fake.fail_all(Some(Failure::Hang));
    let ack = world.fake.command(OPS, ADA, "status").await;
    assert!(ack.payload.is_null(), "a bare acknowledgement shows nothing");
}

#[tokio::test]
async fn the_slash_command_is_answered_where_everybody_sees_it() {
    let world = World::start().await;
    world.fake.command(OPS, ADA, "status").await;
    let messages = world.fake.messages(OPS, 1).await;
    assert_eq!(messages[0].only, None);
    insta::assert_snapshot!(messages[0].words(), @"There are no monitors yet. add-monitor https://shop.example adds one.");
}

#[tokio::test]
async fn it_is_answered_even_where_the_app_is_no_member() {
    let world = World::start().await;
    world.fake.command(RANDOM, ADA, "help").await;
    assert!(world.fake.messages(RANDOM, 1).await[0].words().contains("add-monitor"));
}

#[tokio::test]
async fn a_slip_of_the_finger_and_a_secret_are_seen_by_who_said_them_alone() {
    let world = World::start().await;
    for line in ["sttaus", "edit-monitor nothing bearer hunter2", "whoami"] {
        world.fake.command(OPS, ADA, line).await;
    }
    let messages = world.fake.messages(OPS, 3).await;
    assert!(messages.iter().all(|message| message.only.as_deref() == Some(ADA)), "{messages:#?}");
}

#[tokio::test]
async fn what_is_about_rights_is_for_who_asked_alone_whichever_way_it_was_said() {
    let world = World::start().await;
    // By a form, whose question is said as well.
    world.fake.command(OPS, ADA, "set-access").await;
    let modal = world.fake.until("a form", |state| state.views.first().cloned()).await;
    let block = modal.view["blocks"][0]["block_id"].as_str().unwrap().to_owned();
    world.fake.messages(OPS, 1).await;
    world.fake.submit(ADA, &modal.id, &[(&block, "read")]).await;
    world.fake.messages(OPS, 2).await;
    // As an answer to a question, and by a mention.
    world.fake.command(OPS, ADA, "set-access").await;
    world.fake.messages(OPS, 3).await;
    world.fake.command(OPS, ADA, "nothing").await;
    world.fake.messages(OPS, 4).await;
    world.fake.say(OPS, ADA, "map-role 1").await;
    world.fake.messages(OPS, 5).await;
    world.fake.say(OPS, ADA, "viewer").await;
    let told = world.fake.messages(OPS, 6).await;
    assert!(told.iter().all(|message| message.only.as_deref() == Some(ADA)), "{told:#?}");
    assert!(told[1].words().contains("may now look"), "{}", told[1].words());
}

#[tokio::test]
async fn a_monitor_is_added_with_a_form_and_a_button() {
    let world = World::start().await;
    let target = answering(Answer::ok("hello")).await;
    world.fake.command(OPS, ADA, "add-monitor").await;

    // The form opens at once, and a button opens it again when it was closed.
    let modal = world.fake.until("a form", |state| state.views.first().cloned()).await;
    let asked = world.fake.messages(OPS, 1).await.remove(0);
    assert_eq!(asked.only.as_deref(), Some(ADA));
    world.fake.press(ADA, &asked, "Answer").await;
    let again = world.fake.until("the form again", |state| state.views.get(1).cloned()).await;
    assert_eq!(again.view["blocks"], modal.view["blocks"]);

    let block = again.view["blocks"][0]["block_id"].as_str().unwrap().to_owned();
    let answer = format!("{} every 30s name shop", target.url());
    world.fake.submit(ADA, &again.id, &[(&block, &answer)]).await;
    let confirm = world.fake.messages(OPS, 2).await.remove(1);
    world.fake.press(ADA, &confirm, "Yes").await;
    let added = world.fake.messages(OPS, 3).await.remove(2);
    assert!(added.words().contains("shop"), "{}", added.words());
    world.fake.command(OPS, ADA, "list-monitors").await;
    assert!(world.fake.messages(OPS, 4).await[3].words().contains("shop"));
}

#[tokio::test]
async fn a_mention_is_answered_in_a_thread_and_a_direct_message_beside_it() {
    let world = World::start().await;
    world.fake.say(OPS, ADA, "help").await;
    let answered = world.fake.messages(OPS, 1).await.remove(0);
    let said = world.fake.look(|state| state.messages[0].ts.clone());
    assert_eq!((answered.thread.as_deref(), answered.only), (Some(said.as_str()), None));

    world.fake.say(ADA_DIRECT, ADA, "help").await;
    assert_eq!(world.fake.messages(ADA_DIRECT, 1).await[0].thread, None);
}

#[tokio::test]
async fn what_may_hold_a_secret_is_answered_aside_with_the_advice_to_delete_it() {
    let world = World::start().await;
    world.fake.say(OPS, ADA, "edit-monitor nothing bearer hunter2").await;
    let answered = world.fake.messages(OPS, 1).await.remove(0);
    assert_eq!(answered.only.as_deref(), Some(ADA));
    assert!(answered.words().contains("Only you can delete it"), "{}", answered.words());
    assert!(!answered.words().contains("hunter2"));
}

#[tokio::test]
async fn whoever_is_not_linked_is_told_how_and_nothing_else() {
    let world = World::start().await;
    world.fake.command(OPS, BOB, "status").await;
    let told = world.fake.messages(OPS, 1).await.remove(0);
    assert_eq!(told.only.as_deref(), Some(BOB));
    assert!(told.words().contains("link"), "{}", told.words());
}

#[tokio::test]
async fn whoever_says_a_code_is_let_in_and_nobody_else_sees_it() {
    let world = World::start().await;
    let code = world.services.invite(&world.owner, "bob", Role::Responder, "slack").await.unwrap().code;
    world.fake.command(OPS, BOB, &format!("link {code}")).await;
    world.fake.messages(OPS, 1).await;
    world.fake.command(OPS, BOB, "whoami").await;
    let told = world.fake.messages(OPS, 2).await;
    assert!(told.iter().all(|message| message.only.as_deref() == Some(BOB)), "{told:#?}");
    world.fake.command(OPS, BOB, "status").await;
    assert_eq!(world.fake.messages(OPS, 3).await[2].only, None);
    assert!(told[1].words().contains("responder"), "{}", told[1].words());
}

#[tokio::test]
async fn what_is_delivered_twice_is_answered_once() {
    let world = World::start().await;
    let said = world.fake.message_payload(ADA_DIRECT, ADA, "help", json!({}));
    let edited = world.fake.message_payload(ADA_DIRECT, ADA, "help", json!({ "subtype": "message_changed" }));
    let by_bot = world.fake.message_payload(ADA_DIRECT, ADA, "help", json!({ "bot_id": "B0BOT" }));
    for payload in [said.clone(), said, edited, by_bot] {
        world.fake.deliver("events_api", payload).await;
    }
    let command = world.fake.command_payload(ADA_DIRECT, ADA, "list-incidents");
    for payload in [command.clone(), command] {
        world.fake.deliver("slash_commands", payload).await;
    }
    world.fake.say(ADA_DIRECT, ADA, "list-monitors").await;
    let messages = world.fake.messages(ADA_DIRECT, 3).await;
    let helps = messages.iter().filter(|message| message.words().contains("add-monitor https://")).count();
    assert!(helps <= 1, "{messages:#?}");
    world.shutdown.cancel();
    world.fake.connected(0).await;
    assert_eq!(world.fake.messages(ADA_DIRECT, 3).await.len(), 3);
}

#[tokio::test]
async fn a_report_brings_its_chart_as_a_picture_or_in_words() {
    let world = World::start().await;
    test_support::builders::monitors(&world.database.store, &[std::time::Duration::from_secs(30)]).await;
    world.fake.command(OPS, ADA, "show-report m1 1h").await;
    let file =
        world.fake.until("a picture", |state| state.files.values().find(|file| file.shared.is_some()).cloned()).await;
    assert!(file.data.starts_with(b"\x89PNG"), "{}", file.name);
    assert!(!file.alt.is_empty());
    assert_eq!(file.shared.unwrap().0, OPS);

    world.fake.command(RANDOM, ADA, "show-report m1 1h").await;
    let drawn = |message: &test_support::platforms::slack::Message| {
        message.channel == RANDOM
            && message.blocks.iter().any(|block| block["elements"][0]["type"] == "rich_text_preformatted")
    };
    world.fake.until("the chart in words", |state| state.messages.iter().find(|message| drawn(message)).cloned()).await;
}

#[tokio::test]
async fn the_home_shows_how_things_are_and_its_buttons_say_commands() {
    let world = World::start().await;
    world.fake.open_home(ADA).await;
    let home = world.fake.until("a home", |state| state.homes.get(ADA).cloned()).await;
    assert_eq!(home["type"], "home");
    world.fake.press_home(ADA, "Monitors").await;
    let answered = world.fake.messages(ADA_DIRECT, 1).await.remove(0);
    assert!(answered.words().contains("monitor"), "{}", answered.words());
    world.fake.press_home(ADA, "Add a monitor").await;
    world.fake.until("a form", |state| state.views.first().cloned()).await;
}

#[tokio::test]
async fn nothing_that_is_monitored_mentions_anybody() {
    let world = World::start().await;
    world.fake.command(OPS, ADA, "show-monitor \"&lt;!channel&gt; <@U0BOB> https://evil.example\"").await;
    let told = world.fake.messages(OPS, 1).await.remove(0);
    assert!(told.words().contains("<!channel>"), "{}", told.words());
    assert!(!told.text.contains('<'), "{}", told.text);
    let call = world.fake.calls("respond").remove(0);
    assert_eq!((&call.body["unfurl_links"], &call.body["unfurl_media"]), (&json!(false), &json!(false)));
    let blocks = call.body["blocks"].to_string();
    assert!(!blocks.contains("mrkdwn") && !blocks.contains("\"link\""), "{blocks}");
}

#[tokio::test]
async fn what_one_person_says_in_one_place_is_answered_in_its_order() {
    let world = World::start().await;
    let target = never_answers().await;
    world.fake.command(OPS, ADA, &format!("add-monitor {} timeout 1s", target.url())).await;
    world.fake.command(OPS, ADA, "help whoami").await;
    let answers = world.fake.messages(OPS, 2).await;
    assert!(answers[0].words().contains("127.0.0.1"), "{answers:#?}");
    assert!(answers[1].words().contains("whoami"), "{answers:#?}");
}

#[tokio::test]
async fn a_direct_conversation_between_people_is_no_private_one_with_the_bot() {
    let world = World::start().await;
    world.fake.command(BETWEEN, ADA, "set-access read").await;
    let told = world.fake.messages(BETWEEN, 1).await.remove(0);
    assert!(told.words().contains("Everybody here may now look"), "{}", told.words());
    world.fake.command(BETWEEN, BOB, "status").await;
    assert_eq!(world.fake.messages(BETWEEN, 2).await[1].only, None, "what holds for everybody there holds for Bob");
    // The bot's own is still that.
    world.fake.command(ADA_DIRECT, ADA, "whoami").await;
    assert!(world.fake.messages(ADA_DIRECT, 1).await[0].words().contains("owner"));
}

#[tokio::test]
async fn while_slack_does_not_tell_who_reads_along_nothing_is_done() {
    let world = World::start().await;
    world.fake.fail("conversations.history", Failure::Status(503));
    world.fake.command(BETWEEN, ADA, "status").await;
    let told = world.fake.messages(BETWEEN, 1).await.remove(0);
    assert_eq!(told.only.as_deref(), Some(ADA));
    assert!(told.words().contains("Say it again in a moment"), "{}", told.words());
}

#[tokio::test]
async fn a_form_remembers_that_its_question_was_said_at_the_address_of_its_command() {
    let world = World::start().await;
    world.fake.command(OPS, ADA, "add-monitor").await;
    let modal = world.fake.until("a form", |state| state.views.first().cloned()).await;
    let kept: serde_json::Value = serde_json::from_str(modal.view["private_metadata"].as_str().unwrap()).unwrap();
    // Slack takes five answers there, and this is one of them.
    assert_eq!(kept["s"], 1, "{kept}");
    assert_eq!(world.fake.messages(OPS, 1).await.len(), 1);
    assert_eq!(world.fake.calls("respond").len(), 1);
}

#[tokio::test]
async fn a_form_whose_question_is_over_does_nothing_and_shows_nothing_to_the_others() {
    let world = World::start().await;
    world.fake.command(OPS, ADA, "add-monitor").await;
    let modal = world.fake.until("a form", |state| state.views.first().cloned()).await;
    world.fake.command(OPS, ADA, "cancel").await;
    world.fake.messages(OPS, 2).await;
    let block = modal.view["blocks"][0]["block_id"].as_str().unwrap();
    world.fake.submit(ADA, &modal.id, &[(block, "KEY-hunter2")]).await;
    let told = world.fake.messages(OPS, 3).await.remove(2);
    assert_eq!(told.only.as_deref(), Some(ADA));
    assert!(told.words().starts_with("That question is settled already"), "{}", told.words());

    // A form that stands in somebody's way is none of another question.
    world.fake.command(OPS, ADA, "note #1").await;
    let asked = world.fake.messages(OPS, 4).await.remove(3);
    world.fake.submit(ADA, &modal.id, &[(block, "https://shop.example")]).await;
    let told = world.fake.messages(OPS, 5).await.remove(4);
    assert!(told.words().starts_with("That question is settled already"), "{}", told.words());
    assert!(!format!("{:?}", world.fake.messages(OPS, 5).await).contains("hunter2"), "{asked:?}");
}

#[tokio::test]
async fn what_is_filled_in_is_no_command() {
    let world = World::start().await;
    test_support::builders::monitors(&world.database.store, &[std::time::Duration::from_secs(30)]).await;
    world.fake.command(OPS, ADA, "declare-incident \"the shop is slow\"").await;
    world.fake.messages(OPS, 1).await;
    world.fake.command(OPS, ADA, "note #1").await;
    let modal = world.fake.until("a form", |state| state.views.first().cloned()).await;
    let block = modal.view["blocks"][0]["block_id"].as_str().unwrap();
    world.fake.submit(ADA, &modal.id, &[(block, "Pause m1")]).await;
    let saying = |words: &'static str| {
        let find = move |state: &State| state.messages.iter().map(Message::words).find(|shown| shown.contains(words));
        world.fake.until(words, find)
    };
    saying("Noted").await;
    world.fake.command(OPS, ADA, "show-monitor m1").await;
    let shown = saying("unknown").await;
    assert!(shown.contains("m1") && !shown.contains("paused"), "{shown}");
}
