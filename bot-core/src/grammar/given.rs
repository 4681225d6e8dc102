use std::time::Duration;

use monitor_core::duration;
use serde::{Deserialize, Serialize};

use super::{Argument, Arguments, all, parse_switch};

/// The arguments that were given, checked, in their order. `None` stands for `none`: take it away.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Given(Vec<(String, Option<String>)>);

impl Given {
    /// Whether nothing was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the argument was given, if only to take it away.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// The value of an argument.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(other, _)| other == name).and_then(|(_, value)| value.as_deref())
    }

    /// The values of an argument that may be repeated, in their order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Option<&'a str>> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_deref())
    }

    /// The value of an argument that is a duration.
    #[must_use]
    pub fn duration(&self, name: &str) -> Option<Duration> {
        self.get(name).and_then(|text| duration::parse(text).ok())
    }

    /// The value of an argument that is a number.
    #[must_use]
    pub fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.get(name).and_then(|text| text.parse().ok())
    }

    /// The value of an argument that is `yes` or `no`.
    #[must_use]
    pub fn switch(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(parse_switch)
    }

    /// The names of the arguments that were given, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Adds a value.
    pub fn put(&mut self, name: &str, value: Option<&str>) {
        self.0.push((name.to_owned(), value.map(str::to_owned)));
    }

    /// Takes in what was said later: what is given anew replaces what was given before.
    #[must_use]
    pub fn amended(mut self, later: Self) -> Self {
        self.0.retain(|(name, _)| !later.has(name));
        self.0.extend(later.0);
        self
    }

    /// The first required argument that is missing.
    #[must_use]
    pub fn missing(&self, arguments: Arguments) -> Option<&'static Argument> {
        let needless = |argument: &&Argument| argument.unless.iter().any(|other| self.get(other).is_some());
        all(arguments)
            .filter(|argument| argument.required && self.get(argument.name).is_none())
            .find(|argument| !needless(argument))
    }
}

/// Values may be secrets: only the names are shown.
impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
