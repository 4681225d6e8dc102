//! What Slack takes. Lengths are counted in UTF-16 units, the stricter reading of "characters".

/// Most blocks of a message. Source: <https://docs.slack.dev/reference/block-kit/blocks>.
pub const MESSAGE_BLOCKS: usize = 50;

/// Most characters of all blocks of a message together. Slack refuses messages of somewhat more than 13,000 with
/// `msg_blocks_too_long`; the number is not documented, so that this keeps away from it.
pub const MESSAGE_CHARS: usize = 12_000;

/// Most characters of one block, by the limit of a section's text, for that of rich text is not documented.
/// Source: <https://docs.slack.dev/reference/block-kit/blocks/section-block>.
pub const BLOCK_CHARS: usize = 3_000;

/// Most elements of an actions block. Source: <https://docs.slack.dev/reference/block-kit/blocks/actions-block>.
pub const ACTIONS: usize = 25;

/// Longest text of a button. Source: <https://docs.slack.dev/reference/block-kit/block-elements/button-element>.
pub const BUTTON_TEXT: usize = 75;

/// Longest value of a button. Source: as of its text.
pub const BUTTON_VALUE: usize = 2_000;

/// Most options of a select. Source: <https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element>.
pub const OPTIONS: usize = 100;

/// Longest text of an option. Source: <https://docs.slack.dev/reference/block-kit/composition-objects/option-object>.
pub const OPTION_TEXT: usize = 75;

/// Longest value of an option. Source: as of its text.
pub const OPTION_VALUE: usize = 150;

/// Longest title of a modal, and longest text of its buttons. Source: <https://docs.slack.dev/reference/views/modal-views>.
pub const MODAL_TITLE: usize = 24;

/// Longest label of an input. Source: <https://docs.slack.dev/reference/block-kit/blocks/input-block>.
pub const INPUT_LABEL: usize = 2_000;

/// Longest placeholder. Source: <https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>.
pub const PLACEHOLDER: usize = 150;

/// Longest text that can be typed into an input. Source: as of the placeholder.
pub const INPUT_TEXT: usize = 3_000;

/// Most blocks of a modal and of the app home. Source: <https://docs.slack.dev/reference/views/modal-views>.
pub const VIEW_BLOCKS: usize = 100;

/// Longest `private_metadata` of a view. Source: as of its blocks.
pub const VIEW_METADATA: usize = 3_000;

/// Longest text that notifications and screen readers are given beside the blocks; a limit of our own, for Slack takes 40,000.
pub const NOTIFICATION: usize = 300;

/// Widest table that is shown in the message, in columns; what is wider would be wrapped by Slack's windows.
pub const TABLE_COLUMNS: usize = 90;

/// Longest text of a fixed width that is shown in the message; what is longer is a file.
pub const CODE_CHARS: usize = 9_000;

/// Longest description of a picture. Source: <https://docs.slack.dev/reference/methods/files.getUploadURLExternal>.
pub const ALT: usize = 1_000;
