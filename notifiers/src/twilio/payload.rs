use super::{From, Settings};
use crate::message::Post;
use crate::phone::{Number, Sender};
use crate::sms;

/// The fields of the form that Twilio is sent for one number.
/// Source: <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>.
pub(super) fn payload(settings: &Settings, post: &Post<'_>, to: &Number) -> [(&'static str, String); 3] {
    let from = match &settings.from {
        From::Service(service) => ("MessagingServiceSid", service.clone()),
        From::Sender(Sender::Number(number)) => ("From", number.e164()),
        From::Sender(Sender::Name(name)) => ("From", name.clone()),
    };
    [("To", to.e164()), from, ("Body", sms::text(post))]
}
