//! What the kinds share that write into a conversation.

use monitor_core::Timestamp;
use monitor_core::alerting::Event;

use crate::http::{Reply, wait};
use crate::message::{Post, Receipt, SendError};

/// What a kind does that can edit its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// Write a message, in answer to the first one about the incident if there is one.
    Write {
        /// The first message.
        first: Option<&'a str>,
    },
    /// Bring the first message up to date, so that nobody has to look up.
    Edit(&'a str),
    /// Nothing was told here, so nothing has to be brought up to date.
    Skip,
}

/// What is to be done with a notification where messages can be edited.
pub(crate) fn step<'a>(post: &Post<'a>) -> Step<'a> {
    let first = post.before.and_then(|before| before.id.as_deref());
    match first {
        _ if post.notification.event.is_loud() => Step::Write { first },
        Some(first) => Step::Edit(first),
        None => Step::Skip,
    }
}

/// Whether the first message shows a stage or a title that is over, once people are told of this.
pub(crate) fn outdates_first(event: Event) -> bool {
    matches!(event, Event::Worse | Event::Resolved | Event::Reopened)
}

/// What is proved when nothing had to be brought up to date.
pub(crate) fn skipped() -> Receipt {
    Receipt { id: None, text: "not sent: nothing was told here before that could be brought up to date".to_owned() }
}

/// What is proved when somebody deleted the message that was to be brought up to date.
pub(crate) fn gone(first: &str) -> Receipt {
    let text = "not brought up to date: the first message is not there any more".to_owned();
    Receipt { id: Some(first.to_owned()), text }
}

/// The error of an answer that is no success: `seconds` is the wait that its body asks for, and `advice` what to do when
/// no other try helps.
pub(crate) fn refused(reply: &Reply, said: &str, seconds: Option<f64>, advice: &str, now: Timestamp) -> SendError {
    if let (429, Some(seconds)) = (reply.status, seconds) {
        return SendError::Later { after: wait(seconds), why: reply.why(said) };
    }
    match reply.refused(said, now) {
        SendError::Never { why } if !advice.is_empty() => SendError::Never { why: format!("{why}; {advice}") },
        error => error,
    }
}

/// The text with no `@name` in it that a platform would take for a person to be called: a word joiner, which nobody
/// sees, stands behind the sign. Addresses such as `ops@shop.example` stay as they are.
pub(crate) fn without_mentions(text: &str) -> String {
    let mut quiet = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        quiet.push(c);
        if c == '@' && !before.is_alphanumeric() {
            quiet.push('\u{2060}');
        }
        before = c;
    }
    quiet
}

/// The length as the platforms count it that were written in JavaScript, Java or C#: in UTF-16 units. Those that count
/// characters count less.
pub(crate) fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn quiet_events_edit_what_was_told_and_loud_ones_answer_it() {
        let receipt = Receipt { id: Some("7".to_owned()), text: "200 OK".to_owned() };
        for (event, first, all) in [
            (Event::Opened, Step::Write { first: None }, Step::Write { first: Some("7") }),
            (Event::Grew, Step::Skip, Step::Edit("7")),
            (Event::Acknowledged, Step::Skip, Step::Edit("7")),
            (Event::Resolved, Step::Write { first: None }, Step::Write { first: Some("7") }),
        ] {
            let notification = samples::of(event);
            let post = samples::post(&notification);
            assert_eq!(step(&post), first, "{event:?} with nothing before");
            assert_eq!(step(&Post { before: Some(&receipt), ..post }), all, "{event:?}");
        }
    }

    #[test]
    fn nobody_is_called_by_what_a_target_answers() {
        assert_eq!(without_mentions("@all: mail ops@shop.example"), "@\u{2060}all: mail ops@shop.example");
        assert_eq!(without_mentions("(@here)@"), "(@\u{2060}here)@\u{2060}");
    }
}
