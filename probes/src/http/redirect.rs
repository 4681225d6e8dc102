//! Follows redirects, each by a new connection under the address policy.

use http::header::LOCATION;
use http::{Method, StatusCode};
use monitor_core::outcome::Reason;
use url::Url;

use super::exchange::Exchange;
use super::hop::Hop;
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::trace::Trace;

/// Sends the request and those that redirects ask for, until an answer is none. With a limit of 0 the first answer is
/// taken as it is.
pub(super) async fn follow(
    first: &Hop,
    max_redirects: u8,
    outbound: &Outbound,
    trace: &mut Trace,
) -> Result<Exchange, Failure> {
    let mut exchange = Exchange::begin(first, outbound, trace).await?;
    if max_redirects == 0 || !is_redirect(exchange.status()) {
        return Ok(exchange);
    }
    let mut hop = first.clone();
    let mut seen: Vec<(Method, Url)> = Vec::new();
    while is_redirect(exchange.status()) {
        if seen.len() >= usize::from(max_redirects) {
            let plural = if max_redirects == 1 { "" } else { "s" };
            return Err(too_many(format!("answered with more than {max_redirects} redirect{plural}")));
        }
        seen.push((hop.method.clone(), hop.url.clone()));
        hop = hop.redirected(exchange.status(), exchange.headers().get(LOCATION))?;
        trace.details.final_url = Some(hop.shown());
        if seen.iter().any(|(method, url)| *method == hop.method && *url == hop.url) {
            return Err(too_many(format!("redirects in a circle, back to {}", hop.shown())));
        }
        // The old connection is closed before the next one is opened.
        drop(exchange);
        exchange = Exchange::begin(&hop, outbound, trace).await?;
    }
    Ok(exchange)
}

fn too_many(message: String) -> Failure {
    Failure::new(Reason::TooManyRedirects, message)
}

/// Source: <https://fetch.spec.whatwg.org/#redirect-status>.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
