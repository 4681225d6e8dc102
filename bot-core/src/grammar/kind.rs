use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use monitor_core::alerting::rule::Condition;
use monitor_core::alerting::{TimeOfDay, Zone};
use monitor_core::code::ErrorCode;
use monitor_core::labels::Label;
use monitor_core::monitor::MonitorName;
use monitor_core::{Timestamp, duration};
use services::platforms::is_code;

use super::{Invalid, is_reserved};
use crate::{kinds, period};

/// What the values of an argument are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An address to watch.
    Address,
    /// The word of a check kind.
    CheckKind,
    /// A name for a monitor.
    Name,
    /// The name of a monitor that exists.
    Monitor,
    /// An incident: its number, or the name of its monitor.
    Incident,
    /// A label: `env=prod`.
    Label,
    /// The name of a command.
    Command,
    /// A duration, such as `30s`.
    Duration,
    /// A period up to now, such as `24h` or `2w`.
    Period,
    /// A day or a time, in UTC; a time of day where the next one can be meant.
    Time,
    /// A time of day: `09:00`.
    Clock,
    /// Days of the week, or how much time lies between: `weekdays`, `6 hours`.
    Every,
    /// An IANA time zone: `Europe/Berlin`.
    Zone,
    /// Any text.
    Text,
    /// A header: `Name: value`.
    Header,
    /// A token that is never shown.
    Token,
    /// `user:password`, never shown.
    Credentials,
    /// An HTTP method.
    Method,
    /// How many redirects are followed; `no` for none.
    Redirects,
    /// A whole number from the first to the second.
    Number(u16, u16),
    /// `n/m`.
    Ratio,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Given or not; takes no value.
    Flag,
    /// `yes` or `no`; `yes` when nothing is said.
    Switch,
    /// `name=json PATH` and the like.
    Capture,
    /// A code that is said once to be let in.
    Code,
    /// When an alert rule fires: all words up to the next that names an argument.
    Condition,
}

impl Kind {
    /// An example of a value.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Self::Address => "https://shop.example",
            Self::Name | Self::Monitor => "shop",
            Self::Incident => "#12",
            Self::Label => "env=prod",
            Self::Command => "add-monitor",
            Self::Duration => "30s",
            Self::Period => "7d",
            Self::Time => "2026-03-01",
            Self::Clock => "09:00",
            Self::Every => "day",
            Self::Zone => "Europe/Berlin",
            Self::Text => "\"all systems go\"",
            Self::Header => "\"X-Key: abc\"",
            Self::Token => "abc123",
            Self::Credentials => "user:password",
            Self::Method => "POST",
            Self::Redirects => "5",
            Self::Number(..) => "2",
            Self::Ratio => "2/3",
            Self::Choice([first, ..]) => first,
            Self::Choice([]) => "",
            Self::Flag | Self::Switch => "yes",
            Self::Capture => "token=json $.token",
            Self::Code => "7KQ2M-X9D4T",
            Self::Condition => "p95 over 10m > 800ms for 5m",
            Self::CheckKind => "tls",
        }
    }

    /// Checks a value. What is wrong is said as an end of a sentence; a secret is never repeated in it.
    ///
    /// # Errors
    /// What is wrong and what would be right.
    pub fn check(self, value: &str) -> Result<(), Invalid> {
        let shown = || monitor_core::http::shorten(value, 40);
        let coded = |code, ok: bool, what: &str| {
            if ok { Ok(()) } else { Err(Invalid::new(code, format!("`{}` is not {what}", shown()))) }
        };
        let wants = |ok: bool, what: &str| coded(ErrorCode::InvalidValue, ok, what);
        match self {
            Self::Address => kinds::meant(None, value).and_then(|kind| kinds::start(kind, value)).map(drop),
            Self::CheckKind => {
                let known = || kinds::KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
                wants(kinds::find(value).is_some(), &format!("something that I can check; say one of {}", known()))
            }
            Self::Name if is_reserved(value) => Err(Invalid::new(
                ErrorCode::InvalidName,
                format!("`{value}` says something else in commands; choose another name, like `shop-{value}`"),
            )),
            Self::Name => Ok(MonitorName::new(value).map(drop)?),
            Self::Label => Ok(value.parse::<Label>().map(drop)?),
            Self::Duration => duration::parse(value)
                .map(drop)
                .map_err(|error| Invalid::new(ErrorCode::InvalidDuration, error.to_string())),
            Self::Period => period::check(value),
            Self::Time if value.parse::<TimeOfDay>().is_ok() => Ok(()),
            Self::Time => parse_time(value).map(drop),
            Self::Clock => Ok(value.parse::<TimeOfDay>().map(drop)?),
            Self::Zone => Ok(Zone::new(value).map(drop)?),
            Self::Header => silently(
                ErrorCode::InvalidHeader,
                parse_header(value).is_some(),
                "write a header like `\"X-Key: abc\"`",
            ),
            Self::Credentials => {
                silently(ErrorCode::InvalidValue, value.contains(':'), "write it like `user:password`")
            }
            Self::Token => silently(ErrorCode::MissingValue, !value.trim().is_empty(), "give the token, like `abc123`"),
            Self::Method => coded(
                ErrorCode::InvalidMethod,
                value.len() <= 20 && !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphabetic()),
                "a method; use one like GET, HEAD or POST",
            ),
            Self::Redirects => wants(parse_redirects(value).is_some(), "a number of redirects; use `no` or 0 to 20"),
            Self::Number(from, to) => {
                let number = value.parse::<u16>();
                wants(
                    number.is_ok_and(|number| (from..=to).contains(&number)),
                    &format!("a number from {from} to {to}"),
                )
            }
            Self::Ratio => wants(parse_ratio(value).is_some(), "a share; write n of m checks like 2/3"),
            Self::Choice(choices) => wants(
                choices.iter().any(|choice| choice.eq_ignore_ascii_case(value)),
                &format!("one of {}", choices.join(", ")),
            ),
            Self::Code => silently(
                ErrorCode::InvalidCode,
                is_code(value),
                "a code has ten letters and digits, like `7KQ2M-X9D4T`",
            ),
            Self::Switch => wants(parse_switch(value).is_some(), "an answer; say `yes` or `no`"),
            Self::Flag => wants(matches!(value, "yes" | "true"), "an answer; leave it out or say `yes`"),
            Self::Text
            | Self::Monitor
            | Self::Incident
            | Self::Command
            | Self::Capture
            | Self::Condition
            | Self::Every => silently(ErrorCode::MissingValue, !value.is_empty(), "it is empty; leave it out instead"),
        }
    }

    /// Whether a value that stands alone may be meant for this kind.
    #[must_use]
    pub fn fits(self, value: &str) -> bool {
        match self {
            Self::Address => kinds::may_be_target(None, value),
            Self::Text | Self::Monitor | Self::Incident | Self::Command => !value.is_empty(),
            // Taken as a period even when it is too short or too long, so that this is what is said about it.
            Self::Period => period::is_meant(value),
            // Some old names of zones, such as `Cuba`, are as good as names of anything else.
            Self::Zone => (value.contains('/') || value.eq_ignore_ascii_case("UTC")) && Zone::new(value).is_ok(),
            Self::Condition => Condition::is_begun_by(value),
            _ => self.check(value).is_ok(),
        }
    }

    /// Whether `none` is one of its values, so that it takes nothing away.
    pub(super) fn takes_none(self) -> bool {
        match self {
            Self::Redirects | Self::Switch => true,
            Self::Choice(choices) => choices.contains(&"none"),
            _ => false,
        }
    }

    /// Whether the next word belongs to the value as well.
    pub(super) fn goes_on(self, value: &str, next: &str) -> bool {
        match self {
            Self::Header => value.ends_with(':'),
            Self::Capture => !value.contains(' ') && value.contains('='),
            Self::Duration | Self::Period | Self::Every => {
                value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                    && next.bytes().all(|b| b.is_ascii_alphabetic())
                    && duration::parse(&format!("{value}{next}")).is_ok()
            }
            Self::Time if is_half_of_day(value, next) => true,
            Self::Time => !value.contains(':') && parse_time(&format!("{value} {next}")).is_ok(),
            Self::Clock => is_half_of_day(value, next),
            // `Ops <ops@example.org>`
            Self::Text => next.starts_with('<') && next.ends_with('>') && next.contains('@'),
            Self::Command => crate::commands::find(&format!("{value}-{next}")).is_some(),
            _ => false,
        }
    }
}

/// Whether the next word says which half of the day a time is in: `10 pm`.
fn is_half_of_day(value: &str, next: &str) -> bool {
    ["am", "pm"].iter().any(|half| half.eq_ignore_ascii_case(next))
        && format!("{value}{next}").parse::<TimeOfDay>().is_ok()
}

fn silently(code: ErrorCode, ok: bool, what: &str) -> Result<(), Invalid> {
    if ok { Ok(()) } else { Err(Invalid::new(code, what)) }
}

/// Reads `yes` or `no`.
#[must_use]
pub fn parse_switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "true" => Some(true),
        "no" | "off" | "false" | "none" => Some(false),
        _ => None,
    }
}

/// Reads `Name: value`.
#[must_use]
pub fn parse_header(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(':')?;
    let name = name.trim();
    (!name.is_empty() && !name.contains(char::is_whitespace)).then_some((name, value.trim()))
}

/// Reads `n/m`, with n from 1 to m and m up to 20.
#[must_use]
pub fn parse_ratio(text: &str) -> Option<(u8, u8)> {
    let (needed, of) = text.split_once('/')?;
    let (needed, of) = (needed.trim().parse().ok()?, of.trim().parse().ok()?);
    (1..=of).contains(&needed).then_some((needed, of)).filter(|_| of <= monitor_core::health::MAX_VOTES)
}

/// Reads how many redirects are followed.
#[must_use]
pub fn parse_redirects(text: &str) -> Option<u8> {
    match text.to_ascii_lowercase().as_str() {
        "no" | "none" | "off" => Some(0),
        number => number.parse().ok().filter(|number| *number <= monitor_core::http::MAX_REDIRECTS),
    }
}

/// Reads a day (`2026-03-01`) or a time (`2026-03-01 14:00`, `2026-03-01T14:00:30Z`), in UTC unless it has an offset.
/// The answer tells whether it is a whole day.
///
/// # Errors
/// How to write one.
pub fn parse_time(text: &str) -> Result<(Timestamp, bool), Invalid> {
    let text = text.trim();
    let wrong = || {
        let text = monitor_core::http::shorten(text, 40);
        let why = format!("`{text}` is not a day or a time; write it like 2026-03-01 or 2026-03-01T14:00 (UTC)");
        Invalid::new(ErrorCode::InvalidTime, why)
    };
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok((Timestamp::from_millis(at.as_millisecond()), false));
    }
    let plain = text.strip_suffix(" UTC").or_else(|| text.strip_suffix('Z')).unwrap_or(text);
    let at: DateTime = plain.parse().map_err(|_| wrong())?;
    let at = at.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
    Ok((Timestamp::from_millis(at.timestamp().as_millisecond()), !plain.contains(':') && plain.len() <= 10))
}
