use monitor_core::alerting::{Event, Severity, Stage};
use serde::Serialize;

use super::Settings;
use crate::escape::cut_bytes;
use crate::message::Post;
use crate::words;

/// Longest title, in bytes: far below what phones show.
const MAX_TITLE: usize = 250;

/// Longest message, in bytes. Longer ones become attachments. Source: <https://docs.ntfy.sh/publish/#limitations>.
const MAX_MESSAGE: usize = 4_096;

/// What ntfy is sent. Source: <https://docs.ntfy.sh/publish/#publish-as-json>.
#[derive(Debug, Serialize)]
pub(super) struct Payload<'a> {
    topic: &'a str,
    title: String,
    message: String,
    tags: [&'static str; 1],
    priority: u8,
}

pub(super) fn payload<'a>(settings: &'a Settings, post: &Post<'_>) -> Payload<'a> {
    let notification = post.notification;
    Payload {
        topic: settings.topic.expose(),
        title: cut_bytes(&words::title(notification), MAX_TITLE),
        message: cut_bytes(&words::body(post), MAX_MESSAGE),
        tags: [tag(post)],
        priority: priority(post),
    }
}

/// The emoji before the title, by its short code. Source: <https://docs.ntfy.sh/emojis/>.
fn tag(post: &Post<'_>) -> &'static str {
    match post.notification.incident.as_ref().map(|brief| (brief.stage, brief.severity)) {
        None => "information_source",
        Some((Stage::Resolved, _)) => "white_check_mark",
        Some((Stage::Acknowledged, _)) => "eyes",
        Some((Stage::Open, Severity::Critical)) => "red_circle",
        Some((Stage::Open, Severity::Warning)) => "orange_circle",
        Some((Stage::Open, Severity::Info)) => "large_blue_circle",
    }
}

/// 5 rings through, 3 is the default, 2 makes no sound. Source: <https://docs.ntfy.sh/publish/#message-priority>.
fn priority(post: &Post<'_>) -> u8 {
    let notification = post.notification;
    match &notification.incident {
        _ if !notification.event.is_loud() => 2,
        Some(brief) if notification.event != Event::Resolved => match brief.severity {
            Severity::Critical => 5,
            Severity::Warning => 4,
            Severity::Info => 3,
        },
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use test_support::receiver::Receiver;
    use test_support::targets::Answer;

    use super::*;
    use crate::destination::Destination;
    use crate::fields::Fields;
    use crate::samples;

    #[test]
    fn what_is_sent() {
        let given = BTreeMap::from([("topic".to_owned(), "shop-alerts".to_owned())]);
        let settings = Settings::read(&Fields::new(&const { Settings::KIND }, &given).unwrap()).unwrap();
        for notification in [Event::Opened, Event::Grew, Event::Acknowledged, Event::Resolved].map(samples::of) {
            insta::assert_json_snapshot!(
                notification.event.as_str(),
                payload(&settings, &samples::post(&notification))
            );
        }
        let test = samples::notice(Event::Test, "");
        insta::assert_json_snapshot!("test", payload(&settings, &samples::post(&test)));
    }

    #[tokio::test]
    async fn it_is_sent_to_the_server_with_the_token_in_a_header() {
        let receiver = Receiver::start().await;
        receiver.then(Answer::ok(r#"{"id": "sPs71M8A2T", "event": "message"}"#));
        let given =
            [("url", receiver.url()), ("topic", "shop-alerts".to_owned()), ("token", "tk_0123456789".to_owned())];
        let settings = samples::settings("ntfy", &given.each_ref().map(|(name, value)| (*name, value.as_str())));
        let receipt = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap();
        assert_eq!(receipt.id.as_deref(), Some("sPs71M8A2T"));
        let request = receiver.last();
        assert_eq!(request.request_line(), "POST / HTTP/1.1");
        assert_eq!(request.header("authorization"), Some("Bearer tk_0123456789"));
    }
}
