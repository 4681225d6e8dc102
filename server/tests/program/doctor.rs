//! `watchword doctor`, before the first start and with tokens that are right or wrong.

#![expect(clippy::unwrap_used, reason = "what tests stand on")]

use std::path::Path;

use test_support::platforms::{slack, telegram};

use crate::common::{Server, watchword};

async fn doctor(folder: &Path, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = watchword(folder);
    command.envs(variables.iter().copied()).args(["doctor", "--listen", "127.0.0.1:0"]);
    let output = command.output().await.unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test]
async fn before_the_first_start_nothing_is_made_and_nothing_is_to_be_mended() {
    let folder = tempfile::tempdir().unwrap();
    let (code, found) = doctor(folder.path(), &[]).await;
    assert_eq!(code, Some(0), "{found}");
    assert!(found.contains("Telegram: no token") && found.ends_with("Nothing is to be mended.\n"), "{found}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "who looks makes nothing");
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do_and_without_the_token() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Server::start(folder.path()).await.terminate().await.success());
    let (on_slack, on_telegram) = (slack::Fake::start().await, telegram::Fake::start(0).await);
    on_slack.revoke_scope("files:write");
    on_telegram.revoke();
    let slack_url = on_slack.api_url().to_string();
    let variables = [
        ("WATCHWORD_SLACK_BOT_TOKEN", slack::BOT_TOKEN),
        ("WATCHWORD_SLACK_APP_TOKEN", slack::APP_TOKEN),
        ("WATCHWORD_SLACK_API_URL", slack_url.as_str()),
        ("WATCHWORD_TELEGRAM_TOKEN", telegram::TOKEN),
        ("WATCHWORD_TELEGRAM_API_URL", on_telegram.url()),
    ];
    let (code, found) = doctor(folder.path(), &variables).await;
    assert_eq!(code, Some(1), "{found}");
    let ill: Vec<&str> = found.lines().filter(|line| line.starts_with("MEND")).collect();
    assert!(ill.iter().any(|line| line.contains("files:write")), "{found}");
    assert!(ill.iter().any(|line| line.to_lowercase().contains("telegram")), "{found}");
    assert!(found.contains("the key opens what is sealed") && found.contains("things are to be mended."), "{found}");
    assert!(!found.contains(telegram::TOKEN) && !found.contains(slack::BOT_TOKEN), "{found}");
}
