//! Rows as sea-orm sees them: the tables that are read and written row by row. What is written in batches is
//! written as SQL, in the file of its topic.

pub(crate) mod action;
pub(crate) mod chat_identity;
pub(crate) mod conversation;
pub(crate) mod dialog;
pub(crate) mod membership;
pub(crate) mod monitor;
pub(crate) mod monitor_state;
pub(crate) mod organisation;
pub(crate) mod person;
pub(crate) mod subscription;
