//! The real servers that `scripts/with-services.sh` starts, each named to the tests by a variable. A test whose server
//! is not there fails and says how to get it; none is skipped.
//!
//! Where somebody logs in, it is [`USER`] with [`PASSWORD`], as the addresses with a `user:password@` say themselves.
#![expect(clippy::panic, reason = "a test that cannot be set up has failed")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Who may log in at each of the servers.
pub const USER: &str = "watchword";

/// The password of [`USER`].
pub const PASSWORD: &str = "secret";

/// PostgreSQL, without TLS or a password, as a user who may do everything:
/// `postgres://watchword@127.0.0.1:PORT/postgres`.
#[must_use]
pub fn postgres() -> String {
    variable("WATCHWORD_TEST_POSTGRES_URL")
}

/// The same PostgreSQL, as the user `monitor`, of whom it wants a password and TLS:
/// `postgres://monitor:secret@127.0.0.1:PORT/postgres`.
#[must_use]
pub fn postgres_tls() -> String {
    variable("WATCHWORD_TEST_POSTGRES_TLS_URL")
}

/// MariaDB, with and without TLS: `mysql://watchword:secret@127.0.0.1:PORT/watchword`.
#[must_use]
pub fn mysql() -> String {
    variable("WATCHWORD_TEST_MYSQL_URL")
}

/// Redis without TLS: `redis://watchword:secret@127.0.0.1:PORT`. The password alone works too.
#[must_use]
pub fn redis() -> String {
    variable("WATCHWORD_TEST_REDIS_URL")
}

/// Redis with TLS: `rediss://watchword:secret@127.0.0.1:PORT`.
#[must_use]
pub fn redis_tls() -> String {
    variable("WATCHWORD_TEST_REDISS_URL")
}

/// nginx with TLS and HTTP/2: `https://127.0.0.1:PORT`. It knows `/` and `/json`, `/redirect` to `/`, and `/basic` for
/// [`USER`].
#[must_use]
pub fn nginx() -> String {
    variable("WATCHWORD_TEST_NGINX_URL")
}

/// nginx that answers `/` only to who has [`client_certificate`], and others with 400: `https://127.0.0.1:PORT`.
#[must_use]
pub fn nginx_mutual_tls() -> String {
    variable("WATCHWORD_TEST_NGINX_MTLS_URL")
}

/// A certificate for clients, signed by [`ca`], and its key: two PEM files.
#[must_use]
pub fn client_certificate() -> (PathBuf, PathBuf) {
    (variable("WATCHWORD_TEST_CLIENT_CERT").into(), variable("WATCHWORD_TEST_CLIENT_KEY").into())
}

/// Exim with STARTTLS: `smtp://127.0.0.1:PORT`. It lets [`USER`] log in once there is TLS. What it does with mails stands
/// in `scripts/services/exim.sh`; [`delivered`] reads them.
#[must_use]
pub fn smtp() -> String {
    variable("WATCHWORD_TEST_SMTP_URL")
}

/// Exim with TLS from the start: `smtps://127.0.0.1:PORT`.
#[must_use]
pub fn smtp_tls() -> String {
    variable("WATCHWORD_TEST_SMTPS_URL")
}

/// Waits until Exim has delivered that many mails which hold the text, such as their `Message-ID`, and gives them as they
/// are in the mailbox. Who is written to, who is refused and who is put off stands in `scripts/services/exim.sh`.
///
/// # Panics
/// When they have not come within half a minute.
pub async fn delivered(text: &str, count: usize) -> Vec<String> {
    let folder = PathBuf::from(variable("WATCHWORD_TEST_MAIL")).join("new");
    for _ in 0..600 {
        let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let mails = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
        let found: Vec<String> = mails.filter(|mail| mail.contains(text)).collect();
        if found.len() >= count {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} mails with {text} were to be delivered, and were not")
}

/// The Apprise library behind what Watchword uses of its API: `http://127.0.0.1:PORT`.
#[must_use]
pub fn apprise() -> String {
    variable("WATCHWORD_TEST_APPRISE_URL")
}

/// Dovecot with STARTTLS: `imap://127.0.0.1:PORT`. It lets [`USER`] log in once there is TLS.
#[must_use]
pub fn imap() -> String {
    variable("WATCHWORD_TEST_IMAP_URL")
}

/// Dovecot with TLS from the start: `imaps://127.0.0.1:PORT`.
#[must_use]
pub fn imap_tls() -> String {
    variable("WATCHWORD_TEST_IMAPS_URL")
}

/// Mosquitto without TLS: `mqtt://watchword:secret@127.0.0.1:PORT`.
#[must_use]
pub fn mqtt() -> String {
    variable("WATCHWORD_TEST_MQTT_URL")
}

/// Mosquitto with TLS: `mqtts://watchword:secret@127.0.0.1:PORT`.
#[must_use]
pub fn mqtt_tls() -> String {
    variable("WATCHWORD_TEST_MQTTS_URL")
}

/// BIND, a resolver that validates. It knows three zones with the same records: `watchword.test`; `signed.test`, which
/// is signed; and `bogus.test`, which ought to be and is not, so that it is answered with SERVFAIL. What the records are
/// stands in `scripts/services/named.sh`.
///
/// # Panics
/// When the variable is no address with a port.
#[must_use]
pub fn dns() -> SocketAddr {
    let address = variable("WATCHWORD_TEST_DNS");
    address.parse().unwrap_or_else(|_| panic!("WATCHWORD_TEST_DNS is '{address}', which is no address with a port"))
}

/// The authority that signed the certificates of all these servers, which are for `localhost`, 127.0.0.1 and ::1: a PEM
/// file.
#[must_use]
pub fn ca() -> PathBuf {
    variable("WATCHWORD_TEST_CA").into()
}

/// The folder with the `node_modules` of `test-support/clients/package.json`.
#[must_use]
pub fn node_clients() -> PathBuf {
    variable("WATCHWORD_TEST_NODE_CLIENTS").into()
}

/// The folder of the worker of `lighthouse-bridge/` with its packages.
#[must_use]
pub fn lighthouse() -> PathBuf {
    variable("WATCHWORD_TEST_LIGHTHOUSE").into()
}

/// The browser that the worker drives.
#[must_use]
pub fn chromium() -> PathBuf {
    variable("WATCHWORD_TEST_CHROMIUM").into()
}

/// A Python with the packages of `test-support/clients/requirements.txt`.
#[must_use]
pub fn python() -> PathBuf {
    variable("WATCHWORD_TEST_PYTHON").into()
}

/// The value of the variable.
fn variable(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the one place where tests are told of their servers")]
    let value = std::env::var(name);
    value.unwrap_or_else(|_| {
        panic!(
            "this test needs what {name} names: run `make test` or \
             `scripts/with-services.sh cargo nextest run`, which start one, or set it to one of your own"
        )
    })
}
