//! What Discord takes, counted in characters unless said otherwise.
//! Sources: <https://discord.com/developers/docs/resources/message#create-message>,
//! <https://discord.com/developers/docs/resources/message#embed-object-embed-limits>,
//! <https://discord.com/developers/docs/components/reference>,
//! <https://discord.com/developers/docs/interactions/application-commands>,
//! <https://discord.com/developers/docs/reference#uploading-files>.

/// A message's text.
pub const CONTENT: usize = 2000;
/// Embeds of a message.
pub const EMBEDS: usize = 10;
/// All text in all embeds of a message.
pub const EMBEDS_TEXT: usize = 6000;
/// An embed's title.
pub const EMBED_TITLE: usize = 256;
/// An embed's description.
pub const EMBED_DESCRIPTION: usize = 4096;
/// Fields of an embed.
pub const EMBED_FIELDS: usize = 25;
/// The name of an embed's field.
pub const FIELD_NAME: usize = 256;
/// The value of an embed's field.
pub const FIELD_VALUE: usize = 1024;
/// Rows of components below a message.
pub const ROWS: usize = 5;
/// Buttons of a row.
pub const ROW_BUTTONS: usize = 5;
/// What stands on a button.
pub const BUTTON_LABEL: usize = 80;
/// What comes back from a component.
pub const CUSTOM_ID: usize = 100;
/// Options of a select menu.
pub const SELECT_OPTIONS: usize = 25;
/// The label and the value of a select menu's option.
pub const SELECT_TEXT: usize = 100;
/// What stands in a select menu before anything is picked.
pub const SELECT_PLACEHOLDER: usize = 150;
/// A modal's title, and the label of its input.
pub const MODAL_TEXT: usize = 45;
/// What can be typed into a modal's input.
pub const MODAL_INPUT: usize = 4000;
/// What stands in a modal's input before anything is typed.
pub const MODAL_PLACEHOLDER: usize = 100;
/// A file, in bytes, where nobody pays for more.
pub const FILE_BYTES: usize = 10 * 1024 * 1024;
/// What a picture is described by.
pub const FILE_DESCRIPTION: usize = 1024;
/// A thread's name.
pub const THREAD_NAME: usize = 100;
/// Commands of an application, of the kind that is typed.
pub const COMMANDS: usize = 100;
/// The name of a command or an option.
pub const COMMAND_NAME: usize = 32;
/// What is said about a command or an option.
pub const COMMAND_DESCRIPTION: usize = 100;
/// Options of a command.
pub const COMMAND_OPTIONS: usize = 25;
/// Names, descriptions and values of a command with all of its options.
pub const COMMAND_TEXT: usize = 8000;
/// What is offered while somebody types a value.
pub const CHOICES: usize = 25;
/// The name and the value of what is offered.
pub const CHOICE_TEXT: usize = 100;
