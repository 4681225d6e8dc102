use std::time::Duration;

use monitor_core::checks::GraphQlSpec;
use monitor_core::code::ErrorCode;
use monitor_core::http::shorten;
use monitor_core::monitor::{CheckSpec, Settings};

use super::request::{self, request_options};
use super::{CheckKind, http, sugar, target};
use crate::command::Failure;
use crate::grammar::Given;
use crate::reply::Field;

pub(super) const KIND: CheckKind = CheckKind {
    name: "graphql",
    aliases: &[],
    schemes: &[],
    target: "https://HOST/PATH",
    options: request_options!("query", "variables", "operation", "expect"),
    examples: &[
        "add-monitor graphql https://api.example/graphql query \"{ health }\" json $.data.health=ok",
        "add-monitor graphql https://api.example/graphql query \"query Shop($id: ID!) { shop(id: $id) { open } }\" variables '{\"id\": 7}'",
    ],
    interval: Duration::from_secs(60),
    start: |said| Ok(CheckSpec::GraphQl(GraphQlSpec::new(target::bare(said))?)),
    moved: |old, new| {
        if let (CheckSpec::GraphQl(old), CheckSpec::GraphQl(new)) = (old, new) {
            http::moved(&mut old.http, new.http);
        }
    },
    apply,
    shown,
};

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::GraphQl(spec) = &mut settings.spec else { return Ok(()) };
    request::apply(given, &mut spec.http)?;
    if given.has("query") {
        spec.query = given.get("query").unwrap_or(GraphQlSpec::DEFAULT_QUERY).to_owned();
    }
    if given.has("variables") {
        spec.variables = given.get("variables").map(variables).transpose()?;
    }
    if given.has("operation") {
        spec.operation = given.get("operation").map(str::to_owned);
    }
    sugar::expect(given, &mut settings.assertions, "status ")
}

fn variables(text: &str) -> Result<serde_json::Value, Failure> {
    let straight = || serde_json::from_str(&text.replace(['“', '”', '„'], "\""));
    serde_json::from_str(text).or_else(|_| straight()).map_err(|error| {
        let text = format!("`variables` is not JSON: {error}. Write it like `variables '{{\"id\": 7}}'`.");
        Failure::new(ErrorCode::InvalidOption, text)
    })
}

fn shown(spec: &CheckSpec) -> Vec<Field> {
    let CheckSpec::GraphQl(spec) = spec else { return Vec::new() };
    let mut fields = vec![Field::new("query", shorten(&spec.query, 200))];
    fields.extend(spec.variables.as_ref().map(|json| Field::new("variables", shorten(&json.to_string(), 80))));
    fields.extend(spec.operation.as_deref().map(|operation| Field::new("operation", operation)));
    fields.extend(request::shown(&spec.http));
    fields
}
