use std::time::Duration;

use monitor_core::monitor::CheckSpec;

use super::CheckKind;
use super::mail::{self, Ports};

/// Source: <https://www.iana.org/assignments/service-names-port-numbers>.
const PORTS: Ports = Ports { plain: 25, tls: 465 };

pub(super) const KIND: CheckKind = CheckKind {
    name: "smtp",
    aliases: &[],
    schemes: &["smtp", "smtps"],
    target: "HOST[:PORT] or smtps://user:password@HOST[:PORT]",
    options: mail::OPTIONS,
    examples: &["add-monitor smtp mail.example expect ESMTP", "add-monitor smtps://ada:S3CRET@mail.example"],
    interval: Duration::from_secs(60),
    start: |said| Ok(CheckSpec::Smtp(mail::start(&KIND, said, &PORTS)?)),
    moved: |old, new| {
        if let (CheckSpec::Smtp(old), CheckSpec::Smtp(new)) = (old, new) {
            mail::moved(old, new);
        }
    },
    apply: mail::apply,
    shown: mail::shown,
};
