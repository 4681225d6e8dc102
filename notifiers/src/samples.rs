//! Notifications for the tests of all kinds: an incident on its way, a test message and a notice.

use std::sync::OnceLock;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, IncidentBrief, MemberBrief, Notification, Severity, Stage};
use monitor_core::incident::IncidentId;
use monitor_core::incident::Resolution;

use probes::{Outbound, OutboundConfig};

use crate::message::Post;
use crate::{Receipt, SendError, Settings};

/// 2026-03-01T10:00:00Z.
const OPENED: Timestamp = Timestamp::from_millis(1_772_359_200_000);

fn minutes(count: u64) -> Timestamp {
    OPENED + Duration::from_secs(60 * count)
}

/// The time of the tests.
pub(crate) const NOW: Timestamp = OPENED;

/// An outbound client that may reach this machine. Made once, since it reads all trusted certificates.
pub(crate) fn outbound() -> &'static Outbound {
    static OUTBOUND: OnceLock<Outbound> = OnceLock::new();
    OUTBOUND.get_or_init(|| {
        let user_agent = "Watchword/test".to_owned();
        Outbound::new(&OutboundConfig { allow_private: true, ca_file: None, user_agent }).unwrap()
    })
}

/// An outbound client that trusts the authority of the test servers as well.
pub(crate) fn services_outbound() -> Outbound {
    let user_agent = "Watchword/test".to_owned();
    let ca_file = Some(test_support::services::ca());
    Outbound::new(&OutboundConfig { allow_private: true, ca_file, user_agent }).unwrap()
}

/// Settings with these fields.
pub(crate) fn settings(kind: &str, given: &[(&str, &str)]) -> Settings {
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::read(kind, &given).unwrap()
}

/// Sends a notification.
pub(crate) async fn send(settings: &Settings, notification: &Notification) -> Result<Receipt, SendError> {
    crate::send(settings, &post(notification), outbound(), NOW).await
}

/// A notification as it is to be sent, without a chart.
pub(crate) fn post(notification: &Notification) -> Post<'_> {
    Post { notification, organisation: "Shop & Sons", chart: None, before: None }
}

/// Something in words, about no incident.
pub(crate) fn notice(event: Event, text: &str) -> Notification {
    let key = format!("0190b5c4-{}", event.as_str());
    Notification { key, event, at: OPENED, incident: None, text: text.to_owned() }
}

/// What is told of an incident when that happens to it. It has one monitor, and four once it has grown. Its texts hold
/// what markups would take for their own.
pub(crate) fn of(event: Event) -> Notification {
    let member = |name: &str, why: &str| MemberBrief {
        name: name.to_owned(),
        target: format!("https://{name}.example/health"),
        since: OPENED,
        until: None,
        why: why.to_owned(),
    };
    let why = "answered 503 <Service Unavailable> & *nothing* else_";
    let mut brief = IncidentBrief {
        id: IncidentId(42),
        title: "shop is down".to_owned(),
        severity: Severity::Critical,
        stage: Stage::Open,
        opened_at: OPENED,
        acknowledged: None,
        resolved: None,
        reason: "unexpected_status".to_owned(),
        why: why.to_owned(),
        members: vec![member("shop", why)],
        member_count: 1,
        failing_count: 1,
        merged_into: None,
    };
    let mut at = OPENED;
    if event == Event::Grew {
        at = minutes(1);
        brief.title = "4 monitors are down".to_owned();
        brief.members.extend([member("blog", ""), member("api", "the connection was refused")]);
        brief.members[1].until = Some(minutes(1));
        (brief.member_count, brief.failing_count) = (4, 3);
    }
    if event == Event::Worse {
        at = minutes(2);
    }
    if matches!(event, Event::Reminder | Event::Escalated) {
        at = minutes(30);
    }
    if matches!(event, Event::Acknowledged | Event::Resolved) {
        at = minutes(3);
        brief.stage = Stage::Acknowledged;
        brief.acknowledged = Some((at, "Ada".to_owned()));
    }
    if event == Event::Resolved {
        at = minutes(12);
        brief.stage = Stage::Resolved;
        brief.resolved = Some((at, Resolution::Recovered));
        brief.failing_count = 0;
        brief.members[0].until = Some(at);
    }
    Notification { key: format!("0190b5c4-{}", event.as_str()), event, at, incident: Some(brief), text: String::new() }
}

/// What is told of an incident that grew to twelve monitors at once, of which as many are named as ever are.
pub(crate) fn storm() -> Notification {
    let mut notification = of(Event::Grew);
    if let Some(brief) = &mut notification.incident {
        let member = |number| MemberBrief {
            name: format!("shop-{number}"),
            target: format!("https://shop-{number}.example/health"),
            since: OPENED,
            until: None,
            why: "the connection was refused".to_owned(),
        };
        brief.title = "12 monitors are down".to_owned();
        brief.members = (1..=IncidentBrief::MEMBERS).map(member).collect();
        (brief.member_count, brief.failing_count) = (12, 12);
    }
    notification
}

/// One notification of each event.
pub(crate) fn all() -> Vec<Notification> {
    let sample = |event| match event {
        Event::Test => notice(event, ""),
        Event::Notice => notice(event, "Maintenance of shop begins at 22:00 UTC\nIt ends at 23:00 UTC."),
        event => of(event),
    };
    Event::ALL.into_iter().map(sample).collect()
}
