//! Tells places outside what happened: one folder per kind of destination.
//!
//! ```no_run
//! # use std::collections::BTreeMap;
//! # use monitor_core::{Timestamp, alerting::Notification};
//! # use notifiers::{Post, Settings};
//! # async fn example(outbound: &probes::Outbound, notification: &Notification, now: Timestamp) -> Result<(), Box<dyn std::error::Error>> {
//! let given = [("url", "https://ntfy.sh"), ("topic", "shop-alerts-7f3a")];
//! let given: BTreeMap<String, String> = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
//! let settings = Settings::read("ntfy", &given)?;
//! let post = Post { notification, organisation: "Shop", chart: None, before: None };
//! let receipt = notifiers::send(&settings, &post, outbound, now).await?;
//! # Ok(()) }
//! ```
//!
//! What a person gave is kept sealed as it was given, and read again before it is used: [`Settings`] are never stored.
//! Nothing that this crate says holds a secret: not [`Settings::shown`], not `Debug`, no [`FieldError`], [`SendError`] or
//! [`Receipt`]. Addresses are shown down to their host, since paths hold the tokens of webhooks.
//!
//! # To add a kind
//! - a folder with `mod.rs`: `Settings`, which is a `Destination`, in types that hide (`Secret`, [`Address`]); `payload.rs`:
//!   what is sent, a pure function with snapshots of it; `send.rs` if sending takes more than a few lines;
//! - one line in the list below.
//!
//! A kind that speaks HTTP has a field `url`, optional where the platform has one address for all: it may be another
//! region's, a proxy's, or that of a test. All kinds are tested together in `src/every_kind.rs` with the examples
//! of their fields, so these have to be values that work, and those of secrets long and like nothing else.

#[cfg(test)]
mod answers;
mod chat;
#[cfg(test)]
mod chat_samples;
mod destination;
mod escape;
#[cfg(test)]
mod every_kind;
mod fields;
mod http;
mod markdown;
mod message;
mod phone;
#[cfg(test)]
mod samples;
mod sms;
mod words;

use std::collections::BTreeMap;

use monitor_core::Timestamp;
use monitor_core::alerting::Event;
use probes::Outbound;

use crate::destination::Destination;
pub use crate::destination::{DestinationKind, Field, Rate};
use crate::fields::Fields;
pub use crate::fields::{Address, FieldError};
pub use crate::message::{Post, Receipt, SendError};

/// Declares all kinds from one list: variant, folder.
macro_rules! destinations {
    ($($(#[$doc:meta])+ $variant:ident = $module:ident;)+) => {
        $($(#[$doc])+ pub mod $module;)+

        /// What is needed to send to a destination, of any kind.
        #[derive(Debug, Clone)]
        pub enum Settings {
            $($(#[$doc])+ $variant(Box<$module::Settings>),)+
        }

        /// All kinds of destinations, in the order in which they are listed to people.
        pub const KINDS: &[DestinationKind] = &[$(<$module::Settings as Destination>::KIND),+];

        impl Settings {
            fn read_fields(fields: &Fields<'_>) -> Result<Self, FieldError> {
                $(if fields.kind().name == <$module::Settings as Destination>::KIND.name {
                    return <$module::Settings as Destination>::read(fields).map(|read| Self::$variant(Box::new(read)));
                })+
                Err(unknown_kind())
            }

            /// Its kind.
            #[must_use]
            pub fn kind(&self) -> &'static DestinationKind {
                match self { $(Self::$variant(_) => const { &<$module::Settings as Destination>::KIND },)+ }
            }

            /// What people may see of it: names of fields and their values, without secrets.
            #[must_use]
            pub fn shown(&self) -> Vec<(&'static str, String)> {
                match self { $(Self::$variant(settings) => settings.shown(),)+ }
            }

            /// Whether it takes notice of such an event at all.
            #[must_use]
            pub fn wants(&self, event: Event) -> bool {
                match self { $(Self::$variant(settings) => settings.wants(event),)+ }
            }
        }

        /// Sends a notification once, within bounded time. A platform that knows idempotency keys is told
        /// `Notification.key`.
        ///
        /// # Errors
        /// Why it was not delivered, as far as is known, and whether it is worth another try.
        pub async fn send(
            settings: &Settings,
            post: &Post<'_>,
            outbound: &Outbound,
            now: Timestamp,
        ) -> Result<Receipt, SendError> {
            match settings {
                // Boxed, so that whoever waits for one kind takes no room for all.
                $(Settings::$variant(settings) => Box::pin(settings.send(post, outbound, now)).await,)+
            }
        }
    };
}

destinations! {
    /// Email by SMTP.
    Email = email;
    /// Slack: the incoming webhook of a channel.
    Slack = slack;
    /// Discord: the webhook of a channel.
    Discord = discord;
    /// Telegram: a chat, by a bot.
    Telegram = telegram;
    /// Microsoft Teams: the webhook of a workflow.
    Teams = teams;
    /// Mattermost: the incoming webhook of a channel.
    Mattermost = mattermost;
    /// Google Chat: the webhook of a space.
    GoogleChat = google_chat;
    /// Matrix: a room.
    Matrix = matrix;
    /// A request to any address.
    Webhook = webhook;
    /// ntfy: push messages to phones and desktops.
    Ntfy = ntfy;
    /// Gotify: push messages by a server of one's own.
    Gotify = gotify;
    /// Apprise: a hundred more services.
    Apprise = apprise;
    /// Pushover: push messages, and alarms until somebody confirms them.
    Pushover = pushover;
    /// SMS by Twilio.
    Twilio = twilio;
    /// SMS by Vonage.
    Vonage = vonage;
    /// WhatsApp by Meta's Cloud API.
    Whatsapp = whatsapp;
    /// PagerDuty: the incident of a service.
    Pagerduty = pagerduty;
    /// Opsgenie and Jira Service Management: an alert.
    Opsgenie = opsgenie;
}

/// The kind of that name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static DestinationKind> {
    KINDS.iter().find(|kind| kind.name == name)
}

impl Settings {
    /// Reads what a person gave for the fields of a kind, and checks all that can be checked without asking anybody.
    ///
    /// # Errors
    /// The first field that does not work, and why; `kind` when there is no kind of that name.
    pub fn read(name: &str, given: &BTreeMap<String, String>) -> Result<Self, FieldError> {
        Self::read_fields(&Fields::new(kind(name).ok_or_else(unknown_kind)?, given)?)
    }
}

fn unknown_kind() -> FieldError {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    FieldError::new("kind", format!("there is no such kind of destination; choose one of {}", names.join(", ")))
}
