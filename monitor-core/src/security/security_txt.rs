//! Whether those who find a hole know whom to tell: <https://www.rfc-editor.org/rfc/rfc9116>

use super::notes::{Notes, named};
use super::observed::Observed;
use super::rules::{self, Rule};
use crate::Timestamp;

static BOTH: [&Rule; 2] = [&rules::SECURITY_TXT_MISSING, &rules::SECURITY_TXT_INVALID];

pub(super) fn judge(seen: &Observed, notes: &mut Notes) {
    match &seen.security_txt {
        Err(reason) => notes.not_looked(&BOTH, reason),
        // A page that is shown for every address is no such file.
        Ok(file) => match file.as_deref().filter(|text| !text.trim_start().starts_with('<')) {
            None => {
                notes.judge(&rules::SECURITY_TXT_MISSING, Some("/.well-known/security.txt is not there".to_owned()));
            }
            Some(text) => {
                notes.judge(&rules::SECURITY_TXT_MISSING, None);
                notes.judge(&rules::SECURITY_TXT_INVALID, named(&faults(text, seen.at)));
            }
        },
    }
}

fn faults(text: &str, now: Timestamp) -> Vec<String> {
    let of = |name: &str| -> Vec<&str> {
        let fields = text.lines().filter_map(|line| line.split_once(':'));
        fields.filter(|(known, _)| known.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    };
    let mut faults = Vec::new();
    if of("contact").is_empty() {
        faults.push("Contact is missing".to_owned());
    }
    match of("expires").as_slice() {
        [] => faults.push("Expires is missing".to_owned()),
        [date] => match date.parse::<jiff::Timestamp>() {
            Err(_) => faults.push(format!("Expires is no date: {date}")),
            Ok(date) if date.as_millisecond() <= now.as_millis() => faults.push(format!("it expired: {date}")),
            Ok(_) => {}
        },
        _ => faults.push("Expires stands there more than once".to_owned()),
    }
    faults
}
