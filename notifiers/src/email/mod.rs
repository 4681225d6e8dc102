//! Email by SMTP. The message and the dialogue are lettre's; connection and TLS are our own, so that the address policy
//! and the trusted authorities are those of everything else.

mod html;
mod payload;
mod send;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use lettre::message::{Mailbox, Mailboxes};
use monitor_core::Timestamp;
use monitor_core::checks::{Endpoint, Security};
use monitor_core::secret::Secret;
use probes::Outbound;
use url::{Host, Url};

use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{FieldError, Fields};
use crate::message::{Post, Receipt, SendError};

/// Most recipients of one mail.
const MAX_RECIPIENTS: usize = 50;

/// A mail server and who is written to by it.
#[derive(Debug, Clone)]
pub struct Settings {
    server: Endpoint,
    security: Security,
    from: Mailbox,
    to: Vec<Mailbox>,
    login: Option<(String, Secret)>,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "email",
        summary: "mails by a mail server of yours, as text and HTML with a chart; those of an incident make one thread",
        fields: &[
            Field {
                name: "url",
                help: "the mail server: smtps://host for TLS from the start (port 465), smtp://host for STARTTLS, which it then \
                       has to offer (port 587)",
                example: "smtps://mail.shop.example",
                required: true,
                secret: false,
            },
            Field {
                name: "from",
                help: "whose name the mails are sent in",
                example: "Watchword <watchword@shop.example>",
                required: true,
                secret: false,
            },
            Field {
                name: "to",
                help: "who is written to: 1 to 50 addresses with commas between them, who see each other",
                example: "ops@shop.example, Ada <ada@shop.example>",
                required: true,
                secret: false,
            },
            Field {
                name: "user",
                help: "who logs in at the mail server, when it wants a login",
                example: "watchword@shop.example",
                required: false,
                secret: false,
            },
            Field {
                name: "password",
                help: "the password of `user`",
                example: "correct-horse-battery-staple",
                required: false,
                secret: true,
            },
            Field {
                name: "security",
                help: "tls, starttls or plain instead of what the address says; plain only for a mail server on this machine",
                example: "tls",
                required: false,
                secret: false,
            },
        ],
        // No standard has a limit. Those of hosted mail servers begin at about 30 mails a minute:
        // <https://learn.microsoft.com/en-us/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits>.
        rate: Rate { burst: 10, per_minute: 30 },
        example: "add-destination ops-mail email url=smtps://mail.shop.example from=watchword@shop.example \
                  to=ops@shop.example user=watchword@shop.example password=correct-horse-battery-staple",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let (server, security) = server(fields)?;
        let from = fields.line("from")?.parse();
        let from = from.map_err(|_| FieldError::new("from", "has to be one address, like watchword@shop.example"))?;
        Ok(Self { server, security, from, to: recipients(fields)?, login: login(fields)? })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        let scheme = if self.security == Security::Tls { "smtps" } else { "smtp" };
        let to: Vec<String> = self.to.iter().map(Mailbox::to_string).collect();
        let mut shown = vec![
            ("url", format!("{scheme}://{}:{}", self.server.host, self.server.port)),
            ("from", self.from.to_string()),
            ("to", to.join(", ")),
        ];
        if let Some((user, _)) = &self.login {
            shown.extend([("user", user.clone()), ("password", "***".to_owned())]);
        }
        if self.security == Security::None {
            shown.push(("security", "plain".to_owned()));
        }
        shown
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        send::send(self, post, outbound, now).await
    }
}

fn server(fields: &Fields<'_>) -> Result<(Endpoint, Security), FieldError> {
    let wrong = || FieldError::new("url", "has to be smtps://host or smtp://host, with :port if it is another");
    let url = Url::parse(fields.line("url")?).map_err(|_| wrong())?;
    let by_scheme = match url.scheme() {
        "smtps" => Security::Tls,
        "smtp" => Security::StartTls,
        _ => return Err(wrong()),
    };
    let bare = url.username().is_empty() && url.password().is_none() && matches!(url.path(), "" | "/");
    if !bare || url.query().is_some() {
        let why = "may hold host and port only; `user` and `password` are fields of their own";
        return Err(FieldError::new("url", why));
    }
    let default_port = if by_scheme == Security::Tls { 465 } else { 587 };
    // The hosts of other schemes than those of the web are not told apart by themselves.
    let host = Host::parse(url.host_str().ok_or_else(wrong)?).map_err(|_| wrong())?;
    let endpoint = Endpoint { host, port: url.port().unwrap_or(default_port) };
    let choices = [("starttls", Security::StartTls), ("tls", Security::Tls), ("plain", Security::None)];
    let security = match fields.text("security") {
        None => by_scheme,
        Some(_) => fields.choice("security", &choices)?,
    };
    if security == Security::None && !is_here(&endpoint.host) {
        let why = "plain is for a mail server on this machine; what goes through a network has to be protected";
        return Err(FieldError::new("security", why));
    }
    Ok((endpoint, security))
}

fn is_here(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => IpAddr::V6(*ip).to_canonical().is_loopback(),
    }
}

fn recipients(fields: &Fields<'_>) -> Result<Vec<Mailbox>, FieldError> {
    let wrong = || FieldError::new("to", "has to be addresses with commas between them, like ops@shop.example");
    let to: Mailboxes = fields.line("to")?.parse().map_err(|_| wrong())?;
    let to: Vec<Mailbox> = to.into_iter().collect();
    match to.len() {
        0 => Err(wrong()),
        count if count > MAX_RECIPIENTS => Err(FieldError::new(
            "to",
            format!("may be {MAX_RECIPIENTS} addresses at most; write to a mailing list instead"),
        )),
        _ => Ok(to),
    }
}

fn login(fields: &Fields<'_>) -> Result<Option<(String, Secret)>, FieldError> {
    match (fields.optional_line("user")?, fields.optional_line("password")?) {
        (Some(user), Some(password)) => Ok(Some((user.to_owned(), Secret::new(password)))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(FieldError::new("password", "is missing, as there is a `user`")),
        (None, Some(_)) => Err(FieldError::new("user", "is missing, as there is a `password`")),
    }
}
