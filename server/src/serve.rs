//! `watchword serve`: everything in one process.

use std::os::unix::fs::DirBuilderExt;
use std::process::ExitCode;
use std::sync::Arc;

use adapter_web::WebState;
use anyhow::Context;
use bot_core::Engine;
use probes::{Outbound, OutboundConfig};
use prometheus_client::registry::Registry;
use scheduler::{Metrics, Scheduler, SchedulerConfig};
use services::{Services, SystemClock};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::{self, Config};
use crate::{database, environment_names, logging, operations, say};

pub(crate) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let _log = logging::start(&config)?;
    for (name, closest) in config::unknown(environment_names()) {
        tracing::warn!(
            name,
            closest,
            "this variable is no setting and is ignored; `watchword config --sample` lists them"
        );
    }
    let files = raise_file_limit();
    // What is kept there is nobody else's business on this machine.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.server.data_dir)
        .with_context(|| format!("server.data_dir: cannot make {}", config.server.data_dir.display()))?;
    let listener = TcpListener::bind(config.server.listen)
        .await
        .with_context(|| format!("server.listen: cannot listen on {}; is it in use?", config.server.listen))?;
    let store = database::open(&config).await?;
    store.migrate().await.context("the database could not be brought up to date")?;
    store.verify_key().await.with_context(|| database::key_in_use(&config))?;
    let outbound = Outbound::new(&OutboundConfig {
        allow_private: config.outbound.allow_private_targets,
        ca_file: config.outbound.ca_file.clone(),
        user_agent: config.outbound.user_agent.clone(),
    })?;
    let services = Services::new(store.clone(), outbound, Arc::new(SystemClock), config.retention.retention());
    services.local_owner().await?;
    let mut registry = Registry::with_prefix("watchword");
    let metrics = Metrics::register(&mut registry);
    let limits =
        SchedulerConfig { concurrency: affordable(config.checks.concurrency, files), grace: config.server.grace };
    let mut scheduler = Scheduler::start(services.clone(), metrics, limits).await?;

    let stopping = CancellationToken::new();
    let engine = Arc::new(Engine::new(services.clone()));
    let web = adapter_web::router(WebState { engine, services, shutdown: stopping.clone() });
    let app = web.merge(operations::router(store.clone(), registry, stopping.clone()));
    let address = listener.local_addr()?;
    tracing::info!(%address, data_dir = %config.server.data_dir.display(), "watchword is ready");
    say(&welcome(&address.to_string(), config.outbound.allow_private_targets));
    let served = axum::serve(listener, app).with_graceful_shutdown(stopping.clone().cancelled_owned());
    let server = tokio::spawn(served.into_future());

    tokio::select! {
        signal = wait_for_signal() => signal?,
        () = scheduler.failed() => anyhow::bail!("the scheduler has ended; the log says why"),
    }
    tracing::info!(grace = ?config.server.grace, "stopping: running checks may end");
    stopping.cancel();
    scheduler.stop().await;
    if tokio::time::timeout(config.server.grace, server).await.is_err() {
        tracing::warn!("connections were still open and are cut");
    }
    store.close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn welcome(address: &str, private_allowed: bool) -> String {
    let policy = match private_allowed {
        true => "Private and loopback addresses may be watched.",
        false => "Private and loopback addresses are refused; WATCHWORD_ALLOW_PRIVATE_TARGETS=true allows them.",
    };
    format!("\n  Watchword is ready: http://{address}\n  Or talk to it from a terminal: watchword chat\n  {policy}\n")
}

/// Every running check holds a socket: asks for as many open files as the system allows, and answers how many that is.
fn raise_file_limit() -> u64 {
    let limit = rlimit::increase_nofile_limit(1 << 20);
    limit.unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files cannot be raised");
        1_024
    })
}

/// As many checks at once as were asked for, but no more than half of the files that may be open.
fn affordable(concurrency: u32, files: u64) -> u32 {
    let most = u32::try_from(files / 2).unwrap_or(u32::MAX);
    if concurrency > most {
        tracing::warn!(most, "checks.concurrency is lowered to what the limit of open files allows");
    }
    concurrency.min(most)
}

async fn wait_for_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
