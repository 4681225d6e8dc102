//! Logins against servers that compute for themselves what a right login has to be.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md4::Digest;
use monitor_core::Timestamp;
use monitor_core::http::{Auth, Body, HttpSpec};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use monitor_core::secret::Secret;
use probes::Check;
use test_support::targets::{Misbehaviour, Received, answering, misbehaving};

use crate::scripted::{answer, scripted};
use crate::{AMPLE, SHORT, outbound, plain, run, run_settings, run_with, settings, spec, told, url_of};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn with_auth(url: &str, auth: Auth) -> HttpSpec {
    let mut spec = spec(url);
    spec.auth = Some(auth);
    spec
}

fn digest(password: &str) -> Auth {
    Auth::Digest { user: "Ada \"L\"".into(), password: Secret::new(password) }
}

/// The value of a field of `Authorization: Digest`.
fn field(header: &str, name: &str) -> String {
    let start = header.find(&format!("{name}=")).unwrap() + name.len() + 1;
    let rest = &header[start..];
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap().to_owned(),
        None => rest.split(',').next().unwrap().to_owned(),
    }
}

/// A server that wants Digest by SHA-256 or MD5, and closes its connection after the challenge where `close` says so.
fn digest_server(algorithm: &'static str, close: bool) -> impl Fn(usize, &Received) -> String {
    let hash = move |text: String| match algorithm {
        "MD5" => hex(&md5::Md5::digest(text)),
        _ => hex(&sha2::Sha256::digest(text)),
    };
    move |_, request| {
        let Some(header) = request.header("authorization") else {
            let challenge = format!(
                r#"WWW-Authenticate: Basic realm="b", Digest realm="a, b", nonce="n{algorithm}", qop="auth", algorithm={algorithm}, opaque="o""#
            );
            let closing = if close { "Connection: close" } else { "X: y" };
            return answer("401 Unauthorized", &[&challenge, closing], "who?");
        };
        let (method, path) = request.request_line().split_once(' ').unwrap();
        let path = path.split(' ').next().unwrap();
        let ha1 = hash(r#"Ada "L":a, b:hunter2"#.to_owned());
        let ha2 = hash(format!("{method}:{path}"));
        let right = hash(format!("{ha1}:n{algorithm}:00000001:{}:auth:{ha2}", field(header, "cnonce")));
        let user = header.contains(r#"username="Ada \"L\"""#);
        let same =
            user && field(header, "uri") == path && field(header, "opaque") == "o" && field(header, "nc") == "00000001";
        match same && field(header, "response") == right && request.body == b"data" {
            true => answer("200 OK", &[], "welcome"),
            false => answer("401 Unauthorized", &[r#"WWW-Authenticate: Digest realm="a, b", nonce="x""#], header),
        }
    }
}

#[tokio::test]
async fn digest_answers_the_challenge() {
    for (algorithm, close) in [("MD5", false), ("MD5", true), ("SHA-256", false)] {
        let target = scripted(digest_server(algorithm, close)).await;
        let mut spec = with_auth(&format!("{}a%20b?c=d,e", target.url()), digest("hunter2"));
        spec.method = "POST".into();
        spec.body = Some(Body::Text("data".into()));
        let outcome = run(spec.clone()).await;
        assert_eq!((told(&outcome).as_str(), outcome.response_bytes), ("ok", 7), "{algorithm}");
        spec.auth = Some(digest("wrong"));
        assert_eq!(told(&run(spec).await), "unexpected_status: answered 401 Unauthorized, expected 200..299");
    }
}

#[tokio::test]
async fn a_login_that_is_not_offered_is_told() {
    let challenge = r#"WWW-Authenticate: Basic realm="x", Negotiate"#;
    let target = scripted(move |_, _| answer("401 Unauthorized", &[challenge], "")).await;
    for (auth, name) in [
        (digest("x"), "Digest (MD5 or SHA-256, auth)"),
        (Auth::Ntlm { user: "ada".into(), password: Secret::new("x") }, "NTLM"),
    ] {
        let message =
            format!("authentication_failed: the target does not offer {name} as a login, but Basic, Negotiate");
        assert_eq!(told(&run(with_auth(&target.url(), auth)).await), message);
    }
    let open = answering(test_support::targets::Answer::ok("")).await;
    assert_eq!(run(with_auth(&open.url(), digest("x"))).await.reason, Reason::Ok);
    assert_eq!(open.requests(), 1);
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hmac_md5(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<md5::Md5>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// The second message of NTLM: the challenge `01…08`, and a target info that names a domain.
fn ntlm_challenge() -> String {
    let info = [&[2, 0, 4, 0][..], &utf16("AD"), &[0; 4]].concat();
    let length = u8::try_from(info.len()).unwrap();
    let head =
        [b"NTLMSSP\0\x02\0\0\0\0\0\0\0\x30\0\0\0", &[0x05, 0x82, 0x88, 0xa2][..], &[1, 2, 3, 4, 5, 6, 7, 8], &[0; 8]];
    BASE64_STANDARD.encode([head.concat(), vec![length, 0, length, 0, 0x30, 0, 0, 0], info].concat())
}

/// Whether the third message proves the password `hunter2` of `CORP\Ada`.
fn ntlm_is_right(message: &[u8]) -> bool {
    let field = |at: usize| {
        let length = usize::from(u16::from_le_bytes([message[at], message[at + 1]]));
        let offset = usize::try_from(u32::from_le_bytes(message[at + 4..at + 8].try_into().unwrap())).unwrap();
        &message[offset..offset + length]
    };
    let key = hmac_md5(&md4::Md4::digest(utf16("hunter2")), &[utf16("ADA"), utf16("CORP")].concat());
    let (proof, claim) = field(20).split_at(16);
    field(28) == utf16("CORP")
        && field(36) == utf16("Ada")
        && proof == hmac_md5(&key, &[&[1, 2, 3, 4, 5, 6, 7, 8], claim].concat())
}

#[tokio::test]
async fn ntlm_logs_in_on_one_connection() {
    let challenged = Arc::new(Mutex::new(None));
    let target = scripted(move |connection, request| {
        let token = request.header("authorization").and_then(|header| header.strip_prefix("NTLM "));
        let message = token.map(|token| BASE64_STANDARD.decode(token).unwrap()).unwrap_or_default();
        match message.get(8) {
            Some(1) => {
                assert_eq!(request.body, b"");
                *challenged.lock().unwrap() = Some(connection);
                let challenge = format!("WWW-Authenticate: NTLM {}", ntlm_challenge());
                answer("401 Unauthorized", &["WWW-Authenticate: Negotiate", &challenge], "who?")
            }
            Some(3) => {
                let same = *challenged.lock().unwrap() == Some(connection);
                match same && ntlm_is_right(&message) && request.body == b"data" {
                    true => answer("200 OK", &[], "welcome"),
                    false => answer("401 Unauthorized", &["WWW-Authenticate: NTLM"], ""),
                }
            }
            _ => answer("401 Unauthorized", &["WWW-Authenticate: NTLM"], ""),
        }
    })
    .await;
    let ntlm = |password: &str| Auth::Ntlm { user: r"CORP\Ada".into(), password: Secret::new(password) };
    let mut spec = with_auth(&target.url(), ntlm("hunter2"));
    spec.method = "POST".into();
    spec.body = Some(Body::Text("data".into()));
    assert_eq!(told(&run(spec.clone()).await), "ok");
    spec.auth = Some(ntlm("wrong"));
    assert_eq!(told(&run(spec).await), "unexpected_status: answered 401 Unauthorized, expected 200..299");
    let broken = scripted(|_, _| answer("401 Unauthorized", &["WWW-Authenticate: NTLM AAAA"], "")).await;
    let message = "authentication_failed: the target offers NTLM, but its challenge cannot be read";
    assert_eq!(told(&run(with_auth(&broken.url(), ntlm("x"))).await), message);
}

/// An issuer of tokens `t1`, `t2`, … that last `life` seconds.
async fn issuer(life: u32, in_body_only: bool) -> (crate::scripted::Scripted, Arc<AtomicUsize>) {
    let given = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&given);
    let server = scripted(move |_, request| {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let get = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        // `a:b` and `s&3`, each encoded like a form.
        let by_header = request.header("authorization") == Some("Basic YSUzQWI6cyUyNjM=");
        let by_body = get("client_id") == Some("a:b") && get("client_secret") == Some("s&3");
        let known = if in_body_only { by_body } else { by_header };
        let asked = get("grant_type") == Some("client_credentials") && get("scope") == Some("read write");
        if !known || !asked || request.request_line() != "POST /token HTTP/1.1" {
            return answer("401 Unauthorized", &[], r#"{"error":"invalid_client"}"#);
        }
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        answer("200 OK", &[], &format!(r#"{{"access_token":"t{number}","token_type":"Bearer","expires_in":{life}}}"#))
    });
    (server.await, given)
}

fn oauth2(issuer: &str, client_secret: &str) -> Auth {
    Auth::OAuth2 {
        token_url: format!("{issuer}token").parse().unwrap(),
        client_id: "a:b".into(),
        client_secret: Secret::new(client_secret),
        scope: "read write".into(),
    }
}

async fn check(spec: &HttpSpec, outbound: &probes::Outbound) -> Outcome {
    let check = Check::compile(&settings(CheckSpec::Http(spec.clone()), &[])).unwrap();
    probes::run(&check, outbound, Timestamp::from_millis(7), AMPLE).await
}

#[tokio::test]
async fn a_token_is_fetched_once_and_again_when_it_is_refused_or_old() {
    for in_body_only in [false, true] {
        let (issuer, given) = issuer(3_600, in_body_only).await;
        let good = Arc::new(Mutex::new("Bearer t1".to_owned()));
        let accepted = Arc::clone(&good);
        let target = scripted(move |_, request| match request.header("authorization") {
            Some(token) if *token == *accepted.lock().unwrap() => answer("200 OK", &[], "welcome"),
            _ => answer("401 Unauthorized", &[], ""),
        });
        let target = target.await;
        let spec = with_auth(&target.url(), oauth2(&issuer.url(), "s&3"));
        let outbound = outbound();
        for _ in 0..3 {
            assert_eq!(told(&check(&spec, &outbound).await), "ok");
        }
        assert_eq!(given.load(Ordering::SeqCst), 1);
        // What was kept is refused: one new token is had. When that is refused too, so is the check.
        *good.lock().unwrap() = "Bearer t2".to_owned();
        assert_eq!(told(&check(&spec, &outbound).await), "ok");
        *good.lock().unwrap() = "Bearer none".to_owned();
        assert_eq!(check(&spec, &outbound).await.reason, Reason::UnexpectedStatus);
        assert_eq!(given.load(Ordering::SeqCst), 3);
    }
    let (issuer, given) = issuer(0, false).await;
    let target = answering(test_support::targets::Answer::ok("")).await;
    let (spec, outbound) = (with_auth(&target.url(), oauth2(&issuer.url(), "s&3")), outbound());
    for _ in 0..2 {
        assert_eq!(told(&check(&spec, &outbound).await), "ok");
    }
    assert_eq!(given.load(Ordering::SeqCst), 2);
    assert_eq!(target.last_request().header("authorization"), Some("Bearer t2"));
}

#[tokio::test]
async fn checks_that_start_together_fetch_one_token() {
    let (issuer, given) = issuer(3_600, false).await;
    let target = answering(test_support::targets::Answer::ok("")).await;
    let (spec, outbound) = (with_auth(&target.url(), oauth2(&issuer.url(), "s&3")), outbound());
    let (a, b) = tokio::join!(check(&spec, &outbound), check(&spec, &outbound));
    assert_eq!((a.reason, b.reason, given.load(Ordering::SeqCst)), (Reason::Ok, Reason::Ok, 1));
}

#[tokio::test]
async fn without_a_token_the_target_is_not_asked() {
    let target = answering(test_support::targets::Answer::ok("")).await;
    let (issuer, _) = issuer(3_600, false).await;
    let outcome = run(with_auth(&target.url(), oauth2(&issuer.url(), "wrong"))).await;
    let message = format!("token_failed: no token from {}token: it answered 401 (invalid_client)", issuer.url());
    assert_eq!(told(&outcome), message);
    let silent = test_support::targets::misbehaving::never_answers().await;
    let outcome = run_with(with_auth(&target.url(), oauth2(&silent.url(), "x")), &outbound(), SHORT).await;
    assert_eq!(outcome.reason, Reason::ResponseTimeout);
    assert!(outcome.message.ends_with(" while asking for a token"), "{}", outcome.message);
    for body in ["", "{}", r#"{"access_token":""}"#, r#"{"access_token":"a b"}"#, r#"{"access_token":7}"#] {
        let issuer = scripted(move |_, _| answer("200 OK", &[], body)).await;
        let outcome = run(with_auth(&target.url(), oauth2(&issuer.url(), "x"))).await;
        assert!(told(&outcome).ends_with("token: its answer holds no token"), "{}", told(&outcome));
    }
    let outcome = run(with_auth(&target.url(), oauth2("http://169.254.169.254/", "x"))).await;
    assert_eq!(outcome.reason, Reason::AddressRefused);
    assert_eq!(target.requests(), 0);
}

#[tokio::test]
async fn the_way_to_the_issuer_keeps_its_own_reasons() {
    let target = answering(test_support::targets::Answer::ok("")).await;
    let by = |issuer: String| run(with_auth(&target.url(), oauth2(&issuer, "x")));
    let (refuses, closes) = (misbehaving(Misbehaviour::Refuses).await, misbehaving(Misbehaviour::Closes).await);
    for (issuer, reason) in [
        (url_of(refuses.addr()), "connection_refused"),
        (url_of(closes.addr()), "connection_reset"),
        ("http://nothing.invalid/".to_owned(), "dns_"),
    ] {
        let outcome = by(issuer).await;
        assert!(outcome.reason.code().starts_with(reason), "{}", told(&outcome));
        assert!(outcome.message.ends_with(" while asking for a token"), "{}", outcome.message);
    }
    // An answer that is no token is the issuer's doing.
    let garbage = misbehaving(Misbehaviour::GARBAGE).await;
    let outcome = by(url_of(garbage.addr())).await;
    assert_eq!((outcome.reason, target.requests()), (Reason::TokenFailed, 0), "{}", outcome.message);
}

#[tokio::test]
async fn a_token_that_is_sent_back_is_not_told() {
    let (issuer, _) = issuer(3_600, false).await;
    let token = scripted(|_, request| answer("200 OK", &[], request.header("authorization").unwrap())).await;
    let spec = with_auth(&token.url(), oauth2(&issuer.url(), "s&3"));
    let never = settings(CheckSpec::Http(spec), &["body matches /^never$/"]);
    let outcome = run_settings(&never, &outbound(), AMPLE).await;
    assert_eq!(outcome.message, "expected body matches /^never$/, saw “Bearer ***”");
}

fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[tokio::test]
async fn requests_are_signed_for_aws() {
    let target = scripted(|_, request| {
        let time = request.header("x-amz-date").unwrap();
        let names = "content-type;host;x-amz-date;x-own";
        let headers = names.split(';').map(|name| format!("{name}:{}\n", request.header(name).unwrap()));
        let canonical = format!(
            "POST\n/items\na=1&b=%C3%A4\n{}\n{names}\n{}",
            headers.collect::<String>(),
            hex(&sha2::Sha256::digest(&request.body))
        );
        let scope = format!("{}/eu-central-1/execute-api/aws4_request", &time[..8]);
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&sha2::Sha256::digest(canonical)));
        let key = scope.split('/').fold(b"AWS4hunter2".to_vec(), |key, part| hmac_sha256(&key, part));
        let signature = hex(&hmac_sha256(&key, &text));
        let expected =
            format!("AWS4-HMAC-SHA256 Credential=AKID/{scope}, SignedHeaders={names}, Signature={signature}");
        match request.header("authorization") == Some(expected.as_str()) {
            true => answer("200 OK", &[], ""),
            false => answer("403 Forbidden", &[], ""),
        }
    })
    .await;
    let sigv4 = |secret: &str| Auth::SigV4 {
        access_key: "AKID".into(),
        secret_key: Secret::new(secret),
        region: "eu-central-1".into(),
        service: "execute-api".into(),
    };
    let mut spec = with_auth(&format!("{}items?b=ä&a=1", target.url()), sigv4("hunter2"));
    spec.method = "POST".into();
    spec.body = Some(Body::Json(serde_json::json!({"a": 1})));
    spec.headers = vec![plain("X-Own", "7")];
    assert_eq!(told(&run(spec.clone()).await), "ok");
    spec.auth = Some(sigv4("wrong"));
    assert_eq!(told(&run(spec).await), "unexpected_status: answered 403 Forbidden, expected 200..299");
}

#[tokio::test]
async fn no_login_leaves_its_origin() {
    let other = answering(test_support::targets::Answer::ok("")).await;
    let (issuer, _) = issuer(3_600, false).await;
    for auth in [
        digest("x"),
        Auth::Ntlm { user: "ada".into(), password: Secret::new("x") },
        oauth2(&issuer.url(), "s&3"),
        Auth::SigV4 {
            access_key: "AKID".into(),
            secret_key: Secret::new("x"),
            region: "r".into(),
            service: "s3".into(),
        },
    ] {
        let location = format!("Location: {}", other.url());
        let start = scripted(move |_, _| answer("307 Temporary Redirect", &[&location], "")).await;
        assert_eq!(told(&run(with_auth(&start.url(), auth)).await), "ok");
        let request = other.last_request();
        assert_eq!((request.header("authorization"), request.header("x-amz-date")), (None, None));
    }
}
