//! What the three databases have in common: how checks of targets that do wrong end.

use monitor_core::checks::{Endpoint, Login, RedisSpec, Security, SqlSpec};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use monitor_core::secret::Secret;
use probes::Outbound;
use test_support::targets::Misbehaviour;
use test_support::targets::upgrade::Upgrade;
use url::Url;

use crate::{AMPLE, config, run_settings, services_outbound, settings, wrongs};

/// The kinds, each as a spec of where it connects and whether by TLS, how it comes to TLS, half an answer, and what never
/// ends although the protocol has it: a notice, a greeting that is followed by packets, and a list.
type Kind = (fn(Endpoint, bool) -> CheckSpec, Upgrade, &'static [u8], &'static [u8]);

const KINDS: [Kind; 3] = [
    (|at, tls| CheckSpec::Postgres(sql_at(at, tls)), Upgrade::Postgres, b"R\0\0\0\x08\0", b"N\0\0\0\x05\0"),
    (|at, tls| CheckSpec::Mysql(sql_at(at, tls)), Upgrade::Mysql, b"\x40\0\0\0\x0a8.4", b"\x01\0\0\0\x0a"),
    (|at, tls| CheckSpec::Redis(redis_at(at, tls)), Upgrade::Immediate, b"$100\r\nhalf", b"*1000000000\r\n"),
];

fn sql_at(endpoint: Endpoint, tls: bool) -> SqlSpec {
    let security = if tls { Security::StartTls } else { Security::None };
    SqlSpec { security, login: Some(login("ada", "hunter2")), ..SqlSpec::new(endpoint) }
}

fn redis_at(endpoint: Endpoint, tls: bool) -> RedisSpec {
    RedisSpec { tls, login: Some(login("ada", "hunter2")), ..RedisSpec::new(endpoint) }
}

pub(crate) fn login(user: &str, password: &str) -> Login {
    Login { user: user.into(), password: Secret::new(password) }
}

/// Where a server is, and who logs in there.
pub(crate) fn place(url: &str) -> (Endpoint, Login) {
    let url = Url::parse(url).unwrap();
    let endpoint = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap()).parse().unwrap();
    (endpoint, login(url.username(), url.password().unwrap_or_default()))
}

/// The same, and the database.
pub(crate) fn sql(url: &str) -> SqlSpec {
    let (endpoint, login) = place(url);
    let database = url.rsplit_once('/').map(|(_, database)| database.to_owned());
    SqlSpec { database, login: Some(login), ..SqlSpec::new(endpoint) }
}

/// Checks a real server once.
pub(crate) async fn probe(spec: CheckSpec, assertions: &[&str]) -> Outcome {
    run_settings(&settings(spec, assertions), &services_outbound(), AMPLE).await
}

#[tokio::test]
async fn targets_that_misbehave_are_told_apart() {
    for (spec, _, half, endless) in KINDS {
        let table = [
            (Misbehaviour::Floods(b"x"), Reason::ProtocolMismatch),
            (Misbehaviour::Sends(half), Reason::ConnectionReset),
            (Misbehaviour::Hangs(half), Reason::ResponseTimeout),
            (Misbehaviour::Drips(b"x"), Reason::ProtocolMismatch),
        ];
        wrongs::targets_that_misbehave(|at| spec(at, false), &table).await;
        // What has no end is not read to it: the check ends long before its time does.
        let target = test_support::targets::misbehaving(Misbehaviour::Floods(endless)).await;
        let spec = spec(target.addr().to_string().parse().unwrap(), false);
        let outcome = run_settings(&settings(spec, &[]), &crate::outbound(), AMPLE).await;
        assert!([Reason::QueryFailed, Reason::ProtocolMismatch].contains(&outcome.reason), "{outcome:?}");
    }
}

#[tokio::test]
async fn bad_certificates_are_refused() {
    for (spec, upgrade, ..) in KINDS {
        wrongs::bad_certificates(|at| spec(at, true), upgrade).await;
    }
}

#[tokio::test]
async fn unknown_names_and_private_addresses_are_not_reached() {
    let strict = Outbound::new(&config(false)).unwrap();
    for (spec, ..) in KINDS {
        wrongs::a_name_that_does_not_exist(|at| spec(at, false)).await;
        let settings = settings(spec("127.0.0.1:1".parse().unwrap(), false), &[]);
        assert_eq!(run_settings(&settings, &strict, AMPLE).await.reason, Reason::AddressRefused);
    }
}
