//! Servers that take the part of chat platforms, one folder each. They speak the real wire protocol, keep what they were
//! told, and fail on request. A fake that is only what we imagine proves nothing: each is driven by a second, official client
//! and what our adapters send is held against the published schemas, by scripts in `test-support/clients/`.

use std::path::Path;

use tokio::process::Command;

use crate::services::{node_clients, python};

pub mod discord;
pub mod slack;
pub mod telegram;

/// A script of `test-support/clients/`, such as `discord/client.cjs`, to be run by node. It may `require` the packages of
/// `test-support/clients/package.json`; `WATCHWORD_TEST_NODE_CLIENTS` names the folder that holds their `node_modules`, for
/// those that have to be imported by path. It ends with the test, however that ends.
#[must_use]
pub fn node_script(path: &str) -> Command {
    let clients = node_clients();
    let mut command = script(Path::new("node"), path);
    command.env("NODE_PATH", clients.join("node_modules")).env("WATCHWORD_TEST_NODE_CLIENTS", clients);
    command
}

/// A script of `test-support/clients/`, such as `telegram/models.py`, to be run by the Python that has the packages of
/// `test-support/clients/requirements.txt`. It ends with the test, however that ends.
#[must_use]
pub fn python_script(path: &str) -> Command {
    script(&python(), path)
}

fn script(program: &Path, path: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(path)).kill_on_drop(true);
    command
}
