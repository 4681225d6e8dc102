use std::time::Duration;

use monitor_core::monitor::CheckSpec;

use super::CheckKind;
use super::mail::{self, Ports};

/// Source: <https://www.iana.org/assignments/service-names-port-numbers>.
const PORTS: Ports = Ports { plain: 143, tls: 993 };

pub(super) const KIND: CheckKind = CheckKind {
    name: "imap",
    aliases: &[],
    schemes: &["imap", "imaps"],
    target: "HOST[:PORT] or imaps://user:password@HOST[:PORT]",
    options: mail::OPTIONS,
    examples: &[
        "add-monitor imaps://mail.example",
        "add-monitor imap mail.example security starttls credentials ada:S3CRET",
    ],
    interval: Duration::from_secs(60),
    start: |said| Ok(CheckSpec::Imap(mail::start(&KIND, said, &PORTS)?)),
    moved: |old, new| {
        if let (CheckSpec::Imap(old), CheckSpec::Imap(new)) = (old, new) {
            mail::moved(old, new);
        }
    },
    apply: mail::apply,
    shown: mail::shown,
};
