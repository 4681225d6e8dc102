//! The gRPC check: what a server's health protocol says.
//!
//! It speaks the one unary call that the protocol has over h2 itself. A generated client such as tonic's would connect by
//! itself, spawn tasks that outlive the check, and panics on a `grpc-status-details-bin` that is no base64.
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

mod answer;
mod call;

use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use hyper::body::Bytes;
use monitor_core::assertion::FactKind;
use monitor_core::checks::{Endpoint, GrpcSpec};
use monitor_core::http::{HeaderValue as SpecValue, SpecError};
use monitor_core::outcome::Reason;
use prost::Message;
use tokio_util::either::Either;

use crate::connect::{Stream, borrowed};
use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::tls::Alpn;
use crate::trace::{Phase, Trace};

/// The messages of the health protocol.
/// Source: <https://github.com/grpc/grpc-proto/blob/master/grpc/health/v1/health.proto>.
#[derive(Clone, PartialEq, Message)]
struct HealthCheckRequest {
    #[prost(string, tag = "1")]
    service: String,
}

#[derive(Clone, PartialEq, Message)]
struct HealthCheckResponse {
    #[prost(int32, tag = "1")]
    status: i32,
}

/// The names of the serving statuses, by their numbers.
const SERVING_STATUSES: [&str; 4] = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/// A gRPC check ready to run.
pub(crate) struct GrpcProbe {
    endpoint: Endpoint,
    tls: bool,
    service: String,
    uri: Uri,
    metadata: HeaderMap,
    /// The request message within its frame.
    message: Bytes,
}

impl GrpcProbe {
    pub(crate) fn compile(spec: &GrpcSpec) -> Result<Self, SpecError> {
        let scheme = if spec.tls { "https" } else { "http" };
        let uri = format!("{scheme}://{}/grpc.health.v1.Health/Check", spec.endpoint);
        let uri = uri.parse().map_err(|_| SpecError::Endpoint(spec.endpoint.to_string()))?;
        let mut metadata = HeaderMap::with_capacity(spec.metadata.len());
        for header in &spec.metadata {
            let wrong = || SpecError::Header(header.name.clone());
            let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| wrong())?;
            let mut value = HeaderValue::from_bytes(header.value.expose().as_bytes()).map_err(|_| wrong())?;
            value.set_sensitive(matches!(header.value, SpecValue::Secret(_)));
            metadata.append(name, value);
        }
        let request = HealthCheckRequest { service: spec.service.clone() };
        let message = call::frame(&request.encode_to_vec());
        let (endpoint, service) = (spec.endpoint.clone(), spec.service.clone());
        Ok(Self { endpoint, tls: spec.tls, service, uri, metadata, message })
    }

    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let stream = self.connect(outbound, trace).await?;
        trace.enter(Phase::Send);
        let request = self.request(outbound, trace);
        let answer = call::unary(stream, request, self.message.clone(), trace).await?;
        let message = answer.message(&self.service)?;
        let response = HealthCheckResponse::decode(message).map_err(|error| {
            let what = clean(&error.to_string(), 80);
            Failure::new(Reason::ProtocolMismatch, format!("the answer is no health check response ({what})"))
        })?;
        self.judge(response.status, trace)
    }

    async fn connect(&self, outbound: &Outbound, trace: &mut Trace) -> Result<Stream, Failure> {
        if !self.tls {
            return outbound.open(&self.endpoint, false, trace).await;
        }
        let host = borrowed(&self.endpoint.host);
        let stream = outbound.connect(&host, self.endpoint.port, trace).await?;
        let tls = outbound.tls();
        let stream = tls.handshake(tls.plain(Alpn::Http2), &host, stream, trace).await?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            let message = "the target does not offer HTTP/2 within TLS (ALPN h2), which gRPC is made of";
            return Err(Failure::new(Reason::ProtocolMismatch, message));
        }
        Ok(Either::Right(stream))
    }

    fn request(&self, outbound: &Outbound, trace: &Trace) -> Request<()> {
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = http::Version::HTTP_2;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, outbound.user_agent().clone());
        headers.extend(self.metadata.clone());
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        // At most eight digits, which a timeout of 60 s keeps within.
        if let Ok(timeout) = HeaderValue::from_str(&format!("{}m", trace.remaining().as_millis().max(1))) {
            headers.insert("grpc-timeout", timeout);
        }
        request
    }

    fn judge(&self, status: i32, trace: &mut Trace) -> Result<(), Failure> {
        let name = usize::try_from(status).ok().and_then(|status| SERVING_STATUSES.get(status));
        let name = name.map_or_else(|| status.to_string(), |name| (*name).to_owned());
        let serving = name == "SERVING";
        let message = format!("{} says {name}", answer::called(&self.service));
        trace.facts.set(FactKind::GrpcStatus, name);
        if serving { Ok(()) } else { Err(Failure::new(Reason::NotServing, message)) }
    }
}
