//! What the checks of several kinds find alike.

use crate::assertion::FactKind as F;

pub(super) const HTTP_FACTS: &[F] = &[
    F::Status,
    F::Header,
    F::Body,
    F::Json,
    F::Size,
    F::Protocol,
    F::Latency,
    F::LatencyDns,
    F::LatencyConnect,
    F::LatencyTls,
    F::LatencyFirstByte,
    F::CertificateDays,
    F::CertificateIssuer,
    F::CertificateSubject,
    F::CertificateNames,
    F::TlsProtocol,
    F::TlsCipher,
];
pub(super) const STREAM_FACTS: &[F] = &[
    F::Body,
    F::Json,
    F::Size,
    F::Latency,
    F::LatencyDns,
    F::LatencyConnect,
    F::LatencyTls,
    F::CertificateDays,
    F::CertificateIssuer,
    F::CertificateSubject,
    F::CertificateNames,
    F::TlsProtocol,
    F::TlsCipher,
];
pub(super) const MAIL_FACTS: &[F] = &[
    F::Banner,
    F::Latency,
    F::LatencyDns,
    F::LatencyConnect,
    F::LatencyTls,
    F::CertificateDays,
    F::CertificateIssuer,
    F::CertificateSubject,
    F::CertificateNames,
    F::TlsProtocol,
    F::TlsCipher,
];
pub(super) const TLS_FACTS: &[F] = &[
    F::CertificateDays,
    F::CertificateIssuer,
    F::CertificateSubject,
    F::CertificateNames,
    F::TlsProtocol,
    F::TlsCipher,
    F::Protocol,
    F::Latency,
    F::LatencyDns,
    F::LatencyConnect,
    F::LatencyTls,
];
pub(super) const QUERY_FACTS: &[F] =
    &[F::Result, F::Rows, F::Latency, F::LatencyDns, F::LatencyConnect, F::LatencyTls, F::CertificateDays];
