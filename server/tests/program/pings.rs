//! Jobs report in to the real program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::common::Server;
use monitor_core::heartbeat::{Signal, Uuid};
use monitor_core::monitor::MonitorId;
use storage::Store;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends a request as a script does; the status line's code, the head and the body of the answer.
async fn send(address: &str, method: &str, path: &str, body: &[u8]) -> (u16, String, String) {
    #[expect(clippy::disallowed_methods, reason = "a test's own client")]
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: curl/8.0\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // An answer may come before all of a long body is sent.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_lowercase(), body.to_owned())
}

/// Gives the server's organisation a ping key.
async fn key(store: &Store) -> &'static str {
    let owner = store.bootstrap(monitor_core::Timestamp::default()).await.unwrap();
    store.ping_key(owner.organisation, "pingkey-of-the-test", false).await.unwrap();
    "pingkey-of-the-test"
}

/// Makes a heartbeat by its first ping; its address.
async fn create(server: &Server, store: &Store, name: &str) -> Uuid {
    let key = key(store).await;
    let (status, _, body) = send(&server.address, "GET", &format!("/ping/{key}/{name}?create=1"), b"").await;
    assert_eq!((status, body.as_str()), (201, "Created"));
    store.heartbeat_address(MonitorId(1)).await.unwrap().unwrap()
}

#[tokio::test]
async fn scripts_written_for_healthchecks_work_here() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let store = server.open_database().await;
    let uuid = create(&server, &store, "nightly").await;
    let run = "123e4567-e89b-12d3-a456-426614174000";
    for (method, path, status, body) in [
        ("GET", format!("/ping/{uuid}"), 200, "OK"),
        ("POST", format!("/ping/{uuid}/start?rid={run}"), 200, "OK"),
        ("HEAD", format!("/ping/{uuid}/log"), 200, ""),
        ("POST", format!("/ping/{uuid}/3?rid={run}"), 200, "OK"),
        ("GET", format!("/ping/{uuid}/fail/"), 200, "OK"),
        ("GET", "/ping/pingkey-of-the-test/nightly/start".to_owned(), 200, "OK"),
        ("GET", "/ping/pingkey-of-the-test/other".to_owned(), 404, "not found"),
        ("GET", format!("/ping/{uuid}/256"), 400, "invalid url format"),
        ("GET", format!("/ping/{uuid}?rid=7"), 400, "invalid uuid format"),
        ("GET", format!("/ping/{uuid}/stop"), 404, "not found"),
        ("GET", format!("/ping/{}", Uuid::from_u128(1)), 404, "not found"),
        ("DELETE", format!("/ping/{uuid}"), 405, "use GET, HEAD or POST"),
    ] {
        let answer = send(&server.address, method, &path, b"a line of output").await;
        assert_eq!((answer.0, answer.2.as_str()), (status, body), "{method} {path}");
        assert!(answer.1.contains("ping-body-limit: 100000"), "{}", answer.1);
    }
    let pings = store.pings(MonitorId(1), 100).await.unwrap();
    let signals: Vec<Signal> = pings.iter().rev().map(|ping| ping.signal).collect();
    let expected =
        [Signal::Success, Signal::Success, Signal::Start, Signal::Log, Signal::Exit(3), Signal::Fail, Signal::Start];
    assert_eq!(signals, expected);
    let end = &pings[2];
    assert_eq!((end.user_agent.as_str(), end.remote.as_str(), end.body_bytes), ("curl/8.0", "127.0.0.1", 16));
    assert!(end.duration.is_some());
    assert_eq!(store.ping_body(MonitorId(1), end.number).await.unwrap().unwrap(), b"a line of output");
}

#[tokio::test]
async fn a_ping_that_was_answered_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path()).await;
    let store = server.open_database().await;
    let uuid = create(&server, &store, "nightly").await;
    store.close().await;
    for round in 0..5_u64 {
        let pinging = (0..20).map(|number| {
            let (address, path) = (server.address.clone(), format!("/ping/{uuid}/{}", number % 2));
            tokio::spawn(async move { send(&address, "POST", &path, b"done").await.0 })
        });
        for answered in pinging.collect::<Vec<_>>() {
            assert_eq!(answered.await.unwrap(), 200);
        }
        server.kill().await;
        let store = server.open_database().await;
        let pings = store.pings(MonitorId(1), 200).await.unwrap();
        assert_eq!(pings[0].number, 1 + 20 * (round + 1));
        store.close().await;
        server = Server::start(folder.path()).await;
    }
}

#[tokio::test]
async fn a_long_body_is_cut_and_the_ping_counts() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let store = server.open_database().await;
    let uuid = create(&server, &store, "nightly").await;
    assert_eq!(send(&server.address, "POST", &format!("/ping/{uuid}"), &[b'x'; 300_000]).await.0, 200);
    let ping = &store.pings(MonitorId(1), 1).await.unwrap()[0];
    assert_eq!(ping.body_bytes, 300_000);
    assert_eq!(store.ping_body(MonitorId(1), ping.number).await.unwrap().unwrap().len(), 100_000);
}

#[tokio::test]
async fn a_job_that_falls_silent_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let store = server.open_database().await;
    create(&server, &store, "nightly").await;
    let monitor = store.monitors_by_id(&[MonitorId(1)]).await.unwrap().remove(0);
    // Shorter than the schedule that its creation gave it.
    let mut settings = monitor.settings;
    settings.spec = monitor_core::monitor::CheckSpec::Heartbeat(monitor_core::heartbeat::HeartbeatSpec::new(
        monitor_core::heartbeat::Schedule::Every(std::time::Duration::from_secs(1)),
        std::time::Duration::from_secs(1),
    ));
    let tx = store.begin().await.unwrap();
    assert!(tx.update_monitor(MonitorId(1), &settings, monitor_core::Timestamp::default()).await.unwrap());
    tx.commit().await.unwrap();
    let key = key(&store).await;
    assert_eq!(send(&server.address, "GET", &format!("/ping/{key}/NIGHTLY"), b"").await.0, 200);
    let down = async {
        while store.state(MonitorId(1)).await.unwrap().unwrap().status != monitor_core::health::Status::Down {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), down).await.expect("it is missed");
}

#[tokio::test]
async fn the_listener_for_pings_serves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let free = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().to_string()
    };
    std::fs::write(folder.path().join("watchword.toml"), format!("[pings]\nlisten = \"{free}\"\n")).unwrap();
    let mut server = Server::start(folder.path()).await;
    let store = server.open_database().await;
    let uuid = create(&server, &store, "nightly").await;
    assert_eq!(send(&free, "GET", &format!("/ping/{uuid}"), b"").await.0, 200);
    for path in ["/", "/metrics", "/api/v1/chat", "/ping/", "/ping"] {
        let (status, _, body) = send(&free, "GET", path, b"").await;
        assert_eq!((status, body.as_str()), (404, "not found"), "{path}");
    }
    assert!(server.terminate().await.success());
}
