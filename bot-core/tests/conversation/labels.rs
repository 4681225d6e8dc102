//! Labels, groups and dependencies, by talking.

use crate::chat::Chat;

#[tokio::test]
async fn many_are_meant_by_their_label() {
    let chat = Chat::start().await;
    for (name, label) in [("api", "env=staging"), ("blog", "env=staging"), ("shop", "env=prod")] {
        let added =
            chat.reply(&format!("add-monitor {} name {name} label {label} group shop --yes", chat.target.url())).await;
        assert!(added.ok, "{added:?}");
    }
    let listed = chat.say("list-monitors env=staging sort:name").await;
    assert!(listed.contains("2 monitors"), "{listed}");
    assert!(chat.say("list-monitors env=prod group:shop").await.contains("1 monitor"));
    let paused = chat.say("pause-monitor env=staging").await;
    assert!(paused.contains("Paused: 2 monitors (`api`, `blog`)"), "{paused}");
    assert!(chat.say("resume-monitor env=staging").await.contains("I check again: 2 monitors"));
    assert!(chat.say("pause-monitor env=nowhere").await.contains("No monitor is `env=nowhere`"));
    assert!(chat.say("label-monitors env=staging set tier=gold drop env").await.contains("I labelled 2 monitors"));
    // All labels after `set` are set, and only those before it choose.
    assert!(chat.say("label-monitors tier=gold set tier=silver team=web").await.contains("I labelled 2 monitors"));
    assert!(chat.say("list-monitors tier=silver team=web").await.contains("2 monitors"));
    assert!(chat.say("label-monitors set tier=gold label:team=web drop team").await.contains("I labelled 2 monitors"));
    let confused = chat.say("label-monitors tier=gold drop team env=prod").await;
    assert!(confused.contains("`drop` takes keys alone: write `drop env`."), "{confused}");
    assert!(chat.say("pause-monitor shop tier=gold").await.contains("not both"));

    assert!(chat.say("delete-monitor tier=gold").await.contains("Shall I delete 2 monitors"));
    // One that was added meanwhile was not seen, so nothing is deleted.
    chat.say("edit-monitor shop label tier=gold").await;
    assert!(chat.say("delete-monitor tier=gold --yes count 2").await.contains("other ones by now"));
    assert!(chat.say("delete-monitor tier=gold").await.contains("Shall I delete 3 monitors"));
    assert!(chat.say("yes").await.contains("Deleted: 3 monitors"));
}

#[tokio::test]
async fn what_a_monitor_depends_on_is_said_by_name() {
    let chat = Chat::start().await;
    chat.add("router").await;
    chat.add("shop").await;
    chat.say("edit-monitor shop depends-on router").await;
    assert!(chat.say("show-monitor shop").await.contains("router"));
    let circle = chat.say("edit-monitor router depends-on shop").await;
    assert!(circle.contains("a monitor cannot depend on what depends on it"), "{circle}");
    let unknown = chat.say("edit-monitor shop depends-on rooter").await;
    assert!(unknown.contains("did you mean `router`"), "{unknown}");
}
