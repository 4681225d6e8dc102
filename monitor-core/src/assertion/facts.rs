use std::sync::OnceLock;

use super::{FactKind, Type, Value};

/// What a probe found out.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// A handful, so that looking through them costs less than hashing.
    values: Vec<(FactKind, Value)>,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    json: OnceLock<Option<serde_json::Value>>,
}

impl Facts {
    /// No facts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a fact, instead of what was noted of it before. A text is taken as the body, and numbers as sizes and the
    /// other way round, where the fact is one.
    pub fn set(&mut self, fact: FactKind, value: impl Into<Value>) {
        let value = match (fact.ty(), value.into()) {
            (Type::Text, Value::Text(body)) if fact == FactKind::Body => return self.set_body(body.into_bytes()),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
            (Type::Size, Value::Number(bytes)) => Value::Size(bytes as u64),
            #[expect(clippy::cast_precision_loss, reason = "counts are small")]
            (Type::Number, Value::Size(count)) => Value::Number(count as f64),
            (_, value) => value,
        };
        debug_assert_eq!(value.ty(), fact.ty(), "{}", fact.word());
        self.values.retain(|(known, _)| *known != fact);
        self.values.push((fact, value));
    }

    /// Notes the headers of the answer.
    pub fn set_headers(&mut self, headers: Vec<(String, String)>) {
        self.headers = headers;
    }

    /// Notes the body of the answer, in which `json` looks too.
    pub fn set_body(&mut self, body: Vec<u8>) {
        self.body = Some(body);
        self.json = OnceLock::new();
    }

    /// A fact that is neither the body nor taken from it or from the headers.
    #[must_use]
    pub fn get(&self, fact: FactKind) -> Option<&Value> {
        self.values.iter().find(|(known, _)| *known == fact).map(|(_, value)| value)
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }

    /// The JSON that was noted, or that the body is. The body is parsed once.
    #[must_use]
    pub fn json(&self) -> Option<&serde_json::Value> {
        if let Some(Value::Json(json)) = self.get(FactKind::Json) {
            return Some(json);
        }
        let parse = || serde_json::from_slice(self.body()?).ok();
        self.json.get_or_init(parse).as_ref()
    }

    /// The value of a header, or those of all of that name with commas between them.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let named = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let values: Vec<&str> = named.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}
