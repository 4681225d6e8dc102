use std::time::Duration;

use super::Type;

/// The value of a fact, or what it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Number(f64),
    /// A length of time.
    Duration(Duration),
    /// A number of bytes.
    Size(u64),
    /// A text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// Yes or no.
    Bool(bool),
    /// Any JSON value.
    Json(serde_json::Value),
}

impl Value {
    /// The type of the value.
    #[must_use]
    pub fn ty(&self) -> Type {
        match self {
            Self::Number(_) => Type::Number,
            Self::Duration(_) => Type::Duration,
            Self::Size(_) => Type::Size,
            Self::Text(_) => Type::Text,
            Self::Texts(_) => Type::Texts,
            Self::Bool(_) => Type::Bool,
            Self::Json(_) => Type::Json,
        }
    }
}

macro_rules! from {
    ($($from:ty => $variant:ident $(via $via:ty)?;)+) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant($(<$via>::from)?(value))
            }
        })+
    };
}

from! {
    f64 => Number;
    u8 => Number via f64;
    u16 => Number via f64;
    u32 => Number via f64;
    i32 => Number via f64;
    u64 => Size;
    Duration => Duration;
    String => Text;
    &str => Text via String;
    Vec<String> => Texts;
    bool => Bool;
    serde_json::Value => Json;
}
