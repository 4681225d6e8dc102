//! Captured values in the parts of a request.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Step;
use super::template::{self, Captured, percent_encoded, plain};
use crate::http::{Body, HeaderValue, HttpSpec, SpecError};
use crate::secret::Secret;

impl Step {
    /// The names of the values that the request uses.
    ///
    /// # Errors
    /// [`SpecError::Option`] for braces that name nothing.
    pub fn uses(&self) -> Result<BTreeSet<String>, SpecError> {
        let mut names: BTreeSet<String> = template::names(&self.address)?.into_iter().map(str::to_owned).collect();
        self.request.clone().each_text(&mut |text| {
            names.extend(template::names(text)?.into_iter().map(str::to_owned));
            Ok(None)
        })?;
        Ok(names)
    }

    /// The request with values put in.
    ///
    /// # Errors
    /// A [`SpecError`] when a value is missing, or what comes of it is no address.
    pub fn fill(&self, values: &Captured) -> Result<HttpSpec, SpecError> {
        let mut request = self.request.clone();
        request.url = HttpSpec::get(&template::fill(&self.address, values, percent_encoded)?)?.url;
        request.each_text(&mut |text| match template::only_name(text).and_then(|name| values.get(name)) {
            Some(value) => Ok(Some(value.clone())),
            None => template::fill(text, values, plain).map(|text| Some(Value::String(text))),
        })?;
        Ok(request)
    }
}

/// What becomes of a text: `None` leaves it as it is.
type Change<'a> = &'a mut dyn FnMut(&str) -> Result<Option<Value>, SpecError>;

impl HttpSpec {
    /// Shows every text that may have values in it to `change`.
    fn each_text(&mut self, change: Change<'_>) -> Result<(), SpecError> {
        for header in &mut self.headers {
            if let HeaderValue::Plain(text) = &mut header.value {
                each(text, change)?;
            }
        }
        for secret in self.secrets_mut() {
            if let Some(value) = change(secret.expose())? {
                *secret = Secret::new(template::as_text(&value));
            }
        }
        match &mut self.body {
            Some(Body::Text(text)) => each(text, change),
            Some(Body::Form(fields)) => fields.iter_mut().try_for_each(|(_, value)| each(value, change)),
            Some(Body::Json(json)) => each_in(json, change),
            None => Ok(()),
        }
    }
}

fn each(text: &mut String, change: Change<'_>) -> Result<(), SpecError> {
    if let Some(value) = change(text)? {
        *text = template::as_text(&value);
    }
    Ok(())
}

fn each_in(json: &mut Value, change: Change<'_>) -> Result<(), SpecError> {
    match json {
        Value::String(text) => {
            if let Some(value) = change(text)? {
                *json = value;
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| each_in(item, change)),
        Value::Object(fields) => fields.values_mut().try_for_each(|field| each_in(field, change)),
        _ => Ok(()),
    }
}
