//! Opsgenie, and its successor in Jira Service Management, by the Alert API: alerts are created, noted, acknowledged and
//! closed by an alias.
//!
//! The incident's own key is the alias: an alert that is open is not created twice.

mod payload;
#[cfg(test)]
mod tests;

use http::header::AUTHORIZATION;
use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use probes::Outbound;

use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::Request;
use crate::message::{Post, Receipt, SendError};

/// Where the regions take alerts. Source: <https://docs.opsgenie.com/docs/api-overview>, and for Jira Service Management
/// <https://developer.atlassian.com/cloud/jira/service-desk-ops/jira-service-desk-ops.1.postman.json>.
const REGIONS: [(&str, &str); 3] = [
    ("us", "https://api.opsgenie.com"),
    ("eu", "https://api.eu.opsgenie.com"),
    ("jira", "https://api.atlassian.com/jsm/ops/integration"),
];

/// What is needed to send alerts to a team.
#[derive(Debug, Clone)]
pub struct Settings {
    key: Secret,
    address: Address,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "opsgenie",
        summary: "Opsgenie or Jira Service Management: opens, acknowledges and closes an alert",
        fields: &[
            Field {
                name: "key",
                help: "API key of an integration of the team: Integrations, API",
                example: "5f2d81c6-93ab-4e07-b1f4-6c0e7d2a98b3",
                required: true,
                secret: true,
            },
            Field {
                name: "region",
                help: "where the account lives: us, eu, or jira for Jira Service Management; us by default",
                example: "eu",
                required: false,
                secret: false,
            },
            Field {
                name: "url",
                help: "address of a proxy or gateway to send to instead of the region's",
                example: "https://api.eu.opsgenie.com",
                required: false,
                secret: false,
            },
        ],
        // The limit grows with the plan and the number of users; this stays below the smallest one.
        // Source: <https://docs.opsgenie.com/docs/api-rate-limiting>.
        rate: Rate { burst: 20, per_minute: 60 },
        example: "add-destination on-call opsgenie key=5f2d81c6-93ab-4e07-b1f4-6c0e7d2a98b3 region=eu",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let region = fields.choice("region", &REGIONS)?;
        Ok(Self { key: fields.secret("key")?, address: fields.address("url", Some(region))? })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        vec![("key", "***".to_owned()), ("url", self.address.shown())]
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        let payload = payload::payload(post);
        let mut url = self.address.join(["v2", "alerts"]);
        if let Some(action) = payload.action {
            url = self.address.join(["v2", "alerts", payload.alias.as_str(), action]);
            url.query_pairs_mut().append_pair("identifierType", "alias");
        }
        let request = Request::post(url).secret_header(AUTHORIZATION, "GenieKey ", &self.key).json(&payload.body);
        let reply = request.ask(outbound, now).await?;
        if !reply.is_success() {
            return Err(reply.refused(&reply.text_at("/message"), now));
        }
        Ok(reply.receipt(Some(reply.text_at("/requestId")).filter(|id| !id.is_empty())))
    }
}
