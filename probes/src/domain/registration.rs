//! What a registry says of a domain. Source: <https://www.rfc-editor.org/rfc/rfc9083>.

use monitor_core::Timestamp;
use monitor_core::outcome::Reason;
use serde_json::Value;

use crate::failure::{Failure, clean};

/// Most characters of a registrar's name.
const MAX_NAME: usize = 120;

/// The registration of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registration {
    /// The registered domain.
    pub(super) name: String,
    /// When it ends, if the registry tells.
    pub(super) end: Option<Timestamp>,
    /// By whom it is registered, if the registry tells.
    pub(super) registrar: Option<String>,
}

impl Registration {
    /// Reads the answer to a question for that name.
    pub(super) fn read(name: &str, body: &[u8]) -> Result<Self, Failure> {
        let answer = serde_json::from_slice::<Value>(body).ok();
        let is_domain = |answer: &Value| answer.get("objectClassName").is_some_and(|class| class == "domain");
        let Some(answer) = answer.filter(is_domain) else {
            let message = format!("the registry's answer for {name} is not RDAP");
            return Err(Failure::new(Reason::RegistryUnavailable, message));
        };
        Ok(Self { name: name.to_owned(), end: end(&answer), registrar: registrar(&answer) })
    }
}

fn end(answer: &Value) -> Option<Timestamp> {
    let events = answer.get("events")?.as_array()?;
    let expiration =
        events.iter().find(|event| event.get("eventAction").is_some_and(|action| action == "expiration"))?;
    let date = expiration.get("eventDate")?.as_str()?;
    // Some registries leave out the time zone, which is UTC.
    let at: jiff::Timestamp = date.parse().or_else(|_| format!("{date}Z").parse()).ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

/// The name of the entity with the role of a registrar, from its jCard: RFC 7095.
fn registrar(answer: &Value) -> Option<String> {
    let is_registrar = |entity: &&Value| {
        entity.get("roles").and_then(Value::as_array).is_some_and(|roles| roles.iter().any(|role| role == "registrar"))
    };
    let entity = answer.get("entities")?.as_array()?.iter().find(is_registrar)?;
    let properties = entity.pointer("/vcardArray/1").and_then(Value::as_array);
    let full_name = properties.into_iter().flatten().find(|property| property.get(0).is_some_and(|name| name == "fn"));
    let name = full_name.and_then(|property| property.get(3)).or_else(|| entity.get("handle"))?;
    Some(clean(name.as_str()?, MAX_NAME))
}
