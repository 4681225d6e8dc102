//! Who may issue certificates for the domain, and who may send mail in its name.

use super::notes::{Notes, named};
use super::observed::Dns;
use super::rules::{self, Rule};

static SPF: [&Rule; 4] = [&rules::SPF_MISSING, &rules::SPF_INVALID, &rules::SPF_OPEN, &rules::SPF_NEUTRAL];

static DMARC: [&Rule; 3] = [&rules::DMARC_MISSING, &rules::DMARC_INVALID, &rules::DMARC_NONE];

/// Most terms of a record that need look-ups: RFC 7208, 4.6.4.
const MAX_LOOK_UPS: usize = 10;

pub(super) fn judge(dns: &Dns, notes: &mut Notes) {
    match &dns.caa {
        Err(reason) => notes.not_looked(&[&rules::CAA_MISSING], reason),
        Ok(records) => {
            // Records for other purposes, as `iodef`, forbid nothing.
            let forbids = records
                .iter()
                .any(|record| record.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("issue")));
            notes.judge(
                &rules::CAA_MISSING,
                (!forbids).then(|| {
                    format!(
                        "neither the host nor a name above it, up to {}, has one that says who may issue",
                        dns.domain
                    )
                }),
            );
        }
    }
    match &dns.spf {
        Err(reason) => notes.not_looked(&SPF, reason),
        Ok(records) => spf(dns, records, notes),
    }
    match &dns.dmarc {
        Err(reason) => notes.not_looked(&DMARC, reason),
        Ok(records) => dmarc(dns, records, notes),
    }
}

fn spf(dns: &Dns, records: &[String], notes: &mut Notes) {
    let records: Vec<&String> = records.iter().filter(|record| is_spf(record)).collect();
    notes.judge(&rules::SPF_MISSING, records.is_empty().then(|| missing(dns)));
    let Some(record) = records.first() else { return };
    let terms: Vec<String> = record.split_ascii_whitespace().skip(1).map(str::to_ascii_lowercase).collect();
    let look_ups = terms.iter().filter(|term| needs_look_up(term)).count();
    let invalid = match records.len() {
        1 => (look_ups > MAX_LOOK_UPS).then(|| format!("{look_ups} terms need look-ups: {record}")),
        _ => named(&records),
    };
    notes.judge(&rules::SPF_INVALID, invalid);
    // Nothing after `all` counts, and `redirect` not beside it.
    let all = terms.iter().find(|term| term.trim_start_matches(['+', '-', '~', '?']) == "all").map(String::as_str);
    notes.judge(&rules::SPF_OPEN, matches!(all, Some("all" | "+all")).then(|| (*record).clone()));
    let redirects = terms.iter().any(|term| term.starts_with("redirect="));
    notes.judge(&rules::SPF_NEUTRAL, (all == Some("?all") || all.is_none() && !redirects).then(|| (*record).clone()));
}

fn is_spf(record: &str) -> bool {
    record.split_ascii_whitespace().next().is_some_and(|version| version.eq_ignore_ascii_case("v=spf1"))
}

fn needs_look_up(term: &str) -> bool {
    let term = term.trim_start_matches(['+', '-', '~', '?']);
    let name = term.split([':', '/', '=']).next().unwrap_or_default();
    matches!(name, "include" | "a" | "mx" | "ptr" | "exists" | "redirect")
}

fn missing(dns: &Dns) -> String {
    let mail = match &dns.mx {
        Ok(servers) if servers.is_empty() => ", which takes no mail, but can be named as sender all the same",
        _ => "",
    };
    format!("{} has none{mail}", dns.domain)
}

fn dmarc(dns: &Dns, records: &[String], notes: &mut Notes) {
    let records: Vec<&String> = records.iter().filter(|record| is_dmarc(record)).collect();
    notes.judge(&rules::DMARC_MISSING, records.is_empty().then(|| format!("_dmarc.{} has none", dns.domain)));
    let Some(record) = records.first() else { return };
    let policy = tag(record, "p");
    let valid = policy.as_deref().is_some_and(is_policy);
    let invalid = if records.len() > 1 { named(&records) } else { (!valid).then(|| (*record).clone()) };
    notes.judge(&rules::DMARC_INVALID, invalid);
    if valid {
        let watches = policy.as_deref() == Some("none") || tag(record, "sp").as_deref() == Some("none");
        notes.judge(&rules::DMARC_NONE, watches.then(|| (*record).clone()));
    }
}

fn is_dmarc(record: &str) -> bool {
    tag(record.split(';').next().unwrap_or_default(), "v").is_some_and(|version| version == "dmarc1")
}

fn is_policy(policy: &str) -> bool {
    matches!(policy, "none" | "quarantine" | "reject")
}

/// A tag's value in lower case.
fn tag(record: &str, name: &str) -> Option<String> {
    let mut tags = record.split(';').filter_map(|tag| tag.split_once('='));
    tags.find(|(known, _)| known.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_ascii_lowercase())
}
