//! Whole commands against a real server.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use adapter_terminal::{Ended, TerminalError, TerminalOptions, run};
use adapter_web::{WebState, router};
use bot_core::Engine;
use monitor_core::report::Retention;
use probes::{Outbound, OutboundConfig};
use services::{Services, SystemClock};
use tempfile::TempDir;
use test_support::builders::monitors;
use test_support::database::TestDatabase;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A server with one monitor, `m1`.
struct Server {
    url: String,
    folder: TempDir,
    _database: TestDatabase,
}

impl Server {
    async fn start() -> Self {
        let database = TestDatabase::sqlite().await;
        monitors(&database.store, &[Duration::from_secs(30)]).await;
        let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword".into() };
        let services = Services::new(
            database.store.clone(),
            Outbound::new(&config).unwrap(),
            Arc::new(SystemClock),
            Retention::default(),
        );
        let engine = Arc::new(Engine::new(services.clone()));
        let router = router(WebState { engine, services, shutdown: CancellationToken::new() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { url, folder: tempfile::tempdir().unwrap(), _database: database }
    }

    fn options(&self, command: &str) -> TerminalOptions {
        options(&self.url, self.folder.path(), command)
    }

    async fn say(&self, command: &str) -> (Ended, String) {
        talk(self.options(command)).await.unwrap()
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn options(server: &str, folder: &Path, command: &str) -> TerminalOptions {
    TerminalOptions {
        server: server.to_owned(),
        conversation: "terminal".to_owned(),
        command: Some(command.to_owned()),
        interactive: false,
        json: false,
        colour: false,
        history: None,
        downloads: folder.to_owned(),
    }
}

async fn talk(options: TerminalOptions) -> Result<(Ended, String), TerminalError> {
    let mut out = Vec::new();
    let ended = run(options, &mut out).await?;
    Ok((ended, String::from_utf8(out).unwrap()))
}

#[tokio::test]
async fn a_command_that_is_done_ends_well() {
    let server = Server::start().await;
    let (ended, text) = server.say("list-monitors").await;
    assert_eq!((ended, ended.exit_code()), (Ended::Well, 0));
    assert!(text.contains("m1") && text.contains("https://shop.example"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours unless asked for: {text:?}");
}

#[tokio::test]
async fn a_command_that_failed_says_why_and_ends_with_1() {
    let server = Server::start().await;
    let (ended, text) = server.say("show-monitor m2").await;
    assert_eq!((ended, ended.exit_code()), (Ended::CommandFailed, 1));
    assert!(text.contains("did you mean m1") || text.contains("`m1`"), "{text}");
}

#[tokio::test]
async fn a_dialog_goes_on_in_the_next_command() {
    let server = Server::start().await;
    let (_, asked) = server.say("delete-monitor m1").await;
    assert!(asked.contains("yes"), "{asked}");
    let (ended, _) = server.say("yes").await;
    assert_eq!(ended, Ended::Well);
    let (_, left) = server.say("list-monitors").await;
    assert!(!left.contains("m1"), "{left}");
}

#[tokio::test]
async fn colours_are_drawn_here() {
    let server = Server::start().await;
    let (_, text) = talk(TerminalOptions { colour: true, ..server.options("help") }).await.unwrap();
    assert!(text.contains("\u{1b}["), "{text:?}");
}

#[tokio::test]
async fn json_is_the_servers_answer_on_one_line() {
    let server = Server::start().await;
    for (command, code, wanted) in
        [("list-monitors", None, Ended::Well), ("show-monitor m2", Some("monitor_not_found"), Ended::CommandFailed)]
    {
        let (ended, text) = talk(TerminalOptions { json: true, ..server.options(command) }).await.unwrap();
        assert_eq!((ended, text.lines().count()), (wanted, 1));
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["conversation"], "terminal");
        let reply = &answer["replies"][0];
        assert_eq!((reply["ok"].as_bool(), reply["code"].as_str()), (Some(code.is_none()), code));
    }
}

#[tokio::test]
async fn files_are_saved_and_nothing_is_overwritten() {
    let server = Server::start().await;
    let (_, text) = server.say("show-report m1 1h as png").await;
    let first = server.files();
    assert!(!first.is_empty() && first.iter().all(|name| name.ends_with(".png")), "{first:?}");
    for name in &first {
        assert!(text.contains(name.as_str()), "{text}");
        assert!(std::fs::read(server.folder.path().join(name)).unwrap().starts_with(b"\x89PNG"));
    }
    server.say("show-report m1 1h as png").await;
    assert_eq!(server.files().len(), 2 * first.len());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_kindly() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for command in [Some("status".to_owned()), None] {
        let error = talk(TerminalOptions { command, ..options(&url, Path::new("."), "") }).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("I cannot reach Watchword at {url}; start it with `make run`, or say where it is with --server")
        );
        assert_eq!(error.exit_code(), 2);
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    for address in ["", "localhost:8080", "ftp://localhost", "https://localhost", "http://"] {
        let error = talk(options(address, Path::new("."), "status")).await.unwrap_err();
        assert!(matches!(error, TerminalError::Address(_)), "{address}");
        assert_eq!(error.exit_code(), 2);
    }
}

#[tokio::test]
async fn something_else_at_the_address_is_recognised() {
    use test_support::targets::answering::{Answer, answering};
    for answer in [Answer::ok("<html>hello</html>"), Answer::status(404)] {
        let other = answering(answer).await;
        let error = talk(options(&other.url(), Path::new("."), "status")).await.unwrap_err();
        assert!(matches!(error, TerminalError::Address(_)), "{error}");
    }
}

#[tokio::test]
async fn what_is_too_long_to_say_is_refused_before_it_is_sent() {
    let server = Server::start().await;
    let error = talk(server.options(&"x".repeat(10_000_000))).await.unwrap_err();
    assert!(error.to_string().contains("8000 characters"), "{error}");
    assert_eq!(error.exit_code(), 1);
}

#[tokio::test]
async fn the_servers_refusal_is_passed_on() {
    let server = Server::start().await;
    let error = talk(TerminalOptions { conversation: "a b".into(), ..server.options("status") }).await.unwrap_err();
    assert!(matches!(&error, TerminalError::Refused(why) if why.contains("`conversation`")), "{error}");
    assert_eq!(error.exit_code(), 1);
}
