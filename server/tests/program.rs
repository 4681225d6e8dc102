//! The real program in a process of its own: started, talked to, stopped and killed.

#[path = "program/alerts.rs"]
mod alerts;
#[path = "program/audits.rs"]
mod audits;
mod common;
#[path = "program/doctor.rs"]
mod doctor;
#[path = "program/import.rs"]
mod import;
#[path = "program/pings.rs"]
mod pings;
#[path = "program/secrets.rs"]
mod secrets;
#[path = "program/surfaces.rs"]
mod surfaces;

use std::process::Stdio;
use std::time::Duration;

use common::{Server, chat, piped, watchword};
use monitor_core::Timestamp;
use monitor_core::incident::Resolution;
use monitor_core::report::Window;
use storage::{IncidentFilter, Scope};
use test_support::targets::{Answer, answering};

#[tokio::test]
async fn refuses_to_listen_beyond_loopback_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let refused = watchword(folder.path()).args(["serve", "--listen", "0.0.0.0:0"]).output().await.unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("server.listen (from --listen)") && message.contains("no signing in yet"), "{message}");
}

#[tokio::test]
async fn a_setting_that_is_wrong_stops_the_start_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let refused = watchword(folder.path()).arg("serve").env("WATCHWORD_RETENTION_RAW", "soon").output().await.unwrap();
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2));
    assert!(message.contains("retention.raw (from WATCHWORD_RETENTION_RAW)"), "{message}");
}

#[tokio::test]
async fn a_lost_key_stops_the_start_until_it_is_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.key");
    assert!(Server::start(folder.path()).await.terminate().await.success());
    let key = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    // The second start finds the file that the first one made, and is not taken in by it.
    for _ in 0..2 {
        let refused = watchword(folder.path()).args(["serve", "--listen", "127.0.0.1:0"]).output().await.unwrap();
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{message}");
        assert!(message.contains("secrets.key_file") && message.contains(path.to_str().unwrap()), "{message}");
        assert!(message.contains("another key than the one in use; put the old key back"), "{message}");
    }
    std::fs::write(&path, key).unwrap();
    assert!(Server::start(folder.path()).await.terminate().await.success());
}

#[tokio::test]
async fn answers_operators_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path()).await;
    assert_eq!(server.get("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(server.get("/readyz").await, (200, "ready\n".to_owned()));
    let (status, metrics) = server.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(metrics.contains("watchword_check_lateness_seconds_bucket") && metrics.ends_with("# EOF\n"), "{metrics}");
    assert!(server.terminate().await.success());
}

#[tokio::test]
async fn one_command_from_a_script_answers_and_fails_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let target = answering(Answer::ok("fine")).await;
    let added = chat(&server, &format!("add-monitor {} name shop every 1s --yes", target.url())).await;
    assert_eq!(added.code, 0, "{}", added.text);
    target.reached(3).await;
    let listed = chat(&server, "list-monitors").await;
    assert!(listed.code == 0 && listed.text.contains("shop"), "{}", listed.text);
    let mistyped = chat(&server, "show-report shpo 24h").await;
    assert!(mistyped.code == 1 && mistyped.text.contains("did you mean `shop`"), "{}", mistyped.text);
}

#[tokio::test]
async fn a_stopped_server_is_said_to_be_unreachable() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = ["chat", "-c", "status", "--server", "http://127.0.0.1:9"];
    let output = watchword(folder.path()).args(nowhere).output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot reach Watchword"));
}

#[tokio::test]
async fn lines_from_a_pipe_fail_together_and_those_with_a_secret_are_not_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let added = piped(&server, "add-monitor http://127.0.0.1:9/ name shop every 1h --yes\nlist-monitors\n").await;
    assert_eq!(added.code, 0, "{}", added.text);
    assert!(
        added.text.contains("shop") && !added.text.contains("Ctrl-D"),
        "nobody is there to welcome: {}",
        added.text
    );
    let lines = "edit-monitor shop bearer hunter2\nedit-monitor shop baerer hunter2\nshow-monitor shop\n";
    let failed = piped(&server, lines).await;
    assert_eq!(failed.code, 1, "{}", failed.text);
    assert!(
        failed.text.contains("I changed `shop`") && failed.text.contains("did you mean `bearer`"),
        "{}",
        failed.text
    );
    let history = std::fs::read_to_string(folder.path().join("chat_history")).unwrap();
    assert!(history.contains("list-monitors") && history.contains("show-monitor shop"), "{history}");
    assert!(!history.contains("hunter2"), "{history}");
}

#[tokio::test]
async fn who_stops_reading_is_not_told_of_a_broken_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let address = format!("http://{}", server.address);
    for arguments in [&["chat", "-c", "help", "--server", &address][..], &["config", "--docs"]] {
        let mut child =
            watchword(folder.path()).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().await.unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}

#[tokio::test]
async fn a_variable_that_is_no_setting_is_logged_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut start = watchword(folder.path());
    start.args(["serve", "--listen", "127.0.0.1:0"]).env("WATCHWORD_DATABASE_URL", "nowhere:x");
    let output = start.env("WATCHWORD_RETENTON_RAW", "2d").output().await.unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(log.contains("WATCHWORD_RETENTON_RAW") && log.contains("WATCHWORD_RETENTION_RAW"), "{log}");
}

/// Kills the server in the very moment in which a target begins to fail or to recover, again and again.
#[tokio::test]
async fn a_killed_server_loses_nothing_and_opens_no_incident_twice() {
    /// What the documentation promises: the interval, and the lease that is its timeout and the slack of ten seconds;
    /// five more seconds for a busy machine.
    const INTERVAL_AND_LEASE: Duration = Duration::from_secs(1 + 1 + 10 + 5);
    let folder = tempfile::tempdir().unwrap();
    let targets = [answering(Answer::ok("fine")).await, answering(Answer::ok("fine")).await];
    let [steady, changing] = &targets;
    let mut server = Server::start(folder.path()).await;
    for (name, target) in [("steady", steady), ("changing", changing)] {
        let words = format!("add-monitor {} name {name} every 1s retries 0 timeout 1s --yes", target.url());
        let added = chat(&server, &words).await;
        assert_eq!(added.code, 0, "{}", added.text);
    }
    let store = server.open_database().await;
    let owner = store.bootstrap(Timestamp::from_millis(0)).await.unwrap();
    let monitor = store.monitor(owner.organisation, "steady").await.unwrap().unwrap();
    for status in [500, 200, 500, 200] {
        changing.set_status(status);
        changing.reached(changing.requests() + 1).await;
        let accepted = store.latest_results(monitor.id, 1).await.unwrap();
        server.kill().await;
        let asked = targets.each_ref().map(|target| target.requests());
        server = Server::start(folder.path()).await;
        for (target, asked) in targets.iter().zip(asked) {
            let again = tokio::time::timeout(INTERVAL_AND_LEASE, target.reached(asked + 1)).await;
            assert!(again.is_ok(), "a monitor was skipped for longer than its interval and lease");
        }
        let results = store.latest_results(monitor.id, 1_000).await.unwrap();
        assert!(accepted.iter().all(|accepted| results.contains(accepted)), "an accepted result is gone");
    }
    changing.reached(changing.requests() + 2).await;
    assert!(server.terminate().await.success());

    let scope = Scope::Organisation(owner.organisation);
    let outages = store.outages(scope, &IncidentFilter::default(), 10).await.unwrap();
    assert!((1..=2).contains(&outages.len()), "one for each time that it failed, at most: {outages:?}");
    for outage in &outages {
        assert_eq!(outage.alert.resolved.map(|(_, how)| how), Some(Resolution::Recovered));
    }
    let incidents = store.incidents(scope, &IncidentFilter::default(), 10).await.unwrap();
    assert_eq!(incidents.len(), 1, "it begins again so soon that it is one");
    let cards =
        store.conversation(owner.organisation, "terminal", "terminal", Timestamp::from_millis(0)).await.unwrap();
    let cards = store.messages_after(cards, 0, 10).await.unwrap();
    assert_eq!(cards.len(), incidents.len(), "each incident has one card");
    let window = Window { from: Timestamp::from_millis(0), to: Timestamp::from_millis(i64::MAX) };
    for id in [monitor.id, outages[0].alert.monitor] {
        let flips = store.flips(Scope::Monitor(id), window).await.unwrap();
        assert!(flips.windows(2).all(|pair| pair[0].1.to == pair[1].1.from), "a change of status is lost: {flips:?}");
    }
}
