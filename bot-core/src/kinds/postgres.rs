use std::time::Duration;

use monitor_core::monitor::CheckSpec;

use super::{CheckKind, sql};

/// Source: <https://www.iana.org/assignments/service-names-port-numbers>.
const PORT: u16 = 5432;

pub(super) const KIND: CheckKind = CheckKind {
    name: "postgres",
    aliases: &["postgresql", "pg"],
    schemes: &["postgres", "postgresql"],
    target: "postgres://user:password@HOST[:PORT]/DATABASE",
    options: sql::OPTIONS,
    examples: &[
        "add-monitor postgres://ada:S3CRET@db.example/shop",
        "add-monitor postgres db.example/shop credentials ada:S3CRET tls query \"SELECT count(*) FROM jobs WHERE failed\" expect 0",
    ],
    interval: Duration::from_secs(60),
    start: |said| Ok(CheckSpec::Postgres(sql::start(&KIND, said, PORT)?)),
    moved: |old, new| {
        if let (CheckSpec::Postgres(old), CheckSpec::Postgres(new)) = (old, new) {
            sql::moved(old, new);
        }
    },
    apply: sql::apply,
    shown: sql::shown,
};
