//! The TLS check: the certificate that a target shows, and the TLS that it shows it in.
//!
//! Chain, name and validity are verified by the handshake itself, as for every kind. What is looked at is the target's own
//! certificate, not those of its authorities: which of these a chain is built with is the client's choice. A target that
//! wants a client certificate is fine where it shows its own first, as TLS 1.3 has it.

mod starttls;

pub(crate) use self::starttls::upgrade;

use monitor_core::assertion::FactKind;
use monitor_core::checks::TlsSpec;
use monitor_core::http::SpecError;
use monitor_core::outcome::Reason;
use url::Host;

use crate::certificate::protocol_name;
use crate::connect::borrowed;
use crate::ending::Ending;
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::tls::Alpn;
use crate::trace::Trace;

/// A TLS check ready to run.
pub(crate) struct TlsProbe {
    spec: TlsSpec,
    /// The name that is asked for and has to be in the certificate.
    name: Host<String>,
}

impl TlsProbe {
    pub(crate) fn compile(spec: &TlsSpec) -> Result<Self, SpecError> {
        Ok(Self { name: spec.server_name()?, spec: spec.clone() })
    }

    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let endpoint = &self.spec.endpoint;
        let mut stream = outbound.connect(&borrowed(&endpoint.host), endpoint.port, trace).await?;
        if let Some(protocol) = self.spec.starttls {
            starttls::upgrade(protocol, &mut stream, trace).await?;
        }
        let tls = outbound.tls();
        let stream = tls.handshake(tls.plain(Alpn::None), &borrowed(&self.name), stream, trace).await?;
        if let Some(version) = stream.get_ref().1.protocol_version() {
            trace.facts.set(FactKind::Protocol, protocol_name(version));
            trace.details.protocol = Some(protocol_name(version));
        }
        if let Some(end) = trace.details.certificate_not_after {
            let what = format!("{}'s certificate", self.name);
            let reason = Reason::CertificateEnding;
            Ending { what: &what, end, warn_days: &self.spec.warn_days, reason }.warn(trace);
        }
        Ok(())
    }
}
