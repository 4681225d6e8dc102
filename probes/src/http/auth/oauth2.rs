//! OAuth 2 client credentials. Source: <https://www.rfc-editor.org/rfc/rfc6749#section-4.4>.

use std::time::{Duration, Instant};

use monitor_core::duration::humanize;
use monitor_core::http::{Auth, Body, Header, HeaderValue, HttpSpec, SpecError, Version};
use monitor_core::outcome::Reason;
use monitor_core::secret::Secret;
use sha2::{Digest as _, Sha256};

use super::tokens::{Key, Token};
use super::{authorized, is_challenge};
use crate::failure::{Failure, clean};
use crate::http::client::Client;
use crate::http::exchange::Exchange;
use crate::http::hop::Hop;
use crate::http::{Fetched, HttpProbe};
use crate::outbound::Outbound;
use crate::trace::{Trace, Wanted};

/// How long a token is used whose end its issuer does not tell.
const DEFAULT_LIFE: Duration = Duration::from_secs(300);

/// Longest time that a token is used, whatever its issuer says.
const MAX_LIFE: Duration = Duration::from_secs(86_400);

/// Longest token, in bytes: longer ones fit into no header.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A client of a token endpoint.
pub(in crate::http) struct OAuth2 {
    key: Key,
    /// Asks with the credentials in a header, which every server has to take, and with them in the body, which some insist on.
    probes: [HttpProbe; 2],
    /// Where tokens are had, for people.
    shown: String,
}

impl OAuth2 {
    /// The client of a spec, if that is how it logs in.
    pub(super) fn new(spec: &HttpSpec, auth: &Auth) -> Result<Option<Self>, SpecError> {
        let Auth::OAuth2 { token_url, client_id, client_secret, scope } = auth else { return Ok(None) };
        let mut fields = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
        if !scope.is_empty() {
            fields.push(("scope".to_owned(), scope.clone()));
        }
        let mut request = HttpSpec::get(token_url.as_str())?;
        request.method = "POST".to_owned();
        request.max_redirects = 0;
        request.version = Version::Auto;
        request.proxy = spec.proxy.clone();
        let json = HeaderValue::Plain("application/json".to_owned());
        request.headers = vec![Header { name: "Accept".to_owned(), value: json }];
        let mut in_body = request.clone();
        // Encoded like a form before they are joined: section 2.3.1.
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let password = Secret::new(encoded(client_secret.expose()));
        request.auth = Some(Auth::Basic { user: encoded(client_id), password });
        request.body = Some(Body::Form(fields.clone()));
        fields.push(("client_id".to_owned(), client_id.clone()));
        fields.push(("client_secret".to_owned(), client_secret.expose().to_owned()));
        in_body.body = Some(Body::Form(fields));
        let mut hash = Sha256::new();
        for part in [token_url.as_str(), client_id, client_secret.expose(), scope] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let probes = [HttpProbe::compile(&request)?, HttpProbe::compile(&in_body)?];
        let shown = probes[0].first.shown();
        Ok(Some(Self { key: hash.finalize().into(), probes, shown }))
    }

    /// Sends the request with the token that is kept or with a new one. A kept one that is refused is replaced once.
    pub(super) async fn ask(
        &self,
        client: &Client,
        hop: &Hop,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<Exchange, Failure> {
        let (token, kept) = self.token(None, outbound, trace).await?;
        let exchange =
            client.send(&authorized(hop, &format!("Bearer {}", token.text), trace)?, outbound, trace).await?;
        if !kept || !is_challenge(&exchange) {
            return Ok(exchange);
        }
        client.release(&hop.url, exchange).await;
        let (token, _) = self.token(Some(&token), outbound, trace).await?;
        client.send(&authorized(hop, &format!("Bearer {}", token.text), trace)?, outbound, trace).await
    }

    /// A token that is not the refused one, and whether it was kept. Some time is left for the request itself.
    async fn token(
        &self,
        refused: Option<&Token>,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<(Token, bool), Failure> {
        let share = trace.remaining() / 4 * 3;
        let mut asking = None;
        let fetching = async {
            let slot = outbound.tokens().slot(&self.key);
            let mut kept = slot.lock().await;
            let good = |token: &&Token| {
                token.until > Instant::now() && refused.is_none_or(|refused| refused.text != token.text)
            };
            if let Some(token) = kept.as_ref().filter(good) {
                return Ok((token.clone(), true));
            }
            *kept = None;
            // A record of its own: what the token took is no phase of the target's.
            let wanted = Wanted { family: trace.wanted().family, ..Wanted::default() };
            let own = asking.insert(Trace::start(trace.at, share, wanted));
            let token = self.fetch(outbound, own).await?;
            *kept = Some(token.clone());
            Ok((token, false))
        };
        let ended = tokio::time::timeout(share, fetching).await;
        ended.unwrap_or_else(|_| {
            // Whoever has not asked yet waited for a check that asks for the same token.
            let waited = || Failure::new(Reason::ResponseTimeout, format!("none came within {}", humanize(share)));
            Err(while_asking(asking.map_or_else(waited, |own| own.out_of_time())))
        })
    }

    async fn fetch(&self, outbound: &Outbound, trace: &mut Trace) -> Result<Token, Failure> {
        let [in_header, in_body] = &self.probes;
        let mut answer = self.ask_issuer(in_header, outbound, trace).await?;
        let not_known = || matches!(error_of(&answer).as_deref(), Some("invalid_client" | "invalid_request"));
        if answer.status == 401 || (answer.status == 400 && not_known()) {
            answer = self.ask_issuer(in_body, outbound, trace).await?;
        }
        if answer.status != 200 {
            let error = error_of(&answer).map(|error| format!(" ({})", clean(&error, 80))).unwrap_or_default();
            return Err(self.failed(&format!("it answered {}{error}", answer.status)));
        }
        token_of(&answer.body).ok_or_else(|| self.failed("its answer holds no token"))
    }

    async fn ask_issuer(&self, probe: &HttpProbe, outbound: &Outbound, trace: &mut Trace) -> Result<Fetched, Failure> {
        // Boxed, since a probe may hold this login in turn.
        let fetched = Box::pin(probe.fetch(outbound, trace)).await;
        fetched.map_err(|failure| match failure.reason {
            Reason::HttpProtocol
            | Reason::HeadersTooLarge
            | Reason::BodyTooLarge
            | Reason::TooManyRedirects
            | Reason::BadRedirect => self.failed(&failure.message),
            // No answer came, which says as much of the network as of the issuer.
            _ => while_asking(failure),
        })
    }

    fn failed(&self, what: &str) -> Failure {
        Failure::new(Reason::TokenFailed, format!("no token from {}: {what}", self.shown))
    }

    /// The client's credentials as they are sent.
    pub(super) fn derived_secrets(&self) -> Vec<String> {
        self.probes.iter().flat_map(HttpProbe::derived_secrets).collect()
    }
}

fn while_asking(failure: Failure) -> Failure {
    Failure::new(failure.reason, format!("{} while asking for a token", failure.message))
}

fn error_of(answer: &Fetched) -> Option<String> {
    let json: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    json.get("error")?.as_str().map(str::to_owned)
}

fn token_of(body: &[u8]) -> Option<Token> {
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = json.get("access_token")?.as_str()?;
    let sendable = text.bytes().all(|byte| byte.is_ascii_graphic()) && (1..=MAX_TOKEN_BYTES).contains(&text.len());
    let life = json.get("expires_in").and_then(|life| life.as_f64().or_else(|| life.as_str()?.parse().ok()));
    let life = life.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(DEFAULT_LIFE);
    // Replaced a little before its end, so that none runs out on the way.
    let life = life.min(MAX_LIFE).mul_f32(0.9);
    sendable.then(|| Token { text: text.into(), until: Instant::now() + life })
}
