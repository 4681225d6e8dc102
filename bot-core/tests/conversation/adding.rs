use insta::assert_snapshot;
use test_support::targets::answering::Answer;
use test_support::targets::misbehaving::nothing_listens;

use crate::chat::Chat;

#[tokio::test]
async fn adding_shows_what_was_found_and_asks() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say(&format!("add-monitor {} every 30s contains ok", chat.target.url())).await, @"");
    assert_snapshot!(chat.say("every 10s name shop").await, @"");
    assert_snapshot!(chat.say("Yes!").await, @"");
    assert_snapshot!(chat.say("yes").await, @"");
    assert_snapshot!(chat.say("show-monitor SHOP").await, @"");
}

#[tokio::test]
async fn an_address_alone_is_to_be_watched() {
    let chat = Chat::start().await;
    let reply = chat.reply(&chat.target.url()).await;
    assert_snapshot!(chat.press(&reply, "Yes").await, @"");
    assert_snapshot!(chat.press(&reply, "Yes").await, @"");
}

#[tokio::test]
async fn yes_in_advance_asks_nothing() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say(&format!("add {} name shop --yes", chat.target.url())).await, @"");
    assert_snapshot!(chat.say(&format!("add {} name Shop yes", chat.target.url())).await, @"");
}

#[tokio::test]
async fn a_name_that_is_taken_gets_a_number() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let proposal = chat.say(&format!("add-monitor {} name shop", chat.target.url())).await;
    assert!(proposal.contains("There is a monitor `shop` already, so I propose `shop-2`."), "{proposal}");
    assert_snapshot!(chat.say("yes").await, @"");
}

#[tokio::test]
async fn what_is_down_can_be_watched_all_the_same() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say(&format!("add-monitor http://{} name gone", nothing_listens())).await, @"");
    assert_snapshot!(chat.say("ok").await, @"");
}

#[tokio::test]
async fn an_unusual_status_is_proposed_and_a_broken_server_is_not() {
    let chat = Chat::start().await;
    chat.target.set(Answer::status(404));
    let proposal = chat.say(&format!("add-monitor {} name teapot", chat.target.url())).await;
    assert!(proposal.contains("status 404") && proposal.contains("It answers 404, so I would expect that."), "{proposal}");
    assert!(chat.say("yes").await.starts_with("I watch `teapot` now"));
    assert!(chat.say("show-monitor teapot").await.contains("status 404"));
    chat.target.set(Answer::status(503));
    let proposal = chat.say(&format!("add-monitor {} name broken", chat.target.url())).await;
    assert!(proposal.contains("status 200..299") && proposal.contains("It answers 503, which is not among 200..299"), "{proposal}");
}

#[tokio::test]
async fn bad_input_is_answered_with_what_to_do() {
    let chat = Chat::start().await;
    for (text, expected) in [
        ("add-monitor ftp://x.example", "✗ `url`: I cannot watch `ftp:` addresses; use http:// or https://. `help add-monitor` shows what it takes."),
        ("add-monitor https://x.example every 0s", "✗ An interval of 0s is not possible; choose between 1s and 1d."),
        ("add-monitor https://x.example every 365d", "✗ An interval of 365d is not possible; choose between 1s and 1d."),
        ("add-monitor https://x.example bearer a basic b:c", "✗ Say either `bearer` or `basic`; a request has one kind of authentication."),
        ("ad-monitor https://x.example", "✗ I don't know “ad-monitor”. Did you mean `add-monitor`? `help` shows what I can do."),
        ("show-monitor shpo", "✗ There is no monitor `shpo`; did you mean `shop`?"),
        ("frobnicate", "✗ I don't know “frobnicate”. `help` shows what I can do."),
        ("status \"now", "✗ A quote is opened before “now” and never closed; put a \" where it ends."),
    ] {
        if text.contains("shpo") {
            chat.add("shop").await;
        }
        assert_eq!(chat.say(text).await, expected, "{text}");
    }
    let pasted = chat.say(&"lorem ipsum \"".repeat(800_000)).await;
    assert_eq!(pasted, "✗ That is more than I read: a message may have 8000 characters.");
}

#[tokio::test]
async fn secrets_are_sent_and_never_shown_again() {
    let chat = Chat::start().await;
    let secrets = "bearer T0PSECRET secret-header \"X-Key: T0PSECRET\" header X-Plain: seen";
    let proposal = chat.reply(&format!("add-monitor {} name shop {secrets}", chat.target.url())).await;
    assert_eq!(chat.target.last_request().header("authorization"), Some("Bearer T0PSECRET"));
    let shown = serde_shown(&[proposal, chat.reply("yes").await, chat.reply("show-monitor shop").await, chat.reply("edit shop every 5s").await]);
    assert!(!shown.contains("T0PSECRET") && shown.contains("X-Key: (hidden)") && shown.contains("X-Plain: seen"), "{shown}");
    assert!(chat.reply("check-now shop").await.ok);
    assert_eq!(chat.target.last_request().header("x-key"), Some("T0PSECRET"));
    let moved = chat.say("edit-monitor shop url https://evil.example").await;
    assert!(moved.starts_with("✗ `shop` sends secrets to 127.0.0.1, which I do not send elsewhere."), "{moved}");
}

fn serde_shown(replies: &[bot_core::Reply]) -> String {
    format!("{replies:?}")
}

#[tokio::test]
async fn editing_changes_what_is_named_and_nothing_else() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    assert_snapshot!(chat.say("edit-monitor shop every 10s contains ok contains all slow 800ms confirm 2/3 name web").await, @"");
    assert_snapshot!(chat.say("edit web contains none slow none").await, @"");
    assert_snapshot!(chat.say("edit web every 10s").await, @"");
    assert!(chat.say("edit web every 2d").await.starts_with("✗ An interval of 2d is not possible"));
    assert!(chat.say("edit shop every 1m").await.starts_with("✗ There is no monitor `shop`"));
}
