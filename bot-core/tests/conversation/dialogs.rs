use std::time::Duration;

use bot_core::Input;
use insta::assert_snapshot;
use monitor_core::people::Role;
use test_support::targets::answering::Answer;
use test_support::targets::misbehaving;

use crate::chat::{Chat, redacted};

#[tokio::test]
async fn what_is_missing_is_asked_for() {
    let chat = Chat::start().await;
    assert_snapshot!(chat.say("add-monitor name shop every 30s").await, @r"
    Which address should I watch?

    For example: https://shop.example
    ");
    assert_snapshot!(chat.say("evry").await, @"✗ I don't know what to do with “evry” here; did you mean `every`? Which address should I watch? Or say `cancel`.");
    let proposal = chat.say(&chat.target.url()).await;
    assert!(proposal.contains("every 30s") && proposal.contains("Shall I watch it?"), "{proposal}");
    assert_snapshot!(chat.say("yes").await, @"I watch `shop` now, every 30s, and tell you here when it fails. `show-monitor shop` shows how it is.");
    assert_snapshot!(chat.say("show-monitor").await, @r"
    Which monitor?

    Possible answers: shop
    ");
    assert_snapshot!(chat.say("shpo").await, @"✗ There is no monitor `shpo`; did you mean `shop`? Which monitor? Or say `cancel`.");
    assert!(chat.say("shop").await.starts_with("  ○ unknown  shop"));
}

#[tokio::test]
async fn a_dialog_survives_a_restart() {
    let mut chat = Chat::start().await;
    chat.say("add-monitor every 30s name shop").await;
    chat.restart();
    let asked = chat.reply(&chat.target.url()).await;
    chat.restart();
    assert_snapshot!(chat.press(&asked, "Yes").await, @"I watch `shop` now, every 30s, and tell you here when it fails. `show-monitor shop` shows how it is.");
}

#[tokio::test]
async fn what_a_question_is_answered_with_is_done_though_nobody_waits_for_it() {
    let chat = Chat::start().await;
    let target = misbehaving::never_answers().await;
    let asked = chat.reply("add-monitor name shop timeout 1s interval 60s").await;
    let url = target.url();
    let values = [("url", url.as_str())];
    let is_open = async || chat.services.dialog(&chat.actor, chat.conversation).await.unwrap().is_some();
    let comes_to = async |open: bool| {
        while is_open().await != open {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        reply = chat.fill_in(chat.actor, &asked, &values) => panic!("the target does not answer: {reply:?}"),
        () = comes_to(false) => {}
    }
    // What was asked next is open, whoever went away.
    tokio::time::timeout(Duration::from_secs(30), comes_to(true)).await.unwrap();
    assert!(chat.say("yes").await.starts_with("I watch `shop` now"));
}

#[tokio::test]
async fn a_question_whose_answer_was_lost_with_the_process_is_open_again_soon() {
    let mut chat = Chat::start().await;
    chat.add("shop").await;
    let asked = chat.reply("pause-monitor").await;
    // A process that is killed while it does what was answered.
    assert!(chat.services.take_dialog(&chat.actor, chat.conversation, |_| true).await.unwrap());
    chat.restart();
    assert!(!chat.fill_in(chat.actor, &asked, &[("monitor", "shop")]).await.ok, "it is being answered");
    chat.pass(Duration::from_secs(120));
    assert!(chat.fill_in(chat.actor, &asked, &[("monitor", "shop")]).await.ok);
    assert!(chat.say("show-monitor shop").await.contains("paused"));

    // Whoever says `cancel` meanwhile is not asked that any more.
    chat.say("delete-monitor shop").await;
    assert!(chat.services.take_dialog(&chat.actor, chat.conversation, |_| true).await.unwrap());
    chat.restart();
    chat.say("cancel").await;
    chat.pass(Duration::from_secs(120));
    assert!(!chat.reply("yes").await.ok && chat.reply("show-monitor shop").await.ok);
}

#[tokio::test]
async fn no_and_cancel_end_a_dialog() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    assert_snapshot!(chat.say("delete-monitor shop").await, @r"
    Shall I delete `shop` (http://127.0.0.1:PORT/, watched since 2026-03-01)? Its results, reports and incidents go with it, and that cannot be
    undone. `yes` or `no`; `pause-monitor shop` only stops the checks.
    ");
    assert_snapshot!(chat.say("No.").await, @"All right, I did nothing.");
    assert_snapshot!(chat.say("yes").await, @"✗ There is no question open, so nothing was done. `help` shows what I can do.");
    chat.say("delete-monitor shop").await;
    assert_snapshot!(chat.say("cancel").await, @"All right, forgotten.");
    assert_snapshot!(chat.say("cancel").await, @"There is nothing to cancel.");
    assert!(chat.reply("show-monitor shop").await.ok);
}

#[tokio::test]
async fn a_command_takes_the_place_of_a_question() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.say("delete-monitor shop").await;
    assert_snapshot!(chat.say("pause-monitor shop").await, @r"
    I dropped my question about `delete-monitor`.

    `shop` is paused: I do not check it until you say `resume-monitor shop`.
    ");
    assert_snapshot!(chat.say("yes").await, @"✗ There is no question open, so nothing was done. `help` shows what I can do.");
    assert!(chat.reply("show-monitor shop").await.ok);
}

#[tokio::test]
async fn a_question_stays_open_while_something_is_looked_up() {
    let chat = Chat::start().await;
    let asked = chat.reply(&format!("add-monitor {} name shop", chat.target.url())).await;
    assert_snapshot!(chat.say("status").await, @r"
    There are no monitors yet. `add-monitor https://shop.example` adds one.

    My question about `add-monitor` is still open: `yes`, `no`, or change something.
    ");
    assert!(chat.say("help add-monitor").await.ends_with("is still open: `yes`, `no`, or change something."));
    assert!(chat.press(&asked, "Yes").await.starts_with("I watch `shop` now"));
    chat.say("delete-monitor shop").await;
    assert_snapshot!(chat.say("status").await, @r"
    1 monitor: 1 unknown
      ○ unknown  shop  http://127.0.0.1:PORT/ · every 1m

    My question about `delete-monitor` is still open: `yes` or `no`.
    ");
    assert_snapshot!(chat.say("yes").await, @"`shop` is deleted.");
    chat.add("blog").await;
    chat.say("pause-monitor").await;
    assert!(
        chat.say("list-incidents").await.ends_with("My question about `pause-monitor` is still open: Which monitor?")
    );
    assert!(chat.say("blog").await.starts_with("`blog` is paused"));
    assert!(!chat.reply("yes").await.ok, "what was answered is not asked any more");
}

#[tokio::test]
async fn a_question_stays_open_when_a_command_fails() {
    let chat = Chat::start().await;
    chat.say(&format!("add-monitor {} name shop", chat.target.url())).await;
    assert_snapshot!(chat.say("pause-monitor blog").await, @r"
    ✗ There is no monitor `blog`; `list-monitors` shows those there are. My question about `add-monitor` is still open: `yes`, `no`, or change
    something.
    ");
    let mistyped = chat.say("list-monitors --pge 2").await;
    assert!(
        mistyped.contains("did you mean `--page`?") && mistyped.contains("My question about `add-monitor`"),
        "{mistyped}"
    );
    assert_snapshot!(chat.say("lst").await, @r"
    ✗ I don't know what to do with “lst” here. Put quotes around text that has spaces. Please answer `yes` or `no`, or change something, like
    `every 10s`.
    ");
    assert!(chat.say("yes").await.starts_with("I watch `shop` now"));
}

#[tokio::test]
async fn another_question_takes_the_place_of_a_question() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.say("delete-monitor shop").await;
    let asked = chat.say(&format!("{} name blog", chat.target.url())).await;
    assert!(asked.starts_with("I dropped my question about `delete-monitor`."), "{asked}");
    let asked = chat.say("show-monitor").await;
    assert!(asked.starts_with("I dropped my question about `add-monitor`."), "{asked}");
    assert!(chat.say("shop").await.starts_with("  ○ unknown  shop"));
    assert!(!chat.reply("yes").await.ok);
}

#[tokio::test]
async fn the_button_of_an_old_question_does_not_answer_a_new_one() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let old = chat.reply(&format!("add-monitor {} name other", chat.target.url())).await;
    chat.say("delete-monitor shop").await;
    assert_snapshot!(chat.press(&old, "Yes").await, @"✗ That question is settled, or I asked another one since.");
    assert!(chat.reply("show-monitor shop").await.ok);
    let unknown = chat.reply_to(chat.actor, Input::Action("no-such-token".to_owned())).await;
    assert_snapshot!(redacted(&unknown), @"✗ This button has expired. Say what you want instead; `help` shows how.");
}

#[tokio::test]
async fn deleting_happens_after_yes_and_only_then() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let asked = chat.reply("rm shop").await;
    assert!(chat.say("what?").await.ends_with("Please answer `yes` or `no`."), "only yes or no answer a question");
    assert_snapshot!(chat.press(&asked, "Yes").await, @"`shop` is deleted.");
    assert_snapshot!(chat.say("show-monitor shop").await, @"✗ There is no monitor `shop`; `list-monitors` shows those there are.");
    chat.add("shop").await;
    assert_snapshot!(chat.say("delete-monitor shop --yes").await, @"`shop` is deleted.");
}

#[tokio::test]
async fn dialogs_of_two_people_in_one_conversation_do_not_mix() {
    let chat = Chat::start().await;
    let other = chat.person(Role::Admin).await;
    chat.add("shop").await;
    chat.add("blog").await;
    chat.say("delete-monitor shop").await;
    let asked = chat.reply_to(other, Input::Text("delete-monitor blog".to_owned())).await;
    assert_snapshot!(chat.presses(chat.actor, &asked, "No").await, @"All right, I did nothing.");
    assert_snapshot!(chat.says(other, "yes").await, @"✗ There is no question open, so nothing was done. `help` shows what I can do.");
    assert!(chat.reply("show-monitor blog").await.ok);
    assert!(chat.reply("show-monitor shop").await.ok);
    assert_snapshot!(chat.say("yes").await, @"`shop` is deleted.");
}

#[tokio::test]
async fn a_question_that_is_not_understood_stays_open() {
    let chat = Chat::start().await;
    chat.say(&format!("add-monitor {} name shop", chat.target.url())).await;
    assert_snapshot!(chat.say("evry 10s").await, @"✗ I don't know what to do with “evry” here; did you mean `every`? Please answer `yes` or `no`, or change something, like `every 10s`.");
    assert_snapshot!(chat.say("every 0s").await, @"✗ An interval of 0s is not possible; choose between 1s and 1d. Please answer `yes` or `no`, or change something, like `every 10s`.");
    assert_snapshot!(chat.say("yes").await, @"I watch `shop` now, every 1m, and tell you here when it fails. `show-monitor shop` shows how it is.");
}

#[tokio::test]
async fn what_a_target_sends_reaches_no_terminal_as_an_escape_sequence() {
    let chat = Chat::start().await;
    chat.target.set(Answer::ok("\u{1b}[2J\u{1b}]0;pwned\u{7}gone"));
    let proposal = chat.reply(&format!("add-monitor {} contains \"all ok\"", chat.target.url())).await;
    let text = proposal.to_text(bot_core::TextStyle::PLAIN);
    assert!(text.contains("pwned"), "{text}");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}
