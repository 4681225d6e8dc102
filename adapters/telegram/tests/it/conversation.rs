use std::time::Duration;

use monitor_core::monitor::MonitorId;
use serde_json::{Value, json};
use test_support::platforms::telegram::{BOT_ID, TOKEN};

use crate::clients::assert_models;
use crate::world::{ADA, BOB, OPS, SUPER_TEAM, TEAM, World};

#[tokio::test]
async fn somebody_unknown_is_told_how_to_be_known_and_nothing_else() {
    let world = World::start().await;
    insta::assert_snapshot!(world.ask(BOB, BOB, "/start").await, @r"
    Hello! I am Watchword: I watch websites, servers and jobs, and tell people when they fail.

    If Watchword knows you elsewhere (in its terminal, on the web, or in another chat), say link telegram there, and then here the link CODE that you are told. If not, ask an owner or admin to invite you.
    ");
    insta::assert_snapshot!(world.ask(BOB, BOB, "status").await, @"I do not know you here yet, so I do nothing for you. If Watchword knows you elsewhere (in its terminal, on the web, or in another chat), say link telegram there, and then here the link CODE that you are told. If not, ask an owner or admin to invite you.");
    insta::assert_snapshot!(world.ask(OPS, BOB, "/status@its_bot").await, @"I do not know this place yet, so I do nothing here. To connect this place, an owner or admin says connect telegram where Watchword knows them already (in its terminal, on the web, or in another chat), and then here the connect CODE that they are told there.");
}

#[tokio::test]
async fn a_code_links_a_person_and_is_taken_away() {
    let world = World::start().await;
    let code = world.services.code_to_link(&world.owner, "telegram").await.unwrap().code;
    insta::assert_snapshot!(world.ask(ADA, ADA, &format!("/start {code}")).await, @r"
    Welcome, Ada! I know you on Telegram now; you are owner of your organisation. help shows what you can say.

    I took your message away, for it may hold a secret.
    ");
    let left = world.fake.messages(ADA);
    assert!(!left.iter().any(|message| message["text"].as_str().unwrap_or_default().contains(&code)), "{left:?}");
    assert!(!world.ask(ADA, ADA, "/status").await.contains("I do not know you"));
}

#[tokio::test]
async fn a_monitor_is_added_looked_at_and_deleted() {
    let world = World::with_ada().await;
    world.ask(ADA, ADA, "/add_monitor http://127.0.0.1:9/ name:shop every 30s").await;
    let asked = world.last(ADA);
    insta::assert_snapshot!(steady(world.fake.said(ADA).last().unwrap()), @r"
    I tried it once. It failed after N ms: the connection was refused while connecting to 127.0.0.1 port N (connection_refused).

    What I found
    TCP connection: N ms
    total: N ms
    peer: 127.0.0.1

    I would watch it like this
    name: shop
    address: http://127.0.0.1:9/
    interval: every 30s
    timeout: 10s
    expects: status in 200..299
    redirects: followed, up to N
    down after: a failed check (tried again N times), up after N good check

    As it is now it would count as down. I can watch it all the same.

    Shall I watch it? yes or no, or change something first, like every 10s name shop.
    ");
    let heard = world.fake.said(ADA).len();
    let press = world.fake.press(ADA, ADA, asked, "Yes");
    let added = world.fake.hears(ADA, heard + 1).await.pop().unwrap();
    assert!(world.fake.is_heard(&press));
    insta::assert_snapshot!(steady(&added), @"I watch shop now, every 30s, and tell you here when it fails. show-monitor shop shows how it is.");

    // A button that was pressed before answers politely.
    let heard = world.fake.said(ADA).len();
    world.fake.press(ADA, ADA, asked, "Yes");
    insta::assert_snapshot!(world.fake.hears(ADA, heard + 1).await.pop().unwrap(), @"That question is settled, or I asked another one since.");

    insta::assert_snapshot!(steady(&world.ask(ADA, ADA, "list-monitors").await), @r"
    N monitor
    ⚪ shop unknown — http://127.0.0.1:9/ · every 30s
    ");
    insta::assert_snapshot!(world.ask(ADA, ADA, "delete-monitor shop").await, @r"
    Shall I delete shop (http://127.0.0.1:9/, watched since 2026-03-01)? Its results, reports and incidents go with it, and that cannot be undone. yes or no; pause-monitor shop only stops the checks.

    Shall I delete shop?
    ");
    let (asked, heard) = (world.last(ADA), world.fake.said(ADA).len());
    world.fake.press(ADA, ADA, asked, "Yes");
    insta::assert_snapshot!(world.fake.hears(ADA, heard + 1).await.pop().unwrap(), @"shop is deleted.");
}

/// The text with times that are measured left out.
fn steady(text: &str) -> String {
    let word = |word: &str| word.parse::<f64>().map_or_else(|_| word.to_owned(), |_| "N".to_owned());
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn an_incident_is_one_card_that_changes_and_is_answered() {
    let world = World::with_ada().await;
    world.connect().await;
    world.ask(OPS, ADA, "/add_monitor@its_bot http://127.0.0.1:9/ name:shop --yes").await;
    let heard = world.fake.said(OPS).len();
    world.fail(MonitorId(1)).await;
    let card = world.fake.hears(OPS, heard + 1).await.pop().unwrap();
    assert!(card.starts_with("🔴 shop — is down"), "{card}");
    let message = world.fake.messages(OPS).pop().unwrap()["message_id"].as_i64().unwrap();
    world.fake.press(OPS, ADA, message, "Acknowledge");
    world.fake.until("the card says so", |fake| fake.said(OPS)[heard].contains("Ada has acknowledged it")).await;
    let answer =
        world.fake.messages(OPS).into_iter().find(|answer| answer["reply_to_message"]["message_id"] == message);
    assert!(answer.is_some(), "{:?}", world.fake.said(OPS));
    assert!(!world.fake.calls_of("editMessageText").is_empty());
    assert_models(&world.fake.calls()).await;
}

#[tokio::test]
async fn a_question_in_a_group_opens_an_answer_for_whoever_was_asked() {
    let world = World::with_ada().await;
    world.connect().await;
    let question = world.ask(OPS, ADA, "/add_monitor@its_bot").await;
    let sent = world.fake.calls_of("sendMessage").pop().unwrap().params;
    assert_eq!(sent["reply_markup"]["force_reply"], true, "{sent}");
    assert_eq!(sent["reply_markup"]["selective"], true, "{sent}");
    insta::assert_snapshot!(format!("{question}\n↩ {}", sent["reply_markup"]["input_field_placeholder"]), @r#"
    Which address should I watch?

    For example: https://shop.example
    ↩ "https://shop.example"
    "#);
    // What is said beside it is not for the bot; what answers it is.
    world.fake.say(OPS, BOB, "what is that?");
    let heard = world.fake.said(OPS).len();
    world.fake.answer(
        OPS,
        ADA,
        world.fake.messages(OPS).iter().rev().find(|message| message["from"]["is_bot"] == true).unwrap()["message_id"]
            .as_i64()
            .unwrap(),
        "http://127.0.0.1:9/",
    );
    let proposed = world.fake.hears(OPS, heard + 1).await.pop().unwrap();
    assert!(proposed.contains("127.0.0.1:9"), "{proposed}");
}

#[tokio::test]
async fn what_answers_a_question_is_no_command() {
    let world = World::with_ada().await;
    for text in ["shop", "mail"] {
        world.ask(ADA, ADA, &format!("declare-incident \"the {text} is slow\"")).await;
    }
    // Cards come in between whenever they do.
    let says = async |words: &str| {
        world.fake.until(words, |fake| fake.said(ADA).iter().any(|said| said.starts_with(words))).await;
    };
    let asked = async |count: usize| {
        let asks =
            |message: &Value| message["text"].as_str().is_some_and(|text| text.starts_with("What shall I write"));
        let questions = || world.fake.messages(ADA).into_iter().filter(asks).collect::<Vec<_>>();
        world.fake.say(ADA, ADA, "/note #1");
        world.fake.until("a question", |_| questions().len() == count).await;
        questions().pop().unwrap()["message_id"].as_i64().unwrap()
    };
    let question = asked(1).await;
    world.fake.answer(ADA, ADA, question, "Resolve #2 was done by the night shift");
    says("Noted").await;
    let other = world.services.incident(&world.owner, Some("#2")).await.unwrap();
    assert!(other.incident.resolved.is_none(), "{other:?}");
    // That question is over.
    world.fake.answer(ADA, ADA, question, "Resolve #2 was done by the night shift");
    says("That question is settled already").await;
    // What is meant as a command is one.
    let question = asked(2).await;
    world.fake.answer(ADA, ADA, question, "/list_monitors");
    says("There are no monitors yet").await;
    world.fake.answer(ADA, ADA, question, "cancel");
    says("All right, forgotten.").await;
}

#[tokio::test]
async fn a_report_comes_with_its_chart_as_a_picture() {
    let world = World::with_ada().await;
    world.ask(ADA, ADA, "add-monitor http://127.0.0.1:9/ name:shop --yes").await;
    world.pass(Duration::from_secs(60));
    world.fake.say(ADA, ADA, "show-report shop");
    world.fake.until("there is a picture", |fake| !fake.calls_of("sendPhoto").is_empty()).await;
    let photo = world.fake.calls_of("sendPhoto").remove(0);
    assert!(photo.files[0].bytes.starts_with(b"\x89PNG"), "{:?}", photo.params);
    assert!(photo.params["caption"].as_str().is_some_and(|caption| !caption.is_empty()), "{:?}", photo.params);
}

#[tokio::test]
async fn each_topic_of_a_group_is_a_conversation_of_its_own() {
    let world = World::with_ada().await;
    world.connect().await;
    world.ask(OPS, ADA, "/whoami@its_bot").await;
    let topic = world.fake.topic(OPS, "Incidents");
    let heard = world.fake.said(OPS).len();
    world.fake.say_in_topic(OPS, topic, ADA, "/whoami");
    world.fake.hears(OPS, heard + 1).await;
    let message = world.fake.messages(OPS).pop().unwrap();
    assert_eq!(message["message_thread_id"], topic, "{message}");
    assert!(message["reply_to_message"].is_object(), "{message}");
    let places = world.services.connections(&world.owner).await.unwrap().places;
    let mut titles: Vec<&str> = places.iter().map(|place| place.title.as_str()).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["Ops", "Ops / Incidents"]);
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_is_the_same_place() {
    let world = World::with_ada().await;
    world.fake.group(TEAM, "Team", false);
    world.connect_at(TEAM).await;
    world.ask(TEAM, ADA, "/follow@its_bot everything").await;
    world.fake.move_group(TEAM, SUPER_TEAM, "Team");
    insta::assert_snapshot!(world.ask(SUPER_TEAM, ADA, "/whoami@its_bot").await, @r"
    name: Ada
    role: owner
    linked on: Telegram
    others may do here: nothing
    cards here: everything
    ");
    world.is_at_super_team_alone().await;
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_unheard_is_known_once_something_is_said_there() {
    let world = World::with_ada().await;
    world.fake.group(TEAM, "Team", false);
    world.connect_at(TEAM).await;
    world.ask(TEAM, ADA, "/add_monitor@its_bot http://127.0.0.1:9/ name:shop --yes").await;
    world.fake.move_group_unheard(TEAM, SUPER_TEAM, "Team");
    world.fail(MonitorId(1)).await;
    let card = world.fake.hears(SUPER_TEAM, 1).await.pop().unwrap();
    assert!(card.starts_with("🔴 shop — is down"), "{card}");
    let said = world.ask(SUPER_TEAM, ADA, "/ack@its_bot #1").await;
    assert!(!said.contains("I do not know this place"), "{said}");
    world.fake.until("the card says so", |fake| fake.said(SUPER_TEAM)[0].contains("Ada has acknowledged it")).await;
    world.is_at_super_team_alone().await;
}

#[tokio::test]
async fn a_place_that_lets_the_bot_in_again_is_told_what_it_missed() {
    let world = World::with_ada().await;
    world.connect().await;
    world.ask(OPS, ADA, "/follow@its_bot everything").await;
    let topic = world.fake.topic(OPS, "Incidents");
    let mut heard = world.fake.said(OPS).len();
    world.fake.say_in_topic(OPS, topic, ADA, "/follow everything");
    heard = world.fake.hears(OPS, heard + 1).await.len();
    world.ask(ADA, ADA, "add-monitor http://127.0.0.1:9/ name:shop --yes").await;
    let person = json!({ "id": BOB, "is_bot": false, "first_name": "Bob" });
    let bot = json!({ "id": BOT_ID, "is_bot": true, "first_name": "Watchword", "username": "its_bot" });
    let group = json!({ "id": OPS, "type": "supergroup", "title": "Ops", "is_forum": true });
    let added = json!({ "message_id": 900, "from": person, "chat": group, "date": 1, "new_chat_members": [bot] });
    let member = json!({ "from": person, "chat": group, "date": 1, "old_chat_member": { "status": "left", "user": bot },
        "new_chat_member": { "status": "member", "user": bot } });

    world.fake.close_topic(OPS, topic);
    world.fail(MonitorId(1)).await;
    // The card is in the group, and in the private chat where the monitor was added.
    heard = world.fake.hears(OPS, heard + 1).await.len();
    world.is_closed(1).await;
    let places = world.ask(ADA, ADA, "list-connections").await;
    assert!(places.contains("closed since 2026-03-01 00:01"), "{places}");
    world.fake.open_topic(OPS, topic, BOB);
    world.fake.hears(OPS, heard + 1).await;
    assert_eq!(world.fake.messages(OPS).pop().unwrap()["message_thread_id"], topic);
    world.is_closed(0).await;

    for (kind, happens) in [("message", added), ("my_chat_member", member)] {
        world.fake.shut_out(OPS, "bot was kicked from the supergroup chat");
        world.services.note(&world.owner, Some("shop"), kind).await.unwrap();
        world.is_closed(2).await;
        world.fake.let_in(OPS);
        world.fake.happen(kind, &happens);
        world.is_closed(0).await;
    }
    let noted = |text: &String| text.contains("noted: my_chat_member");
    world.fake.until("what was noted is told", |fake| fake.said(OPS).iter().any(noted)).await;
}

#[tokio::test]
async fn a_line_with_a_secret_is_taken_away_where_that_may_be_done() {
    let world = World::with_ada().await;
    world.connect().await;
    world.ask(ADA, ADA, "add-monitor http://127.0.0.1:9/ name:shop bearer:hunter2 --yes").await;
    assert!(!world.fake.messages(ADA).iter().any(|message| message["text"].as_str().unwrap().contains("hunter2")));
    assert!(world.fake.said(ADA).last().unwrap().contains("I took your message away"));

    let said = world.ask(OPS, ADA, "/edit_monitor@its_bot shop bearer:hunter3").await;
    assert!(said.contains("please delete it"), "{said}");
    world.fake.let_delete(OPS);
    let said = world.ask(OPS, ADA, "/edit_monitor@its_bot shop bearer:hunter4").await;
    assert!(said.contains("I took your message away"), "{said}");
    let left: Vec<String> = world.fake.messages(OPS).iter().map(ToString::to_string).collect();
    assert!(!left.iter().any(|message| message.contains("hunter4")), "{left:?}");
}

#[tokio::test]
async fn whoever_speaks_as_the_group_is_not_taken_for_a_person() {
    let world = World::with_ada().await;
    world.connect().await;
    let anonymous = json!({
        "from": { "id": 1_087_968_824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot" },
        "sender_chat": { "id": OPS, "type": "supergroup", "title": "Ops" },
    });
    let heard = world.fake.said(OPS).len();
    world.fake.say_with(OPS, ADA, "/status@its_bot", &anonymous);
    let said = world.fake.hears(OPS, heard + 1).await.pop().unwrap();
    assert!(said.starts_with("You speak as the group"), "{said}");
}

#[tokio::test]
async fn what_is_edited_was_said_once() {
    let world = World::with_ada().await;
    let before = world.fake.said(ADA).len();
    let message = world.fake.say(ADA, ADA, "whoami");
    world.fake.hears(ADA, before + 1).await;
    world.fake.change_words(ADA, message, "status");
    world.ask(ADA, ADA, "whoami").await;
    assert_eq!(world.fake.said(ADA).len(), before + 2);
}

#[tokio::test]
async fn the_commands_are_offered_once_and_then_only_when_they_change() {
    let mut world = World::start().await;
    world.fake.until("all scopes are looked at", |fake| fake.calls_of("getMyCommands").len() == 8).await;
    for scope in ["default", "all_private_chats", "all_group_chats"] {
        let commands = world.fake.commands(scope);
        let offered = commands.as_array().unwrap().iter().filter(|command| command["command"] == "add_monitor").count();
        assert_eq!(offered, 1, "{scope}: {commands}");
    }
    world.stop().await.unwrap();
    world.wake(None);
    world.fake.until("all scopes are looked at again", |fake| fake.calls_of("getMyCommands").len() == 16).await;
    world.ask(BOB, BOB, "/start").await;
    assert_eq!(world.fake.calls_of("setMyCommands").len(), 3);
    assert!(world.fake.calls_of("deleteMyCommands").is_empty());
}

#[tokio::test]
async fn commands_that_another_program_left_are_offered_to_nobody() {
    let mut world = World::asleep().await;
    let narrower = ["all_private_chats", "all_group_chats", "all_chat_administrators"];
    for scope in ["default"].into_iter().chain(narrower) {
        world.fake.leave_command(scope, "", "old");
        world.fake.leave_command(scope, "en", "old");
    }
    world.wake(None);
    world.fake.until("all are taken away", |fake| fake.calls_of("deleteMyCommands").len() == 5).await;
    world.ask(BOB, BOB, "/start").await;
    for scope in ["default"].into_iter().chain(narrower) {
        assert!(world.fake.commands_in(scope, "en").is_null(), "{scope}");
        assert!(!world.fake.commands(scope).to_string().contains("\"old\""), "{scope}");
    }
    assert_models(&world.fake.calls()).await;
}

#[tokio::test]
async fn a_code_is_brought_to_whoever_asked_where_others_read_along() {
    let world = World::with_ada().await;
    world.connect().await;
    let before = world.fake.said(ADA).len();
    for line in ["/link@its_bot telegram", "/connect@its_bot telegram", "/invite@its_bot bob responder telegram"] {
        let in_group = world.ask(OPS, ADA, line).await;
        assert_eq!(in_group, "I have answered you in a direct message.", "{line}");
    }
    let alone = world.fake.said(ADA).split_off(before);
    assert_eq!(alone.len(), 3, "{alone:?}");
    for (said, word) in alone.iter().zip(["link ", "connect ", "link "]) {
        let code = said
            .lines()
            .find(|line| line.contains(word) && line.ends_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()));
        assert!(code.is_some(), "{said}");
    }
}

#[tokio::test]
async fn a_code_is_shown_to_nobody_when_whoever_asked_cannot_be_written_to() {
    let world = World::with_ada().await;
    world.connect().await;
    world.fake.shut_out(ADA, "bot can't initiate conversation with a user");
    insta::assert_snapshot!(world.ask(OPS, ADA, "/link@its_bot telegram").await, @"Ask me that in a direct message, for others read along here: open my profile, write to me there, press Start, and say it again.");
}

#[tokio::test]
async fn no_preview_nobody_called_and_everything_escaped() {
    let world = World::with_ada().await;
    world.ask(ADA, ADA, "add-monitor http://127.0.0.1:9/?a=<b>&c name:\"@alice <b> & co\" --yes").await;
    for call in world.fake.calls_of("sendMessage") {
        assert_eq!(call.params["link_preview_options"]["is_disabled"], true, "{}", call.params);
        assert_eq!(call.params["parse_mode"], "HTML", "{}", call.params);
    }
    world.ask(ADA, ADA, "list-monitors").await;
    for message in world.fake.messages(ADA).iter().filter(|message| message["from"]["is_bot"] == true) {
        let mentions =
            message["entities"].as_array().is_some_and(|all| all.iter().any(|entity| entity["type"] == "mention"));
        assert!(!mentions, "{message}");
    }
    assert!(!world.fake.calls().iter().any(|call| call.params.to_string().contains(TOKEN)));
}
