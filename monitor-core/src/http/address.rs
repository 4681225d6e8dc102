//! Addresses as people write them.

use url::{Host, Url};

use super::{Auth, SpecError, shorten};
use crate::secret::Secret;

pub(super) const MAX_URL_BYTES: usize = 2_048;

/// Parses an address and takes the user information out of it.
pub(super) fn parse_url(address: &str) -> Result<(Url, Option<Auth>), SpecError> {
    let address = address.trim();
    if address.len() > MAX_URL_BYTES {
        return Err(SpecError::UrlTooLong);
    }
    let wrong = || SpecError::Url(shorten(address, 80));
    let lower = address.to_ascii_lowercase();
    let mut url = if lower.starts_with("http://") || lower.starts_with("https://") || lower.contains("://") {
        Url::parse(address).map_err(|_| wrong())?
    } else {
        match Url::parse(address) {
            Ok(url) if matches!(url.scheme(), "mailto" | "javascript" | "data" | "file" | "about") => url,
            _ => Url::parse(&format!("https://{address}")).map_err(|_| wrong())?,
        }
    };
    check_scheme(&url)?;
    if !url.host().is_some_and(|host| is_host(&host)) {
        return Err(wrong());
    }
    let auth = (!url.username().is_empty() || url.password().is_some()).then(|| Auth::Basic {
        user: percent_decode(url.username()),
        password: Secret::new(percent_decode(url.password().unwrap_or_default())),
    });
    if auth.is_some() && (url.set_username("").is_err() || url.set_password(None).is_err()) {
        return Err(wrong());
    }
    url.set_fragment(None);
    Ok((url, auth))
}

/// URLs take hosts such as `ht!tp`, which no name server knows.
fn is_host(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        }
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    }
}

/// Decodes `%XX` by the same rules as form data; `+` stays what it is.
fn percent_decode(text: &str) -> String {
    let form = format!("v={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(form.as_bytes()).next().map_or_else(String::new, |(_, value)| value.into_owned())
}

/// Takes `http` and `https`.
pub(super) fn check_scheme(url: &Url) -> Result<(), SpecError> {
    match url.scheme() {
        "http" | "https" => Ok(()),
        other => Err(SpecError::Scheme(shorten(other, 40))),
    }
}
