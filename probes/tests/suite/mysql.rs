//! MariaDB, the real one.

use monitor_core::checks::{Security, SqlSpec};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use test_support::services;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::databases::{login, probe, sql};
use crate::{AMPLE, SHORT, outbound, run_settings, settings};

async fn ask(spec: SqlSpec, asserted: &[&str]) -> Outcome {
    probe(CheckSpec::Mysql(spec), asserted).await
}

async fn query(query: &str, asserted: &[&str]) -> Outcome {
    ask(SqlSpec { query: query.into(), ..sql(&services::mysql()) }, asserted).await
}

#[tokio::test]
async fn the_first_cell_and_the_number_of_rows_are_facts() {
    for (text, asserted) in [
        ("SELECT 1", &["value == 1", "rows == 1"][..]),
        ("SELECT 'two words', 3 UNION ALL SELECT 'b', 4", &["rows == 2"]),
        ("SELECT database()", &["value == watchword"]),
        ("SELECT 'grün'", &["value == 'grün'"]),
        ("SELECT repeat('x', 300)", &["value length == 300"]),
        ("SELECT NULL", &["rows == 1", "not value exists"]),
        ("SELECT 1 FROM dual WHERE false", &["rows == 0", "not value exists"]),
        ("DO 1", &["rows == 0"]),
    ] {
        let outcome = query(text, asserted).await;
        assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""), "{text}");
    }
    let outcome = query("SELECT 1", &["value == 2"]).await;
    assert_eq!(outcome.reason, Reason::AssertionFailed, "{}", outcome.message);
}

#[tokio::test]
async fn the_login_works_with_tls_and_without_it() {
    for security in [Security::None, Security::StartTls, Security::Tls] {
        let outcome = ask(SqlSpec { security, ..sql(&services::mysql()) }, &[]).await;
        assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""), "{security:?}");
        assert_eq!(outcome.timings.tls_handshake.is_some(), security != Security::None);
        let wrong = SqlSpec { security, login: Some(login("watchword", "wrong-password")), ..sql(&services::mysql()) };
        let outcome = ask(wrong, &[]).await;
        assert_eq!(outcome.reason, Reason::AuthenticationFailed, "{}", outcome.message);
        assert!(!outcome.message.contains("wrong-password"), "{}", outcome.message);
    }
}

#[tokio::test]
async fn what_the_server_refuses_is_told_in_its_words() {
    let unknown = SqlSpec { database: Some("nowhere".into()), ..sql(&services::mysql()) };
    let outcome = ask(unknown, &[]).await;
    assert_eq!(outcome.reason, Reason::QueryFailed, "{}", outcome.message);
    assert!(outcome.message.contains("nowhere"), "{}", outcome.message);
    let outcome = query("SELECT * FROM nothing_here", &[]).await;
    assert_eq!(outcome.message, "the server refused: Table 'watchword.nothing_here' doesn't exist");
    let outcome = query("SELECT seq FROM seq_1_to_1001", &[]).await;
    assert!(outcome.message.starts_with("the query gives more than 1000 rows"), "{}", outcome.message);
    let outcome = query("SELECT repeat('x', 100000)", &[]).await;
    assert_eq!(outcome.message, "the answer is larger than 64 KiB: select less");
}

#[tokio::test]
async fn a_query_that_writes_fails_and_leaves_nothing() {
    for attempt in [
        "CREATE TABLE wrote (a int)",
        "SELECT 1; CREATE TABLE wrote (a int)",
        "COMMIT; CREATE TABLE wrote (a int)",
        "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE wrote",
        "BEGIN NOT ATOMIC COMMIT; START TRANSACTION; CREATE TABLE wrote (a int); END",
    ] {
        let outcome = query(attempt, &[]).await;
        assert_eq!(outcome.reason, Reason::QueryFailed, "{attempt}: {}", outcome.message);
    }
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'wrote'";
    let outcome = query(tables, &["value == 0"]).await;
    assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""));
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_given_up() {
    let spec = SqlSpec { query: "SELECT sleep(60)".into(), ..sql(&services::mysql()) };
    let outcome = run_settings(&settings(CheckSpec::Mysql(spec), &[]), &outbound(), SHORT).await;
    assert_eq!(outcome.reason, Reason::ResponseTimeout, "{}", outcome.message);
}

/// A key of the tests alone.
const KEY: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC5vzm1pYZ5k+V2RDwhb9dt6DUU
OkyQ03JGSy3fS9eFEJvpGpQittOgIlxyPtIgAyD1iVHEWTGZCkgkEmyOTovi5ifh
BSqfvbmTovwh6eVywKoXcqmakXKjd/T+lw3ckrN5qACJ8PHM1iYWtkOr0o5pTIkK
3nocZjPM9bz0kXQUTQIDAQAB
-----END PUBLIC KEY-----";

/// Greets as MySQL 8 does, wants the whole password under its key, and answers every query with one row of one cell.
/// What it was sent in place of the password goes to `sealed`.
async fn mysql_8(listener: TcpListener, sealed: oneshot::Sender<Vec<u8>>) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut greeting = b"\x0a8.4.2\0\x01\0\0\0abcdefgh\0\xff\xf7\x2d\x02\0\xff\xdf\x15".to_vec();
    greeting.extend_from_slice(b"\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0");
    send(&mut stream, 0, &greeting).await;
    let (_, login) = receive(&mut stream).await;
    assert!(login.windows(21).any(|text| text == b"caching_sha2_password"));
    send(&mut stream, 2, b"\x01\x04").await;
    assert_eq!(receive(&mut stream).await, (3, vec![2]));
    send(&mut stream, 4, format!("\x01{KEY}").as_bytes()).await;
    let (number, password) = receive(&mut stream).await;
    sealed.send(password).unwrap();
    send(&mut stream, number + 1, b"\0\0\0\x02\0\0\0").await;
    loop {
        match receive(&mut stream).await.1.as_slice() {
            [3, query @ ..] if query.starts_with(b"SELECT") => {
                let column = b"\x03def\0\0\0\x01a\0\x0c\x2d\0\x01\0\0\0\xfd\0\0\0\0\0";
                let packets: [&[u8]; 5] = [b"\x01", column, b"\xfe\0\0\x02\0", b"\x02ok", b"\xfe\0\0\x02\0"];
                for (number, packet) in (1..).zip(packets) {
                    send(&mut stream, number, packet).await;
                }
            }
            [3, ..] => send(&mut stream, 1, b"\0\0\0\x02\0\0\0").await,
            _ => return,
        }
    }
}

async fn send(stream: &mut TcpStream, number: u8, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    let packet = [&[length[0], length[1], length[2], number], payload].concat();
    stream.write_all(&packet).await.unwrap();
}

async fn receive(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let head = stream.read_u32_le().await.unwrap_or(0);
    let mut payload = vec![0; usize::try_from(head & 0xff_ffff).unwrap()];
    stream.read_exact(&mut payload).await.unwrap();
    (head.to_le_bytes()[3], payload)
}

#[tokio::test]
async fn a_password_goes_to_mysql_8_under_its_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = listener.local_addr().unwrap().to_string().parse().unwrap();
    let (sender, sealed) = oneshot::channel();
    let server = tokio::spawn(mysql_8(listener, sender));
    let spec = SqlSpec { login: Some(login("ada", "hunter2")), ..SqlSpec::new(endpoint) };
    let settings = settings(CheckSpec::Mysql(spec), &["value == ok", "rows == 1"]);
    let outcome = run_settings(&settings, &outbound(), AMPLE).await;
    assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""));
    let sealed = sealed.await.unwrap();
    assert_eq!(sealed.len(), 128);
    assert!(!sealed.windows(7).any(|text| text == b"hunter2"));
    server.await.unwrap();
}
