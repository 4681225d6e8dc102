//! Cookies: whether others can read, set or use them.

use super::headers::has_hsts;
use super::notes::{Notes, named};
use super::rules;
use super::site::Site;
use crate::Timestamp;

/// A cookie as it was set. Its value is not known.
struct Cookie {
    name: String,
    attributes: Vec<(String, String)>,
}

pub(super) fn judge(site: &Site<'_>, notes: &mut Notes) {
    let cookies = site.own_answers().flat_map(|answer| answer.values("set-cookie")).map(Cookie::read);
    let cookies: Vec<Cookie> = cookies.filter(|cookie| !cookie.is_deleted(site.seen.at)).collect();
    let names = |is: &dyn Fn(&Cookie) -> bool| {
        let mut names: Vec<&str> =
            cookies.iter().filter(|cookie| is(cookie)).map(|cookie| cookie.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        named(&names)
    };
    let hsts = has_hsts(site);
    notes.judge(&rules::COOKIE_SESSION_INSECURE, names(&|cookie| !cookie.is_secure() && !hsts && cookie.is_session()));
    notes.judge(&rules::COOKIE_INSECURE, names(&|cookie| !cookie.is_secure() && !hsts && !cookie.is_session()));
    notes.judge(&rules::COOKIE_INSECURE_HSTS, names(&|cookie| !cookie.is_secure() && hsts));
    notes.judge(&rules::COOKIE_SCRIPTS, names(&|cookie| cookie.is_session() && cookie.attribute("httponly").is_none()));
    notes
        .judge(&rules::COOKIE_SAMESITE, names(&|cookie| cookie.is_session() && cookie.attribute("samesite").is_none()));
    notes.judge(&rules::COOKIE_SAMESITE_INVALID, names(&|cookie| !cookie.has_working_same_site()));
    notes.judge(&rules::COOKIE_PREFIX, names(&|cookie| !cookie.keeps_its_prefix()));
    notes.bonus(&rules::COOKIES_STRICT, !cookies.is_empty() && cookies.iter().all(Cookie::is_strict));
}

impl Cookie {
    fn read(header: &str) -> Self {
        let mut parts = header.split(';').map(|part| part.split_once('=').unwrap_or((part, "")));
        let name = parts.next().map_or("", |(name, _)| name).trim().to_owned();
        let attributes =
            parts.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned())).collect();
        Self { name, attributes }
    }

    /// Of a doubled attribute the last counts: RFC 6265, 5.3.
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether browsers are told to forget it. `Max-Age` counts before `Expires`: RFC 6265, 5.3.
    fn is_deleted(&self, at: Timestamp) -> bool {
        match self.attribute("max-age").and_then(|seconds| seconds.parse::<i64>().ok()) {
            Some(seconds) => seconds <= 0,
            None => self.attribute("expires").and_then(date).is_some_and(|expires| expires <= at.as_millis()),
        }
    }

    fn is_secure(&self) -> bool {
        self.attribute("secure").is_some()
    }

    /// By its name; tokens against forged requests are meant to be read by scripts.
    fn is_session(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let names_session = ["sess", "login", "auth", "jwt", "remember"].iter().any(|part| name.contains(part))
            || ["sid", "_token", "cftoken"].iter().any(|end| name.ends_with(end))
            || matches!(name.as_str(), "token" | "cfid" | "connect.sid");
        names_session && !["csrf", "xsrf"].iter().any(|part| name.contains(part))
    }

    fn same_site(&self) -> Option<String> {
        self.attribute("samesite").map(str::to_ascii_lowercase)
    }

    fn has_working_same_site(&self) -> bool {
        match self.same_site().as_deref() {
            None | Some("lax" | "strict") => true,
            Some("none") => self.is_secure(),
            Some(_) => false,
        }
    }

    /// Browsers compare the prefix without regard to case: RFC 6265bis, 5.7.
    fn keeps_its_prefix(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let secure = !name.starts_with("__secure-") || self.is_secure();
        // An empty domain is none.
        let own_host = self.is_secure()
            && self.attribute("path") == Some("/")
            && self.attribute("domain").is_none_or(str::is_empty);
        secure && (!name.starts_with("__host-") || own_host)
    }

    fn is_strict(&self) -> bool {
        self.is_secure()
            && self.keeps_its_prefix()
            && matches!(self.same_site().as_deref(), Some("lax" | "strict"))
            && (!self.is_session() || self.attribute("httponly").is_some())
    }
}

/// A date as browsers read it, in whatever order and with whatever between, in milliseconds: RFC 6265, 5.1.1.
fn date(text: &str) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for part in text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':') {
        let number = part.parse::<i16>().ok();
        if let (None, Some(read)) = (time, clock(part)) {
            time = Some(read);
        } else if let (None, 1..=2, Some(read)) = (day, part.len(), number) {
            day = i8::try_from(read).ok();
        } else if let (None, Some(read)) = (month, month_of(part)) {
            month = Some(read);
        } else if let (None, 2..=4, Some(read)) = (year, part.len(), number) {
            year = Some(match read {
                70..=99 => read + 1900,
                0..=69 => read + 2000,
                _ => read,
            });
        }
    }
    let date = jiff::civil::Date::new(year?, month?, day?).ok()?.to_datetime(time?);
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

fn clock(part: &str) -> Option<jiff::civil::Time> {
    let numbers: Vec<i8> = part.split(':').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let [hour, minute, second] = numbers.as_slice() else { return None };
    jiff::civil::Time::new(*hour, *minute, *second, 0).ok()
}

fn month_of(part: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let begins = |month: &&str| part.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case(month));
    (1..).zip(MONTHS).find(|(_, month)| begins(month)).map(|(number, _)| number)
}
