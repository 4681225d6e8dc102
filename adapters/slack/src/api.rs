//! The Web API: bounded calls, and what their refusals mean.

use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use monitor_core::secret::Secret;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::{SlackApiToken, SlackClient, SlackClientHyperConnector};
use slack_morphism::{ClientResult, SlackClientApiCallContext, SlackClientHttpConnector as _};
use url::Url;

use crate::config::{Config, StartError};

/// How long a call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest pause that is made, which is longer than Slack asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// How long bringing a file may take.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) type Connector = HttpsConnector<HttpConnector>;

/// Slack's Web API, spoken to as the bot.
#[derive(Debug)]
pub(crate) struct Api {
    client: SlackClient<SlackClientHyperConnector<Connector>>,
    bot: SlackApiToken,
}

/// Why a call was not done. Holds no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Slack says why, by a code such as `channel_not_found`.
    #[error("Slack says {0}")]
    Said(String),
    /// Too many calls, or a channel that takes none for now: what is said elsewhere may be taken.
    #[error("Slack asks for a pause")]
    TooMany(Option<Duration>),
    /// Slack was not reached, or is not well.
    #[error("Slack cannot be reached: {0}")]
    Unreachable(String),
}

impl Refusal {
    /// What a code of Slack's means.
    pub(crate) fn from_code(code: String) -> Self {
        match code.as_str() {
            "ratelimited" | "rate_limited" | "message_limit_exceeded" | "external_channel_migrating" => {
                Self::TooMany(None)
            }
            code if is_passing(code) => Self::Unreachable(code.to_owned()),
            _ => Self::Said(code),
        }
    }

    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Said(code) => code,
            Self::TooMany(_) => "ratelimited",
            Self::Unreachable(_) => "unreachable",
        }
    }

    /// How long to wait before the next attempt, if there is to be one.
    pub(crate) fn pause(&self, attempt: u32) -> Option<Duration> {
        match self {
            Self::Said(_) => None,
            Self::TooMany(Some(pause)) => Some((*pause).min(LONGEST_PAUSE)),
            Self::TooMany(None) | Self::Unreachable(_) => Some(Duration::from_millis(500) * 2_u32.pow(attempt.min(6))),
        }
    }
}

impl From<SlackClientError> for Refusal {
    fn from(error: SlackClientError) -> Self {
        match error {
            SlackClientError::ApiError(error) => Self::from_code(error.code),
            SlackClientError::RateLimitError(error) => Self::TooMany(error.retry_after),
            // A page that stands between here and Slack refuses nothing in Slack's name, whatever its status is.
            SlackClientError::HttpError(error) => match code(error.http_response_body.as_deref()) {
                Some(code) => Self::from_code(code),
                None => Self::Unreachable(format!("it answers {}", error.status_code)),
            },
            SlackClientError::ProtocolError(_) => Self::Unreachable("it answers with what is no JSON".to_owned()),
            // Their texts may name addresses, and an address may be a secret.
            _ => Self::Unreachable("there is no connection".to_owned()),
        }
    }
}

/// The code of an answer with which Slack refuses.
fn code(body: Option<&str>) -> Option<String> {
    let answer: Value = serde_json::from_str(body?).ok()?;
    (answer["ok"] == false).then(|| answer["error"].as_str().map(str::to_owned))?
}

/// Codes that say that Slack itself is not well.
/// Source: the errors of <https://docs.slack.dev/reference/methods/chat.postMessage>.
fn is_passing(code: &str) -> bool {
    matches!(code, "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" | "team_added_to_org")
}

impl Api {
    /// Of that configuration.
    ///
    /// # Errors
    /// [`StartError::Tls`].
    pub(crate) fn new(config: &Config) -> Result<Self, StartError> {
        let connector = SlackClientHyperConnector::with_connector(connector()?).with_slack_api_url(&config.api());
        Ok(Self { client: SlackClient::new(connector), bot: token(&config.bot_token) })
    }

    /// Calls a method as the bot.
    pub(crate) async fn call(&self, method: &str, body: &Value) -> Result<Value, Refusal> {
        self.call_as(&self.bot, method, body).await
    }

    /// Calls a method that takes no JSON as the bot.
    pub(crate) async fn ask(&self, method: &str, parameters: &[(&str, &str)]) -> Result<Value, Refusal> {
        let session = self.client.open_session(&self.bot);
        let parameters: Vec<(&str, Option<&str>)> =
            parameters.iter().map(|(name, value)| (*name, Some(*value))).collect();
        done(bounded(CALL_TIMEOUT, session.http_session_api.http_get(method, &parameters, None)).await?)
    }

    /// The address of a WebSocket, which is good for one connection.
    pub(crate) async fn open_socket(&self, app_token: &Secret) -> Result<String, Refusal> {
        let opened =
            self.call_as(&token(app_token), "apps.connections.open", &Value::Object(Default::default())).await?;
        let url = opened["url"].as_str().ok_or_else(|| Refusal::Unreachable("it gives no address".to_owned()))?;
        Ok(url.to_owned())
    }

    /// Answers an event at the address that it came with. The token is not sent there.
    pub(crate) async fn respond(&self, url: &Url, body: &Value) -> Result<(), Refusal> {
        let span = tracing::Span::none();
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None,
            tracing_span: &span,
            is_sensitive_url: true,
        };
        let answer: Value =
            bounded(CALL_TIMEOUT, self.client.http_api.connector.http_post_uri(url.clone(), body, context)).await?;
        drop(answer);
        Ok(())
    }

    /// Brings a file to where Slack wants it.
    pub(crate) async fn upload(&self, url: &Url, media_type: &str, data: &[u8]) -> Result<(), Refusal> {
        let session = self.client.open_session(&self.bot);
        let brought: Value = bounded(
            UPLOAD_TIMEOUT,
            session.http_session_api.http_post_uri_binary(url.clone(), media_type.to_owned(), data, None),
        )
        .await?;
        drop(brought);
        Ok(())
    }

    async fn call_as(&self, token: &SlackApiToken, method: &str, body: &Value) -> Result<Value, Refusal> {
        let session = self.client.open_session(token);
        done(bounded(CALL_TIMEOUT, session.http_session_api.http_post(method, body, None)).await?)
    }
}

/// An answer that says that it was done. Of what is no JSON the client makes an empty answer.
fn done(answer: Value) -> Result<Value, Refusal> {
    match answer["ok"] == true {
        true => Ok(answer),
        false => Err(Refusal::Unreachable("it answers with what is not Slack's".to_owned())),
    }
}

async fn bounded(limit: Duration, call: impl Future<Output = ClientResult<Value>>) -> Result<Value, Refusal> {
    match tokio::time::timeout(limit, call).await {
        Ok(answered) => Ok(answered?),
        Err(_) => Err(Refusal::Unreachable(format!("it does not answer within {} s", limit.as_secs()))),
    }
}

fn token(secret: &Secret) -> SlackApiToken {
    SlackApiToken::new(secret.expose().into())
}

/// TLS with the certificates that this system trusts, or with none where nobody speaks TLS.
pub(crate) fn tls() -> Result<Arc<ClientConfig>, StartError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| StartError::Tls(error.to_string().into()))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// Connections to Slack, or to the proxy that the configuration names.
pub(crate) fn connector() -> Result<Connector, StartError> {
    let tls = ClientConfig::clone(&*tls()?);
    Ok(HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().enable_http2().build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_as_long_as_slack_asks_for_and_not_for_ever() {
        let pause = |seconds| Refusal::TooMany(Some(Duration::from_secs(seconds))).pause(1);
        assert_eq!(pause(120), Some(Duration::from_secs(120)));
        assert_eq!(pause(u64::MAX), Some(LONGEST_PAUSE));
    }

    #[test]
    fn what_passes_is_no_refusal() {
        let refusal = |code: &str| Refusal::from_code(code.to_owned());
        for code in ["ratelimited", "rate_limited", "message_limit_exceeded", "external_channel_migrating"] {
            assert_eq!(refusal(code), Refusal::TooMany(None), "{code}");
        }
        assert!(matches!(refusal("internal_error"), Refusal::Unreachable(_)));
        assert_eq!(refusal("msg_too_long"), Refusal::Said("msg_too_long".to_owned()));
    }

    #[test]
    fn only_slacks_own_words_are_a_refusal() {
        let said = |body: &str| code(Some(body));
        assert_eq!(said(r#"{"ok":false,"error":"used_url"}"#).as_deref(), Some("used_url"));
        for other in
            ["<html>Sign in</html>", "", "null", r#"{"error":"x"}"#, r#"{"ok":false}"#, r#"{"ok":true,"error":"x"}"#]
        {
            assert_eq!(said(other), None, "{other}");
        }
    }
}
