//! All that is looked at, one thing after the other.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::security::observed::{Active, Answer, Cors, Depth, Observed, Script};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::ask::Asker;
use super::{active, dns, page, shown};
use crate::outbound::Outbound;

/// Longest time that a look takes. What has not been seen by then is told as not looked at.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What stands behind the program's own name in `User-Agent`, for who wonders what these requests are.
const PURPOSE: &str = "(security check; see docs/security-check.md of Watchword)";

/// Why nothing was seen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    /// It was cancelled.
    #[error("the check was cancelled")]
    Cancelled,
    /// The address is not one that can be looked at.
    #[error("only pages of http:// and https:// can be checked; give an address such as https://shop.example/")]
    Address,
    /// The address policy does not let it out.
    #[error("{0}")]
    Refused(String),
    /// No answer came from the page, or none that could be read.
    #[error("{0}")]
    Unreachable(String),
}

/// Looks at a page and its host, to that depth, within [`LIMIT`]. Says in a few words to `progress` what is done.
///
/// # Errors
/// See [`LookError`]. A page that answers with whatever status is seen, and so is one whose certificate is not trusted. One
/// whose server does not agree on TLS with us cannot be had; only where a closer look shows what TLS the host speaks, `hops`
/// has what came before the page, and `tls` says why there is no more.
#[expect(clippy::too_many_arguments, reason = "where, how far, with what; and two ways to talk while it goes on")]
pub async fn look(
    asked: &Url,
    depth: Depth,
    outbound: &Outbound,
    now: Timestamp,
    cancel: &CancellationToken,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> Result<Observed, LookError> {
    let name = outbound.user_agent().to_str().unwrap_or_default();
    let outbound = outbound.with_user_agent(&format!("{name} {PURPOSE}")).unwrap_or_else(|_| outbound.clone());
    let asker = Asker::new(&outbound, now, LIMIT);
    // Boxed: a request takes a lot of room, and whoever looks has futures of their own.
    let looking = Box::pin(see(asked, depth, &asker, progress));
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(LookError::Cancelled),
        seen = looking => seen,
    }
}

async fn see(
    asked: &Url,
    depth: Depth,
    asker: &Asker<'_>,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> Result<Observed, LookError> {
    // What logs people in is neither sent nor shown.
    let mut bare = asked.clone();
    bare.set_fragment(None);
    // Neither call can fail for an address with a host, and others are refused.
    let _ = (bare.set_username(""), bare.set_password(None));
    let asked = &bare;
    let host = asked.host().filter(|_| matches!(asked.scheme(), "http" | "https")).ok_or(LookError::Address)?;
    progress("asking for the page");
    let page = page::load(asked, asker).await?;
    // Name servers are others than the host, so nobody is asked two things at once.
    let (dns, rest) =
        tokio::join!(Box::pin(dns::look(&host, asker)), Box::pin(rest(asked, depth, &page, asker, progress)));
    if let Some(Err(why)) = &page.tls
        && rest.active.as_ref().is_none_or(|active| active.protocols.is_err())
    {
        return Err(LookError::Unreachable(why.clone()));
    }
    Ok(Observed {
        asked: asked.to_string(),
        depth,
        at: asker.now,
        hops: shown::answers(&page.hops),
        body: page.body,
        body_cut: page.body_cut,
        plain: rest.plain,
        tls: page.tls,
        scripts: rest.scripts,
        scripts_cut: rest.scripts_cut,
        cors: rest.cors,
        security_txt: rest.security_txt,
        dns,
        active: rest.active,
    })
}

/// What is asked of the host once the page is there.
struct Rest {
    plain: Result<Vec<Answer>, String>,
    scripts: Vec<Script>,
    scripts_cut: Option<String>,
    cors: Result<Cors, String>,
    security_txt: Result<Option<String>, String>,
    active: Option<Active>,
}

async fn rest(
    asked: &Url,
    depth: Depth,
    page: &page::Page,
    asker: &Asker<'_>,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> Rest {
    progress("asking without encryption");
    let plain = page::plain(asked, page, asker).await;
    progress("reading the page's scripts");
    let (scripts, scripts_cut) = page::scripts(page, asker).await;
    progress("asking as another site would");
    let cors = page::cors(page, asker).await;
    let security_txt = page::security_txt(page, asker).await;
    let active = match depth {
        Depth::Passive => None,
        Depth::Active | Depth::Deep => {
            let base = page.of_host(asked);
            Some(active::look(&base, page.status_of(&base), &scripts, asker, progress).await)
        }
    };
    Rest { plain, scripts, scripts_cut, cors, security_txt, active }
}

#[cfg(test)]
mod tests;
