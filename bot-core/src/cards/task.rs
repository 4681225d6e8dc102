//! What the cards of audits and security checks have in common: how far they are, and buttons that stand for a number.

use monitor_core::Timestamp;
use monitor_core::duration::humanize;
use services::view::TaskState;

use super::TOKEN;
use crate::reply::{Action, ActionStyle};

/// A button: its name in tokens, its label, and what it says for the person who presses it, where `{id}` is the number.
pub(super) type Deed = (&'static str, &'static str, &'static str);

/// What somebody says who presses the button of that token; `None`: it is no button of those cards.
pub(super) fn said(token: &str, of: &str, deeds: &[Deed]) -> Option<String> {
    let (id, deed) = token.strip_prefix(TOKEN)?.strip_prefix(of)?.split_once('.')?;
    let id: i64 = id.parse().ok()?;
    let (_, _, says) = deeds.iter().find(|(name, ..)| *name == deed)?;
    Some(says.replace("{id}", &id.to_string()))
}

/// The buttons that are offered; the first of all deeds is what most will press.
pub(super) fn buttons(of: &str, id: i64, deeds: &[Deed], offered: impl Fn(&str) -> bool) -> Vec<Action> {
    let first = deeds.first().map(|(deed, ..)| *deed);
    let button = |(deed, label, _): &Deed| Action {
        label: (*label).to_owned(),
        token: format!("{TOKEN}{of}{id}.{deed}"),
        style: if first == Some(*deed) { ActionStyle::Primary } else { ActionStyle::Default },
    };
    deeds.iter().filter(|(deed, ..)| offered(deed)).map(button).collect()
}

/// How far something is.
pub(super) struct Standing<'a> {
    pub(super) state: TaskState,
    pub(super) cancelling: bool,
    /// What is said while it waits.
    pub(super) waits: String,
    /// What is said of what is being done.
    pub(super) doing: String,
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    /// Why it failed: a code and words.
    pub(super) error: Option<&'a (String, String)>,
}

impl Standing<'_> {
    /// In words, after its name.
    pub(super) fn words(self) -> String {
        match (self.state, self.error) {
            (TaskState::Queued, _) => self.waits,
            (TaskState::Running, _) if self.cancelling => "is being called off.".to_owned(),
            (TaskState::Running, _) => format!("is being made.\n{}", self.doing),
            (TaskState::Done, _) => {
                format!("is done after {}.", humanize(self.until.since(self.since)))
            }
            (TaskState::Cancelled, _) => "was called off.".to_owned(),
            (TaskState::Failed, Some((code, message))) => format!("failed: {} ({code})", message.trim_end_matches('.')),
            (TaskState::Failed, None) => "failed.".to_owned(),
        }
    }
}
