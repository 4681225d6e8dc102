//! The flow kind: several requests, each of which may use what earlier ones were answered.

mod capture;
mod fill;
mod template;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use capture::{Capture, CompiledCapture, Source};
pub use template::{Captured, as_text, percent_encoded};

use crate::assertion::{Assertions, CompiledAssertions, FactKind};
use crate::http::{HttpSpec, MAX_LIST, SpecError};
use crate::secret::Secret;

/// Most steps of a flow.
const MAX_STEPS: usize = 20;

/// Longest name of a step, in characters.
const MAX_NAME_CHARS: usize = 40;

/// What a step's assertions can be about: its own answer.
const STEP_FACTS: &[FactKind] =
    &[FactKind::Status, FactKind::Header, FactKind::Body, FactKind::Json, FactKind::Size, FactKind::Latency];

/// What holds for a step unless its assertions say something of the status.
const STEP_DEFAULTS: &[&str] = &["status in 200..299"];

/// Several HTTP requests in a row, where a later one uses what an earlier one answered. Cookies are kept between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowSpec {
    /// The steps, 1 to 20, in their order.
    pub steps: Vec<Step>,
}

/// One request of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it is called in messages, 1 to 40 characters.
    pub name: String,
    /// The address, in which `{{name}}` stands for a captured value, percent-encoded when it is put in.
    pub address: String,
    /// The request. Headers, secrets and body may contain `{{name}}`, too; the address above takes the place of its own.
    /// A text of a JSON body that is nothing but `{{name}}` becomes the value as it was captured, a number say.
    pub request: HttpSpec,
    /// What the answer has to satisfy; a status of 200 to 299 unless they say something of it.
    #[serde(default)]
    pub assertions: Assertions,
    /// What is kept of the answer for later steps.
    #[serde(default)]
    pub captures: Vec<Capture>,
}

impl FlowSpec {
    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        if !(1..=MAX_STEPS).contains(&self.steps.len()) {
            return Err(SpecError::Option(format!("a flow has 1 to {MAX_STEPS} steps")));
        }
        let mut known = BTreeSet::new();
        for (index, step) in self.steps.iter().enumerate() {
            step.validate(&known).map_err(|error| match error {
                // These say which step themselves, or are about what the step says.
                error @ (SpecError::Url(_) | SpecError::Scheme(_)) => error,
                error => SpecError::Option(format!("step {} ({}): {error}", index + 1, step.name)),
            })?;
            known.extend(step.captures.iter().map(|capture| capture.name.as_str()));
        }
        Ok(())
    }

    pub(crate) fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        self.steps.iter_mut().flat_map(|step| step.request.secrets_mut()).collect()
    }
}

impl Step {
    fn validate(&self, known: &BTreeSet<&str>) -> Result<(), SpecError> {
        if self.name.is_empty() || self.name.chars().count() > MAX_NAME_CHARS || self.name.contains(char::is_control) {
            return Err(SpecError::Option(format!("a step's name has 1 to {MAX_NAME_CHARS} characters")));
        }
        let uses = self.uses()?;
        if let Some(unknown) = uses.iter().find(|name| !known.contains(name.as_str())) {
            return Err(SpecError::Option(format!("it uses {{{{{unknown}}}}}, which no earlier step captures")));
        }
        if HttpSpec::get(&self.address).is_ok_and(|spec| spec.auth.is_some()) {
            let help = "give the login as an option, so that it is kept as a secret";
            return Err(SpecError::Option(format!("the address has a user or a password in it; {help}")));
        }
        // With values of which nothing is known yet.
        let sample = uses.into_iter().map(|name| (name, Value::from("1"))).collect();
        self.fill(&sample)?.validate()?;
        if self.captures.len() > MAX_LIST {
            return Err(SpecError::TooMuch(format!("a step captures {MAX_LIST} values at most")));
        }
        self.captures.iter().try_for_each(|capture| capture.compile().map(drop))?;
        self.compile_assertions().map(drop)
    }

    /// Prepares what its answers have to satisfy.
    ///
    /// # Errors
    /// [`SpecError::Option`].
    pub fn compile_assertions(&self) -> Result<CompiledAssertions, SpecError> {
        let compiled = self.assertions.compile(STEP_FACTS, STEP_DEFAULTS);
        compiled.map_err(|error| SpecError::Option(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Auth, Body, Header, HeaderValue};

    fn step(name: &str, address: &str) -> Step {
        Step {
            name: name.into(),
            address: address.into(),
            request: HttpSpec::get("shop.example").unwrap(),
            assertions: Assertions::default(),
            captures: Vec::new(),
        }
    }

    fn login() -> Step {
        let from = Source::Json("$.token".into());
        Step { captures: vec![Capture { name: "token".into(), from }], ..step("login", "https://shop.example/login") }
    }

    fn refused(steps: Vec<Step>) -> String {
        FlowSpec { steps }.validate().unwrap_err().to_string()
    }

    #[test]
    fn a_step_uses_what_an_earlier_one_captures() {
        let orders = step("orders", "https://shop.example/orders/{{token}}");
        assert_eq!(FlowSpec { steps: vec![login(), orders.clone()] }.validate(), Ok(()));
        let why = "step 1 (orders): it uses {{token}}, which no earlier step captures";
        assert_eq!(refused(vec![orders.clone(), login()]), why);
        let mut later = step("later", "https://shop.example");
        later.request.headers = vec![Header { name: "X".into(), value: HeaderValue::Plain("{{nobody}}".into()) }];
        assert_eq!(
            refused(vec![login(), orders, later]),
            "step 3 (later): it uses {{nobody}}, which no earlier step captures"
        );
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_step() {
        assert_eq!(refused(Vec::new()), "a flow has 1 to 20 steps");
        assert_eq!(refused(vec![login(); 21]), "a flow has 1 to 20 steps");
        assert!(refused(vec![login(), step("x", "ftp://shop.example")]).contains("I cannot watch `ftp:` addresses"));
        assert!(refused(vec![step("x", "https://ada:secret@shop.example")]).contains("kept as a secret"));
        let mut asserted = login();
        asserted.assertions.push("certificate.days > 3".parse().unwrap()).unwrap();
        assert!(refused(vec![asserted]).starts_with("step 1 (login): "));
        let mut method = login();
        method.request.method = "get it".into();
        assert!(refused(vec![method]).starts_with("step 1 (login): `get it` is not an HTTP method"));
    }

    #[test]
    fn values_go_into_every_part_of_a_request() {
        let mut step = step("x", "https://shop.example/{{id}}?q={{token}}");
        step.request.auth = Some(Auth::Bearer(Secret::new("{{token}}")));
        step.request.headers = vec![Header { name: "X".into(), value: HeaderValue::Plain("a {{id}}".into()) }];
        step.request.body = Some(Body::Json(serde_json::json!({"id": "{{id}}", "note": ["no. {{id}} \"{{token}}\""]})));
        let values = [("id".to_owned(), Value::from(7)), ("token".to_owned(), Value::from("s/\"x"))].into();
        let filled = step.fill(&values).unwrap();
        assert_eq!(filled.url.as_str(), "https://shop.example/7?q=s%2F%22x");
        assert_eq!(filled.auth, Some(Auth::Bearer(Secret::new("s/\"x"))));
        assert_eq!(filled.headers[0].value.expose(), "a 7");
        let Some(Body::Json(body)) = filled.body else { panic!("no body") };
        assert_eq!(body, serde_json::json!({"id": 7, "note": ["no. 7 \"s/\"x\""]}));
        assert_eq!(step.uses().unwrap().into_iter().collect::<Vec<_>>(), ["id", "token"]);
    }
}
