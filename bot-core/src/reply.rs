//! What is answered, free of any platform: each adapter renders it within the limits of its own.

use std::borrow::Cow;

use monitor_core::health::Status;
use serde::{Deserialize, Serialize};

use crate::grammar::unquoted;

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Whether what was asked was done; `false` becomes exit code 1 in the terminal.
    pub ok: bool,
    /// Why it was not done: the code of a [`monitor_core::code::ErrorCode`], or of one that a newer server knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'static, str>>,
    /// What is shown, from top to bottom.
    pub blocks: Vec<Block>,
    /// The buttons below it. Whatever they do can be typed as well.
    pub actions: Vec<Action>,
    /// Whether what was said may hold a secret: whoever keeps lines, in a history or a transcript, does not keep that one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// Whether the answer is for nobody but the person who asked: it holds a code that lets in whoever says it. Where others read
    /// along it is brought to that person alone, or not at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Whether the answer is about who may do what. Where a platform can show it to the person who asked alone, it does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub about_rights: bool,
}

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Plain text; `backticks` mark what can be typed, there is no other markup.
    Text {
        /// The text, possibly of several lines.
        text: String,
    },
    /// Names with their values.
    Fields {
        /// What stands above them.
        title: Option<String>,
        /// The pairs.
        fields: Vec<Field>,
    },
    /// Rows and columns.
    Table {
        /// What stands above it.
        title: Option<String>,
        /// The columns.
        columns: Vec<Column>,
        /// The rows, each with as many cells as there are columns.
        rows: Vec<Vec<String>>,
    },
    /// Things with their status.
    StatusList {
        /// What stands above it.
        title: Option<String>,
        /// The things.
        items: Vec<StatusItem>,
    },
    /// A chart as data; each platform draws it as it can.
    Chart {
        /// The data.
        chart: charts::Chart,
    },
    /// Text to be shown as it is, in a fixed width.
    Code {
        /// The text.
        text: String,
    },
    /// What a dialog asks for. Plain text answers it in any case.
    Form {
        /// What it is about.
        title: String,
        /// What says which question it asks, and comes back with what was filled in ([`crate::Input::Answer`]): opaque, at most
        /// 16 bytes.
        #[serde(default)]
        token: String,
        /// What is asked.
        fields: Vec<FormField>,
    },
    /// A file to keep.
    File {
        /// Its name with an extension, without a folder.
        name: String,
        /// Its media type, such as `image/png`.
        media_type: String,
        /// Its bytes in standard base64.
        data: String,
    },
}

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What it is.
    pub name: String,
    /// How much or which it is.
    pub value: String,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// What its cells are.
    pub name: String,
    /// At which edge its cells stand.
    pub align: Align,
}

/// The edge at which the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// A thing with its status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusItem {
    /// The status.
    pub status: Status,
    /// The thing's name.
    pub name: String,
    /// What else there is to say of it, on one line.
    pub detail: String,
}

/// Something that a form asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// The argument's name.
    pub name: String,
    /// The question.
    pub label: String,
    /// What kind of answer is wanted.
    pub kind: FormKind,
    /// Whether it has to be answered.
    pub required: bool,
    /// An example of an answer.
    pub placeholder: Option<String>,
    /// The possible answers of a choice.
    pub choices: Vec<String>,
    /// Whether the answer is a secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
}

impl FormField {
    /// The example as it is filled in: without the quotes that it needs in a line.
    #[must_use]
    pub fn example(&self) -> Option<Cow<'_, str>> {
        self.placeholder.as_deref().map(unquoted)
    }
}

/// What kind of answer a form field wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormKind {
    /// A line of text.
    Text,
    /// One of the choices.
    Choice,
    /// Yes or no.
    Confirm,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// What stands on it.
    pub label: String,
    /// What comes back when it is pressed: opaque, at most 48 bytes.
    pub token: String,
    /// How it looks.
    pub style: ActionStyle,
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionStyle {
    /// What most people will press.
    Primary,
    /// What cannot be undone.
    Danger,
    /// Anything else.
    Default,
}

impl Reply {
    /// An answer of these blocks to something that was done.
    #[must_use]
    pub fn of(blocks: Vec<Block>) -> Self {
        Self {
            ok: true,
            code: None,
            blocks,
            actions: Vec::new(),
            sensitive: false,
            private: false,
            about_rights: false,
        }
    }

    /// An answer of one text to something that was done.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::of(vec![Block::text(text)])
    }

    /// An answer of one text to something that was not done.
    #[must_use]
    pub fn failure(code: &'static str, text: impl Into<String>) -> Self {
        Self { ok: false, code: Some(Cow::Borrowed(code)), ..Self::text(text) }
    }
}

impl Block {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// Names with their values.
    #[must_use]
    pub fn fields(title: impl Into<String>, fields: Vec<Field>) -> Self {
        Self::Fields { title: Some(title.into()), fields }
    }

    /// A table; a column whose name starts with `>` stands at the right.
    #[must_use]
    pub fn table(title: impl Into<String>, columns: &[&str], rows: Vec<Vec<String>>) -> Self {
        let column = |name: &&str| match name.strip_prefix('>') {
            Some(name) => Column { name: name.to_owned(), align: Align::Right },
            None => Column { name: (*name).to_owned(), align: Align::Left },
        };
        Self::Table { title: Some(title.into()), columns: columns.iter().map(column).collect(), rows }
    }
}

impl Field {
    /// A name with its value.
    #[must_use]
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: value.into() }
    }
}
