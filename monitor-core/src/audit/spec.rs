//! What is audited and how.

mod words;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use url::Url;

use super::budget::{Budget, MAX_BUDGETS};
use super::locale::{self, DEFAULT_LOCALE};
use crate::http::{HttpSpec, MAX_LIST, SpecError, check_header, shorten};
use crate::secret::Secret;

pub use words::{Device, Throttling};

/// What is audited and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditSpec {
    /// The page: http or https, without user information.
    pub url: Url,
    /// As what kind of device.
    #[serde(default)]
    pub device: Device,
    /// How many times the page is loaded; the median run counts. 1 to [`MOST_RUNS`].
    #[serde(default = "default_runs")]
    pub runs: u8,
    /// How a slow device and network are imitated.
    #[serde(default)]
    pub throttling: Throttling,
    /// The language of the page and of what Lighthouse writes: one of [`LOCALES`](super::locale::LOCALES).
    #[serde(default = "default_locale")]
    pub locale: String,
    /// Headers that are sent to the page's own origin only.
    #[serde(default)]
    pub headers: Vec<Named>,
    /// Cookies of the page's own host.
    #[serde(default)]
    pub cookies: Vec<Named>,
    /// Limits that the page has to keep.
    #[serde(default)]
    pub budgets: Vec<Budget>,
}

/// Most runs of one audit.
pub const MOST_RUNS: u8 = 9;

/// Runs of an audit that says nothing else: the median of three.
pub const DEFAULT_RUNS: u8 = 3;

/// A header or a cookie: its value is a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default)]
    pub value: Secret,
}

fn default_runs() -> u8 {
    DEFAULT_RUNS
}

fn default_locale() -> String {
    DEFAULT_LOCALE.to_owned()
}

impl AuditSpec {
    /// An audit of that page with all defaults. `shop.example` is read as `https://shop.example`.
    ///
    /// # Errors
    /// [`SpecError`] for what is no address of a page, or has a user or a password in it.
    pub fn of(address: &str) -> Result<Self, SpecError> {
        let page = HttpSpec::get(address)?;
        if page.auth.is_some() {
            let how = "write the address without a user and a password; a page behind a login is audited with a cookie \
                       or a header, such as `Authorization`";
            return Err(SpecError::Option(how.to_owned()));
        }
        Ok(Self {
            url: page.url,
            device: Device::default(),
            runs: DEFAULT_RUNS,
            throttling: Throttling::default(),
            locale: default_locale(),
            headers: Vec::new(),
            cookies: Vec::new(),
            budgets: Vec::new(),
        })
    }

    /// Every secret of the spec, in an order that depends only on its shape.
    pub fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        self.headers.iter_mut().chain(&mut self.cookies).map(|named| &mut named.value).collect()
    }

    /// Checks all that can be checked without asking the page.
    ///
    /// # Errors
    /// The [`SpecError`] of the first option that does not work.
    pub fn validate(&self) -> Result<(), SpecError> {
        Self::of(self.url.as_str())?;
        if !(1..=MOST_RUNS).contains(&self.runs) {
            let runs = self.runs;
            return Err(SpecError::Option(format!("{runs} runs are not possible; an audit has 1 to {MOST_RUNS}")));
        }
        let known = locale::parse(&self.locale)?;
        if known != self.locale {
            return Err(SpecError::Option(format!("the locale is written `{known}`")));
        }
        for (what, list) in [("headers", &self.headers), ("cookies", &self.cookies)] {
            if list.len() > MAX_LIST {
                return Err(SpecError::TooMuch(format!("an audit may have {MAX_LIST} {what} at most")));
            }
        }
        if self.budgets.len() > MAX_BUDGETS {
            return Err(SpecError::TooMuch(format!("an audit may have {MAX_BUDGETS} budgets at most")));
        }
        self.headers.iter().try_for_each(sendable)?;
        self.cookies.iter().try_for_each(|cookie| self.storable(cookie))?;
        let twice = |list: &[Named], same: fn(&str, &str) -> bool| {
            let again = |(at, named): (usize, &Named)| list[..at].iter().any(|other| same(&other.name, &named.name));
            list.iter().enumerate().find(|each| again(*each)).map(|(_, named)| named.name.clone())
        };
        let twice = twice(&self.headers, str::eq_ignore_ascii_case).or(twice(&self.cookies, str::eq));
        twice.map_or(Ok(()), |name| Err(SpecError::Option(format!("`{}` is given twice", shorten(&name, 40)))))
    }

    /// Refuses what Chromium would refuse to keep as a cookie.
    fn storable(&self, cookie: &Named) -> Result<(), SpecError> {
        let (name, value) = (&cookie.name, cookie.value.expose());
        let token = |b: u8| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&b);
        let visible = |b: u8| (b' '..0x7f).contains(&b) && b != b';';
        let good_name = !name.is_empty() && name.bytes().all(token);
        if !good_name || name.len() + value.len() > MAX_COOKIE_BYTES || !value.bytes().all(visible) {
            let name = shorten(name, 40);
            return Err(SpecError::Option(format!("the cookie `{name}` cannot be sent; write it like `session=4f2a`")));
        }
        let secure = name.starts_with("__Secure-") || name.starts_with("__Host-");
        if secure && self.url.scheme() != "https" {
            return Err(SpecError::Option(format!("browsers keep the cookie `{}` for https only", shorten(name, 40))));
        }
        Ok(())
    }
}

/// Longest cookie that browsers take, name and value together.
/// Source: <https://www.rfc-editor.org/rfc/rfc6265#section-6.1>.
const MAX_COOKIE_BYTES: usize = 4_096;

/// Headers that are not the page's to get: of the connection, of proxies, and what Chromium itself has to set.
/// Source: <https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>.
const OWN_HEADERS: [&str; 3] = ["host", "keep-alive", "trailer"];

/// Refuses headers that cannot be sent to the page.
fn sendable(header: &Named) -> Result<(), SpecError> {
    check_header(&header.name, header.value.expose())?;
    let name = header.name.to_ascii_lowercase();
    if name == "cookie" {
        return Err(SpecError::Option("cookies are given as cookies, not as the header `Cookie`".to_owned()));
    }
    if OWN_HEADERS.contains(&name.as_str()) || name.starts_with("proxy-") || name.starts_with("sec-") {
        let name = shorten(&header.name, 40);
        return Err(SpecError::Option(format!("the header `{name}` is the browser's own; leave it out")));
    }
    Ok(())
}
