//! From a connection to a session that is logged in, by TLS or not.
//! Source: <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>.

use monitor_core::checks::{Security, SqlSpec};
use monitor_core::outcome::Reason;
use tokio_util::either::Either;

use super::packet::{MORE, OK, Session, split_nul};
use super::password::{self, Nonce};
use crate::connect::borrowed;
use crate::database::{Wire, said};
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::tls::Alpn;
use crate::trace::{Phase, Trace};

/// Capabilities: the flags of MySQL since 4.1, with passwords that are never sent as they are, and a named way to prove
/// them. Not among them: several statements at once, and files of this machine.
const MYSQL: u32 = 1;
const CONNECT_WITH_DB: u32 = 1 << 3;
const PROTOCOL_41: u32 = 1 << 9;
const TLS: u32 = 1 << 11;
const TRANSACTIONS: u32 = 1 << 13;
const SECURE_CONNECTION: u32 = 1 << 15;
const PLUGIN_AUTH: u32 = 1 << 19;
const BASE: u32 = MYSQL | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | PLUGIN_AUTH;

/// `utf8mb4_general_ci`.
const CHARSET: u8 = 45;

/// What the server says first.
struct Greeting {
    mariadb: bool,
    capabilities: u32,
    nonce: Nonce,
    method: String,
}

/// Connects and logs in.
pub(super) async fn open(spec: &SqlSpec, outbound: &Outbound, trace: &mut Trace) -> Result<Session, Failure> {
    let (host, port) = (borrowed(&spec.endpoint.host), spec.endpoint.port);
    let stream = outbound.connect(&host, port, trace).await?;
    trace.enter(Phase::FirstByte);
    let mut session = Session { wire: Wire::new("MySQL", Either::Left(stream)), sequence: 0, mariadb: false };
    let greeting = session.next().await?;
    let greeting = Greeting::read(&greeting).ok_or_else(|| session.wire.mismatch(&greeting))?;
    let secure = spec.security != Security::None;
    if secure {
        if greeting.capabilities & TLS == 0 {
            return Err(Failure::new(Reason::StarttlsMissing, "the server does not offer TLS"));
        }
        session.send(&settings(BASE | TLS)).await?;
        let sequence = session.sequence;
        let Either::Left(stream) = session.wire.into_stream() else {
            return Err(Failure::new(Reason::ProbeFailed, "TLS within TLS"));
        };
        let stream = outbound.tls().handshake(outbound.tls().plain(Alpn::None), &host, stream, trace).await?;
        session = Session { wire: Wire::new("MySQL", Either::Right(stream)), sequence, mariadb: false };
        trace.enter(Phase::FirstByte);
    }
    session.wire.speaks();
    session.mariadb = greeting.mariadb;
    session.log_in(spec, greeting, secure).await?;
    Ok(session)
}

impl Greeting {
    fn read(packet: &[u8]) -> Option<Self> {
        let (&10, rest) = packet.split_first()? else { return None };
        let (version, rest) = split_nul(rest)?;
        let (_connection, rest) = rest.split_first_chunk::<4>()?;
        let (nonce_begin, rest) = rest.split_first_chunk::<8>()?;
        // A filler, half of the capabilities, the character set, the status, the other half, a length and a filler.
        let (fixed, rest) = rest.split_first_chunk::<19>()?;
        let capabilities = u32::from_le_bytes([fixed[1], fixed[2], fixed[6], fixed[7]]);
        let (nonce_end, rest) = rest.split_first_chunk::<12>()?;
        let mut nonce = [0; 20];
        nonce[..8].copy_from_slice(nonce_begin);
        nonce[8..].copy_from_slice(nonce_end);
        let method = rest.get(1..).map(|rest| split_nul(rest).map_or(rest, |(method, _)| method));
        let method = method.filter(|method| !method.is_empty() && capabilities & PLUGIN_AUTH != 0);
        let method = String::from_utf8_lossy(method.unwrap_or(b"mysql_native_password")).into_owned();
        Some(Self { mariadb: version.windows(7).any(|word| word == b"MariaDB"), capabilities, nonce, method })
    }
}

/// The beginning of the answer to a greeting, which is also the request for TLS.
fn settings(capabilities: u32) -> Vec<u8> {
    let mut settings = capabilities.to_le_bytes().to_vec();
    settings.extend_from_slice(&0x00ff_ffffu32.to_le_bytes());
    settings.push(CHARSET);
    settings.extend_from_slice(&[0; 23]);
    settings
}

/// Where a login stands: how the password is proven, against what.
struct Proof<'a> {
    method: String,
    nonce: Nonce,
    password: &'a str,
    secure: bool,
}

impl Session {
    async fn log_in(&mut self, spec: &SqlSpec, greeting: Greeting, secure: bool) -> Result<(), Failure> {
        let (user, password) = spec.login.as_ref().map_or(("", ""), |login| (&login.user, login.password.expose()));
        let mut proof = Proof { method: greeting.method, nonce: greeting.nonce, password, secure };
        // A method that is not known here may still be left for another one: the server says which it wants.
        let first = proof.first().unwrap_or_default();
        let mut response =
            settings(BASE | if secure { TLS } else { 0 } | if spec.database.is_some() { CONNECT_WITH_DB } else { 0 });
        let texts = [Some(user), spec.database.as_deref()];
        if texts.iter().flatten().any(|text| text.contains('\0')) {
            return Err(Failure::new(
                Reason::QueryFailed,
                "the database or the user has a character that cannot be sent",
            ));
        }
        response.extend_from_slice(user.as_bytes());
        response.extend_from_slice(&[0, u8::try_from(first.len()).unwrap_or(0)]);
        response.extend_from_slice(&first);
        if let Some(database) = &spec.database {
            response.extend_from_slice(database.as_bytes());
            response.push(0);
        }
        response.extend_from_slice(proof.method.as_bytes());
        response.push(0);
        self.send(&response).await?;
        self.prove(&mut proof).await
    }

    /// Goes on until the server is satisfied.
    async fn prove(&mut self, proof: &mut Proof<'_>) -> Result<(), Failure> {
        loop {
            let packet = self.next().await?;
            let (&kind, data) = packet.split_first().unwrap_or((&OK, &[]));
            match (kind, data) {
                (OK, _) => return Ok(()),
                // The password was remembered by the server: its answer follows.
                (MORE, [3]) => {}
                (MORE, [4]) if proof.secure => self.send(&[proof.password.as_bytes(), &[0]].concat()).await?,
                // Please send your public key.
                (MORE, [4]) => self.send(&[2]).await?,
                (MORE, key) => {
                    let sealed = password::seal(proof.password, &proof.nonce, key)
                        .ok_or_else(|| denied("the server's key for the password cannot be used: choose TLS"))?;
                    self.send(&sealed).await?;
                }
                (0xfe, data) => {
                    let (method, data) = split_nul(data)
                        .ok_or_else(|| denied("the server wants a login of the time before MySQL 4.1"))?;
                    proof.method = String::from_utf8_lossy(method).into_owned();
                    proof.nonce = data.first_chunk().copied().unwrap_or_default();
                    let method = said(&proof.method);
                    let first = proof.first();
                    let first = first.ok_or_else(|| {
                        denied(&format!("the server wants a login by `{method}`, which checks cannot do"))
                    })?;
                    self.send(&first).await?;
                }
                _ => return Err(self.wire.mismatch(&packet)),
            }
        }
    }
}

impl Proof<'_> {
    /// The first thing that is sent to prove the password; nothing for an empty one.
    fn first(&self) -> Option<Vec<u8>> {
        match self.method.as_str() {
            "mysql_native_password" => Some(password::native(self.password, &self.nonce)),
            "caching_sha2_password" => Some(password::caching_sha2(self.password, &self.nonce)),
            "mysql_clear_password" if self.secure => Some([self.password.as_bytes(), &[0]].concat()),
            _ => None,
        }
    }
}

fn denied(why: &str) -> Failure {
    Failure::new(Reason::AuthenticationFailed, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_greetings_and_refuses_what_is_none() {
        let mut packet = b"\x0a8.4.2\0\x01\0\0\0abcdefgh\0\xff\xff\x2d\x02\0\xff\xdf\x15".to_vec();
        packet.extend_from_slice(b"\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0");
        let greeting = Greeting::read(&packet).unwrap();
        assert_eq!(&greeting.nonce, b"abcdefghijklmnopqrst");
        assert_eq!(greeting.method, "caching_sha2_password");
        assert!(!greeting.mariadb && greeting.capabilities & TLS != 0);
        for cut in 0..packet.len() - 23 {
            assert!(Greeting::read(&packet[..cut]).is_none(), "{cut}");
        }
        assert!(Greeting::read(b"SSH-2.0-OpenSSH_9.6").is_none());
    }
}
