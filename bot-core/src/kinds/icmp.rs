use std::time::Duration;

use monitor_core::checks::IcmpSpec;
use monitor_core::monitor::{CheckSpec, Settings};

use super::{CheckKind, target};
use crate::command::Failure;
use crate::grammar::Given;
use crate::reply::Field;

pub(super) const KIND: CheckKind = CheckKind {
    name: "icmp",
    aliases: &["ping"],
    schemes: &["icmp", "ping"],
    target: "HOST or ping://HOST",
    options: &["count", "payload"],
    examples: &[
        "add-monitor ping 192.0.2.1",
        "add-monitor ping router.example count 5 assert \"loss < 40% as degraded\"",
    ],
    interval: Duration::from_secs(60),
    start: |said| Ok(CheckSpec::Icmp(IcmpSpec::new(target::cut(&KIND, said)?.place)?)),
    moved: |old, new| {
        if let (CheckSpec::Icmp(old), CheckSpec::Icmp(new)) = (old, new) {
            old.host = new.host;
        }
    },
    apply,
    shown: |spec| {
        let CheckSpec::Icmp(spec) = spec else { return Vec::new() };
        vec![Field::new("sends", format!("{} echo requests of {} bytes", spec.count, spec.payload_bytes))]
    },
};

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::Icmp(spec) = &mut settings.spec else { return Ok(()) };
    spec.count = given.number("count").unwrap_or(spec.count);
    spec.payload_bytes = given.number("payload").unwrap_or(spec.payload_bytes);
    Ok(())
}
