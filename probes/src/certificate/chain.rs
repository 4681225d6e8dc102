//! All of a handshake and of its certificates that a security check tells.

use monitor_core::security::observed::{Certificate, Tls};
use rustls::ClientConnection;
use x509_parser::objects::{oid_registry, oid2sn};
use x509_parser::oid_registry::Oid;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{MAX_NAME_CHARS, from_seconds, protocol_name, suite_name};
use crate::failure::clean;

/// Most certificates of a chain that are kept.
const MAX_CHAIN: usize = 10;

/// What a handshake agreed on, and the chain that the server sent, `untrusted` being what speaks against it.
pub(crate) fn shown(connection: &ClientConnection, untrusted: Option<String>) -> Tls {
    let sent = connection.peer_certificates().unwrap_or_default().iter().take(MAX_CHAIN);
    let parsed = sent.filter_map(|der| X509Certificate::from_der(der).ok());
    Tls {
        version: connection.protocol_version().map(protocol_name).unwrap_or_default(),
        cipher: connection.negotiated_cipher_suite().map(suite_name).unwrap_or_default(),
        chain: parsed.map(|(_, certificate)| describe(&certificate)).collect(),
        untrusted,
    }
}

fn describe(certificate: &X509Certificate<'_>) -> Certificate {
    let validity = certificate.validity();
    Certificate {
        subject: clean(&certificate.subject().to_string(), MAX_NAME_CHARS),
        issuer: clean(&certificate.issuer().to_string(), MAX_NAME_CHARS),
        not_before: from_seconds(validity.not_before.timestamp()),
        not_after: from_seconds(validity.not_after.timestamp()),
        key: key(certificate.public_key()),
        signature: name(&certificate.signature_algorithm.algorithm),
    }
}

/// `RSA 2048`, `EC P-256`, `Ed25519`.
fn key(info: &SubjectPublicKeyInfo<'_>) -> String {
    let parsed = info.parsed();
    match &parsed {
        Ok(PublicKey::RSA(rsa)) => format!("RSA {}", rsa.key_size()),
        Ok(PublicKey::EC(_)) => {
            let curve = info.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
            format!("EC {}", curve.map_or_else(|| "of an unnamed curve".to_owned(), |curve| curve_name(&curve)))
        }
        Ok(PublicKey::DSA(y)) => format!("DSA {}", y.len() * 8),
        _ => name(&info.algorithm.algorithm),
    }
}

fn curve_name(curve: &Oid<'_>) -> String {
    match curve.to_id_string().as_str() {
        "1.2.840.10045.3.1.7" => "P-256".to_owned(),
        "1.3.132.0.34" => "P-384".to_owned(),
        "1.3.132.0.35" => "P-521".to_owned(),
        _ => name(curve),
    }
}

/// The name of an algorithm, or its number where it has none.
fn name(algorithm: &Oid<'_>) -> String {
    match algorithm.to_id_string().as_str() {
        // Source: <https://www.rfc-editor.org/rfc/rfc8410#section-3>.
        "1.3.101.112" => "Ed25519".to_owned(),
        "1.3.101.113" => "Ed448".to_owned(),
        number => oid2sn(algorithm, oid_registry()).map_or_else(|_| number.to_owned(), str::to_owned),
    }
}
