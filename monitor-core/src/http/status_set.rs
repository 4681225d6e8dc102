use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{SpecError, shorten};

/// A set of HTTP statuses, 100 to 599: `200..299`, `200,301`, `2xx`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet(Vec<(u16, u16)>);

impl StatusSet {
    /// Whether the status is in the set.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|&(from, to)| (from..=to).contains(&status))
    }

    /// The set of just that status.
    #[must_use]
    pub fn only(status: u16) -> Self {
        Self(vec![(status, status)])
    }
}

impl Default for StatusSet {
    fn default() -> Self {
        Self(vec![(200, 299)])
    }
}

impl FromStr for StatusSet {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let wrong = || SpecError::Statuses(shorten(text, 40));
        let mut ranges = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let class = part.strip_suffix("xx").or_else(|| part.strip_suffix("XX"));
            let (from, to) = if let Some(class) = class {
                let class: u16 = class.parse().map_err(|_| wrong())?;
                (class.saturating_mul(100), class.saturating_mul(100).saturating_add(99))
            } else {
                let (from, to) = part.split_once("..").or_else(|| part.split_once('-')).unwrap_or((part, part));
                (from.trim().parse().map_err(|_| wrong())?, to.trim().parse().map_err(|_| wrong())?)
            };
            if !(100..=599).contains(&from)
                || !(100..=599).contains(&to)
                || from > to
                || ranges.len() >= super::MAX_LIST
            {
                return Err(wrong());
            }
            ranges.push((from, to));
        }
        if ranges.is_empty() { Err(wrong()) } else { Ok(Self(ranges)) }
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (from, to)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match from == to {
                true => write!(f, "{comma}{from}")?,
                false => write!(f, "{comma}{from}..{to}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for StatusSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StatusSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_ranges_and_classes() {
        for (text, shown, within, without) in [
            ("200", "200", 200, 201),
            ("200,301", "200,301", 301, 300),
            ("200..299", "200..299", 250, 300),
            ("200-204", "200..204", 204, 205),
            ("2xx, 404", "200..299,404", 404, 403),
        ] {
            let set: StatusSet = text.parse().unwrap();
            assert_eq!(set.to_string(), shown);
            assert!(set.contains(within) && !set.contains(without), "{text}");
            assert_eq!(shown.parse(), Ok(set));
        }
    }

    #[test]
    fn refuses_what_is_no_status() {
        for text in ["", ",", "ok", "99", "600", "299..200", "9xx", "65536xx", "200..", "200 301"] {
            assert!(text.parse::<StatusSet>().is_err(), "{text}");
        }
    }
}
