//! PagerDuty by its Events API v2: triggers open and bring up to date, acknowledgements and resolutions follow.
//!
//! The incident's own key is the `dedup_key`, so what is sent twice changes nothing.

mod payload;
#[cfg(test)]
mod tests;

use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use probes::Outbound;

use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::{Reply, Request};
use crate::message::{Post, Receipt, SendError};

/// Where the service regions take events. Source: <https://support.pagerduty.com/main/docs/service-regions>.
const REGIONS: [(&str, &str); 2] = [("us", "https://events.pagerduty.com"), ("eu", "https://events.eu.pagerduty.com")];

/// Length of an integration key. Source: <https://developer.pagerduty.com/docs/events-api-v2-overview>.
const KEY_LENGTH: usize = 32;

/// What is needed to send events to a service.
#[derive(Debug, Clone)]
pub struct Settings {
    key: Secret,
    address: Address,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "pagerduty",
        summary: "PagerDuty: opens, acknowledges and resolves the incident of a service",
        fields: &[
            Field {
                name: "key",
                help: "integration key of the service: Integrations, Events API v2, 32 letters and digits",
                example: "R0K7QZ4VY2M9XC1T8WJ5HB3ND6PFGSAE",
                required: true,
                secret: true,
            },
            Field {
                name: "region",
                help: "service region of the account: us or eu; us by default",
                example: "us",
                required: false,
                secret: false,
            },
            Field {
                name: "url",
                help: "address of a proxy or gateway to send to instead of the region's",
                example: "https://events.pagerduty.com",
                required: false,
                secret: false,
            },
        ],
        // PagerDuty adjusts its limit to the traffic; its staff name 120 events a minute and integration key.
        // Source: <https://community.pagerduty.com/forum/t/monitoring-api-rate-limiting/3318>.
        rate: Rate { burst: 30, per_minute: 120 },
        example: "add-destination on-call pagerduty key=R0K7QZ4VY2M9XC1T8WJ5HB3ND6PFGSAE",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let key = fields.secret("key")?;
        if key.expose().len() != KEY_LENGTH || !key.expose().bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let why = "is no integration key: it has 32 letters and digits; make one under Integrations, Events API v2";
            return Err(FieldError::new("key", why));
        }
        let region = fields.choice("region", &REGIONS)?;
        Ok(Self { key, address: fields.address("url", Some(region))? })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        vec![("key", "***".to_owned()), ("url", self.address.shown())]
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        let payload = payload::payload(self, post);
        let request = Request::post(self.address.join(["v2", "enqueue"])).json(&payload).conceal(self.key.expose());
        let reply = request.ask(outbound, now).await?;
        if reply.is_success() {
            Ok(reply.receipt(Some(payload.dedup_key)))
        } else {
            Err(reply.refused(&said(&reply), now))
        }
    }
}

/// `Event object is invalid: Length of 'routing_key' is incorrect`
fn said(reply: &Reply) -> String {
    let errors = reply.json().pointer("/errors").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let errors = errors.iter().filter_map(|error| error.as_str().map(str::to_owned));
    let parts: Vec<String> = std::iter::once(reply.text_at("/message")).chain(errors).collect();
    parts.join(": ")
}
