//! The SMTP check: banner, EHLO, STARTTLS, certificate, login, QUIT.
//!
//! The dialogue is our own: a client such as lettre upgrades to TLS with a connector of its own, which neither trusts
//! whom we trust nor notes the certificate. Source: <https://www.rfc-editor.org/rfc/rfc5321>.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
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

/// Longest reply that a message shows, in characters.
const MAX_SHOWN: usize = 200;

/// An SMTP check ready to run.
pub(crate) struct SmtpProbe {
    spec: MailSpec,
}

/// A reply: its code and its lines' texts.
struct Reply {
    code: u16,
    texts: Vec<String>,
}

impl SmtpProbe {
    pub(crate) fn compile(spec: &MailSpec) -> Result<Self, SpecError> {
        Ok(Self { spec: spec.clone() })
    }

    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let tls = self.spec.security == Security::Tls;
        let mut lines = Lines::new(outbound.open(&self.spec.endpoint, tls, trace).await?);
        trace.enter(Phase::FirstByte);
        let greeting = reply(&mut lines).await?;
        trace.details.protocol = Some("SMTP".to_owned());
        trace.facts.set(FactKind::Banner, greeting.texts.join(" "));
        greeting.expect(220, "greets with")?;
        trace.enter(Phase::Body);
        let mut offers = hello(&mut lines).await?;
        if self.spec.security == Security::StartTls {
            start_tls(&mut lines, &offers).await?;
            lines = lines.upgrade(outbound, &borrowed(&self.spec.endpoint.host), trace).await?;
            trace.enter(Phase::Body);
            offers = hello(&mut lines).await?;
        }
        if let Some(login) = &self.spec.login {
            lines.keeps_secrets()?;
            log_in(&mut lines, &offers, login).await?;
        }
        // As far as it goes at once: whether the target takes leave is not what is checked.
        let _ = lines.send("QUIT").now_or_never();
        Ok(())
    }

    /// The login as it is sent.
    pub(crate) fn derived_secrets(&self) -> Vec<String> {
        let forms = |login: &Login| [plain(login), BASE64_STANDARD.encode(login.password.expose())];
        self.spec.login.iter().flat_map(forms).collect()
    }
}

/// Says who we are. The reply's texts name what the server offers.
async fn hello(lines: &mut Lines) -> Result<Reply, Failure> {
    let hello = format!("EHLO {}", lines.local_literal());
    let offers = ask(lines, &hello).await?;
    offers.expect(250, "answers EHLO with")?;
    Ok(offers)
}

async fn start_tls(lines: &mut Lines, offers: &Reply) -> Result<(), Failure> {
    let missing = |what: String| Failure::new(Reason::StarttlsMissing, what);
    if offers.parameters("STARTTLS").is_none() {
        return Err(missing("the server does not offer STARTTLS".to_owned()));
    }
    let answer = ask(lines, "STARTTLS").await?;
    if answer.code == 220 { Ok(()) } else { Err(missing(format!("the server answers STARTTLS with “{answer}”"))) }
}

/// Source: <https://www.rfc-editor.org/rfc/rfc4954>.
async fn log_in(lines: &mut Lines, offers: &Reply, login: &Login) -> Result<(), Failure> {
    let refused = |what: String| Failure::new(Reason::AuthenticationFailed, what);
    let offered = offers.parameters("AUTH").unwrap_or_default();
    let offers = |mechanism: &str| offered.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(mechanism));
    let mut answer = if offers("PLAIN") {
        ask(lines, &format!("AUTH PLAIN {}", plain(login))).await?
    } else if offers("LOGIN") {
        ask(lines, "AUTH LOGIN").await?
    } else {
        return Err(refused("the server offers no login by PLAIN or LOGIN".to_owned()));
    };
    if !offers("PLAIN") {
        for word in [login.user.as_str(), login.password.expose()] {
            if answer.code == 334 {
                answer = ask(lines, &BASE64_STANDARD.encode(word)).await?;
            }
        }
    }
    if answer.code == 235 { Ok(()) } else { Err(refused(format!("the server answers the login with “{answer}”"))) }
}

/// Source: <https://www.rfc-editor.org/rfc/rfc4616>.
fn plain(login: &Login) -> String {
    BASE64_STANDARD.encode(format!("\0{}\0{}", login.user, login.password.expose()))
}

async fn ask(lines: &mut Lines, line: &str) -> Result<Reply, Failure> {
    lines.send(line).await?;
    reply(lines).await
}

async fn reply(lines: &mut Lines) -> Result<Reply, Failure> {
    let mut texts = Vec::new();
    loop {
        let line = lines.next().await?;
        let Some((code, last, text)) = parse(&line) else { return Err(speaks_otherwise("SMTP", &line)) };
        texts.push(text.trim().to_owned());
        if last {
            return Ok(Reply { code, texts });
        }
    }
}

/// The code of a line, whether it is the last of its reply, and its text.
fn parse(line: &str) -> Option<(u16, bool, &str)> {
    let (code, rest) = line.split_at_checked(3)?;
    let code = code.parse().ok().filter(|code| (200..600).contains(code))?;
    match rest.chars().next() {
        None => Some((code, true, "")),
        Some(' ') => Some((code, true, &rest[1..])),
        Some('-') => Some((code, false, &rest[1..])),
        Some(_) => None,
    }
}

impl Reply {
    fn expect(&self, code: u16, answers: &str) -> Result<(), Failure> {
        if self.code == code {
            return Ok(());
        }
        Err(Failure::new(Reason::UnexpectedAnswer, format!("the server {answers} “{self}”")))
    }

    /// What follows a word that the server offers.
    fn parameters(&self, keyword: &str) -> Option<&str> {
        let named = |text: &&String| {
            let word = text.split([' ', '=']).next().unwrap_or_default();
            word.eq_ignore_ascii_case(keyword)
        };
        self.texts.iter().skip(1).find(named).map(|text| text[keyword.len()..].trim_start_matches([' ', '=']))
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", clean(&format!("{} {}", self.code, self.texts.join(" ")), MAX_SHOWN))
    }
}
