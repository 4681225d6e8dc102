//! The programs that a worker needs.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::config::{Config, Unavailable};

/// The oldest Node that runs the worker, as Lighthouse demands it.
const OLDEST_NODE: (u32, u32) = (22, 19);

const INSTALL_NODE: &str =
    "run `npm ci --omit=dev` in the folder `lighthouse-bridge`, which brings one, or name one of 22.19 or later";

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the programs are.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    pub(crate) node: PathBuf,
    pub(crate) chromium: PathBuf,
    worker: PathBuf,
}

impl Programs {
    pub(crate) async fn find(config: &Config) -> Result<Self, Unavailable> {
        let worker = config.folder.join("src/main.ts");
        if !worker.is_file() || !config.folder.join("node_modules/lighthouse").is_dir() {
            let what = format!("there is no worker with its packages in {}", config.folder.display());
            return Err(Unavailable::new(
                what,
                "run `npm ci --omit=dev` in the folder lighthouse-bridge, and name that folder if it lies elsewhere (audits.bridge)",
            ));
        }
        let worker = absolute(&worker)?;
        let chromium = match &config.chromium {
            Some(path) => absolute(path)?,
            None => in_path(&["chromium", "chromium-browser", "google-chrome"]).await.ok_or_else(|| {
                Unavailable::new(
                    "Chromium was not found",
                    "install it (`apt-get install chromium`) or name the program",
                )
            })?,
        };
        Ok(Self { node: node(config).await?, chromium, worker })
    }

    /// What Node is told. Its warning that it runs TypeScript tells nobody anything.
    pub(crate) fn arguments(&self) -> [&std::ffi::OsStr; 2] {
        ["--disable-warning=ExperimentalWarning".as_ref(), self.worker.as_os_str()]
    }
}

async fn node(config: &Config) -> Result<PathBuf, Unavailable> {
    let packaged = config.folder.join("node_modules/.bin/node");
    let node = match &config.node {
        Some(path) => absolute(path)?,
        None if packaged.exists() => absolute(&packaged)?,
        None => in_path(&["node"]).await.ok_or_else(|| Unavailable::new("Node was not found", INSTALL_NODE))?,
    };
    let said = Command::new(&node).arg("--version").stdin(Stdio::null()).kill_on_drop(true).output();
    let said = tokio::time::timeout(PATIENCE, said).await.ok().and_then(Result::ok);
    let said = said.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned()).unwrap_or_default();
    match version(&said) {
        Some(version) if version >= OLDEST_NODE => Ok(node),
        Some(_) => Err(Unavailable::new(format!("{} is {said}, which is too old", node.display()), INSTALL_NODE)),
        None => Err(Unavailable::new(format!("{} does not say its version", node.display()), INSTALL_NODE)),
    }
}

/// Major and minor of `v22.19.0`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.').map_while(|number| number.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

fn absolute(path: &Path) -> Result<PathBuf, Unavailable> {
    path.canonicalize()
        .map_err(|error| Unavailable::new(format!("{} was not found: {error}", path.display()), "name another one"))
}

/// The first of these programs that a shell finds.
async fn in_path(names: &[&str]) -> Option<PathBuf> {
    let look = "for name; do command -v \"$name\" && exit; done";
    let found = Command::new("sh").args(["-c", look, "sh"]).args(names).stdin(Stdio::null()).output().await.ok()?;
    let path = PathBuf::from(String::from_utf8(found.stdout).ok()?.trim_end());
    path.is_absolute().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_compared_as_numbers() {
        assert_eq!(version("v22.19.0"), Some((22, 19)));
        assert!(version("v22.3.0").unwrap() < OLDEST_NODE);
        assert!(version("v100.0.1").unwrap() > OLDEST_NODE);
        assert_eq!((version("22.19.0"), version("v22"), version("")), (None, None, None));
    }
}
