//! What the tests of the kinds share that write into a conversation.

use std::collections::BTreeMap;
use std::time::Duration;

use monitor_core::alerting::{Event, Notification};
use monitor_core::incident::Resolution;
use test_support::receiver::Receiver;
use url::Url;

use crate::message::{Post, Receipt, SendError};
use crate::{Settings, samples};

/// What markups and platforms take for their own.
pub(crate) const SPECIAL: &str = r#"&<>"'*_~`|\#[](){}@all <@1> <!channel> {{DATE(2026)}} $%^=+-.:;,?! ä😀"#;

/// The events of which the payloads are looked at.
pub(crate) fn shown() -> Vec<Notification> {
    vec![
        samples::of(Event::Opened),
        samples::storm(),
        samples::of(Event::Acknowledged),
        samples::of(Event::Resolved),
        samples::notice(Event::Test, ""),
    ]
}

/// An incident with twelve members, all of whose texts are far too long and made of that.
pub(crate) fn huge(filling: &str) -> Notification {
    let long = filling.repeat(10_000usize.div_ceil(filling.chars().count()));
    let mut notification = samples::storm();
    if let Some(brief) = &mut notification.incident {
        brief.title.clone_from(&long);
        brief.why.clone_from(&long);
        brief.acknowledged = Some((brief.opened_at, long.clone()));
        brief.resolved = Some((brief.opened_at + Duration::from_secs(60), Resolution::Recovered));
        for member in &mut brief.members {
            (member.name, member.target, member.why) = (long.clone(), long.clone(), long.clone());
        }
    }
    notification
}

/// An incident of a monitor that has that name, and of which that was seen.
pub(crate) fn named(name: &str) -> Notification {
    let mut notification = samples::of(Event::Opened);
    if let Some(brief) = &mut notification.incident {
        brief.title = format!("{name} is down");
        name.clone_into(&mut brief.why);
        brief.members[0].name = name.to_owned();
        brief.members[0].why = name.to_owned();
        brief.acknowledged = Some((brief.opened_at, name.to_owned()));
    }
    notification
}

/// Fillings for [`huge`]: plain, special, and what takes the most room in some way of counting.
pub(crate) const FILLINGS: [&str; 7] = ["a", "*", "\"", "&", "😀", "ä\\\n", SPECIAL];

/// The settings of a kind, its example in which the address leads to a receiver.
pub(crate) fn settings_at(receiver: &Receiver, kind: &str) -> Settings {
    let kind = crate::kind(kind).unwrap();
    let example = |field: &crate::Field| (field.name.to_owned(), field.example.to_owned());
    let mut given: BTreeMap<String, String> = kind.fields.iter().map(example).collect();
    let here = Url::parse(&receiver.url()).unwrap();
    let mut there = Url::parse(&given["url"]).unwrap();
    there.set_scheme("http").unwrap();
    there.set_host(here.host_str()).unwrap();
    there.set_port(here.port()).unwrap();
    given.insert("url".to_owned(), there.into());
    Settings::read(kind.name, &given).unwrap()
}

/// Sends, after that first delivery.
pub(crate) async fn send(
    settings: &Settings,
    notification: &Notification,
    before: Option<&str>,
) -> Result<Receipt, SendError> {
    let before = before.map(|id| Receipt { id: Some(id.to_owned()), text: "200 OK".to_owned() });
    let post = Post { before: before.as_ref(), ..samples::post(notification) };
    crate::send(settings, &post, samples::outbound(), samples::NOW).await
}
