use bot_core::commands::COMMANDS;
use monitor_core::alerting::Severity;
use monitor_core::people::Role;

use crate::chat::Chat;

/// What to say for each command so that it does something.
const SAID: [(&str, &str); 77] = [
    ("help", "help"),
    ("cancel", "cancel"),
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
    ("audit", "audit TARGET"),
    ("list-audits", "list-audits"),
    ("show-audit", "show-audit 2"),
    ("compare-audits", "compare-audits 1 with 2"),
    ("cancel-audit", "cancel-audit"),
    ("schedule-audit", "schedule-audit TARGET every day at 03:00 name audit-ROLE"),
    ("list-audit-schedules", "list-audit-schedules"),
    ("delete-audit-schedule", "delete-audit-schedule audit-ROLE --yes"),
    ("check-security", "check-security TARGET"),
    ("list-security-checks", "list-security-checks"),
    ("show-security-check", "show-security-check"),
    ("cancel-security-check", "cancel-security-check"),
    ("verify-host", "verify-host shop.example"),
    ("list-hosts", "list-hosts"),
    ("forget-host", "forget-host shop.example"),
    ("list-incidents", "list-incidents"),
    ("show-incident", "show-incident INCIDENT"),
    ("why", "why INCIDENT"),
    ("ack", "ack INCIDENT"),
    ("resolve", "resolve INCIDENT"),
    ("note", "note INCIDENT restarted it"),
    ("root-cause", "root-cause INCIDENT a full disk"),
    ("declare-incident", "declare-incident \"payments are slow\""),
    ("postmortem", "postmortem INCIDENT"),
    ("add-alert", "add-alert shop when degraded"),
    ("list-alerts", "list-alerts"),
    ("simulate-alert", "simulate-alert shop when down"),
    ("delete-alert", "delete-alert RULE --yes"),
    ("add-destination", "add-destination to-ROLE webhook TARGET"),
    ("list-destinations", "list-destinations"),
    ("show-destination", "show-destination ops"),
    ("test-destination", "test-destination ops"),
    ("edit-destination", "edit-destination ops rate 100/m"),
    ("delete-destination", "delete-destination to-ROLE --yes"),
    ("list-notifications", "list-notifications"),
    ("resend", "resend failed"),
    ("add-route", "add-route shop notify ops"),
    ("list-routes", "list-routes"),
    ("delete-route", "delete-route ROUTE"),
    ("quiet-hours", "quiet-hours ops off"),
    ("add-rotation", "add-rotation turn-ROLE ops daily 09:00"),
    ("list-rotations", "list-rotations"),
    ("who-is-on-call", "who-is-on-call"),
    ("override-on-call", "override-on-call turn ops to 2027-01-01"),
    ("delete-rotation", "delete-rotation turn-ROLE"),
    ("silence", "silence shop 1h"),
    ("list-silences", "list-silences"),
    ("end-silence", "end-silence shop"),
    ("add-maintenance", "add-maintenance nightly 1h"),
    ("list-maintenance", "list-maintenance"),
    ("end-maintenance", "end-maintenance --yes"),
    ("connect", "connect discord"),
    ("disconnect", "disconnect drop-ROLE --yes"),
    ("list-connections", "list-connections"),
    ("link", "link discord"),
    ("unlink", "unlink discord --yes"),
    ("whoami", "whoami"),
    ("invite", "invite ada viewer discord"),
    ("set-access", "set-access read"),
    ("map-role", "map-role 1 viewer"),
    ("follow", "follow shop"),
    ("unfollow", "unfollow shop"),
];

#[tokio::test]
async fn every_command_is_allowed_or_refused_as_declared() {
    let chat = Chat::start().await;
    chat.add("shop").await;
    chat.reply("edit-monitor shop group shop").await;
    chat.reply("add-monitor heartbeat nightly every 1d grace 1h --yes").await;
    if !chat.reply("quiet-hours ops").await.ok {
        chat.reply(&format!("add-destination ops webhook {}", chat.target.url())).await;
    }
    chat.reply("add-rotation turn ops daily 09:00").await;
    for _ in 0..2 {
        chat.reply(&format!("audit {}", chat.target.url())).await;
        chat.make_audit().await;
    }
    chat.share_room().await;
    assert_eq!(COMMANDS.iter().map(|command| command.name).collect::<Vec<_>>(), SAID.map(|(name, _)| name));
    for role in Role::ALL {
        let person = chat.person(role).await;
        chat.add("doomed").await;
        chat.connect(&format!("drop-{}", role.as_str())).await;
        chat.link(&person).await;
        for (command, (_, text)) in COMMANDS.iter().zip(SAID) {
            let routes = chat.services.routes(&chat.actor).await.unwrap();
            let route = routes.last().map_or(0, |route| route.id.0).to_string();
            let rules = chat.services.list_alerts(&chat.actor).await.unwrap();
            let rule = rules.last().map_or(1, |view| view.row.id.0).to_string();
            let declared = chat.services.declare_incident(&chat.actor, chat.conversation, "declared", Severity::Info);
            let incident = declared.await.unwrap().incident.id.to_string();
            let text = text
                .replace("INCIDENT", &incident)
                .replace("RULE", &rule)
                .replace("TARGET", &chat.target.url())
                .replace("ROLE", role.as_str())
                .replace("ROUTE", &route);
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
