use std::net::IpAddr;

use monitor_core::people::Permission;
use monitor_core::security::observed::Proof;
use services::VerifiedHost;
use services::view::OwnedHostRow;

use crate::cards::audit::plain;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::reply::{Block, Field};

/// The host that a command is about.
pub(super) const HOST: Argument =
    Argument::new("host", Kind::Text, "Its name; with its port where HTTPS is not on 443.")
        .of(Known::Host)
        .like("shop.example")
        .positional()
        .required("Which host?");

/// Shows that a host is one's own.
pub(crate) const COMMAND: Command = Command {
    name: "verify-host",
    aliases: &["verify"],
    summary: "Shows that a host is yours, by a DNS record or a file on it, so that security checks may look at more than a browser would. It says what to put where, and looks whether it is there.",
    examples: &["verify-host shop.example", "verify-host shop.example:8443"],
    arguments: &[&[HOST]],
    permission: Permission::Manage,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let verified = turn.services.verify_host(turn.actor, given.get("host").unwrap_or_default()).await?;
    let host = &verified.row.host;
    let again = format!("verify-host {host}");
    Ok(match &verified {
        VerifiedHost { row: OwnedHostRow { proved: Some((proof, _)), .. }, unknown: None } => Answer::text(format!(
            "`{host}` is shown to be yours, by {}. Leave it there: I look again once it is older than 7 days. `check-security {host}` looks deeper from now on.",
            place(*proof)
        )),
        VerifiedHost { row: OwnedHostRow { proved: Some((proof, at)), .. }, unknown: Some(why) } => {
            let text = format!(
                "`{host}` was shown to be yours at {}, by {}. Just now I could not look again: {}.",
                at.to_minute(),
                place(*proof),
                plain(why.trim_end_matches('.'))
            );
            Answer::text(text).offering("Look again", again)
        }
        VerifiedHost { row, unknown } => {
            let (put, title) = match has_dns(host) {
                true => ("in its DNS or on it, one of both,", "One of both"),
                false => ("on it", "The file"),
            };
            let how = format!("`{host}` is not shown to be yours yet. Put this {put} and say `{again}` again:");
            let mut blocks = vec![Block::text(how), Block::fields(title, ways(row))];
            blocks.extend(unknown.as_ref().map(|why| {
                Block::text(plain(&format!(
                    "Just now I could not look everywhere: {}.",
                    why.trim_end_matches(['.', '?'])
                )))
            }));
            Answer::of(blocks).offering("Look again", again)
        }
    })
}

fn ways(row: &OwnedHostRow) -> Vec<Field> {
    let name = without_port(&row.host).trim_end_matches('.');
    let record =
        || Field::new("TXT record", format!("_watchword.{name} with the text watchword-verification={}", row.token));
    let file =
        Field::new("file", format!("https://{}/.well-known/watchword.txt with the text {}", row.host, row.token));
    has_dns(&row.host).then(record).into_iter().chain([file]).collect()
}

/// Whether the host is a name: an address has no records.
fn has_dns(host: &str) -> bool {
    !host.starts_with('[') && without_port(host).parse::<IpAddr>().is_err()
}

/// The name without a port. An address in brackets has colons of its own.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Where a proof is.
pub(super) fn place(proof: Proof) -> &'static str {
    match proof {
        Proof::Dns => "a TXT record",
        Proof::File => "a file on it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_records_and_addresses_have_none() {
        assert!(["shop.example", "shop.example:8443", "1.example"].into_iter().all(has_dns));
        assert!(!["192.0.2.1", "192.0.2.1:8443", "[2001:db8::1]", "[2001:db8::1]:8443"].into_iter().any(has_dns));
    }
}
