use super::Settings;
use crate::message::Post;
use crate::phone::{Number, Sender};
use crate::sms::{self, Encoding};

/// Longest reference, in characters. Source: <https://developer.vonage.com/api/sms#send-an-sms>; 100 today, 40 in
/// version 1.0.6 of its specification, and the stricter of both is kept to.
pub(super) const MAX_REFERENCE: usize = 40;

/// The fields of the form that Vonage is sent for one number. Source: <https://developer.vonage.com/api/sms#send-an-sms>.
pub(super) fn payload(settings: &Settings, post: &Post<'_>, to: &Number) -> [(&'static str, String); 7] {
    let from = match &settings.from {
        Sender::Number(number) => number.digits().to_owned(),
        Sender::Name(name) => name.clone(),
    };
    let text = sms::text(post);
    let encoding = match sms::encoding(&text) {
        Encoding::Gsm7 => "text",
        Encoding::Ucs2 => "unicode",
    };
    [
        ("api_key", settings.key.expose().to_owned()),
        ("api_secret", settings.secret.expose().to_owned()),
        ("from", from),
        ("to", to.digits().to_owned()),
        ("text", text),
        ("type", encoding.to_owned()),
        ("client-ref", reference(&post.notification.key)),
    ]
}

/// The end of a key, where one differs from another.
fn reference(key: &str) -> String {
    key.chars().skip(key.chars().count().saturating_sub(MAX_REFERENCE)).collect()
}
