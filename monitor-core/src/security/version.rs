//! Versions of libraries, in the order in which they were released.

use std::cmp::Ordering;

/// A version such as `1.12.0-rc.1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    numbers: Vec<u64>,
    /// What stands behind the numbers of a version before the release; nothing for the release.
    before: Vec<String>,
}

impl Version {
    /// `None`: it does not begin with a number.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.split('+').next().unwrap_or_default();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (numbers, before) = text.split_at(end);
        let numbers: Vec<u64> =
            numbers.trim_end_matches('.').split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
        let before = before.trim_start_matches(['-', '.']).split('.').filter(|part| !part.is_empty());
        Some(Self { numbers, before: before.map(str::to_ascii_lowercase).collect() })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        let number = |version: &Self, n: usize| version.numbers.get(n).copied().unwrap_or(0);
        let numbers = (0..length).map(|n| number(self, n).cmp(&number(other, n))).find(|order| order.is_ne());
        numbers.unwrap_or_else(|| match (self.before.is_empty(), other.before.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare_parts(&self.before, &other.before),
        })
    }
}

/// As semantic versions are compared: numbers by value and before words, fewer parts before more.
fn compare_parts(one: &[String], other: &[String]) -> Ordering {
    for (a, b) in one.iter().zip(other) {
        let order = match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => a.cmp(b),
        };
        if order.is_ne() {
            return order;
        }
    }
    one.len().cmp(&other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_in_the_order_of_their_releases() {
        let order = [
            "1",
            "1.0.1",
            "1.2.9",
            "1.10.0-alpha",
            "1.10.0-beta.2",
            "1.10.0-beta.11",
            "1.10.0-rc.1",
            "1.10",
            "1.10.1",
            "2.0",
        ];
        for pair in order.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(|text| Version::read(text).unwrap());
            assert_eq!((a.cmp(&b), b.cmp(&a)), (Ordering::Less, Ordering::Greater), "{pair:?}");
        }
        assert_eq!(Version::read("1.10").unwrap().cmp(&Version::read("1.10.0+build").unwrap()), Ordering::Equal);
        assert!(Version::read("latest").is_none() && Version::read("").is_none() && Version::read("1..2").is_none());
    }
}
