//! Incidents, by talking.

use std::time::Duration;

use insta::assert_snapshot;

use crate::chat::Chat;

/// A chat in which a shop has just gone down.
async fn chat() -> Chat {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.target.set_status(503);
    chat.reply("check-now shop").await;
    chat
}

#[tokio::test]
async fn a_silence_stands_on_the_card_and_its_button_is_gone() {
    let chat = chat().await;
    chat.pass(Duration::from_secs(60));
    let shown = chat.reply("ack #1").await;
    assert_snapshot!(crate::chat::redacted(&shown), @r"
    You take care of incident #1 (shop).

      ✖ down  shop  is down — answered 503 Service Unavailable, expected 200..299. Since 00:00 UTC. Owner has acknowledged it at 00:01 UTC. #1
    ");
    chat.say("snooze shop 2h because deploy").await;
    assert_snapshot!(chat.say("show-incident #1").await, @r"
      ✖ down  shop  is down — answered 503 Service Unavailable, expected 200..299. Since 00:00 UTC. Owner has acknowledged it at 00:01 UTC.
                    Silenced until 02:01 UTC by Owner. #1

    Incident #1
      about  shop is down
      severity  critical
      opened  2026-03-01 00:00 UTC
      acknowledged  2026-03-01 00:01 UTC by Owner
      silenced  until 2026-03-01 02:01 UTC by Owner: deploy (silence 1)

    Timeline
      when  what
      2026-03-01 00:00:00  shop failed, critical: answered 503 Service Unavailable, expected 200..299
      2026-03-01 00:01:00  Owner acknowledged it
    ");
    let posts = chat.services.messages_after(&chat.actor, chat.conversation, 0).await.unwrap();
    let card = bot_core::cards::card(&posts[0].content, chat.services.now());
    assert_snapshot!(crate::chat::redacted(&card), @r"
    ✖ down  shop  is down — answered 503 Service Unavailable, expected 200..299. Since 00:00 UTC. Owner has acknowledged it at 00:01 UTC.
                  Silenced until 02:01 UTC by Owner. #1
    ");
    let buttons: Vec<&str> = card.actions.iter().map(|action| action.label.as_str()).collect();
    assert_eq!(buttons, ["Check now", "Why", "Report"]);
}

#[tokio::test]
async fn a_rule_that_is_deleted_is_not_said_to_be_a_monitor_that_is_well() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.say("add-alert shop when down severity warning").await;
    chat.target.set_status(503);
    chat.say("check-now shop").await;
    chat.say("delete-alert 1 --yes").await;
    let shown = chat.say("show-incident #1").await;
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(line.starts_with("○ unknown shop withdrawn at 00:00 UTC"), "{shown}");
    assert!(line.contains("its monitor or its alert rule was deleted. #1"), "{shown}");
}

#[tokio::test]
async fn a_long_timeline_shows_its_end_unless_all_is_asked_for() {
    let chat = chat().await;
    for number in 0..12 {
        chat.say(&format!("note #1 line {number}")).await;
    }
    let shown = chat.say("show-incident #1").await;
    let lines = |text: &str| text.lines().filter(|line| line.contains("line ")).count();
    assert!(shown.contains("Timeline, the latest 10 lines, and ") && lines(&shown) == 10, "{shown}");
    assert!(!shown.contains("line 1\n") && shown.contains("line 11"), "{shown}");
    let all = chat.say("show-incident #1 all").await;
    assert!(all.contains("line 0") && all.contains("line 11") && !all.contains("earlier"), "{all}");
}

#[tokio::test]
async fn what_is_missing_to_write_something_down_is_asked_for() {
    let chat = chat().await;
    assert_snapshot!(chat.say("note").await, @r"
    Which incident? Say its number, or the name of its monitor.

    For example: #12
    ");
    assert_snapshot!(chat.say("#1").await, @r#"
    What shall I write down?

    For example: "the database was full"
    "#);
    assert_snapshot!(chat.say("restarted the database").await, @"Noted in the timeline of incident #1 (shop).");
    assert_snapshot!(chat.say("note #1").await, @r#"
    What shall I write down?

    For example: "the database was full"
    "#);
    chat.say("cancel").await;
    assert_snapshot!(chat.say("root-cause shop").await, @r#"
    What caused it?

    For example: "the database was full"
    "#);
    assert_snapshot!(chat.say("a full disk").await, @"That is the root cause of incident #1 (shop) now.");
    assert_snapshot!(chat.say("note text \"only one is open\"").await, @"Noted in the timeline of incident #1 (shop).");
    let shown = chat.say("show-incident").await;
    for said in ["restarted the database", "a full disk", "only one is open"] {
        assert!(shown.contains(said), "{shown}");
    }
}
