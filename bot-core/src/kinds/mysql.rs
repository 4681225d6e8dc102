use std::time::Duration;

use monitor_core::monitor::CheckSpec;

use super::{CheckKind, sql};

/// Source: <https://www.iana.org/assignments/service-names-port-numbers>.
const PORT: u16 = 3306;

pub(super) const KIND: CheckKind = CheckKind {
    name: "mysql",
    aliases: &["mariadb"],
    schemes: &["mysql", "mariadb"],
    target: "mysql://user:password@HOST[:PORT]/DATABASE",
    options: sql::OPTIONS,
    examples: &[
        "add-monitor mysql://ada:S3CRET@db.example/shop",
        "add-monitor mysql db.example credentials ada:S3CRET query \"SHOW TABLES\" assert \"rows >= 12\"",
    ],
    interval: Duration::from_secs(60),
    start: |said| Ok(CheckSpec::Mysql(sql::start(&KIND, said, PORT)?)),
    moved: |old, new| {
        if let (CheckSpec::Mysql(old), CheckSpec::Mysql(new)) = (old, new) {
            sql::moved(old, new);
        }
    },
    apply: sql::apply,
    shown: sql::shown,
};
