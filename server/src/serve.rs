//! `watchword serve`: everything in one process.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::process::ExitCode;
use std::sync::Arc;

use adapter_web::WebState;
use anyhow::Context;
use bot_core::Engine;
use monitor_core::checks::{Endpoint, TcpSpec};
use monitor_core::monitor::{CheckSpec, MonitorName, Settings};
use probes::{Check, Outbound, OutboundConfig};
use prometheus_client::registry::Registry;
use scheduler::{Metrics, Scheduler, SchedulerConfig};
use services::{AuditOptions, Auditing, Options, Services, SystemClock};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::{self, Config};
use crate::pings::{self, PingMetrics, Pings};
use crate::{audits, database, environment_names, files, logging, operations, platforms, say, security};

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
    let ping_listener = match config.pings.listen {
        None => None,
        Some(address) => Some(
            TcpListener::bind(address)
                .await
                .with_context(|| format!("pings.listen: cannot listen on {address}; is it in use?"))?,
        ),
    };
    let store = database::open(&config).await?;
    store.migrate().await.context("the database could not be brought up to date")?;
    store.verify_key().await.with_context(|| database::key_in_use(&config))?;
    let outbound = Outbound::new(&OutboundConfig {
        allow_private: config.outbound.allow_private_targets,
        ca_file: config.outbound.ca_file.clone(),
        user_agent: config.outbound.user_agent.clone(),
    })?;
    let witnesses = config.checks.witnesses.iter().map(witness).collect::<anyhow::Result<_>>()?;
    let (retention, grouping) = (config.retention.retention(), config.incidents.grouping());
    let auditing = Arc::default();
    let audits = AuditOptions {
        auditing: Auditing::Sought(Arc::clone(&auditing)),
        keep: config.audits.keep,
        keep_files: config.audits.keep_files,
    };
    let security = security::options(&config, &outbound)?;
    let options = Options { retention, witnesses, grouping, audits, security };
    let services = Services::with_options(store.clone(), outbound, Arc::new(SystemClock), options);
    services.local_owner().await?;
    let mut registry = Registry::with_prefix("watchword");
    let metrics = Metrics::register(&mut registry);
    let ping_metrics = PingMetrics::register(&mut registry, metrics.clone());
    let available = audits::register(&mut registry);
    let limits =
        SchedulerConfig { concurrency: affordable(config.checks.concurrency, files), grace: config.server.grace };
    // Pings are taken in before anybody is held to a deadline.
    services.account_for_absence().await?;

    let stopping = CancellationToken::new();
    let engine = Arc::new(Engine::new(services.clone()));
    let address = listener.local_addr()?;
    let ping_address = ping_listener.as_ref().map(TcpListener::local_addr).transpose()?;
    services.publish_pings_at(&reached_at(&config.pings.url, ping_address.unwrap_or(address)));
    services.publish_files_at(&reached_at(&config.server.url, address));
    let listening = [Some(address), ping_address, config.chat.listen].into_iter().flatten().collect();
    let (bridge, outbound) = (audits::bridge(&config, listening), services.outbound().clone());
    let seek = tokio::spawn(audits::seek(bridge, outbound, auditing, available, stopping.clone()));
    let pings = pings::router(Pings { services: services.clone(), metrics: ping_metrics, create: config.pings.create });
    let mut platforms = platforms::start(&config, &engine, &services, &stopping).await?;
    let web = adapter_web::router(WebState { engine, services: services.clone(), shutdown: stopping.clone() });
    let app = web.merge(pings.clone()).merge(files::router(services.clone())).merge(operations::router(
        store.clone(),
        registry,
        stopping.clone(),
    ));
    let ping_server = ping_listener.map(|listener| tokio::spawn(pings::serve(listener, pings, stopping.clone())));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, app).with_graceful_shutdown(stopping.clone().cancelled_owned());
    let server = tokio::spawn(served.into_future());
    let mut scheduler = Scheduler::start(services, metrics, limits).await?;
    let told_to_stop = told_to_stop()?;
    tracing::info!(%address, data_dir = %config.server.data_dir.display(), "watchword is ready");
    say(&welcome(&address.to_string(), config.outbound.allow_private_targets));

    tokio::select! {
        () = told_to_stop => {}
        () = scheduler.failed() => anyhow::bail!("the scheduler has ended; the log says why"),
    }
    tracing::info!(grace = ?config.server.grace, "stopping: running checks may end");
    stopping.cancel();
    scheduler.stop().await;
    let served = async {
        let _ = server.await;
        if let Some(pings) = ping_server {
            let _ = pings.await;
        }
        while platforms.join_next().await.is_some() {}
        let _ = seek.await;
    };
    if tokio::time::timeout(config.server.grace, served).await.is_err() {
        tracing::warn!("connections were still open and are cut");
    }
    store.close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// How people and jobs reach this program, unless the operator said so.
fn reached_at(said: &str, listening: SocketAddr) -> String {
    if said.is_empty() { format!("http://{listening}") } else { said.to_owned() }
}

/// A check that the network is there, by connecting to that endpoint.
fn witness(endpoint: &Endpoint) -> anyhow::Result<Check> {
    let spec = CheckSpec::Tcp(TcpSpec::new(endpoint.clone()));
    Ok(Check::compile(&Settings::new(MonitorName::new("witness")?, spec))?)
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

/// Ends when an operator asks the program to; from this call on, not only from when it is awaited.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
