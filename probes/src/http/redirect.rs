//! Follows redirects, each by a new connection under the address policy.

use http::header::LOCATION;
use http::{Method, StatusCode};
use monitor_core::outcome::Reason;
use url::Url;

use super::HttpProbe;
use super::cookies::Jar;
use super::exchange::Exchange;
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::trace::Trace;

impl HttpProbe {
    /// Sends the request and those that redirects ask for, until an answer is none, and says where that came from, if
    /// not from the first address. With a limit of 0 the first answer is taken as it is. Cookies of redirects go to the jar.
    pub(super) async fn follow(
        &self,
        jar: &mut Jar,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<(Exchange, Option<Url>), Failure> {
        let mut exchange = self.ask(&jar.dress(&self.first), outbound, trace).await?;
        if self.max_redirects == 0 || !is_redirect(exchange.status()) {
            return Ok((exchange, None));
        }
        let mut hop = self.first.clone();
        let mut seen: Vec<(Method, Url, usize)> = Vec::new();
        while is_redirect(exchange.status()) {
            if seen.len() >= usize::from(self.max_redirects) {
                let (limit, plural) = (self.max_redirects, if self.max_redirects == 1 { "" } else { "s" });
                return Err(too_many(format!("answered with more than {limit} redirect{plural}")));
            }
            seen.push((hop.method.clone(), hop.url.clone(), jar.changes()));
            if self.cookies {
                jar.store(&hop.url, exchange.headers());
            }
            let next = hop.clone().redirected(exchange.status(), exchange.headers().get(LOCATION))?;
            trace.details.final_url = Some(next.shown());
            let here = (next.method.clone(), next.url.clone(), jar.changes());
            if seen.contains(&here) {
                return Err(too_many(format!("redirects in a circle, back to {}", next.shown())));
            }
            // The old connection is closed, or kept, before the next one is opened.
            self.client.release(&hop.url, exchange).await;
            hop = next;
            exchange = self.ask(&jar.dress(&hop), outbound, trace).await?;
        }
        Ok((exchange, Some(hop.url)))
    }
}

fn too_many(message: String) -> Failure {
    Failure::new(Reason::TooManyRedirects, message)
}

/// Source: <https://fetch.spec.whatwg.org/#redirect-status>.
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
