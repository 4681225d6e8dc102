//! What people give for a destination.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use monitor_core::secret::Secret;
use url::Url;

use crate::destination::DestinationKind;

/// Longest value of a field, in bytes.
const MAX_VALUE_BYTES: usize = 16 * 1024;

/// A field that does not work. It does not repeat what was given, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct FieldError {
    /// The field; `kind` and `fields` when it is none of them.
    pub field: &'static str,
    /// What is wrong, and what to do.
    pub why: String,
}

impl FieldError {
    pub(crate) fn new(field: &'static str, why: impl Into<String>) -> Self {
        Self { field, why: why.into() }
    }
}

/// The values that were given for the fields of a kind.
pub(crate) struct Fields<'a> {
    kind: &'static DestinationKind,
    given: &'a BTreeMap<String, String>,
}

impl<'a> Fields<'a> {
    /// Checks what is the same for all kinds: there are the required ones and no others, and none is too long.
    pub(crate) fn new(kind: &'static DestinationKind, given: &'a BTreeMap<String, String>) -> Result<Self, FieldError> {
        if given.keys().any(|name| kind.field(name).is_none()) {
            let names: Vec<&str> = kind.fields.iter().map(|field| field.name).collect();
            let why = format!("{} has no such field; its fields are {}", kind.name, names.join(", "));
            return Err(FieldError::new("fields", why));
        }
        let fields = Self { kind, given };
        for field in kind.fields {
            let value = fields.text(field.name);
            if field.required && value.is_none() {
                let why = format!("{} needs it: {}, such as {}", kind.name, field.help, field.example);
                return Err(FieldError::new(field.name, why));
            }
            if value.is_some_and(|value| value.len() > MAX_VALUE_BYTES) {
                return Err(FieldError::new(field.name, format!("is longer than {MAX_VALUE_BYTES} bytes")));
            }
            if value.is_some_and(|value| value.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))) {
                return Err(FieldError::new(field.name, "holds control characters; copy it once more"));
            }
        }
        Ok(fields)
    }

    pub(crate) fn kind(&self) -> &'static DestinationKind {
        self.kind
    }

    /// The value of a field without space around it, unless it is empty.
    pub(crate) fn text(&self, name: &'static str) -> Option<&'a str> {
        self.given.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value of a required field, of one line.
    pub(crate) fn line(&self, name: &'static str) -> Result<&'a str, FieldError> {
        self.optional_line(name)?.ok_or_else(|| FieldError::new(name, format!("{} needs it", self.kind.name)))
    }

    /// The value of a field, of one line.
    pub(crate) fn optional_line(&self, name: &'static str) -> Result<Option<&'a str>, FieldError> {
        match self.text(name) {
            Some(text) if text.contains(['\n', '\r']) => Err(FieldError::new(name, "has to be one line")),
            text => Ok(text),
        }
    }

    /// The value of a required field that is to be sent in a header or an address: visible ASCII.
    pub(crate) fn secret(&self, name: &'static str) -> Result<Secret, FieldError> {
        self.optional_secret(name)?.ok_or_else(|| FieldError::new(name, format!("{} needs it", self.kind.name)))
    }

    /// The value of a field that is to be sent in a header or an address.
    pub(crate) fn optional_secret(&self, name: &'static str) -> Result<Option<Secret>, FieldError> {
        match self.text(name) {
            Some(text) if !text.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Err(FieldError::new(name, "may hold letters, digits and signs only; copy it once more"))
            }
            text => Ok(text.map(Secret::new)),
        }
    }

    /// The value of a field that is an address, or `default`.
    pub(crate) fn address(&self, name: &'static str, default: Option<&str>) -> Result<Address, FieldError> {
        let wrong = |why: &str| FieldError::new(name, why);
        let text = self.text(name).or(default).ok_or_else(|| wrong("is missing"))?;
        let url = Url::parse(text).map_err(|_| wrong("is no address; give one that begins with https://"))?;
        if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
            return Err(wrong("has to begin with https:// or http://"));
        }
        if text.len() > 2_048 {
            return Err(wrong("is longer than 2,048 characters"));
        }
        Ok(Address(url))
    }

    /// The value of a field that is a number, or `default`.
    pub(crate) fn number(
        &self,
        name: &'static str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> Result<u32, FieldError> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let why = || format!("has to be a number from {} to {}", range.start(), range.end());
        number.ok_or_else(|| FieldError::new(name, why()))
    }

    /// The value of a field that is one of these words, or the first.
    pub(crate) fn choice<T: Copy>(&self, name: &'static str, choices: &[(&str, T)]) -> Result<T, FieldError> {
        let found = match self.text(name) {
            None => choices.first(),
            Some(text) => choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)),
        };
        let words = || choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        found.map(|(_, value)| *value).ok_or_else(|| FieldError::new(name, format!("has to be one of {}", words())))
    }
}

/// An HTTP address whose path, query and user are secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// The whole of it, for who asks it.
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// The same with these segments added to its path, each encoded.
    pub(crate) fn join<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.0.clone();
        // It can have no path only when it has no host, which it has.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// What people may see of it: `https://ntfy.sh`, and an ellipsis for the rest.
    pub(crate) fn shown(&self) -> String {
        let bare = self.0.path() == "/" && self.0.query().is_none() && self.0.username().is_empty();
        format!("{}{}", self.0.origin().ascii_serialization(), if bare { "" } else { "/…" })
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}
