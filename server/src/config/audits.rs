//! Audits in the configuration.

use std::path::PathBuf;
use std::time::Duration;

use lighthouse_bridge::Isolation;
use monitor_core::secret::Secret;
use serde::{Deserialize, Deserializer};
use url::Url;

use super::platforms::url_if_set;
use super::sections::{duration, secret};

/// Where the worker's folder may lie, below the folder of the program or the one where it was started: beside a program that was
/// installed, beside `target/` of a checkout, and where it was started.
const FOLDERS: [&str; 3] = ["lighthouse-bridge", "../lighthouse-bridge", "../../lighthouse-bridge"];

/// `[audits]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Audits {
    pub(crate) bridge: PathBuf,
    pub(crate) node: PathBuf,
    pub(crate) chromium: PathBuf,
    #[serde(deserialize_with = "isolation")]
    pub(crate) isolation: Isolation,
    pub(crate) scratch: PathBuf,
    #[serde(deserialize_with = "url_if_set")]
    pub(crate) url: Option<Url>,
    #[serde(deserialize_with = "secret")]
    pub(crate) token: Option<Secret>,
    pub(crate) memory_mb: u64,
    #[serde(deserialize_with = "duration")]
    pub(crate) keep: Duration,
    #[serde(deserialize_with = "duration")]
    pub(crate) keep_files: Duration,
}

impl Default for Audits {
    fn default() -> Self {
        let services::AuditOptions { keep, keep_files, .. } = services::AuditOptions::default();
        let none = PathBuf::new;
        Self {
            bridge: none(),
            node: none(),
            chromium: none(),
            isolation: Isolation::default(),
            scratch: none(),
            url: None,
            token: None,
            memory_mb: 1_500,
            keep,
            keep_files,
        }
    }
}

impl Audits {
    pub(super) fn validate(&self) -> Result<(), (&'static str, String)> {
        let refuse = |field, why: &str| Err((field, why.to_owned()));
        match (&self.url, &self.token) {
            (Some(url), _) if !["http", "https"].contains(&url.scheme()) => {
                return refuse("audits.url", "write an address like http://127.0.0.1:8090");
            }
            (Some(_), None) => return refuse("audits.token", "the worker at audits.url asks for its token"),
            _ => {}
        }
        if !(500..=64_000).contains(&self.memory_mb) {
            return refuse("audits.memory_mb", "choose 500 to 64000");
        }
        let day = Duration::from_secs(86_400);
        if self.keep < day || self.keep_files < day {
            let field = if self.keep < day { "audits.keep" } else { "audits.keep_files" };
            return refuse(field, "keep 1d at least");
        }
        Ok(())
    }

    /// Whether somebody has set up what makes audits.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.url.is_some() || [&self.bridge, &self.node, &self.chromium].into_iter().any(|path| some(path).is_some())
    }

    /// The folder of the worker: the one that is set, else the first that is there.
    pub(crate) fn folder(&self) -> PathBuf {
        let program = std::env::current_exe().ok();
        let beside = program.as_deref().and_then(|program| program.parent());
        let places = beside.into_iter().flat_map(|folder| FOLDERS.map(|name| folder.join(name)));
        let found = || places.chain([PathBuf::from(FOLDERS[0])]).find(|folder| folder.join("package.json").is_file());
        some(&self.bridge).or_else(found).unwrap_or_else(|| PathBuf::from(FOLDERS[0]))
    }
}

/// A path that is set.
pub(crate) fn some(path: &std::path::Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| path.to_owned())
}

fn isolation<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Isolation, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "namespaces" => Ok(Isolation::Namespaces),
        "flags" => Ok(Isolation::Flags),
        other => Err(serde::de::Error::custom(format!("`{other}` is neither `namespaces` nor `flags`"))),
    }
}
