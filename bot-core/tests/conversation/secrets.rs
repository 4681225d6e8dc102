use monitor_core::people::Role;

use crate::chat::Chat;

#[tokio::test]
async fn a_line_that_gave_a_secret_is_marked_whether_it_worked_or_not() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    for (line, ok) in [
        ("edit-monitor shop bearer hunter2", true),
        ("edit-monitor shop bearer hunter2 evry 5s", false),
        ("edit-monitor shop baerer hunter2", false),
        ("edit-monitor nothing basic:ada:hunter2", false),
        ("edit-monitor shop secret-header \"X-Key: hunter2", false),
        ("add-monitor https://ada:hunter2@127.0.0.1:1/ every 5s", true),
    ] {
        let reply = chat.reply(line).await;
        assert_eq!((reply.ok, reply.sensitive), (ok, true), "{line}: {reply:?}");
    }
    // The address is still being asked about: what is said now answers that.
    assert!(chat.reply("every 10s bearer hunter2").await.sensitive);
    for line in ["yes", "list-monitors", "edit-monitor shop every 10s", "show-monitor nothing"] {
        assert!(!chat.reply(line).await.sensitive, "{line}");
    }
}

#[tokio::test]
async fn a_secret_is_marked_even_when_nobody_may_say_it() {
    let chat = Chat::start().await;
    let viewer = chat.person(Role::Viewer).await;
    let refused = chat.reply_to(viewer, bot_core::Input::Text("edit-monitor shop bearer hunter2".to_owned())).await;
    assert!(!refused.ok && refused.sensitive);
}

#[tokio::test]
async fn the_mark_is_in_json_only_where_it_is_set() {
    let chat = Chat::start().await;
    let marked = serde_json::to_value(chat.reply("edit-monitor x bearer y").await).unwrap();
    assert_eq!(marked["sensitive"], true);
    let plain = serde_json::to_value(chat.reply("help").await).unwrap();
    assert!(plain.get("sensitive").is_none());
    assert!(!serde_json::from_value::<bot_core::Reply>(plain).unwrap().sensitive);
}
