//! Labels of monitors: `env=prod`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::http::shorten;
use crate::monitor::MonitorError;

/// Most labels of a monitor.
pub const MAX_LABELS: usize = 32;

/// Most characters of a label's key, and of its value.
const MAX_CHARS: usize = 60;

/// One label: a key and a value, each one word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Label {
    /// What it says something of, in lower case: `env`.
    pub key: String,
    /// What it says: `prod`.
    pub value: String,
}

impl FromStr for Label {
    type Err = MonitorError;

    fn from_str(text: &str) -> Result<Self, MonitorError> {
        let word = |word: &str| {
            let known = |c: char| c.is_alphanumeric() || ".-_/".contains(c);
            (1..=MAX_CHARS).contains(&word.chars().count()) && word.chars().all(known)
        };
        match text.trim().split_once('=') {
            Some((key, value)) if word(key) && word(value) => {
                Ok(Self { key: key.to_lowercase(), value: value.to_owned() })
            }
            _ => Err(MonitorError::Label(shorten(text, MAX_CHARS))),
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// The labels of a monitor, one for each key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// Sets a label, in place of one with the same key.
    pub fn set(&mut self, label: Label) {
        self.0.insert(label.key, label.value);
    }

    /// Takes the label with that key away.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(&key.to_lowercase());
    }

    /// Whether the monitor has exactly that label.
    #[must_use]
    pub fn has(&self, label: &Label) -> bool {
        self.0.get(&label.key) == Some(&label.value)
    }

    /// All of them, by key.
    pub fn iter(&self) -> impl Iterator<Item = Label> + '_ {
        self.0.iter().map(|(key, value)| Label { key: key.clone(), value: value.clone() })
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_two_words() {
        for (text, shown) in
            [("env=prod", "env=prod"), (" Team=Süd ", "team=Süd"), ("path=a/b.c-d_e", "path=a/b.c-d_e")]
        {
            assert_eq!(text.parse::<Label>().unwrap().to_string(), shown);
        }
        for text in ["env", "=prod", "env=", "a b=c", "env=a=b", "env=a b"] {
            assert!(text.parse::<Label>().is_err(), "{text}");
        }
    }
}
