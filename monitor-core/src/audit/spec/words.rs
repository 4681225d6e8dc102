//! The words for devices and throttling.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::http::{SpecError, shorten};

/// The kind of device that is imitated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// A phone of the middle class.
    #[default]
    Mobile,
    /// A desktop computer.
    Desktop,
}

/// How a slow device and network are imitated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Throttling {
    /// The page is loaded at full speed, and Lighthouse computes how long a slow device would take.
    #[default]
    Simulate,
    /// Chromium is slowed down while it loads the page.
    Devtools,
    /// Not at all.
    None,
}

impl Device {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Mobile, Self::Desktop];

    /// Its word in commands and specs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Desktop => "desktop",
        }
    }
}

impl Throttling {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Simulate, Self::Devtools, Self::None];

    /// Its word in commands and specs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Simulate => "simulate",
            Self::Devtools => "devtools",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Throttling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Device {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let word = text.trim().to_lowercase();
        match word.as_str() {
            "mobile" | "phone" => Ok(Self::Mobile),
            "desktop" | "computer" => Ok(Self::Desktop),
            _ => Err(SpecError::Option(format!("`{}` is not a device; use mobile or desktop", shorten(&word, 40)))),
        }
    }
}

impl FromStr for Throttling {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let word = text.trim().to_lowercase();
        match word.as_str() {
            "simulate" | "simulated" => Ok(Self::Simulate),
            "devtools" => Ok(Self::Devtools),
            "none" | "off" => Ok(Self::None),
            _ => {
                let word = shorten(&word, 40);
                Err(SpecError::Option(format!("`{word}` is not a throttling; use simulate, devtools or none")))
            }
        }
    }
}
