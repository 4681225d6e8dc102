//! What becomes of a notification when a platform answers so: for the tests of the kinds whose answers say more than their
//! status.

use monitor_core::alerting::Event;
use test_support::receiver::Receiver;
use test_support::targets::{Answer, Received};

use crate::{SendError, samples};

/// A receiver, and the fields of a destination there.
pub(crate) async fn there<'a>(given: &[(&'a str, &'a str)]) -> (Receiver, Vec<(&'a str, String)>) {
    let receiver = Receiver::start().await;
    let mut fields: Vec<_> = given.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    fields.push(("url", receiver.url()));
    (receiver, fields)
}

/// Settings with these fields.
pub(crate) fn settings(kind: &str, fields: &[(&str, String)]) -> crate::Settings {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    samples::settings(kind, &fields)
}

/// What comes of it, on a line: `again: answered 503 Service Unavailable`.
pub(crate) async fn outcome(kind: &str, given: &[(&str, &str)], answer: Answer) -> String {
    let (receiver, fields) = there(given).await;
    receiver.otherwise(answer);
    match samples::send(&settings(kind, &fields), &samples::of(Event::Opened)).await {
        Ok(receipt) => format!("ok {}: {}", receipt.id.unwrap_or_default(), receipt.text),
        Err(SendError::Again { why }) => format!("again: {why}"),
        Err(SendError::Later { after, why }) => format!("later {after:?}: {why}"),
        Err(SendError::Never { why }) => format!("never: {why}"),
    }
}

/// The fields of a form that was sent.
pub(crate) fn form(request: &Received) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}
