//! Certificates that are looked at whether or not they are trusted.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

/// Lets every certificate pass and remembers the first thing that speaks against it.
#[derive(Debug)]
pub(super) struct Doubting {
    strict: Arc<WebPkiServerVerifier>,
    doubt: Mutex<Option<Error>>,
}

impl Doubting {
    pub(super) fn new(strict: Arc<WebPkiServerVerifier>) -> Self {
        Self { strict, doubt: Mutex::default() }
    }

    /// What speaks against the certificate.
    pub(super) fn doubt(&self) -> Option<Error> {
        self.doubt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note<T>(&self, verified: Result<T, Error>, assertion: T) -> T {
        verified.unwrap_or_else(|error| {
            self.doubt.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            assertion
        })
    }
}

impl ServerCertVerifier for Doubting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.strict.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        Ok(self.note(verified, ServerCertVerified::assertion()))
    }

    /// A key that is too short to be taken is one more doubt, and so is a server that does not have the certificate's key.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = self.strict.verify_tls12_signature(message, cert, dss);
        Ok(self.note(verified, HandshakeSignatureValid::assertion()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = self.strict.verify_tls13_signature(message, cert, dss);
        Ok(self.note(verified, HandshakeSignatureValid::assertion()))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}
