use monitor_core::secret::Secret;
use reqwest::Url;

/// Where Telegram's Bot API is. Source: <https://core.telegram.org/bots/api#making-requests>.
const API: &str = "https://api.telegram.org";

/// Ports that Telegram delivers updates to. Source: <https://core.telegram.org/bots/api#setwebhook>.
const PORTS: [u16; 4] = [443, 80, 88, 8443];

/// Most characters of a webhook's secret. Source: <https://core.telegram.org/bots/api#setwebhook>.
const MAX_SECRET: usize = 256;

/// How Watchword speaks to Telegram.
#[derive(Debug, Clone)]
pub struct Config {
    /// The bot's token, as @BotFather tells it: `123456789:AA…`.
    pub token: Secret,
    /// Where the Bot API is, when it is not Telegram's own: a proxy, or a self-hosted Bot API server.
    pub api_url: Option<Url>,
    /// Where Telegram delivers what is said; `None`: it is asked for, by long polling, which needs no public address.
    pub webhook: Option<Webhook>,
}

/// Where Telegram delivers what is said.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The public address, `https://` on port 443, 80, 88 or 8443. A self-hosted Bot API server takes others as well.
    pub url: Url,
    /// What Telegram proves itself with: 1 to 256 letters, digits, `_` and `-`, sent in a header with every delivery.
    pub secret: Secret,
}

/// Why Telegram cannot be spoken to until the configuration is changed. Never holds the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The token is not written like one.
    #[error("telegram: the token is not one that @BotFather gives, such as 123456789:AAxxxx; copy it anew")]
    Malformed,
    /// Telegram does not know the token, or not any more.
    #[error("telegram: Telegram does not know this token; ask @BotFather for it with /token and set it anew")]
    Token,
    /// The webhook cannot work.
    #[error("telegram: {0}")]
    Webhook(String),
    /// The client cannot be made.
    #[error("telegram: no connection can be made: {0}")]
    Client(String),
}

impl Config {
    /// Whether it can work, as far as that is to be seen without asking Telegram.
    ///
    /// # Errors
    /// Which setting cannot work, and what would.
    pub(crate) fn validate(&self) -> Result<(), StartError> {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let is_token = |(bot, key): (&str, &str)| {
            !bot.is_empty() && bot.bytes().all(|b| b.is_ascii_digit()) && !key.is_empty() && key.chars().all(word)
        };
        if !self.token.expose().split_once(':').is_some_and(is_token) {
            return Err(StartError::Malformed);
        }
        let Some(webhook) = &self.webhook else { return Ok(()) };
        let refuse = |why: &str| Err(StartError::Webhook(why.to_owned()));
        let secret = webhook.secret.expose();
        if !(1..=MAX_SECRET).contains(&secret.len()) || !secret.chars().all(word) {
            return refuse("the webhook's secret has to be 1 to 256 letters, digits, _ and -");
        }
        if self.api_url.is_some() {
            return Ok(());
        }
        if webhook.url.scheme() != "https" {
            return refuse("the webhook's address has to begin with https://");
        }
        if !webhook.url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
            return refuse(
                "Telegram delivers to the ports 443, 80, 88 and 8443 only; choose one of them for the webhook",
            );
        }
        Ok(())
    }

    /// The address of a method's folder, without a slash at its end. It holds the token.
    pub(crate) fn base(&self) -> Secret {
        let api = self.api_url.as_ref().map_or(API, Url::as_str).trim_end_matches('/');
        Secret::new(format!("{api}/bot{}", self.token.expose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "123456789:AAGf3kXw9ZqTn5VbYc2LrJd8MhPs6Eu1KoI";

    fn config(token: &str, webhook: Option<(&str, &str)>) -> Config {
        let webhook = webhook.map(|(url, secret)| Webhook { url: url.parse().unwrap(), secret: Secret::new(secret) });
        Config { token: Secret::new(token), api_url: None, webhook }
    }

    #[test]
    fn what_cannot_work_is_refused_in_one_line_without_the_token() {
        for (token, webhook, says) in [
            ("", None, "the token is not one"),
            ("AAGf3kXw9ZqTn5VbYc2LrJd8MhPs6Eu1KoI", None, "the token is not one"),
            ("123:a/../b", None, "the token is not one"),
            (TOKEN, Some(("http://bot.example/t", "s")), "has to begin with https://"),
            (TOKEN, Some(("https://bot.example:8444/t", "s")), "443, 80, 88 and 8443"),
            (TOKEN, Some(("https://bot.example/t", "")), "1 to 256"),
            (TOKEN, Some(("https://bot.example/t", "a b")), "1 to 256"),
        ] {
            let error = config(token, webhook).validate().unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains('\n'), "{error}");
            assert!(!error.contains("AAGf") && error.starts_with("telegram: "), "{error}");
        }
        assert_eq!(config(TOKEN, None).validate(), Ok(()));
        assert_eq!(config(TOKEN, Some(("https://bot.example:8443/t", "a_B-9"))).validate(), Ok(()));
    }

    #[test]
    fn neither_the_token_nor_the_secret_is_shown() {
        let shown = format!("{:?}", config(TOKEN, Some(("https://bot.example/t", "hunter2"))));
        assert!(!shown.contains("AAGf") && !shown.contains("hunter2"), "{shown}");
    }
}
