//! PostgreSQL, the real one.

use monitor_core::checks::{Security, SqlSpec};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use test_support::services;

use crate::databases::{login, probe, sql};
use crate::{SHORT, outbound, run_settings, settings};

async fn ask(spec: SqlSpec, asserted: &[&str]) -> Outcome {
    probe(CheckSpec::Postgres(spec), asserted).await
}

async fn query(query: &str, asserted: &[&str]) -> Outcome {
    ask(SqlSpec { query: query.into(), ..sql(&services::postgres()) }, asserted).await
}

#[tokio::test]
async fn the_first_cell_and_the_number_of_rows_are_facts() {
    for (text, asserted) in [
        ("SELECT 1", &["value == 1", "rows == 1"][..]),
        ("SELECT 'two words', 3 UNION ALL SELECT 'b', 4", &["rows == 2"]),
        ("SELECT now() > 'epoch'::timestamptz", &["value == t"]),
        ("SELECT '{\"a\": 1}'::jsonb", &["value contains a"]),
        ("SELECT NULL", &["rows == 1", "not value exists"]),
        ("SELECT 1 WHERE false", &["rows == 0", "not value exists"]),
        ("SHOW server_encoding", &["value == UTF8"]),
        ("-- nothing", &["rows == 0"]),
        ("SELECT 1;", &["value == 1"]),
    ] {
        let outcome = query(text, asserted).await;
        assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""), "{text}");
        assert!(outcome.response_bytes > 0 && outcome.timings.time_to_first_byte.is_some(), "{text}");
    }
    let outcome = query("SELECT 1", &["value == 2"]).await;
    assert_eq!(outcome.reason, Reason::AssertionFailed, "{}", outcome.message);
}

#[tokio::test]
async fn a_password_is_proven_by_scram_within_tls() {
    let spec = SqlSpec { security: Security::StartTls, ..sql(&services::postgres_tls()) };
    let outcome = ask(SqlSpec { query: "SELECT current_user".into(), ..spec.clone() }, &["value == monitor"]).await;
    assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""));
    assert!(outcome.timings.tls_handshake.is_some() && outcome.details.certificate_not_after.is_some());

    let wrong = SqlSpec { login: Some(login("monitor", "wrong-password")), ..spec.clone() };
    let outcome = ask(wrong, &[]).await;
    assert_eq!(outcome.reason, Reason::AuthenticationFailed, "{}", outcome.message);
    assert!(!outcome.message.contains("wrong-password"), "{}", outcome.message);

    let plain = ask(SqlSpec { security: Security::None, ..spec }, &[]).await;
    assert_eq!(plain.reason, Reason::AuthenticationFailed, "{}", plain.message);
}

#[tokio::test]
async fn what_the_server_refuses_is_told_in_its_words() {
    let unknown = SqlSpec { database: Some("nowhere".into()), ..sql(&services::postgres()) };
    let outcome = ask(unknown, &[]).await;
    assert_eq!(outcome.reason, Reason::QueryFailed);
    assert_eq!(outcome.message, "the server refused: database \"nowhere\" does not exist");
    let outcome = query("SELECT * FROM nothing_here", &[]).await;
    assert_eq!(outcome.message, "the server refused: relation \"nothing_here\" does not exist");
    let outcome = query("SELECT generate_series(1, 1001)", &[]).await;
    assert!(outcome.message.starts_with("the query gives more than 1000 rows"), "{}", outcome.message);
    assert_eq!(query("SELECT generate_series(1, 1000)", &["rows == 1000"]).await.reason, Reason::Ok);
    let outcome = query("SELECT repeat('x', 100000)", &[]).await;
    assert_eq!(outcome.message, "the answer is larger than 64 KiB: select less");
    let outcome = query("COPY (SELECT 1) TO STDOUT", &[]).await;
    assert_eq!(outcome.reason, Reason::QueryFailed, "{}", outcome.message);
}

#[tokio::test]
async fn a_query_that_writes_fails_and_leaves_nothing() {
    for attempt in [
        "CREATE TABLE watchword_wrote (a int)",
        "BEGIN; CREATE TABLE watchword_wrote (a int); COMMIT",
        "COMMIT; CREATE TABLE watchword_wrote (a int)",
        "ROLLBACK; CREATE TABLE watchword_wrote (a int)",
        "SET TRANSACTION READ WRITE; CREATE TABLE watchword_wrote (a int)",
        "DO $$ BEGIN COMMIT; CREATE TABLE watchword_wrote (a int); COMMIT; END $$",
        "DO $$ BEGIN PERFORM set_config('transaction_read_only', 'off', false); CREATE TABLE watchword_wrote (a int); END $$",
    ] {
        let outcome = query(attempt, &[]).await;
        assert_eq!(outcome.reason, Reason::QueryFailed, "{attempt}: {}", outcome.message);
    }
    // Each is one statement, does nothing that stays, and ends with its connection.
    for harmless in ["COMMIT", "ROLLBACK", "SET TRANSACTION READ WRITE"] {
        query(harmless, &[]).await;
    }
    let outcome = query("SELECT to_regclass('watchword_wrote') IS NULL", &["value == t"]).await;
    assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""));
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_given_up() {
    let spec = SqlSpec { query: "SELECT pg_sleep(60)".into(), ..sql(&services::postgres()) };
    let outcome = run_settings(&settings(CheckSpec::Postgres(spec), &[]), &outbound(), SHORT).await;
    assert_eq!(outcome.reason, Reason::ResponseTimeout, "{}", outcome.message);
}
