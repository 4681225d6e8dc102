//! Redis, the real one.

use monitor_core::checks::RedisSpec;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use test_support::services;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::databases::{login, place, probe};

fn at(url: &str) -> RedisSpec {
    let (endpoint, login) = place(url);
    RedisSpec { tls: url.starts_with("rediss"), login: Some(login), ..RedisSpec::new(endpoint) }
}

async fn ask(spec: RedisSpec, asserted: &[&str]) -> Outcome {
    probe(CheckSpec::Redis(spec), asserted).await
}

async fn command(command: &str, asserted: &[&str]) -> Outcome {
    ask(RedisSpec { command: command.into(), database: 3, ..at(&services::redis()) }, asserted).await
}

/// Writes what a check may not, with commands in the server's plain form.
#[expect(clippy::disallowed_methods, reason = "the test's own server")]
async fn written(commands: &str) {
    let (endpoint, login) = place(&services::redis());
    let mut stream = TcpStream::connect((endpoint.host.to_string(), endpoint.port)).await.unwrap();
    let all = format!("AUTH {} {}\r\nSELECT 3\r\n{commands}QUIT\r\n", login.user, login.password.expose());
    stream.write_all(all.as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    assert!(!answers.contains('-'), "{answers}");
}

#[tokio::test]
async fn the_answer_to_a_command_is_a_fact() {
    written("SET watchword:a 7\r\n").await;
    for (text, asserted) in [
        ("PING", &["value == PONG"][..]),
        ("GET watchword:a", &["value == 7", "rows == 1"]),
        ("GET watchword:none", &["rows == 0", "not value exists"]),
        ("DBSIZE", &["value >= 1"]),
        ("MGET watchword:a watchword:none", &["rows == 2", "value == 7"]),
        ("LRANGE watchword:none 0 9", &["rows == 0"]),
        ("INFO server", &["value contains redis_version"]),
    ] {
        let outcome = command(text, asserted).await;
        assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""), "{text}");
    }
    assert_eq!(command("PING", &["value == PANG"]).await.reason, Reason::AssertionFailed);
}

#[tokio::test]
async fn the_login_works_with_tls_and_without_it() {
    for url in [services::redis(), services::redis_tls()] {
        let outcome = ask(at(&url), &[]).await;
        assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""), "{url}");
        let password_alone = RedisSpec { login: Some(login("", services::PASSWORD)), ..at(&url) };
        assert_eq!(ask(password_alone, &[]).await.reason, Reason::Ok, "{url}");
        let wrong = RedisSpec { login: Some(login("watchword", "wrong-password")), ..at(&url) };
        let outcome = ask(wrong, &[]).await;
        assert_eq!(outcome.reason, Reason::AuthenticationFailed, "{}", outcome.message);
        assert!(!outcome.message.contains("wrong-password"), "{}", outcome.message);
        let nobody = ask(RedisSpec { login: None, ..at(&url) }, &[]).await;
        assert_eq!(nobody.message, "the server refused the login: NOAUTH Authentication required.");
    }
}

#[tokio::test]
async fn what_the_server_refuses_is_told_in_its_words() {
    let outcome = command("SENTINEL MASTER shop", &[]).await;
    assert_eq!(outcome.reason, Reason::QueryFailed);
    assert!(outcome.message.starts_with("the server refused: ERR unknown command"), "{}", outcome.message);
    let outcome = ask(RedisSpec { database: 9999, ..at(&services::redis()) }, &[]).await;
    assert_eq!(outcome.message, "the server refused: ERR DB index is out of range");
    let outcome = command("LRANGE", &[]).await;
    assert_eq!(outcome.reason, Reason::QueryFailed, "{}", outcome.message);
}
