use serde::{Deserialize, Serialize};

use super::Endpoint;
use crate::http::{Header, HeaderValue, MAX_LIST, SpecError, check_headers};
use crate::secret::Secret;

/// The gRPC health protocol. Source: <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrpcSpec {
    /// Where to connect.
    pub endpoint: Endpoint,
    /// Whether TLS is spoken.
    #[serde(default)]
    pub tls: bool,
    /// The service whose health is asked for; empty: the server's as a whole.
    #[serde(default)]
    pub service: String,
    /// Metadata sent along.
    #[serde(default)]
    pub metadata: Vec<Header>,
}

impl GrpcSpec {
    /// The health of that server as a whole.
    #[must_use]
    pub fn new(endpoint: Endpoint, tls: bool) -> Self {
        Self { endpoint, tls, service: String::new(), metadata: Vec::new() }
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        if self.service.len() > 200 || self.service.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(SpecError::Option("a gRPC service is one word, like shop.v1.Orders".into()));
        }
        if self.metadata.len() > MAX_LIST {
            return Err(SpecError::TooMuch(format!("at most {MAX_LIST} metadata entries can be sent")));
        }
        let reserved = |name: &str| name.starts_with("grpc-") || ["content-type", "host"].contains(&name);
        if let Some(header) = self.metadata.iter().find(|header| reserved(&header.name.to_ascii_lowercase())) {
            return Err(SpecError::Option(format!("gRPC sets `{}` itself; leave it out", header.name)));
        }
        check_headers(&self.metadata)
    }

    pub(crate) fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        self.metadata.iter_mut().filter_map(|header| HeaderValue::secret_mut(&mut header.value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn spec() -> GrpcSpec {
        GrpcSpec::new(Endpoint::parse("shop.example:50051", None).unwrap(), true)
    }

    #[test]
    fn a_service_is_one_word() {
        let named = |service: &str| GrpcSpec { service: service.into(), ..spec() };
        assert_eq!(named("").validate(), Ok(()));
        assert_eq!(named("shop.v1.Orders").validate(), Ok(()));
        for service in ["shop orders", "shop\n", &"x".repeat(201)] {
            assert!(matches!(named(service).validate(), Err(SpecError::Option(_))), "{service:?}");
        }
    }

    #[test]
    fn metadata_that_grpc_sets_itself_is_refused() {
        let with = |name: &str| {
            let value = HeaderValue::Secret(Secret::new("hunter2"));
            GrpcSpec { metadata: vec![Header { name: name.into(), value }], ..spec() }
        };
        assert_eq!(with("x-api-key").validate(), Ok(()));
        for name in ["grpc-timeout", "Content-Type", "te", "bad name"] {
            assert!(with(name).validate().is_err(), "{name}");
        }
    }
}
