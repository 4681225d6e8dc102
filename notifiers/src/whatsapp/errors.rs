use std::time::Duration;

use monitor_core::Timestamp;
use serde_json::Value;

use crate::http::Reply;
use crate::message::SendError;

/// What an error of the Cloud API means for the next try.
#[derive(Clone, Copy)]
enum Class {
    /// Worth another try.
    Again,
    /// Worth another try after so many seconds, unless the platform names a time.
    Later(u64),
    /// No other try will do.
    Never,
}

/// Codes, what they mean, and what to do. Meta asks to go by these and not by the HTTP status. Source:
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes>.
const CODES: [(i64, Class, &str); 29] = [
    (0, Class::Never, "the access token is no longer valid; make one that does not expire"),
    (1, Class::Again, "an unknown fault of the platform"),
    (2, Class::Again, "the platform is down or overloaded"),
    (3, Class::Never, "the token lacks the permission whatsapp_business_messaging"),
    // Counted over an hour.
    (4, Class::Later(600), "the app made too many calls"),
    (10, Class::Never, "the token lacks the permission whatsapp_business_messaging"),
    (33, Class::Never, "there is no such phone number ID"),
    (100, Class::Never, "a parameter is wrong; check the phone number ID, the number and the template"),
    (190, Class::Never, "the access token has expired; make one that does not"),
    (368, Class::Never, "the account is restricted for a violation of policies"),
    (80_007, Class::Later(600), "the account sent too much"),
    (130_429, Class::Later(10), "the number sends too fast"),
    (130_497, Class::Never, "the account may not write to this country"),
    (131_000, Class::Again, "an unknown fault of the platform"),
    (131_005, Class::Never, "the token lacks the permission whatsapp_business_messaging"),
    (131_008, Class::Never, "a parameter is missing"),
    (131_009, Class::Never, "a parameter is wrong"),
    (131_016, Class::Again, "the service is overloaded"),
    (131_021, Class::Never, "it is the number that it comes from"),
    (131_026, Class::Never, "the number is not on WhatsApp or cannot be written to"),
    (131_030, Class::Never, "a test number writes to the numbers on its list only"),
    (131_031, Class::Never, "the account is locked"),
    (131_042, Class::Never, "the account's payment does not work"),
    (131_047, Class::Never, "the person wrote last more than 24 hours ago; use a template"),
    // Numbers that people block are slowed down for long.
    (131_048, Class::Later(3_600), "too many people blocked what this number wrote"),
    // Ten messages a minute to one person.
    (131_056, Class::Later(60), "too much was sent to this person"),
    (131_057, Class::Later(60), "the number is being maintained"),
    (132_000, Class::Never, "the template has another number of places; set parameters to it"),
    (132_001, Class::Never, "there is no such template in this language, or it is not approved"),
];

pub(super) fn refused(reply: &Reply, now: Timestamp) -> SendError {
    let code = reply.json().pointer("/error/code").and_then(Value::as_i64);
    let known = code.and_then(|code| CODES.iter().find(|(known, _, _)| *known == code));
    let said = match (code, known) {
        (Some(code), Some((_, _, words))) => format!("error {code}, {words}"),
        (Some(code), None) => format!("error {code}, {}", reply.text_at("/error/message")),
        (None, _) => reply.text_at("/error/message"),
    };
    let by_status = reply.refused(&said, now);
    match (known.map(|(_, class, _)| *class), by_status) {
        (None, by_status) | (Some(Class::Again | Class::Later(_)), by_status @ SendError::Later { .. }) => by_status,
        (Some(Class::Never), error) => SendError::never(error.why()),
        (Some(Class::Again), error) => SendError::again(error.why()),
        (Some(Class::Later(seconds)), error) => {
            SendError::Later { after: Duration::from_secs(seconds), why: error.why().to_owned() }
        }
    }
}
