use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, MultiPart, SinglePart};

use super::{Settings, html};
use crate::escape::cut_chars;
use crate::message::{Post, SendError};
use crate::words;

/// Longest subject, in characters: a few lines of a header.
const MAX_SUBJECT: usize = 200;

/// How the HTML names the chart.
pub(super) const CHART_ID: &str = "chart@watchword";

/// A mail, and its id without angle brackets.
pub(super) fn payload(settings: &Settings, post: &Post<'_>) -> Result<(Message, String), SendError> {
    let notification = post.notification;
    let domain = settings.from.email.domain();
    let id = format!("{}@{domain}", token(&notification.key));
    let at = u64::try_from(notification.at.as_millis()).unwrap_or_default();
    let mut builder = Message::builder()
        .from(settings.from.clone())
        .subject(cut_chars(&words::title(notification), MAX_SUBJECT))
        .message_id(Some(format!("<{id}>")))
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(at))
        // So that nobody's absence is answered to it. Source: <https://www.rfc-editor.org/rfc/rfc3834#section-5>, and what
        // Exchange asks for instead: <https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-oxcmail/>.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    for recipient in &settings.to {
        builder = builder.to(recipient.clone());
    }
    if let Some(brief) = &notification.incident {
        // All mails of an incident answer one that nobody has sent, and the first one that somebody has.
        let thread = format!("<{}-{}@{domain}>", brief.thread_key(), brief.opened_at.as_millis());
        let first = post.before.and_then(|before| before.id.as_deref()).map(|id| format!("<{id}>"));
        let references = first.iter().fold(thread.clone(), |references, first| format!("{references} {first}"));
        builder = builder.in_reply_to(first.unwrap_or(thread)).references(references);
    }
    let message = builder.multipart(content(post));
    Ok((message.map_err(|error| SendError::never(format!("the mail cannot be written ({error})")))?, id))
}

fn content(post: &Post<'_>) -> MultiPart {
    let text = format!("{}\n\n{}\n", words::title(post.notification), words::body(post));
    let page = SinglePart::html(html::page(post));
    let alternatives = MultiPart::alternative().singlepart(SinglePart::plain(text));
    let png = ContentType::parse("image/png").ok();
    match post.chart.zip(png) {
        None => alternatives.singlepart(page),
        Some((chart, png)) => {
            let image = Attachment::new_inline_with_name(CHART_ID.to_owned(), "latency.png".to_owned());
            let related = MultiPart::related().singlepart(page).singlepart(image.body(chart.to_vec(), png));
            alternatives.multipart(related)
        }
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// A key as it may stand before the @ of a message id. Source: <https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3>.
fn token(key: &str) -> String {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    key.chars().map(|c| if valid(c) { c } else { '-' }).take(200).collect()
}
