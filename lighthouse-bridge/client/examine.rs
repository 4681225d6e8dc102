//! What an operator wants to know of the worker.

use crate::config::Config;
use crate::local::Local;
use crate::remote::Remote;

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What was found.
    pub what: String,
    /// What to install or set. `None`: nothing is to be mended.
    pub mend: Option<String>,
}

/// Tries the worker out. A program that is running meanwhile is not disturbed.
pub async fn examine(config: &Config) -> Vec<Examined> {
    let found = match &config.remote {
        Some((url, token)) => {
            Remote::find(url, token, config).await.map(|(_, versions)| (versions, format!("at {url}"), None))
        }
        None => Local::find(config, false).await.map(|(local, versions)| {
            let (place, mend) = local.walls().describe();
            (versions, place.to_owned(), mend)
        }),
    };
    vec![match found {
        Ok((versions, place, mend)) => Examined {
            what: format!(
                "Lighthouse {} audits pages in Chromium {} {place}, on Node {}",
                versions.lighthouse, versions.chromium, versions.node
            ),
            mend: mend.map(str::to_owned),
        },
        Err(unavailable) => Examined { what: unavailable.what, mend: Some(unavailable.mend) },
    }]
}
