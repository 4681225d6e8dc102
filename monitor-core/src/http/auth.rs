use serde::{Deserialize, Serialize};
use url::Url;

use super::SpecError;
use super::address::check_scheme;
use crate::secret::Secret;

/// How a request is authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// `Authorization: Bearer …`
    Bearer(Secret),
    /// `Authorization: Basic …`
    Basic {
        /// The user's name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// `Authorization: Digest …`, after a challenge. Source: <https://www.rfc-editor.org/rfc/rfc7616>.
    Digest {
        /// The user's name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// NTLM over HTTP, after a challenge. Source: <https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp>.
    Ntlm {
        /// The user's name, `DOMAIN\\user` with a domain.
        user: String,
        /// The password.
        password: Secret,
    },
    /// OAuth 2 client credentials; the token is kept until it runs out. Source: <https://www.rfc-editor.org/rfc/rfc6749#section-4.4>.
    OAuth2 {
        /// Where tokens are had.
        token_url: Url,
        /// The client's id.
        client_id: String,
        /// The client's secret.
        client_secret: Secret,
        /// The scopes asked for, apart by spaces; may be empty.
        #[serde(default)]
        scope: String,
    },
    /// AWS Signature Version 4. Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>.
    SigV4 {
        /// The access key's id.
        access_key: String,
        /// The secret access key.
        secret_key: Secret,
        /// The region, such as `eu-central-1`.
        region: String,
        /// The service, such as `execute-api`.
        service: String,
    },
}

impl Auth {
    /// What cannot stand in a header or in an address is refused.
    pub(super) fn validate(&self) -> Result<(), SpecError> {
        let wrong = |what: &str| Err(SpecError::Option(what.to_owned()));
        match self {
            Self::Basic { user, .. } if user.contains(':') => wrong("a user's name for `basic` has no colon in it"),
            Self::Ntlm { user, .. } | Self::Digest { user, .. } if user.is_empty() || has_control(user) => {
                wrong("say who logs in, like ada:password, with a domain like CORP\\ada:password")
            }
            Self::OAuth2 { token_url, client_id, scope, .. } => {
                check_scheme(token_url)?;
                let described = !client_id.is_empty() && !has_control(client_id) && !has_control(scope);
                let bare = token_url.username().is_empty() && token_url.password().is_none();
                match described && bare {
                    true => Ok(()),
                    false => {
                        wrong("OAuth 2 needs the token address without a login in it, the client's id and its secret")
                    }
                }
            }
            Self::SigV4 { access_key, region, service, .. } => {
                let word = |text: &str| {
                    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
                };
                match word(access_key) && word(region) && word(service) {
                    true => Ok(()),
                    false => wrong(
                        "a signature needs the access key, a region like eu-central-1 and a service like execute-api",
                    ),
                }
            }
            Self::Bearer(_) | Self::Basic { .. } | Self::Digest { .. } | Self::Ntlm { .. } => Ok(()),
        }
    }

    /// Its secrets, in an order that depends only on its shape.
    pub fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        match self {
            Self::Bearer(secret)
            | Self::Basic { password: secret, .. }
            | Self::Digest { password: secret, .. }
            | Self::Ntlm { password: secret, .. }
            | Self::OAuth2 { client_secret: secret, .. }
            | Self::SigV4 { secret_key: secret, .. } => vec![secret],
        }
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}
