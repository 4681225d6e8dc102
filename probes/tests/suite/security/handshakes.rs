//! Old protocols and weak suites, of servers of three makes: rustls and OpenSSL, and tlslite-ng for what those have forgotten.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use monitor_core::security::observed::{Active, Depth};
use tempfile::TempDir;
use test_support::services;
use test_support::targets::tls;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use super::looked;
use crate::{outbound, services_outbound};

async fn active(url: &str) -> Active {
    looked(url, Depth::Active, &outbound()).await.unwrap().active.unwrap()
}

/// A certificate with an RSA key, as old servers have them.
async fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"]);
    let made = command.arg("-keyout").arg(&key).arg("-out").arg(&certificate).output().await.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (certificate, key)
}

/// A server of another program, which ends with the test.
pub(super) struct Server {
    pub(super) url: String,
    _child: Child,
    _folder: TempDir,
}

/// Waits for the line that tells the port, after that `start`; a server that ends without it fails the test.
async fn port(output: impl AsyncRead + Unpin, start: &str) -> String {
    let mut lines = BufReader::new(output).lines();
    loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if let Some(port) = line.strip_prefix(start).filter(|port| port.parse::<u16>().is_ok()) {
            return port.to_owned();
        }
    }
}

pub(super) async fn openssl(options: &[&str]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path()).await;
    let mut command = Command::new("openssl");
    command.args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "100", "-www", "-cert"]).arg(certificate);
    command.arg("-key").arg(key).args(options).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let port = port(child.stdout.take().unwrap(), "ACCEPT 127.0.0.1:").await;
    Server { url: format!("https://127.0.0.1:{port}/"), _child: child, _folder: folder }
}

async fn tlslite(newest: &str, ciphers: &str, anonymous: bool) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path()).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-support/clients/tls/old.py");
    let mut command = Command::new(services::python());
    command.arg(script).arg(certificate).arg(key).args([newest, ciphers]).args(anonymous.then_some("anon"));
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let port = port(child.stdout.take().unwrap(), "").await;
    Server { url: format!("https://127.0.0.1:{port}/"), _child: child, _folder: folder }
}

fn texts(texts: &[&str]) -> Result<Vec<String>, String> {
    Ok(texts.iter().map(|text| (*text).to_owned()).collect())
}

#[tokio::test]
async fn a_server_that_has_kept_old_protocols_is_seen_to_take_them() {
    let server = openssl(&["-min_protocol", "TLSv1", "-cipher", "ALL:eNULL:@SECLEVEL=0"]).await;
    let seen = active(&server.url).await;
    assert_eq!(seen.protocols, texts(&["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]));
    let weak = seen.weak_ciphers.unwrap();
    for sort in ["_WITH_NULL_", "_anon_WITH_AES_", "TLS_RSA_WITH_AES_"] {
        assert!(weak.iter().any(|suite| suite.contains(sort)), "{sort}: {weak:?}");
    }
    assert!(!weak.iter().any(|suite| suite.contains("RC4") || suite.contains("DES")), "{weak:?}");
}

#[tokio::test]
async fn a_server_with_one_old_protocol_alone_is_seen_to_take_it_and_nothing_else_can_be_seen() {
    let server = openssl(&["-tls1_1", "-cipher", "AES128-SHA:@SECLEVEL=0"]).await;
    let seen = looked(&server.url, Depth::Active, &outbound()).await.unwrap();
    assert_eq!(seen.hops, []);
    assert!(seen.tls.unwrap().unwrap_err().contains("TLS"));
    let active = seen.active.unwrap();
    assert_eq!(active.protocols, texts(&["TLSv1.1"]));
    assert_eq!(active.weak_ciphers, texts(&["TLS_RSA_WITH_AES_128_CBC_SHA"]));
    assert!(active.cut_short.is_some());
}

#[tokio::test]
async fn a_server_of_today_takes_nothing_weak() {
    let (new, sound) = tokio::join!(openssl(&["-tls1_3"]), openssl(&["-no_tls1_3", "-cipher", "ECDHE+AESGCM"]));
    let (new, sound) = tokio::join!(active(&new.url), active(&sound.url));
    assert_eq!((new.protocols, new.weak_ciphers), (texts(&["TLSv1.3"]), texts(&[])));
    assert_eq!((sound.protocols, sound.weak_ciphers), (texts(&["TLSv1.2"]), texts(&[])));
}

#[tokio::test]
async fn nginx_is_seen_as_it_is_configured() {
    let seen = looked(&services::nginx(), Depth::Active, &services_outbound()).await.unwrap();
    assert_eq!(seen.tls.unwrap().unwrap().untrusted, None);
    let active = seen.active.unwrap();
    assert_eq!(active.protocols, texts(&["TLSv1.2", "TLSv1.3"]));
    assert!(active.weak_ciphers.unwrap().iter().all(|suite| suite.starts_with("TLS_RSA_WITH_")));
    assert_eq!((active.exposed, active.methods, active.cut_short), (Vec::new(), Vec::new(), None));
}

#[tokio::test]
async fn what_no_library_of_today_speaks_is_seen_as_well() {
    for (newest, ciphers, anonymous, protocols, weak) in [
        ("0", "rc4", false, &["SSLv3"][..], &["TLS_RSA_WITH_RC4_128_SHA"][..]),
        ("1", "3des", false, &["SSLv3", "TLSv1.0"], &["TLS_RSA_WITH_3DES_EDE_CBC_SHA"]),
        ("3", "null", false, &["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2"], &["TLS_RSA_WITH_NULL_MD5"]),
        ("3", "aes128", true, &["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2"], &["TLS_DH_anon_WITH_AES_128_CBC_SHA"]),
    ] {
        let server = tlslite(newest, ciphers, anonymous).await;
        let seen = looked(&server.url, Depth::Active, &outbound()).await.unwrap().active.unwrap();
        assert_eq!(seen.protocols, texts(protocols), "{ciphers}");
        assert_eq!(seen.weak_ciphers, texts(weak), "{ciphers}");
    }
}

#[tokio::test]
async fn a_server_that_closes_at_once_is_not_said_to_be_safe() {
    let closes = tls::closes().await;
    let seen = looked(&closes.url(), Depth::Active, &outbound()).await;
    assert!(seen.is_err(), "{seen:?}");
}
