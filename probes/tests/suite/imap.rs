use monitor_core::checks::{Endpoint, Login, MailSpec, Security};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use monitor_core::secret::Secret;
use test_support::services::{PASSWORD, USER, imap, imap_tls};
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
    run_settings(&settings(CheckSpec::Imap(spec), assertions), &services_outbound(), AMPLE).await
}

/// Checks a server that says those lines.
async fn run_against(lines: &'static [u8], spec: impl Fn(Endpoint) -> MailSpec) -> Outcome {
    let target = misbehaving(Misbehaviour::Hangs(lines)).await;
    let spec = spec(Endpoint::parse(&target.addr().to_string(), None).unwrap());
    run_settings(&settings(CheckSpec::Imap(spec), &[]), &outbound(), AMPLE).await
}

#[tokio::test]
async fn a_mail_server_greets() {
    let spec = MailSpec::new(endpoint(&imap()), Security::None);
    let outcome = run(spec, &["banner contains Dovecot"]).await;
    assert_eq!(told(&outcome), "ok");
    assert_eq!(outcome.details.protocol.as_deref(), Some("IMAP"));
    assert_eq!(outcome.timings.tls_handshake, None);
}

#[tokio::test]
async fn a_login_is_accepted_or_refused() {
    for (url, security) in [(imap(), Security::StartTls), (imap_tls(), Security::Tls)] {
        let with = |password| MailSpec { login: login(password), ..MailSpec::new(endpoint(&url), security) };
        let outcome = run(with(PASSWORD), &["certificate.days > 0"]).await;
        assert_eq!(told(&outcome), "ok", "{security:?}");
        assert!(outcome.details.certificate_not_after.is_some());
        // A quote and a backslash have to arrive as they are, and not as the end of the command.
        for wrong in ["wrong", r#"" \ ""#] {
            let outcome = run(with(wrong), &[]).await;
            assert_eq!(outcome.reason, Reason::AuthenticationFailed, "{security:?}");
            let said = "the server answers the login with “NO [AUTHENTICATIONFAILED]";
            assert!(outcome.message.starts_with(said), "{}", outcome.message);
        }
    }
}

#[tokio::test]
async fn starttls_and_logins_that_are_not_offered_are_told() {
    let offers = b"* OK ready\r\n* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nw1 OK done\r\n";
    let outcome = run_against(offers, |endpoint| MailSpec::new(endpoint, Security::StartTls)).await;
    assert_eq!(outcome.reason, Reason::StarttlsMissing);
    let log_in = |endpoint| MailSpec { login: login(PASSWORD), ..MailSpec::new(endpoint, Security::None) };
    let outcome = run_against(offers, log_in).await;
    assert_eq!(outcome.reason, Reason::AuthenticationFailed);
    assert_eq!(outcome.message, "the server lets nobody log in on this connection (LOGINDISABLED)");
    let injected = b"* OK ready\r\n* CAPABILITY STARTTLS\r\nw1 OK done\r\nw1 OK begin\r\n* OK injected\r\n";
    let outcome = run_against(injected, |endpoint| MailSpec::new(endpoint, Security::StartTls)).await;
    assert_eq!(outcome.reason, Reason::ProtocolMismatch);
}

#[tokio::test]
async fn a_password_that_the_target_sends_back_is_not_shown() {
    let echo = b"* OK ready\r\nw1 OK done\r\nw1 NO \"hunt\\\"er2\" and hunt\"er2\r\n";
    let log_in = |endpoint| MailSpec { login: login("hunt\"er2"), ..MailSpec::new(endpoint, Security::None) };
    let outcome = run_against(echo, log_in).await;
    assert_eq!(outcome.message, "the server answers the login with “NO \"***\" and ***”");
}

#[tokio::test]
async fn targets_that_are_no_mail_servers_fail_with_their_reason() {
    let spec = |endpoint| CheckSpec::Imap(MailSpec::new(endpoint, Security::None));
    targets_that_misbehave(
        spec,
        &[
            (Misbehaviour::Sends(b"* OK rea"), Reason::ConnectionReset),
            (Misbehaviour::Hangs(b"* OK rea"), Reason::ResponseTimeout),
            (Misbehaviour::Hangs(b"* OK ready\r\n* CAPABILITY"), Reason::BodyTimeout),
            (Misbehaviour::Hangs(b"* BYE too busy\r\n"), Reason::UnexpectedAnswer),
            (Misbehaviour::Hangs(b"* OK ready\r\nw1 BAD what?\r\n"), Reason::UnexpectedAnswer),
            (Misbehaviour::Floods(b"x"), Reason::ProtocolMismatch),
            (Misbehaviour::Floods(b"* OK more\r\n"), Reason::ProtocolMismatch),
        ],
    )
    .await;
    a_name_that_does_not_exist(spec).await;
}

#[tokio::test]
async fn certificates_are_judged_behind_starttls_and_within_tls() {
    bad_certificates(|endpoint| CheckSpec::Imap(MailSpec::new(endpoint, Security::StartTls)), Upgrade::Imap).await;
    bad_certificates(|endpoint| CheckSpec::Imap(MailSpec::new(endpoint, Security::Tls)), Upgrade::Immediate).await;
}
