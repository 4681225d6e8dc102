//! Forms that are filled in, now or when their question is long over.

use bot_core::Reply;
use bot_core::reply::Block;
use insta::assert_snapshot;
use monitor_core::people::Role;

use crate::chat::{Chat, redacted};

const SETTLED: &str =
    "✗ That question is settled already, or it was somebody else's. Nothing was done; say what you want anew.";

fn one_line(reply: &Reply) -> String {
    redacted(reply).replace('\n', " ")
}

#[tokio::test]
async fn a_form_answers_its_own_question_and_no_other() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let first = chat.reply("pause-monitor").await;
    let second = chat.reply("delete-monitor").await;
    let stale = chat.fill_in(chat.actor, &first, &[("monitor", "shop")]).await;
    assert_eq!((one_line(&stale).as_str(), stale.sensitive), (SETTLED, true));
    assert!(!chat.say("show-monitor shop").await.contains("paused"));
    let confirm = chat.fill_in(chat.actor, &second, &[("monitor", "shop")]).await;
    assert!(redacted(&confirm).starts_with("Shall I delete `shop`"), "{confirm:?}");
    let late = chat.fill_in(chat.actor, &second, &[("monitor", "shop")]).await;
    assert_eq!(one_line(&late), SETTLED);
    assert_snapshot!(redacted(&chat.fill_in(chat.actor, &confirm, &[("yes", "yes")]).await), @"`shop` is deleted.");
}

#[tokio::test]
async fn a_form_that_is_sent_several_times_at_once_is_done_once() {
    let chat = Chat::start().await;
    let asked = chat.reply("link").await;
    let wrong = chat.fill_in(chat.actor, &asked, &[("platform", "nowhere")]).await;
    assert!(!wrong.ok, "{wrong:?}");
    let answer = || chat.fill_in(chat.actor, &asked, &[("platform", "discord")]);
    let (a, b, c) = tokio::join!(answer(), answer(), answer());
    let done = [&a, &b, &c].iter().filter(|reply| reply.ok).count();
    assert_eq!(done, 1, "{a:?} {b:?} {c:?}");

    // What fails when it is done leaves its question open, and what it asks next is a question of its own.
    chat.add("shop").await;
    let asked = chat.reply("pause-monitor").await;
    let wrong = chat.fill_in(chat.actor, &asked, &[("monitor", "blog")]).await;
    assert!(!wrong.ok && redacted(&wrong).contains("Which monitor?"), "{wrong:?}");
    assert!(chat.fill_in(chat.actor, &asked, &[("monitor", "shop")]).await.ok);
    let asked = chat.reply("delete-monitor").await;
    let answer = || chat.fill_in(chat.actor, &asked, &[("monitor", "shop")]);
    let (a, b) = tokio::join!(answer(), answer());
    let confirm = if a.ok { a } else { b };
    assert_snapshot!(redacted(&chat.fill_in(chat.actor, &confirm, &[("yes", "yes")]).await), @"`shop` is deleted.");
}

#[tokio::test]
async fn what_is_filled_in_too_late_is_repeated_to_nobody() {
    let chat = Chat::start().await;
    let asked = chat.reply("add-destination ops slack").await;
    chat.say("cancel").await;
    let late = chat.fill_in(chat.actor, &asked, &[("url", "hunter2")]).await;
    assert!(!redacted(&late).contains("hunter2") && late.sensitive, "{late:?}");
}

#[tokio::test]
async fn nobody_answers_for_somebody_else_with_a_form() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let colleague = chat.person(Role::Owner).await;
    let asked = chat.reply("pause-monitor").await;
    assert_eq!(one_line(&chat.fill_in(colleague, &asked, &[("monitor", "shop")]).await), SETTLED);
    chat.says(colleague, "delete-monitor").await;
    assert_eq!(one_line(&chat.fill_in(colleague, &asked, &[("monitor", "shop")]).await), SETTLED);
    let done = chat.fill_in(chat.actor, &asked, &[("monitor", "shop")]).await;
    assert!(redacted(&done).starts_with("`shop` is paused"), "{done:?}");
}

#[tokio::test]
async fn what_is_filled_in_is_no_command() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.say("declare-incident \"the shop is slow\"").await;
    for text in ["Pause shop", "no more space", "text: it's \"full\" --really", "https://shop.example is slow"] {
        let asked = chat.reply("note #1").await;
        let noted = chat.fill_in(chat.actor, &asked, &[("text", text)]).await;
        assert!(redacted(&noted).starts_with("Noted"), "{text}: {noted:?}");
        let shown = one_line(&chat.reply("show-incident #1").await);
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(!chat.say("show-monitor shop").await.contains("paused"));
    let asked = chat.reply("show-monitor").await;
    let wrong = chat.fill_in(chat.actor, &asked, &[("monitor", "delete-monitor")]).await;
    assert!(!wrong.ok && redacted(&wrong).contains("Which monitor?"), "{wrong:?}");
}

#[tokio::test]
async fn what_is_filled_in_as_it_would_be_said_means_the_same() {
    let chat = Chat::start().await;
    chat.say("declare-incident \"the shop is slow\"").await;
    for (filled, noted) in [
        ("\"the database was full\"", "noted: the database was full"),
        ("'it is \"full\"'", "noted: it is \"full\""),
        ("\"no\"", "noted: no"),
        ("\"full\" it said", "noted: \"full\" it said"),
        ("\"db\"-server", "noted: \"db\"-server"),
    ] {
        let asked = chat.reply("note #1").await;
        assert!(chat.fill_in(chat.actor, &asked, &[("text", filled)]).await.ok, "{filled}");
        let shown = one_line(&chat.reply("show-incident #1").await);
        assert!(shown.contains(noted), "{filled}: {shown}");
    }
    for nothing in ["no", "Stop.", "cancel"] {
        let asked = chat.reply("note #1").await;
        let done = chat.fill_in(chat.actor, &asked, &[("text", nothing)]).await;
        assert_eq!(one_line(&done), "All right, I did nothing.", "{nothing}");
        assert!(!chat.reply("yes").await.ok, "{nothing}: nothing is asked any more");
    }
}

#[tokio::test]
async fn the_example_of_a_form_has_no_quotes_and_tells_what_is_secret() {
    let chat = Chat::start().await;
    chat.say("declare-incident \"the shop is slow\"").await;
    for (line, example, secret) in [
        ("note #1", "the database was full", false),
        ("add-destination ops gotify url https://push.example.com", "AKz7vCk2bQf1T9e", true),
    ] {
        let asked = chat.reply(line).await;
        let field = asked.blocks.iter().find_map(|block| match block {
            Block::Form { fields, .. } => fields.first(),
            _ => None,
        });
        let field = field.unwrap();
        assert_eq!((field.example().as_deref(), field.secret), (Some(example), secret), "{line}");
    }
}

#[tokio::test]
async fn a_field_may_say_more_and_there_may_be_several() {
    let chat = Chat::start().await;
    let asked = chat.reply("add-monitor").await;
    let proposal =
        chat.fill_in(chat.actor, &asked, &[("url", &format!("{} every 30s name shop", chat.target.url()))]).await;
    assert!(redacted(&proposal).contains("every 30s"), "{proposal:?}");
    assert!(chat.press(&proposal, "Yes").await.starts_with("I watch `shop` now"));
    let asked = chat.reply("edit-monitor every 10s").await;
    let empty = chat.fill_in(chat.actor, &asked, &[("monitor", " ")]).await;
    assert_snapshot!(redacted(&empty), @"Which monitor? Or say `cancel`.");
    let changed = chat.fill_in(chat.actor, &asked, &[("monitor", "shop"), ("group", "front"), ("timeout", "")]).await;
    assert!(changed.ok, "{changed:?}");
    assert!(chat.say("show-monitor shop").await.contains("front"));
}
