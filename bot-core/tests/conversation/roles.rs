use bot_core::commands::COMMANDS;
use monitor_core::people::Role;

use crate::chat::Chat;

/// What to say for each command so that it does something.
const SAID: [(&str, &str); 16] = [
    ("help", "help"),
    ("add-monitor", "add-monitor TARGET name ROLE --yes"),
    ("list-monitors", "list-monitors"),
    ("show-monitor", "show-monitor shop"),
    ("check-now", "check-now shop"),
    ("edit-monitor", "edit-monitor shop timeout 2s"),
    ("pause-monitor", "pause-monitor shop"),
    ("resume-monitor", "resume-monitor shop"),
    ("label-monitors", "label-monitors group:shop set tier=gold"),
    ("delete-monitor", "delete-monitor doomed --yes"),
    ("status", "status"),
    ("show-report", "show-report shop 1h"),
    ("show-pings", "show-pings nightly"),
    ("ping-key", "ping-key"),
    ("list-incidents", "list-incidents"),
    ("cancel", "cancel"),
];

#[tokio::test]
async fn every_command_is_allowed_or_refused_as_declared() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.reply("edit-monitor shop group shop").await;
    chat.reply("add-monitor heartbeat nightly every 1d grace 1h --yes").await;
    assert_eq!(COMMANDS.iter().map(|command| command.name).collect::<Vec<_>>(), SAID.map(|(name, _)| name));
    for role in Role::ALL {
        let person = chat.person(role).await;
        chat.add("doomed").await;
        for (command, (_, text)) in COMMANDS.iter().zip(SAID) {
            let text = text.replace("TARGET", &chat.target.url()).replace("ROLE", role.as_str());
            let answer = chat.says(person, &text).await;
            let refused = answer.starts_with(&format!("✗ As {} you may not", role.as_str()));
            assert_eq!(refused, !role.may(command.permission), "{role:?} {text}: {answer}");
            assert_eq!(refused, answer.starts_with('✗'), "{role:?} {text}: {answer}");
        }
        chat.reply("delete-monitor doomed --yes").await;
    }
}

#[tokio::test]
async fn the_rights_are_held_again_when_a_button_is_pressed() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    let mut person = chat.person(Role::Editor).await;
    let asked = chat.reply_to(person, bot_core::Input::Text("delete-monitor shop".to_owned())).await;
    person.role = Role::Viewer;
    let answer = chat.presses(person, &asked, "Yes").await;
    assert!(answer.starts_with("✗ As viewer you may not add, change or delete monitors"), "{answer}");
    assert!(chat.reply("show-monitor shop").await.ok);
}

#[tokio::test]
async fn help_shows_what_a_role_may_do() {
    let chat = Chat::start().await;
    let viewer = chat.person(Role::Viewer).await;
    let help = chat.says(viewer, "help").await;
    assert!(
        !help.contains("\n  delete-monitor")
            && help.contains("\n  show-report")
            && help.contains("That is what you may do as viewer."),
        "{help}"
    );
}
