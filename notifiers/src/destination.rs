use monitor_core::Timestamp;
use monitor_core::alerting::Event;
use probes::Outbound;

use crate::fields::{FieldError, Fields};
use crate::message::{Post, Receipt, SendError};

/// A kind of destination, declared once: words, help, docs and forms come from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DestinationKind {
    /// The word for it: `email`, `google-chat`.
    pub name: &'static str,
    /// One line on what it is, without a full stop.
    pub summary: &'static str,
    /// What a person gives, the required ones first.
    pub fields: &'static [Field],
    /// How fast it may be sent to.
    pub rate: Rate,
    /// A line with which one is added: `add-destination ops-phone ntfy topic=shop-alerts-7f3a`.
    pub example: &'static str,
}

impl DestinationKind {
    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Something that a person gives for a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// One word: `url`, `token`, `to`.
    pub name: &'static str,
    /// What it is and where it is found, with unit, range and default; without a full stop.
    pub help: &'static str,
    /// A value that works.
    pub example: &'static str,
    /// Whether it has to be given.
    pub required: bool,
    /// Whether it is shown to nobody.
    pub secret: bool,
}

/// How much a platform takes, by its published limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many at once; at least one.
    pub burst: u32,
    /// How many in the long run; at least one.
    pub per_minute: u32,
}

/// What the settings of every kind can do.
pub(crate) trait Destination: Sized {
    /// The kind.
    const KIND: DestinationKind;

    /// Reads the fields, of which the required ones are there and no others than the kind has.
    fn read(fields: &Fields<'_>) -> Result<Self, FieldError>;

    /// Names of fields and what people may see of them.
    fn shown(&self) -> Vec<(&'static str, String)>;

    /// Whether it takes notice of such an event at all.
    fn wants(&self, _event: Event) -> bool {
        true
    }

    /// Sends once.
    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError>;
}
