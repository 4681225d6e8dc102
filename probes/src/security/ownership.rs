//! Whether a host is shown to be somebody's own.

use std::time::Duration;

use http::{HeaderMap, Method};
use monitor_core::Timestamp;
use url::{Host, Url};

use super::ask::Asker;
use super::{LIMIT, Proof, dns};
use crate::failure::clean;
use crate::http::Call;
use crate::outbound::Outbound;

/// What stands before the token in DNS, and may in the file.
const PREFIX: &str = "watchword-verification=";

/// Longest time for the file.
const FILE: Duration = Duration::from_secs(10);

/// Nothing here depends on when it is.
const ANY_TIME: Timestamp = Timestamp::from_millis(0);

/// Looks for the token at a host: in a TXT record `watchword-verification=TOKEN` of `_watchword.HOST`, and, if it is not
/// there, in the file `https://HOST/.well-known/watchword.txt`, whose certificate has to be trusted and which no redirect may
/// lead to. `host` is a name or an address, with `:PORT` behind it where HTTPS is not on 443.
///
/// `Ok(None)`: both places were looked at, and neither shows it.
///
/// # Errors
/// What kept one of the places from being looked at, while the other does not show it, in words for people: such as that the
/// name server or the host does not answer, or that the address policy does not let the request out.
pub async fn ownership(host: &str, token: &str, outbound: &Outbound) -> Result<Option<Proof>, String> {
    let not_a_host = || format!("“{}” is no host; give a name such as shop.example", clean(host, 80));
    let url = Url::parse(&format!("https://{host}/.well-known/watchword.txt")).map_err(|_| not_a_host())?;
    if url.path() != "/.well-known/watchword.txt" || !url.username().is_empty() || url.password().is_some() {
        return Err(not_a_host());
    }
    if token.is_empty() {
        return Ok(None);
    }
    // An address has no records.
    let name = match url.host() {
        Some(Host::Domain(name)) => Some(format!("_watchword.{}", name.trim_end_matches('.'))),
        _ => None,
    };
    let record = match &name {
        Some(name) => in_dns(name, token, outbound).await,
        None => Ok(false),
    };
    if record == Ok(true) {
        return Ok(Some(Proof::Dns));
    }
    match (Box::pin(in_file(&url, token, outbound)).await, record) {
        (Ok(true), _) => Ok(Some(Proof::File)),
        (Ok(false), Ok(_)) => Ok(None),
        (Err(file), Ok(_)) => {
            let no_record = name.map(|name| format!("no TXT record of {name} has the token, and ")).unwrap_or_default();
            Err(format!("{no_record}{url} cannot be read: {file}"))
        }
        (Ok(false), Err(dns)) => Err(format!("{url} has not the token, and DNS cannot be asked: {dns}")),
        (Err(file), Err(dns)) => Err(format!("DNS cannot be asked: {dns}; and {url} cannot be read: {file}")),
    }
}

async fn in_dns(name: &str, token: &str, outbound: &Outbound) -> Result<bool, String> {
    let asker = Asker::new(outbound, ANY_TIME, LIMIT);
    let texts = dns::texts(name, &asker).await.map_err(|failure| failure.message)?;
    Ok(texts.iter().any(|text| text.trim().strip_prefix(PREFIX) == Some(token)))
}

/// Not by redirects, which many hosts give to anybody who asks in the right way.
async fn in_file(url: &Url, token: &str, outbound: &Outbound) -> Result<bool, String> {
    let call = Call { method: Method::GET, url: url.clone(), headers: HeaderMap::new(), body: Vec::new().into() };
    let answer = outbound.call(call, ANY_TIME, FILE).await.map_err(|error| error.message)?;
    match answer.status {
        200 => {
            let text = String::from_utf8_lossy(&answer.body);
            Ok(text.lines().map(str::trim).any(|line| line.strip_prefix(PREFIX).unwrap_or(line) == token))
        }
        status @ (429 | 500..) => Err(format!("it answered with status {status}")),
        _ => Ok(false),
    }
}
