//! `watchword doctor`: looks at everything that the program needs and says what to mend.

use std::process::ExitCode;
use std::time::Duration;

use adapter_common::Finding;
use monitor_core::Timestamp;
use services::{Clock as _, SystemClock};
use storage::Store;

use crate::config::Config;
use crate::{audits, database, platforms, print, security};

/// How long a chat platform may take to be looked at.
const PATIENCE: Duration = Duration::from_secs(20);

/// How far the database may be ahead of this clock: more is no delay, but a clock that went back.
const SKEW: Duration = Duration::from_secs(60);

/// Open files that are enough for the checks that run at once by default.
const FILES: u64 = 4_096;

/// Looks, prints what was found, and answers 1 when something is to be mended.
pub(crate) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut findings = vec![Finding::ok("the configuration is complete and can be read")];
    findings.extend(look_at_database(config).await);
    findings.push(look_at_address(config).await);
    findings.push(look_at_files());
    findings.extend(look_at_audits(config).await);
    findings.extend(security::examine(config, PATIENCE).await);
    findings.extend(platforms::examine(config, SystemClock.now(), PATIENCE).await);
    let ill = findings.iter().filter(|finding| !finding.ok).count();
    let mut lines: Vec<String> = findings.iter().map(line).collect();
    lines.push(match ill {
        0 => "\nNothing is to be mended.".to_owned(),
        1 => "\nOne thing is to be mended.".to_owned(),
        ill => format!("\n{ill} things are to be mended."),
    });
    print(&lines.join("\n"))?;
    Ok(ExitCode::from(u8::from(ill > 0)))
}

fn line(finding: &Finding) -> String {
    let mark = if finding.ok { "ok  " } else { "MEND" };
    match &finding.mend {
        Some(mend) => format!("{mark}  {}\n      -> {mend}", finding.what),
        None => format!("{mark}  {}", finding.what),
    }
}

async fn look_at_database(config: &Config) -> Vec<Finding> {
    let folder = &config.server.data_dir;
    // Opening would make the folder's key and database, which is not what somebody who only looks wants.
    let exists = folder.is_dir() && (config.secrets.key.is_some() || config.key_file().is_file());
    if !exists {
        let text =
            format!("nothing was started with the data folder {} yet; `watchword serve` makes it", folder.display());
        return vec![Finding::ok(text)];
    }
    let store = match database::open(config).await {
        Ok(store) => store,
        Err(error) => {
            let mend = "check `database.url` and that the database runs; `watchword config` shows what is in force";
            return vec![Finding::wrong(format!("the database cannot be opened: {error:#}"), mend)];
        }
    };
    let mut findings = Vec::new();
    match store.migrations().await.map(|all| all.iter().filter(|(_, applied)| !applied).count()) {
        Ok(0) => {
            findings.push(Finding::ok("the database answers, and its schema is that of this version"));
            findings.push(look_at_key(&store).await);
            findings.push(look_at_clock(store.last_alive().await.ok().flatten(), SystemClock.now()));
        }
        Ok(missing) => {
            let text =
                format!("the database answers, and `watchword serve` will bring it up to date ({missing} migrations)");
            findings.push(Finding::ok(text));
        }
        Err(error) => {
            let text = format!("the database does not answer: {error}");
            findings.push(Finding::wrong(text, "see that it runs and can be reached"));
        }
    }
    store.close().await;
    findings
}

async fn look_at_key(store: &Store) -> Finding {
    match store.verify_key().await {
        Ok(()) => Finding::ok("the key opens what is sealed in the database"),
        Err(error) => Finding::wrong(
            format!("the key does not fit the database: {error}"),
            "start it with the key that this database was begun with (secrets.key or secrets.key_file)",
        ),
    }
}

/// When Watchword was alive last, as the database remembers, against this machine's clock.
fn look_at_clock(alive: Option<Timestamp>, now: Timestamp) -> Finding {
    match alive {
        Some(alive) if alive.since(now) > SKEW => Finding::wrong(
            format!("the clock says {}, but Watchword was running at {} already", now.to_minute(), alive.to_minute()),
            "set this machine's clock, and let it be kept right by NTP (`timedatectl set-ntp true`)",
        ),
        _ => Finding::ok(format!("the clock says {}", now.to_minute())),
    }
}

/// Whether the address is free, or Watchword is what listens there.
async fn look_at_address(config: &Config) -> Finding {
    let address = config.server.listen;
    match tokio::net::TcpListener::bind(address).await {
        Ok(_) => Finding::ok(format!("{address} is free to listen on")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Finding::ok(format!("something listens on {address}: Watchword, if it is running"))
        }
        Err(error) => {
            Finding::wrong(format!("{address} cannot be listened on: {error}"), "choose another `server.listen`")
        }
    }
}

async fn look_at_audits(config: &Config) -> Vec<Finding> {
    let bridge = audits::bridge(config, Vec::new());
    let Ok(found) = tokio::time::timeout(PATIENCE, lighthouse_bridge::examine(&bridge)).await else {
        let what = format!("what makes audits did not answer within {PATIENCE:?}");
        return vec![Finding::wrong(what, "see whether Chromium starts on this machine")];
    };
    let finding = |found: lighthouse_bridge::Examined| match found.mend {
        None => Finding::ok(found.what),
        Some(mend) if config.audits.is_asked_for() => {
            Finding::wrong(format!("{}, so pages cannot be audited", found.what), mend)
        }
        // Nobody has to audit pages.
        Some(mend) => {
            let what = format!("{}, so pages cannot be audited; everything else works", found.what);
            Finding { mend: Some(mend), ..Finding::ok(what) }
        }
    };
    found.into_iter().map(finding).collect()
}

fn look_at_files() -> Finding {
    let limit = rlimit::increase_nofile_limit(1 << 20).unwrap_or_default();
    if limit >= FILES {
        return Finding::ok(format!("{limit} files may be open at once"));
    }
    let mend = format!("allow {FILES} at least (`LimitNOFILE=` of systemd, `ulimit -n`), or fewer checks run at once");
    Finding::wrong(format!("only {limit} files may be open at once"), mend)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_went_back_is_found() {
        let now = Timestamp::from_millis(1_000_000_000);
        assert!(look_at_clock(None, now).ok);
        assert!(look_at_clock(Some(now), now).ok);
        assert!(look_at_clock(Some(now + Duration::from_secs(30)), now).ok);
        let found = look_at_clock(Some(now + Duration::from_secs(3_600)), now);
        assert!(!found.ok && found.mend.is_some_and(|mend| mend.contains("NTP")));
    }

    #[test]
    fn what_is_to_be_mended_stands_out_with_what_to_do() {
        insta::assert_snapshot!(line(&Finding::ok("the database answers")), @"ok    the database answers");
        insta::assert_snapshot!(line(&Finding::wrong("the token is wrong", "make a new one")), @r"
        MEND  the token is wrong
              -> make a new one
        ");
    }
}
