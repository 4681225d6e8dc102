//! Proving to the server who asks. Source: <https://www.postgresql.org/docs/current/protocol-flow.html>.

use monitor_core::checks::SqlSpec;
use monitor_core::outcome::Reason;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::frontend;

use super::message::{AUTHENTICATION, READY, Session};
use crate::failure::Failure;
use crate::trace::{Phase, Trace};

/// Who asks when nobody was named: the server wants a name.
const DEFAULT_USER: &str = "postgres";

impl Session {
    /// Logs in and waits until the server is ready for a query.
    pub(super) async fn login(&mut self, spec: &SqlSpec, trace: &mut Trace) -> Result<(), Failure> {
        let login = spec.login.as_ref();
        let user = login.map(|login| login.user.as_str()).filter(|user| !user.is_empty()).unwrap_or(DEFAULT_USER);
        let password = login.map_or("", |login| login.password.expose());
        let mut settings = vec![("user", user), ("client_encoding", "UTF8"), ("application_name", "watchword")];
        settings.extend(spec.database.as_deref().map(|database| ("database", database)));
        self.send(|buf| frontend::startup_message(settings, buf)).await?;
        trace.enter(Phase::FirstByte);
        let mut scram = None;
        loop {
            let (tag, body) = self.next().await?;
            self.wire.speaks();
            if tag == READY {
                return Ok(());
            }
            if tag != AUTHENTICATION {
                continue;
            }
            let (kind, data) = body.split_first_chunk::<4>().ok_or_else(|| self.wire.mismatch(&[]))?;
            match u32::from_be_bytes(*kind) {
                0 => {}
                3 => self.send(|buf| frontend::password_message(password.as_bytes(), buf)).await?,
                5 => {
                    let salt = *data.first_chunk::<4>().ok_or_else(|| self.wire.mismatch(&[]))?;
                    let hash = md5_hash(user.as_bytes(), password.as_bytes(), salt);
                    self.send(|buf| frontend::password_message(hash.as_bytes(), buf)).await?;
                }
                10 if data.split(|b| *b == 0).any(|name| name == SCRAM_SHA_256.as_bytes()) => {
                    let begun = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
                    self.send(|buf| frontend::sasl_initial_response(SCRAM_SHA_256, begun.message(), buf)).await?;
                    scram = Some(begun);
                }
                11 => {
                    let proven = prove(scram.take(), data.to_vec()).await?;
                    self.send(|buf| frontend::sasl_response(proven.message(), buf)).await?;
                    scram = Some(proven);
                }
                12 => {
                    let finished = scram.take().map(|mut scram| scram.finish(data));
                    if !matches!(finished, Some(Ok(()))) {
                        return Err(denied("the server could not prove that it knows the password"));
                    }
                }
                _ => return Err(denied("the server wants a login other than by password (SCRAM-SHA-256 or MD5)")),
            }
        }
    }
}

/// Answers the server's challenge. On a thread of its own, since the server chooses how many rounds of hashing it takes.
async fn prove(scram: Option<ScramSha256>, challenge: Vec<u8>) -> Result<ScramSha256, Failure> {
    let mut scram = scram.ok_or_else(|| denied("the server did not keep to the order of a login"))?;
    let proving = move || scram.update(&challenge).map(|()| scram);
    let proven = tokio::task::spawn_blocking(proving).await;
    let proven = proven.map_err(|_| Failure::new(Reason::ProbeFailed, "the password could not be proven"))?;
    proven.map_err(|_| denied("the server sent a challenge that cannot be answered"))
}

fn denied(why: &str) -> Failure {
    Failure::new(Reason::AuthenticationFailed, why)
}
