//! The IMAP check: greeting, CAPABILITY, STARTTLS, certificate, login, LOGOUT.
//!
//! The dialogue is our own: these four commands are less than what a client needs to be told. Source:
//! <https://www.rfc-editor.org/rfc/rfc3501>, whose commands <https://www.rfc-editor.org/rfc/rfc9051> keeps.

use futures_util::FutureExt;
use monitor_core::assertion::FactKind;
use monitor_core::checks::{Login, MailSpec, Security};
use monitor_core::http::SpecError;
use monitor_core::outcome::Reason;

use crate::connect::borrowed;
use crate::failure::{Failure, clean};
use crate::lines::{Lines, speaks_otherwise};
use crate::outbound::Outbound;
use crate::trace::{Phase, Trace};

/// Longest answer that a message shows, in characters.
const MAX_SHOWN: usize = 200;

/// What our commands are tagged with. One at a time is under way.
const TAG: &str = "w1";

/// An IMAP check ready to run.
pub(crate) struct ImapProbe {
    spec: MailSpec,
}

/// The answer to a command.
struct Answer {
    /// `OK`, `NO` or `BAD`, and a text.
    status: String,
    /// The capabilities that the server names along the way, in upper case.
    capabilities: Vec<String>,
}

impl ImapProbe {
    pub(crate) fn compile(spec: &MailSpec) -> Result<Self, SpecError> {
        Ok(Self { spec: spec.clone() })
    }

    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let tls = self.spec.security == Security::Tls;
        let mut lines = Lines::new(outbound.open(&self.spec.endpoint, tls, trace).await?);
        trace.enter(Phase::FirstByte);
        greeting(&mut lines, trace).await?;
        trace.enter(Phase::Body);
        let mut offers = capabilities(&mut lines).await?;
        if self.spec.security == Security::StartTls {
            start_tls(&mut lines, &offers).await?;
            lines = lines.upgrade(outbound, &borrowed(&self.spec.endpoint.host), trace).await?;
            trace.enter(Phase::Body);
            offers = capabilities(&mut lines).await?;
        }
        if let Some(login) = &self.spec.login {
            lines.keeps_secrets()?;
            log_in(&mut lines, &offers, login).await?;
        }
        // As far as it goes at once: whether the target takes leave is not what is checked.
        let _ = lines.send(&format!("{TAG} LOGOUT")).now_or_never();
        Ok(())
    }

    /// The password as it is sent.
    pub(crate) fn derived_secrets(&self) -> Vec<String> {
        let escaped = |login: &Login| quoted(login.password.expose()).trim_matches('"').to_owned();
        self.spec.login.iter().map(escaped).filter(|text| !text.is_empty()).collect()
    }
}

async fn greeting(lines: &mut Lines, trace: &mut Trace) -> Result<(), Failure> {
    let line = lines.next().await?;
    let Some((status, text)) = line.strip_prefix("* ").map(|rest| rest.split_once(' ').unwrap_or((rest, ""))) else {
        return Err(speaks_otherwise("IMAP", &line));
    };
    trace.facts.set(FactKind::Banner, text);
    trace.details.protocol = Some("IMAP".to_owned());
    match status.to_ascii_uppercase().as_str() {
        "OK" | "PREAUTH" => Ok(()),
        "BYE" => Err(unexpected(&format!("the server greets with “{}”", clean(&line, MAX_SHOWN)))),
        _ => Err(speaks_otherwise("IMAP", &line)),
    }
}

async fn capabilities(lines: &mut Lines) -> Result<Vec<String>, Failure> {
    let answer = command(lines, "CAPABILITY").await?;
    if answer.is_ok() {
        return Ok(answer.capabilities);
    }
    Err(unexpected(&format!("the server answers CAPABILITY with “{}”", answer.status)))
}

async fn start_tls(lines: &mut Lines, offers: &[String]) -> Result<(), Failure> {
    let missing = |what: String| Failure::new(Reason::StarttlsMissing, what);
    if !offers.iter().any(|offer| offer == "STARTTLS") {
        return Err(missing("the server does not offer STARTTLS".to_owned()));
    }
    let answer = command(lines, "STARTTLS").await?;
    if answer.is_ok() {
        Ok(())
    } else {
        Err(missing(format!("the server answers STARTTLS with “{}”", answer.status)))
    }
}

async fn log_in(lines: &mut Lines, offers: &[String], login: &Login) -> Result<(), Failure> {
    let refused = |what: String| Failure::new(Reason::AuthenticationFailed, what);
    if offers.iter().any(|offer| offer == "LOGINDISABLED") {
        return Err(refused("the server lets nobody log in on this connection (LOGINDISABLED)".to_owned()));
    }
    let (user, password) = (quoted(&login.user), quoted(login.password.expose()));
    let answer = command(lines, &format!("LOGIN {user} {password}")).await?;
    if answer.is_ok() {
        Ok(())
    } else {
        Err(refused(format!("the server answers the login with “{}”", answer.status)))
    }
}

/// A text as a quoted string, in which quotes and backslashes are escaped. Texts are without line breaks by validation.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Sends a command and reads until its answer.
async fn command(lines: &mut Lines, command: &str) -> Result<Answer, Failure> {
    lines.send(&format!("{TAG} {command}")).await?;
    let mut capabilities = Vec::new();
    loop {
        let line = lines.next().await?;
        if let Some(status) = line.strip_prefix(TAG).and_then(|rest| rest.strip_prefix(' ')) {
            return Ok(Answer { status: clean(status, MAX_SHOWN), capabilities });
        }
        let Some(untagged) = line.strip_prefix("* ") else { return Err(speaks_otherwise("IMAP", &line)) };
        let untagged = untagged.to_ascii_uppercase();
        if let Some(named) = untagged.strip_prefix("CAPABILITY ") {
            capabilities.extend(named.split_ascii_whitespace().map(str::to_owned));
        }
        if untagged.starts_with("BYE") {
            return Err(unexpected(&format!("the server takes leave with “{}”", clean(&line, MAX_SHOWN))));
        }
    }
}

impl Answer {
    fn is_ok(&self) -> bool {
        self.status.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case("OK"))
    }
}

fn unexpected(what: &str) -> Failure {
    Failure::new(Reason::UnexpectedAnswer, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_are_escaped() {
        assert_eq!(quoted(r#"pa"ss\w ord"#), r#""pa\"ss\\w ord""#);
    }
}
