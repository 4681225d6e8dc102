//! What is said to the message of a question, by whoever was asked and by others.

use monitor_core::people::Role;
use serde_json::Value;

use crate::world::{ADA, BOB, OPS, World};

/// The number of the message that asks what to write down, once it is there.
async fn question(world: &World, chat: i64) -> i64 {
    let asks = |message: &&Value| message["text"].as_str().is_some_and(|text| text.starts_with("What shall I write"));
    let question = || world.fake.messages(chat).iter().rfind(asks).and_then(|message| message["message_id"].as_i64());
    world.fake.until("a question", |_| question().is_some()).await;
    question().unwrap()
}

/// Whether a message is there still.
fn stays(world: &World, chat: i64, message: i64) -> bool {
    world.fake.messages(chat).iter().any(|left| left["message_id"] == message)
}

#[tokio::test]
async fn what_is_said_to_a_question_and_is_no_secret_stays_there() {
    let world = World::with_ada().await;
    world.connect().await;
    world.fake.let_delete(OPS);
    let code = world.services.invite(&world.owner, "Bob", Role::Responder, "telegram").await.unwrap();
    world.ask(BOB, BOB, &format!("link {}", code.code)).await;
    world.ask(OPS, ADA, "/declare_incident@its_bot \"payments are down\"").await;
    world.fake.say(OPS, ADA, "/note@its_bot #1");
    let question = question(&world, OPS).await;
    let sent = world.fake.calls_of("sendMessage");
    let placeholder = |call: &Value| call["reply_markup"]["input_field_placeholder"] == "the database was full";
    assert!(sent.iter().any(|call| placeholder(&call.params)), "it has no quotes there");

    // Cards come in between whenever they do.
    let answered = async |person: i64, text: &str| {
        let said = world.fake.answer(OPS, person, question, text);
        let answers =
            |message: &Value| message["from"]["is_bot"] == true && message["reply_to_message"]["message_id"] == said;
        world.fake.until("an answer to that", |fake| fake.messages(OPS).iter().any(answers)).await;
        assert!(stays(&world, OPS, said), "{text}");
        world.fake.messages(OPS).into_iter().find(answers).unwrap()["text"].as_str().unwrap().to_owned()
    };
    let other = answered(BOB, "I think it was the switch, I am looking at it").await;
    assert!(!other.contains("settled"), "nobody asked Bob: {other}");
    let noted = answered(ADA, "the switch is broken").await;
    assert!(noted.starts_with("Noted"), "{noted}");
    let late = answered(ADA, "great, that was it").await;
    assert!(late.starts_with("That question is settled already") && !late.contains("took your message"), "{late}");
}

#[tokio::test]
async fn what_is_said_too_late_to_a_question_for_a_secret_is_taken_away() {
    let world = World::with_ada().await;
    world.ask(ADA, ADA, "/add_destination ops slack").await;
    let question = world.last(ADA);
    world.ask(ADA, ADA, "cancel").await;
    let before = world.fake.said(ADA).len();
    let said = world.fake.answer(ADA, ADA, question, "hunter2");
    let answer = world.fake.hears(ADA, before + 1).await.pop().unwrap();
    assert!(answer.starts_with("That question is settled already"), "{answer}");
    assert!(answer.contains("I took your message away") && !stays(&world, ADA, said), "{answer}");
}

#[tokio::test]
async fn a_line_that_is_answered_with_a_code_or_a_question_stays_there() {
    let world = World::with_ada().await;
    for line in ["/link discord", "/invite", "/add_destination"] {
        let before = world.fake.said(ADA).len();
        let said = world.fake.say(ADA, ADA, line);
        let answer = world.fake.hears(ADA, before + 1).await.pop().unwrap();
        assert!(stays(&world, ADA, said), "{line}: {answer}");
        if line == "/invite" {
            let said = world.fake.answer(ADA, ADA, world.last(ADA), "carl");
            let answer = world.fake.hears(ADA, before + 2).await.pop().unwrap();
            assert!(answer.contains("To become viewer") && stays(&world, ADA, said), "{answer}");
        }
    }
}
