//! `watchword import`

use std::os::unix::fs::DirBuilderExt;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use probes::{Outbound, OutboundConfig};
use services::{Services, SystemClock};

use crate::cli::ImportOptions;
use crate::config::Config;
use crate::{database, print};

/// The platform whose conversation is told about incidents of what was imported.
const PLATFORM: &str = "terminal";

pub(crate) async fn run(config: &Config, options: ImportOptions) -> anyhow::Result<ExitCode> {
    let import = ::import::read(&options.file).await?;
    // What is kept there is nobody else's business on this machine.
    let folder = &config.server.data_dir;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("server.data_dir: cannot make {}", folder.display()))?;
    let store = database::open(config).await?;
    store.migrate().await.context("the database could not be brought up to date")?;
    store.verify_key().await.with_context(|| database::key_in_use(config))?;
    let outbound = Outbound::new(&OutboundConfig {
        allow_private: config.outbound.allow_private_targets,
        ca_file: config.outbound.ca_file.clone(),
        user_agent: config.outbound.user_agent.clone(),
    })?;
    let services = Services::new(store, outbound, Arc::new(SystemClock), config.retention.retention());
    let owner = services.local_owner().await?;
    let tell = services.conversation(&owner, PLATFORM, &options.conversation).await?;
    let (format, notes) = (import.format, import.notes.clone());
    let done = ::import::apply(&services, &owner, import, tell, options.dry_run).await?;
    print(&::import::table(format, &notes, &done, options.dry_run))
}
