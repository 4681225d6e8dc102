use monitor_core::checks::{Endpoint, Login, MailSpec, Security};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use monitor_core::secret::Secret;
use test_support::services::{PASSWORD, USER, smtp, smtp_tls};
use test_support::targets::upgrade::Upgrade;
use test_support::targets::{Misbehaviour, misbehaving};
use url::Url;

use crate::wrongs::{a_name_that_does_not_exist, bad_certificates, targets_that_misbehave};
use crate::{AMPLE, outbound, run_settings, services_outbound, settings, told};

/// Where a real server listens, by its name, which its certificate is for.
fn endpoint(url: &str) -> Endpoint {
    Endpoint::parse(&format!("localhost:{}", Url::parse(url).unwrap().port().unwrap()), None).unwrap()
}

fn login(password: &str) -> Option<Login> {
    Some(Login { user: USER.into(), password: Secret::new(password) })
}

async fn run(spec: MailSpec, assertions: &[&str]) -> Outcome {
    run_settings(&settings(CheckSpec::Smtp(spec), assertions), &services_outbound(), AMPLE).await
}

#[tokio::test]
async fn a_mail_server_greets() {
    let spec = MailSpec::new(endpoint(&smtp()), Security::None);
    let outcome = run(spec, &["banner contains \"ESMTP Exim\"", "latency < 10s"]).await;
    assert_eq!(told(&outcome), "ok");
    assert_eq!(outcome.details.protocol.as_deref(), Some("SMTP"));
    assert!(outcome.timings.time_to_first_byte.is_some());
    assert_eq!(outcome.timings.tls_handshake, None);
}

#[tokio::test]
async fn the_certificate_is_seen_behind_starttls_and_within_tls() {
    for (url, security) in [(smtp(), Security::StartTls), (smtp_tls(), Security::Tls)] {
        let outcome = run(MailSpec::new(endpoint(&url), security), &["certificate.days > 0"]).await;
        assert_eq!(told(&outcome), "ok", "{security:?}");
        assert!(outcome.details.certificate_not_after.is_some());
        assert!(outcome.timings.tls_handshake.is_some());
    }
}

#[tokio::test]
async fn a_login_is_accepted_or_refused() {
    for (url, security) in [(smtp(), Security::StartTls), (smtp_tls(), Security::Tls)] {
        let with = |password| MailSpec { login: login(password), ..MailSpec::new(endpoint(&url), security) };
        let outcome = run(with(PASSWORD), &[]).await;
        assert_eq!(told(&outcome), "ok", "{security:?}");
        let outcome = run(with("wrong"), &[]).await;
        assert_eq!(outcome.reason, Reason::AuthenticationFailed, "{security:?}");
        assert!(outcome.message.contains("535"), "{}", outcome.message);
    }
    // In the clear this server offers no login.
    let spec = MailSpec { login: login(PASSWORD), ..MailSpec::new(endpoint(&smtp()), Security::None) };
    let outcome = run(spec, &[]).await;
    assert_eq!(outcome.reason, Reason::AuthenticationFailed);
    assert_eq!(outcome.message, "the server offers no login by PLAIN or LOGIN");
}

#[tokio::test]
async fn a_server_without_starttls_is_told_so() {
    let target = misbehaving(Misbehaviour::Hangs(b"220 mail.example\r\n250-mail.example\r\n250 SIZE 1000\r\n")).await;
    let spec = MailSpec::new(Endpoint::parse(&target.addr().to_string(), None).unwrap(), Security::StartTls);
    let outcome = run_settings(&settings(CheckSpec::Smtp(spec), &[]), &outbound(), AMPLE).await;
    assert_eq!(outcome.reason, Reason::StarttlsMissing);
    assert_eq!(outcome.message, "the server does not offer STARTTLS");
}

#[tokio::test]
async fn what_is_said_before_tls_is_not_taken_for_what_is_said_within() {
    let injected = b"220 mail.example\r\n250-mail.example\r\n250 STARTTLS\r\n220 go ahead\r\n250 injected\r\n";
    let target = misbehaving(Misbehaviour::Hangs(injected)).await;
    let spec = MailSpec::new(Endpoint::parse(&target.addr().to_string(), None).unwrap(), Security::StartTls);
    let outcome = run_settings(&settings(CheckSpec::Smtp(spec), &[]), &outbound(), AMPLE).await;
    assert_eq!(outcome.reason, Reason::ProtocolMismatch);
    assert_eq!(outcome.message, "the target goes on in the clear after it has agreed to TLS");
}

#[tokio::test]
async fn a_login_that_the_target_sends_back_is_not_shown() {
    // `\0watchword\0hunter2` in base64, as it is sent.
    let echo =
        b"220 mail.example hunter2\r\n250-mail.example\r\n250 AUTH PLAIN\r\n535 AHdhdGNod29yZABodW50ZXIy hunter2\r\n";
    let target = misbehaving(Misbehaviour::Hangs(echo)).await;
    let endpoint = Endpoint::parse(&target.addr().to_string(), None).unwrap();
    let spec = MailSpec { login: login("hunter2"), ..MailSpec::new(endpoint, Security::None) };
    let outcome = run_settings(&settings(CheckSpec::Smtp(spec), &[]), &outbound(), AMPLE).await;
    assert_eq!(outcome.reason, Reason::AuthenticationFailed);
    assert_eq!(outcome.message, "the server answers the login with “535 *** ***”");
    assert_eq!(outcome.details.found, [("banner".to_owned(), "mail.example ***".to_owned())]);
}

#[tokio::test]
async fn targets_that_are_no_mail_servers_fail_with_their_reason() {
    let spec = |endpoint| CheckSpec::Smtp(MailSpec::new(endpoint, Security::None));
    targets_that_misbehave(
        spec,
        &[
            (Misbehaviour::Sends(b"220 mail.exa"), Reason::ConnectionReset),
            (Misbehaviour::Hangs(b"220-mail.example\r\n220"), Reason::ResponseTimeout),
            (Misbehaviour::Hangs(b"220 mail.example\r\n250-mail"), Reason::BodyTimeout),
            (Misbehaviour::Hangs(b"554 no service here\r\n"), Reason::UnexpectedAnswer),
            (Misbehaviour::Hangs(b"220 mail.example\r\n502 what?\r\n"), Reason::UnexpectedAnswer),
            (Misbehaviour::Floods(b"x"), Reason::ProtocolMismatch),
            (Misbehaviour::Floods(b"220-more\r\n"), Reason::ProtocolMismatch),
            (Misbehaviour::Drips(b"220-more\r\n"), Reason::ResponseTimeout),
        ],
    )
    .await;
    a_name_that_does_not_exist(spec).await;
}

#[tokio::test]
async fn certificates_are_judged_behind_starttls_and_within_tls() {
    bad_certificates(|endpoint| CheckSpec::Smtp(MailSpec::new(endpoint, Security::StartTls)), Upgrade::Smtp).await;
    bad_certificates(|endpoint| CheckSpec::Smtp(MailSpec::new(endpoint, Security::Tls)), Upgrade::Immediate).await;
}

#[tokio::test]
async fn a_password_that_is_cut_off_in_a_message_shows_no_beginning() {
    // The message ends within the password.
    let greeting: &'static str = format!("421 {}swordfish-and-more\r\n", "x".repeat(187)).leak();
    let target = misbehaving(Misbehaviour::Sends(greeting.as_bytes())).await;
    let endpoint = Endpoint::parse(&target.addr().to_string(), None).unwrap();
    let spec = MailSpec { login: login("swordfish-and-more"), ..MailSpec::new(endpoint, Security::StartTls) };
    let outcome = run_settings(&settings(CheckSpec::Smtp(spec), &[]), &outbound(), AMPLE).await;
    assert_eq!(outcome.reason, Reason::UnexpectedAnswer, "{}", outcome.message);
    assert!(outcome.message.contains("xxx***…") && !outcome.message.contains("sword"), "{}", outcome.message);
}
