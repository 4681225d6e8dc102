//! What an operator says about Slack.

use std::sync::Arc;

use monitor_core::secret::Secret;
use url::Url;

/// Where the Web API of Slack is.
pub(crate) const API_URL: &str = "https://slack.com/api";

/// How Slack is spoken to.
#[derive(Debug, Clone)]
pub struct Config {
    /// The bot's token: `xoxb-…`.
    pub bot_token: Secret,
    /// How Slack tells what happens.
    pub mode: Mode,
    /// The slash command, such as `/watchword`.
    pub command: String,
    /// Where the Web API is, when it is not Slack's own: a proxy, or a server of tests.
    pub api_url: Option<Url>,
}

/// How Slack tells what happens.
#[derive(Debug, Clone)]
pub enum Mode {
    /// Over a WebSocket that the program opens, which needs no public address.
    Socket {
        /// The app's token: `xapp-…`.
        app_token: Secret,
    },
    /// By signed requests to [`crate::router`].
    Http {
        /// The app's signing secret.
        signing_secret: Secret,
    },
}

impl Config {
    /// The address of the Web API, without a slash at its end.
    pub(crate) fn api(&self) -> String {
        let url = self.api_url.as_ref().map_or(API_URL, Url::as_str);
        url.trim_end_matches('/').to_owned()
    }

    pub(crate) fn app_token(&self) -> Option<&Secret> {
        match &self.mode {
            Mode::Socket { app_token } => Some(app_token),
            Mode::Http { .. } => None,
        }
    }
}

/// Why Slack cannot be spoken to until the configuration is mended. Holds no token.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StartError {
    /// A token is not accepted.
    #[error("Slack does not accept {token} ({code}): {mend}")]
    Token {
        /// Which token.
        token: &'static str,
        /// What Slack says.
        code: String,
        /// What to do.
        mend: &'static str,
    },
    /// The configuration asks for what cannot be.
    #[error("{0}")]
    Config(&'static str),
    /// TLS cannot be set up.
    #[error("Slack cannot be spoken to over TLS: {0}")]
    Tls(Arc<str>),
}
