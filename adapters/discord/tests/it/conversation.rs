//! What people say and what they see.

use monitor_core::outcome::Reason;
use serde_json::{Value, json};
use test_support::builders::monitors;
use test_support::platforms::discord::{BOT, CHANNEL, DIRECT, Deed, Failure, State};
use test_support::targets::misbehaving;

use crate::world::{World, component, id, is_quiet, text};

#[tokio::test]
async fn a_slash_command_is_answered_with_what_the_engine_says() {
    let world = World::start().await;
    monitors(&world.database.store, &[std::time::Duration::from_secs(30); 2]).await;
    let serving = world.serving().await;
    let answer = world.slash("list-monitors", &[]).await;
    assert!(text(&answer).contains("m1") && text(&answer).contains("m2"), "{answer}");
    assert!(!is_quiet(&answer));
    let answer = world.slash("show-monitor", &[("monitor", json!("m1"))]).await;
    assert!(text(&answer).contains("m1"), "{answer}");
    serving.stop().await;
}

#[tokio::test]
async fn who_is_not_let_in_is_told_how_alone() {
    let world = World::strange().await;
    let serving = world.serving().await;
    let answer = world.slash("status", &[]).await;
    assert!(is_quiet(&answer), "{answer}");
    insta::assert_snapshot!(text(&answer), @"I do not know this place yet, so I do nothing here. To connect this place, an owner or admin says `connect discord` where Watchword knows them already (in its terminal, on the web, or in another chat), and then here the `connect CODE` that they are told there.");

    let code = world.services.code_to_connect(&world.owner, "discord").await.unwrap();
    let answer = world.slash("connect", &[("code", json!(code.code))]).await;
    assert!(is_quiet(&answer), "a code is a secret: {answer}");
    let answer = world.slash("status", &[]).await;
    assert!(text(&answer).contains("link discord"), "{answer}");
    let code = world.services.code_to_link(&world.owner, "discord").await.unwrap();
    world.slash("link", &[("code", json!(code.code))]).await;
    let answer = world.slash("whoami", &[]).await;
    insta::assert_snapshot!(text(&answer), @r"
    name: Ada L.
    role: owner
    linked on: Discord
    others may do here: nothing
    cards here: nothing
    ");
    serving.stop().await;
}

#[tokio::test]
async fn values_are_offered_while_they_are_typed() {
    let world = World::start().await;
    monitors(&world.database.store, &[std::time::Duration::from_secs(30); 2]).await;
    let serving = world.serving().await;
    let typing = world.fake.act(CHANNEL, Deed::Types("show-monitor", "monitor", "m"));
    let offered = world.fake.first_answer(typing).await;
    let choice = |name: &str| json!({ "name": name, "value": name });
    assert_eq!(offered, json!({ "type": 8, "data": { "choices": [choice("m1"), choice("m2")] } }));
    serving.stop().await;
}

#[tokio::test]
async fn a_question_is_answered_in_a_modal_and_by_a_button() {
    let world = World::start().await;
    monitors(&world.database.store, &[std::time::Duration::from_secs(30); 1]).await;
    let serving = world.serving().await;
    let asked = world.slash("edit-monitor", &[("monitor", json!("m1")), ("interval", json!("soon"))]).await;
    assert!(text(&asked).contains("soon"), "{asked}");

    // What is typed says it wants to be asked for what is missing.
    let question = world.write("delete-monitor").await;
    let picked = world.fake.act(DIRECT, Deed::Pick(id(&question), &component(&question, "Which monitor?"), "m1"));
    let confirm = world.fake.answer(picked).await;
    let yes = component(&confirm, "Yes");
    let pressed = world.fake.act(DIRECT, Deed::Press(id(&confirm), &yes));
    let done = world.fake.answer(pressed).await;
    assert!(text(&done).contains("m1"), "{done}");
    let list = world.slash("list-monitors", &[]).await;
    assert!(!text(&list).contains("m1"), "{list}");

    let stale = world.fake.act(DIRECT, Deed::Press(id(&confirm), &yes));
    let stale = world.fake.answer(stale).await;
    assert!(text(&stale).contains("settled"), "{stale}");

    let question = world.write("add-monitor").await;
    let button = component(&question, "Answer");
    let opened = world.fake.act(DIRECT, Deed::Press(id(&question), &button));
    let modal = world.fake.first_answer(opened).await;
    assert_eq!(modal["type"], 9);
    let modal_id = modal["data"]["custom_id"].as_str().unwrap();
    let submitted = world.fake.act(DIRECT, Deed::Submit(modal_id, "no address at all"));
    let answer = world.fake.answer(submitted).await;
    assert!(!text(&answer).is_empty(), "{answer}");
    serving.stop().await;
}

#[tokio::test]
async fn messages_are_heard_when_they_are_for_the_bot() {
    let world = World::start().await;
    let serving = world.serving().await;
    world.fake.say(CHANNEL, "status");
    let edited = world.fake.with(|state| {
        let mut message = state.messages.values().next_back().unwrap().clone();
        message["content"] = json!(format!("<@{BOT}> help"));
        message["guild_id"] = json!("1100000000000000002");
        message
    });
    world.fake.with(|state| state.dispatch("MESSAGE_UPDATE", edited));
    let said = world.fake.say(CHANNEL, &format!("<@{BOT}> `list-monitors`"));
    let answers = world.fake.messages(CHANNEL, 1).await;
    assert_eq!(answers[0]["message_reference"]["message_id"], said.to_string());
    let direct = world.write("status").await;
    assert!(!text(&direct).is_empty());
    assert_eq!(world.fake.with(|state| state.of_bot(CHANNEL).len()), 1, "of the other two nothing is to be answered");
    serving.stop().await;
}

#[tokio::test]
async fn a_message_with_a_secret_is_taken_away() {
    let world = World::start().await;
    let serving = world.serving().await;
    let said = world.fake.say(CHANNEL, &format!("<@{BOT}> add-monitor https://shop.example bearer:abc interval:never"));
    let answers = world.fake.messages(CHANNEL, 1).await;
    assert!(text(&answers[0]).contains("I have deleted your message"), "{}", answers[0]);
    assert!(world.fake.with(|state| !state.messages.contains_key(&said)));
    let direct = world.write("add-monitor https://shop.example bearer:abc interval:never").await;
    assert!(text(&direct).contains("may not delete it"), "{direct}");
    serving.stop().await;
}

#[tokio::test]
async fn a_code_is_shown_to_who_asked_for_it_alone() {
    let world = World::start().await;
    let serving = world.serving().await;
    let ask = format!("<@{BOT}> connect slack");
    world.fake.say(CHANNEL, &ask);
    let answers = world.fake.messages(CHANNEL, 1).await;
    assert_eq!(text(&answers[0]), "I have answered you in a direct message.");
    let alone = world.fake.messages(DIRECT, 1).await;
    assert!(text(&alone[0]).contains("connect "), "{alone:?}");

    // Who takes no direct messages is shown no code.
    for failure in [Failure::Refusal(403, 50007), Failure::Status(502)] {
        let before = world.fake.with(|state| state.of_bot(CHANNEL).len());
        world.fake.fail_next(&format!("POST /channels/{DIRECT}/messages"), failure);
        world.fake.say(CHANNEL, &ask);
        let answer = world.fake.messages(CHANNEL, before + 1).await.pop().unwrap();
        let wanted = "The answer is for you alone, and I cannot write to you. Ask me that in a direct message.";
        assert_eq!(text(&answer), wanted);
    }
    let slash = world.slash("connect", &[("platform", json!("slack"))]).await;
    assert!(is_quiet(&slash), "{slash}");
    let direct = world.write("connect slack").await;
    assert!(!text(&direct).contains("please do"), "{direct}");
    serving.stop().await;
}

#[tokio::test]
async fn what_is_about_rights_is_for_who_asked_alone() {
    let world = World::start().await;
    let serving = world.serving().await;
    for (command, options) in [
        ("whoami", vec![]),
        ("list-connections", vec![]),
        ("set-access", vec![("access", json!("read"))]),
        ("map-role", vec![("role", json!("no such words at all"))]),
    ] {
        let answer = world.slash(command, &options).await;
        assert!(is_quiet(&answer), "{command}: {answer}");
    }
    assert!(!is_quiet(&world.slash("status", &[]).await));
    serving.stop().await;
}

#[tokio::test]
async fn a_thread_is_a_part_of_its_channel() {
    let world = World::start().await;
    let serving = world.serving().await;
    let thread = world.fake.with(|state| {
        let thread: u64 = 1_150_000_000_000_000_000;
        let json = json!({
            "id": thread.to_string(), "type": 11, "guild_id": "1100000000000000002", "name": "incident 1", "flags": 0,
            "parent_id": CHANNEL.to_string(), "permissions": "0", "thread_metadata": {
                "archived": false, "archive_timestamp": "2026-01-01T00:00:00+00:00", "auto_archive_duration": 60, "locked": false,
            },
        });
        state.channels.insert(thread, json);
        thread
    });
    world.fake.say(thread, &format!("<@{BOT}> list-connections"));
    let by_message = text(&world.fake.messages(thread, 1).await[0]);
    let asked = world.fake.act(thread, Deed::Slash("list-connections", &[]));
    let by_command = text(&world.fake.answer(asked).await);
    assert!(by_message.contains("ops") && !by_message.contains("incident 1"), "{by_message}");
    assert_eq!(by_message, by_command);
    serving.stop().await;
}

#[tokio::test]
async fn what_takes_long_is_put_off_and_put_in_place() {
    let world = World::start().await;
    let target = misbehaving::never_answers().await;
    let serving = world.serving().await;
    let asked = world.fake.act(
        CHANNEL,
        Deed::Slash(
            "add-monitor",
            &[("target", json!(target.url())), ("timeout", json!("3s")), ("interval", json!("60s"))],
        ),
    );
    assert_eq!(world.fake.first_answer(asked).await, json!({ "type": 5, "data": { "flags": 0 } }));
    let answer = world.fake.answer(asked).await;
    assert!(!text(&answer).is_empty(), "{answer}");
    serving.stop().await;
}

#[tokio::test]
async fn what_one_person_says_in_one_place_is_answered_in_its_order() {
    let world = World::start().await;
    let target = misbehaving::never_answers().await;
    let serving = world.serving().await;
    let slow = world.fake.say(DIRECT, &format!("add-monitor {} timeout 1s", target.url()));
    let quick = world.fake.say(DIRECT, "whoami");
    let asked = world.fake.act(DIRECT, Deed::Slash("cancel", &[]));
    // What is acknowledged waits for nothing: its answer has to be the last one all the same.
    let last = world.fake.answer(asked).await;
    let answers = world.fake.messages(DIRECT, 3).await;
    let answered = answers.iter().map(|answer| &answer["message_reference"]["message_id"]);
    let answered: Vec<&Value> = answered.filter(|message| !message.is_null()).collect();
    assert_eq!(answered, [&json!(slow.to_string()), &json!(quick.to_string())]);
    assert_eq!(text(&last), "All right, forgotten.", "the question is there by then");
    serving.stop().await;
}

#[tokio::test]
async fn a_report_comes_with_its_chart() {
    let world = World::start().await;
    let (_, ids) = monitors(&world.database.store, &[std::time::Duration::from_secs(30); 1]).await;
    assert_eq!(ids.len(), 1);
    let serving = world.serving().await;
    let asked = world.fake.act(CHANNEL, Deed::Slash("show-report", &[("monitor", json!("m1"))]));
    let answer = world.fake.answer(asked).await;
    let files = |message: &Value| message["attachments"].as_array().unwrap().len();
    let charts = answer["embeds"].as_array().unwrap().iter().filter(|embed| embed["image"].is_object()).count();
    assert_eq!(charts, files(&answer), "{answer}");
    serving.stop().await;
}

#[tokio::test]
async fn an_incident_has_one_card_with_one_thread() {
    let world = World::start().await;
    let (_, ids) = monitors(&world.database.store, &[std::time::Duration::from_secs(30); 1]).await;
    let serving = world.serving().await;
    world.slash("follow", &[("everything", json!(true))]).await;
    for reason in [Reason::Ok, Reason::ConnectionRefused, Reason::ConnectionRefused, Reason::ConnectionRefused] {
        world.check(ids[0], reason).await;
    }
    let card = |state: &mut State| {
        state
            .of_bot(CHANNEL)
            .into_iter()
            .find(|message| message["components"][0]["components"][0]["label"] == "Acknowledge")
    };
    let card = world.fake.until("a card", card).await;
    assert_eq!(card["embeds"][0]["color"], 0xd7_3a_49, "{card}");
    let pressed = world.fake.act(CHANNEL, Deed::Press(id(&card), &component(&card, "Acknowledge")));
    world.fake.answer(pressed).await;
    let edited =
        |state: &mut State| state.messages.get(&id(&card)).filter(|card| text(card).contains("acknowledged")).cloned();
    let edited = world.fake.until("the card to be changed", edited).await;
    assert!(!edited["components"].to_string().contains("Acknowledge"), "{edited}");
    world.fake.messages(id(&card), 1).await;
    serving.stop().await;
    crate::fake::hold_against_schemas(&world.fake).await;
}

#[tokio::test]
async fn what_is_sent_is_what_discord_takes() {
    let world = World::start().await;
    monitors(&world.database.store, &[std::time::Duration::from_secs(30); 3]).await;
    let serving = world.serving().await;
    for name in ["help", "list-monitors", "status", "whoami", "list-incidents", "list-connections"] {
        world.slash(name, &[]).await;
    }
    world.slash("show-report", &[("monitor", json!("m1"))]).await;
    let question = world.write("delete-monitor").await;
    let picked = world.fake.act(DIRECT, Deed::Pick(id(&question), &component(&question, "Which monitor?"), "m1"));
    world.fake.answer(picked).await;
    let question = world.write("add-monitor").await;
    let opened = world.fake.act(DIRECT, Deed::Press(id(&question), &component(&question, "Answer")));
    world.fake.first_answer(opened).await;
    let typing = world.fake.act(CHANNEL, Deed::Types("show-monitor", "monitor", "m"));
    world.fake.first_answer(typing).await;
    world.fake.say(CHANNEL, &format!("<@{BOT}> connect slack"));
    world.fake.messages(CHANNEL, 1).await;
    serving.stop().await;
    crate::fake::hold_against_schemas(&world.fake).await;
}

#[tokio::test]
async fn a_form_whose_question_is_over_shows_nothing_to_the_others() {
    let world = World::start().await;
    let serving = world.serving().await;
    let asked = world.slash("add-monitor", &[]).await;
    let opened = world.fake.act(CHANNEL, Deed::Press(id(&asked), &component(&asked, "Answer")));
    let modal = world.fake.first_answer(opened).await;
    world.slash("cancel", &[]).await;
    let submitted = world.fake.act(CHANNEL, Deed::Submit(modal["data"]["custom_id"].as_str().unwrap(), "KEY-hunter2"));
    let answer = world.fake.answer(submitted).await;
    assert!(is_quiet(&answer), "{answer}");
    assert!(text(&answer).starts_with("That question is settled already"), "{answer}");
    let shown = world.fake.with(|state| format!("{:?}", state.of_bot(CHANNEL)));
    assert!(!shown.contains("hunter2"), "{shown}");
    serving.stop().await;
}

#[tokio::test]
async fn a_secret_that_is_filled_in_is_put_off_for_who_typed_it_alone() {
    let world = World::start().await;
    let target = misbehaving::never_answers().await;
    let serving = world.serving().await;
    let asked = world.slash("add-monitor", &[]).await;
    let opened = world.fake.act(CHANNEL, Deed::Press(id(&asked), &component(&asked, "Answer")));
    let modal = world.fake.first_answer(opened).await;
    let typed = format!("{} timeout 3s interval 60s bearer KEY-hunter2", target.url());
    let submitted = world.fake.act(CHANNEL, Deed::Submit(modal["data"]["custom_id"].as_str().unwrap(), &typed));
    assert_eq!(world.fake.first_answer(submitted).await, json!({ "type": 5, "data": { "flags": 64 } }));
    assert!(is_quiet(&world.fake.answer(submitted).await));
    serving.stop().await;
}

#[tokio::test]
async fn a_menu_answers_its_own_question_and_no_other() {
    let world = World::start().await;
    monitors(&world.database.store, &[std::time::Duration::from_secs(30); 1]).await;
    let serving = world.serving().await;
    let first = world.slash("pause-monitor", &[]).await;
    let second = world.slash("delete-monitor", &[]).await;
    let pick = |menu: &Value| {
        let menu = (id(menu), component(menu, "Which monitor?"));
        world.fake.act(CHANNEL, Deed::Pick(menu.0, &menu.1, "m1"))
    };
    // What an earlier version has shown has no token.
    let old = world.fake.act(CHANNEL, Deed::Pick(id(&first), "pick:|Which monitor?", "m1"));
    for stale in [pick(&first), old] {
        let stale = world.fake.answer(stale).await;
        assert!(is_quiet(&stale) && text(&stale).starts_with("That question is settled already"), "{stale}");
    }
    let confirm = world.fake.answer(pick(&second)).await;
    assert!(text(&confirm).contains("Shall I delete"), "{confirm}");
    serving.stop().await;
}

#[tokio::test]
async fn what_is_filled_in_is_no_command() {
    let world = World::start().await;
    monitors(&world.database.store, &[std::time::Duration::from_secs(30); 1]).await;
    let serving = world.serving().await;
    world.slash("declare-incident", &[("title", json!("the shop is slow"))]).await;
    let asked = world.slash("note", &[("incident", json!("#1"))]).await;
    let opened = world.fake.act(CHANNEL, Deed::Press(id(&asked), &component(&asked, "Answer")));
    let modal = world.fake.first_answer(opened).await;
    let submitted = world.fake.act(CHANNEL, Deed::Submit(modal["data"]["custom_id"].as_str().unwrap(), "Pause m1"));
    let answer = world.fake.answer(submitted).await;
    assert!(text(&answer).starts_with("Noted"), "{answer}");
    let monitor = world.slash("show-monitor", &[("monitor", json!("m1"))]).await;
    assert!(!text(&monitor).contains("paused"), "{monitor}");
    serving.stop().await;
}

#[tokio::test]
async fn an_answer_is_brought_when_discord_is_well_again() {
    let world = World::start().await;
    let target = misbehaving::never_answers().await;
    let serving = world.serving().await;
    for failure in [Failure::Status(503), Failure::Broken, Failure::Lost] {
        world.fake.fail_next("/callback", failure);
    }
    let answer = world.slash("whoami", &[]).await;
    assert!(text(&answer).contains("Ada"), "{answer}");

    for failure in [Failure::Status(503), Failure::Refusal(500, 0), Failure::Broken] {
        world.fake.fail_next("PATCH /webhooks/", failure);
    }
    let options = [("target", json!(target.url())), ("timeout", json!("3s")), ("interval", json!("60s"))];
    let answer = world.slash("add-monitor", &options).await;
    assert!(!text(&answer).is_empty(), "{answer}");

    world.fake.fail_next(&format!("POST /channels/{DIRECT}/messages"), Failure::Status(502));
    assert!(!text(&world.write("help whoami").await).is_empty());
    serving.stop().await;
}

#[tokio::test]
async fn what_was_put_off_is_answered_though_nothing_was_heard_of_that() {
    let world = World::start().await;
    let target = misbehaving::never_answers().await;
    let serving = world.serving().await;
    world.fake.fail_next("/callback", Failure::Lost);
    let options = [("target", json!(target.url())), ("timeout", json!("3s")), ("interval", json!("60s"))];
    let answer = world.slash("add-monitor", &options).await;
    assert!(!text(&answer).is_empty(), "{answer}");
    serving.stop().await;
}

#[tokio::test]
async fn what_follows_an_answer_is_brought_when_discord_is_well_again() {
    let world = World::start().await;
    let serving = world.serving().await;
    let before = world.fake.with(|state| state.of_bot(CHANNEL).len());
    world.fake.fail_next("POST /webhooks/", Failure::Status(503));
    world.slash("help", &[]).await;
    world.fake.messages(CHANNEL, before + 2).await;
    serving.stop().await;
}
