//! The TLS handshake, the certificates, and what more the server would have taken.

use std::time::Duration;

use super::notes::{Notes, named};
use super::observed::{Active, Certificate, Observed, Tls};
use super::rules::{self, Rule};
use super::site::{NOT_OWNED, elsewhere};
use crate::Timestamp;

static OF_THE_HANDSHAKE: [&Rule; 6] = [
    &rules::CERTIFICATE_UNTRUSTED,
    &rules::CERTIFICATE_EXPIRED,
    &rules::CERTIFICATE_EXPIRES,
    &rules::CERTIFICATE_KEY,
    &rules::CERTIFICATE_SIGNATURE,
    &rules::TLS13_MISSING,
];

static OF_PROTOCOLS: [&Rule; 2] = [&rules::TLS_SSL3, &rules::TLS_OLD];

static OF_CIPHERS: [&Rule; 2] = [&rules::TLS_BROKEN_CIPHER, &rules::TLS_WEAK_CIPHER];

pub(super) fn judge(seen: &Observed, notes: &mut Notes) {
    match &seen.tls {
        // There is nothing to judge: that there is no TLS has its own rule.
        None => return,
        Some(Err(reason)) => {
            notes.judge(&rules::TLS_HANDSHAKE, Some(reason.clone()));
            notes.not_looked(&OF_THE_HANDSHAKE, reason);
        }
        Some(Ok(tls)) => {
            notes.judge(&rules::TLS_HANDSHAKE, None);
            handshake(tls, seen.at, notes);
        }
    }
    match &seen.active {
        None => {
            notes.not_looked(&OF_PROTOCOLS, NOT_OWNED);
            notes.not_looked(&OF_CIPHERS, NOT_OWNED);
        }
        Some(active) => {
            let elsewhere = elsewhere(seen);
            protocols(active, elsewhere.as_deref(), notes);
            ciphers(active, elsewhere.as_deref(), notes);
        }
    }
}

fn handshake(tls: &Tls, at: Timestamp, notes: &mut Notes) {
    let out_of_date = tls.chain.first().filter(|leaf| at < leaf.not_before || at >= leaf.not_after);
    notes.judge(&rules::CERTIFICATE_EXPIRED, out_of_date.map(period));
    match out_of_date {
        // That is why it is not trusted.
        Some(_) => {}
        None => {
            notes.judge(
                &rules::CERTIFICATE_UNTRUSTED,
                tls.untrusted.as_ref().map(|reason| untrusted(reason, &tls.chain)),
            );
            notes.judge(&rules::CERTIFICATE_EXPIRES, tls.chain.first().filter(|leaf| is_late(leaf, at)).map(period));
        }
    }
    let weak: Vec<String> =
        tls.chain.iter().filter(|one| is_weak_key(&one.key)).map(|one| said(one, &one.key)).collect();
    notes.judge(&rules::CERTIFICATE_KEY, named(&weak));
    // Nobody looks at the signature of a root: it is trusted for being known.
    let signed = tls.chain.iter().filter(|one| one.subject != one.issuer && is_weak_signature(&one.signature));
    let signed: Vec<String> = signed.map(|one| said(one, &one.signature)).collect();
    notes.judge(&rules::CERTIFICATE_SIGNATURE, named(&signed));
    let old = (tls.version != "TLSv1.3").then(|| format!("{} with {} was agreed on", tls.version, tls.cipher));
    notes.judge(&rules::TLS13_MISSING, old);
}

fn said(certificate: &Certificate, what: &str) -> String {
    format!("{}: {what}", certificate.subject)
}

fn period(leaf: &Certificate) -> String {
    format!("valid from {} to {}", leaf.not_before.to_minute(), leaf.not_after.to_minute())
}

fn untrusted(reason: &str, chain: &[Certificate]) -> String {
    match chain {
        [only] if only.subject != only.issuer => {
            format!("{reason}; only one certificate was sent: the intermediate ones may be missing")
        }
        _ => reason.to_owned(),
    }
}

/// Less than a quarter of its life is left, two weeks at most: ACME clients renew when a third is left.
fn is_late(leaf: &Certificate, at: Timestamp) -> bool {
    let limit = (leaf.not_after.since(leaf.not_before) / 4).min(Duration::from_secs(14 * 86_400));
    leaf.not_after.since(at) < limit
}

/// Keys as [`Certificate::key`] says them.
fn is_weak_key(key: &str) -> bool {
    let bits = |name: &str| key.strip_prefix(name).and_then(|bits| bits.trim().parse::<u32>().ok());
    key.starts_with("DSA")
        || bits("RSA ").is_some_and(|bits| bits < 2048)
        || bits("EC P-").is_some_and(|bits| bits < 256)
}

fn is_weak_signature(signature: &str) -> bool {
    let signature = signature.to_ascii_lowercase().replace('-', "");
    ["md2", "md5", "sha1"].iter().any(|hash| signature.contains(hash))
}

fn protocols(active: &Active, elsewhere: Option<&str>, notes: &mut Notes) {
    match &active.protocols {
        Err(reason) => notes.not_looked(&OF_PROTOCOLS, reason),
        Ok(spoken) => {
            let cut = elsewhere.or(active.protocols_cut.as_deref());
            let of = |old: &[&str]| spoken.iter().filter(|one| old.contains(&one.as_str())).collect::<Vec<_>>();
            notes.judge_part(&rules::TLS_SSL3, named(&of(&["SSLv2", "SSLv3"])), cut);
            notes.judge_part(&rules::TLS_OLD, named(&of(&["TLSv1.0", "TLSv1.1"])), cut);
        }
    }
}

fn ciphers(active: &Active, elsewhere: Option<&str>, notes: &mut Notes) {
    match &active.weak_ciphers {
        Err(reason) => notes.not_looked(&OF_CIPHERS, reason),
        Ok(taken) => {
            let (broken, weak): (Vec<&String>, Vec<_>) = taken.iter().partition(|suite| is_broken(suite));
            notes.judge_part(&rules::TLS_BROKEN_CIPHER, named(&broken), elsewhere);
            notes.judge_part(&rules::TLS_WEAK_CIPHER, named(&weak), elsewhere);
        }
    }
}

/// Suites, as IANA names them, that others can read: none, anonymous, for export, DES and RC4.
fn is_broken(suite: &str) -> bool {
    ["_NULL_", "_anon_", "EXPORT", "_RC4_", "_RC2_", "_DES_", "_DES40_"].iter().any(|part| suite.contains(part))
}
