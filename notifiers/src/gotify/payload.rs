use monitor_core::alerting::{Event, Severity};
use serde_json::{Value, json};

use crate::escape::cut_chars;
use crate::message::Post;
use crate::words;

/// Longest title, in characters. Gotify has no limit; phones show no more.
const MAX_TITLE: usize = 250;

/// Longest message, in characters, for the same reason.
const MAX_MESSAGE: usize = 4_096;

/// What Gotify is sent. Source: <https://gotify.net/docs/msgextras>.
pub(super) fn payload(post: &Post<'_>) -> Value {
    let look = words::look(post.notification);
    let title = format!("{} {}", look.symbol, words::title(post.notification));
    json!({
        "title": cut_chars(&title, MAX_TITLE),
        "message": cut_chars(&words::body(post), MAX_MESSAGE),
        "priority": priority(post),
        "extras": {"client::display": {"contentType": "text/plain"}},
    })
}

/// From 8 on a phone rings and vibrates, from 4 on it rings, from 1 on it shows an icon. Source:
/// <https://github.com/gotify/android#message-priorities>.
fn priority(post: &Post<'_>) -> u8 {
    let notification = post.notification;
    match &notification.incident {
        _ if !notification.event.is_loud() => 2,
        Some(brief) if notification.event != Event::Resolved => match brief.severity {
            Severity::Critical => 8,
            Severity::Warning => 6,
            Severity::Info => 4,
        },
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use test_support::receiver::Receiver;
    use test_support::targets::Answer;

    use super::*;
    use crate::samples;

    #[test]
    fn what_is_sent() {
        for notification in [Event::Opened, Event::Grew, Event::Acknowledged, Event::Resolved].map(samples::of) {
            insta::assert_json_snapshot!(notification.event.as_str(), payload(&samples::post(&notification)));
        }
        let test = samples::notice(Event::Test, "");
        insta::assert_json_snapshot!("test", payload(&samples::post(&test)));
    }

    #[tokio::test]
    async fn it_is_sent_to_the_server_with_the_token_in_a_header() {
        let receiver = Receiver::start().await;
        receiver.then(Answer::ok(r#"{"id": 25, "appid": 5}"#));
        let url = format!("{}gotify/", receiver.url());
        let settings = samples::settings("gotify", &[("url", &url), ("token", "AKz7vCk2bQf1T9e")]);
        let receipt = samples::send(&settings, &samples::of(Event::Opened)).await.unwrap();
        assert_eq!(receipt.id.as_deref(), Some("25"));
        let request = receiver.last();
        assert_eq!(request.request_line(), "POST /gotify/message HTTP/1.1");
        assert_eq!(request.header("x-gotify-key"), Some("AKz7vCk2bQf1T9e"));
    }
}
