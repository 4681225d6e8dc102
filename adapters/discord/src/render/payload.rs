use serde::Serialize;

/// The flag of a message that only one person sees.
/// Source: <https://discord.com/developers/docs/resources/message#message-object-message-flags>.
pub(crate) const EPHEMERAL: u32 = 1 << 6;

/// The types of components.
/// Source: <https://discord.com/developers/docs/components/reference#component-object-component-types>.
const ACTION_ROW: u8 = 1;
const BUTTON: u8 = 2;
const STRING_SELECT: u8 = 3;
const TEXT_INPUT: u8 = 4;

/// A message as Discord takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Its text, in Discord's markup; possibly empty.
    pub content: String,
    /// What stands below the text.
    pub embeds: Vec<Embed>,
    /// Buttons and menus.
    pub components: Vec<Row>,
    /// Whom it calls: nobody, whatever stands in it.
    pub allowed_mentions: Mentions,
    /// What is said about its files.
    pub attachments: Vec<Attachment>,
    /// Whether only one person sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<u32>,
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_reference: Option<Reference>,
    /// Its file, which is sent beside it; one at most, for serenity gives all files of a message the same number.
    #[serde(skip)]
    pub files: Vec<File>,
}

impl Message {
    /// A message with nothing in it.
    pub(crate) fn empty() -> Self {
        Self {
            content: String::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            allowed_mentions: Mentions { parse: [], replied_user: false },
            attachments: Vec::new(),
            flags: None,
            message_reference: None,
            files: Vec::new(),
        }
    }

    /// A message of one text in Discord's markup.
    pub(crate) fn text(content: impl Into<String>) -> Self {
        Self { content: content.into(), ..Self::empty() }
    }

    /// For one person alone.
    pub(crate) fn quiet(mut self, quiet: bool) -> Self {
        self.flags = quiet.then_some(EPHEMERAL);
        self
    }

    /// As an answer to that message.
    pub(crate) fn answering(mut self, message_id: String) -> Self {
        self.message_reference = Some(Reference { message_id, fail_if_not_exists: false });
        self
    }
}

/// Whom a message may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mentions {
    /// The kinds of mentions that are looked for in the text: none.
    pub parse: [String; 0],
    /// Whether whoever is answered is called.
    pub replied_user: bool,
}

/// The message that is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// Its id.
    pub message_id: String,
    /// Whether an answer to a message that is gone is refused.
    pub fail_if_not_exists: bool,
}

/// A box below the text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Embed {
    /// Its headline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The colour of its edge, as `0xRRGGBB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<u32>,
    /// Names with their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<EmbedField>,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<EmbedImage>,
}

impl Embed {
    /// How much of [`crate::limits::EMBEDS_TEXT`] it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        let texts = self.title.iter().chain(&self.description);
        let fields = self.fields.iter().flat_map(|field| [&field.name, &field.value]);
        texts.chain(fields).map(|text| text.chars().count()).sum()
    }
}

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbedField {
    /// What it is.
    pub name: String,
    /// How much or which it is.
    pub value: String,
    /// Whether it may stand beside others.
    pub inline: bool,
}

/// The picture of an embed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbedImage {
    /// `attachment://` and the name of a file of the same message.
    pub url: String,
}

/// What is said about a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// Its number among the files of the message, which is a text like all ids.
    pub id: String,
    /// Its name.
    pub filename: String,
    /// What it shows, for who does not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name with an extension.
    pub name: String,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// A row of buttons, or one menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    #[serde(rename = "type")]
    kind: u8,
    /// What is in it.
    pub components: Vec<Component>,
}

impl Row {
    pub(crate) fn of(components: Vec<Component>) -> Self {
        Self { kind: ACTION_ROW, components }
    }
}

/// Something to press, pick or fill in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Component {
    /// A button.
    Button {
        #[doc(hidden)]
        #[serde(rename = "type")]
        kind: u8,
        /// How it looks: 1 primary, 2 secondary, 4 danger.
        style: u8,
        /// What stands on it.
        label: String,
        /// What comes back when it is pressed.
        custom_id: String,
    },
    /// A menu.
    Select {
        #[doc(hidden)]
        #[serde(rename = "type")]
        kind: u8,
        /// What comes back with what is picked.
        custom_id: String,
        /// What stands in it before anything is picked.
        placeholder: String,
        /// What can be picked.
        options: Vec<SelectOption>,
    },
    /// A line to fill in, of a modal.
    Input {
        #[doc(hidden)]
        #[serde(rename = "type")]
        kind: u8,
        /// What comes back with what was filled in.
        custom_id: String,
        /// One line (1) or several (2).
        style: u8,
        /// What stands above it.
        label: String,
        /// Most characters.
        max_length: usize,
    },
}

impl Component {
    pub(crate) fn button(style: u8, label: String, custom_id: String) -> Self {
        Self::Button { kind: BUTTON, style, label, custom_id }
    }

    pub(crate) fn select(custom_id: String, placeholder: String, options: Vec<SelectOption>) -> Self {
        Self::Select { kind: STRING_SELECT, custom_id, placeholder, options }
    }

    pub(crate) fn input(custom_id: &str, label: &str, max_length: usize) -> Self {
        Self::Input { kind: TEXT_INPUT, custom_id: custom_id.to_owned(), style: 1, label: label.to_owned(), max_length }
    }

    /// What comes back from it.
    #[must_use]
    pub fn custom_id(&self) -> &str {
        match self {
            Self::Button { custom_id, .. } | Self::Select { custom_id, .. } | Self::Input { custom_id, .. } => {
                custom_id
            }
        }
    }
}

/// Something that can be picked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelectOption {
    /// What is shown.
    pub label: String,
    /// What comes back.
    pub value: String,
}
