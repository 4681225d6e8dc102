//! The real program in a process of its own: started, talked to, stopped and killed.

mod common;

use common::{Server, chat, watchword};
use monitor_core::incident::Resolution;
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

/// Kills the server again and again while checks run and a target fails and recovers.
#[tokio::test]
async fn a_killed_server_loses_nothing_and_opens_no_incident_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (steady, failing) = (answering(Answer::ok("fine")).await, answering(Answer::ok("fine")).await);
    let mut server = Server::start(folder.path()).await;
    for (name, url) in [("steady", steady.url()), ("failing", failing.url())] {
        let added = chat(&server, &format!("add-monitor {url} name {name} every 1s retries 0 timeout 1s --yes")).await;
        assert_eq!(added.code, 0, "{}", added.text);
    }
    failing.reached(3).await;
    failing.set_status(500);
    server.card_after(0, "down").await;
    for _ in 0..3 {
        server.kill().await;
        let (before_steady, before_failing) = (steady.requests(), failing.requests());
        server = Server::start(folder.path()).await;
        // Every monitor is checked again, once its lease has run out at the latest.
        steady.reached(before_steady + 2).await;
        failing.reached(before_failing + 2).await;
    }
    failing.set_status(200);
    server.card_after(1, "recovered").await;
    assert!(server.terminate().await.success());

    let store = server.open_database().await;
    let owner = store.bootstrap(monitor_core::Timestamp::from_millis(0)).await.unwrap();
    let scope = Scope::Organisation(owner.organisation);
    let incidents = store.incidents(scope, &IncidentFilter::default(), 10).await.unwrap();
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0].incident.resolved.map(|(_, how)| how), Some(Resolution::Recovered));
    // A result that was accepted is on record; at most the checks under way at each of three kills are not.
    let monitor = store.monitor(owner.organisation, "steady").await.unwrap().unwrap();
    let results = store.latest_results(monitor.id, 10_000).await.unwrap();
    // The preview before the monitor was added asked the target once, and is no result.
    assert!(
        results.len() + 1 + 3 * 2 >= steady.requests(),
        "{} results of {} checks",
        results.len(),
        steady.requests()
    );
}
