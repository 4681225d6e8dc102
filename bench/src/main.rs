//! `bench`: what Watchword costs and how fast it is, measured in one run beside a bare loop over an HTTP client (the
//! limit) and, where it is installed, prometheus-blackbox-exporter (a peer).
//!
//! It starts the release build of `watchword` that lies beside it. The target, the bare loop and whoever pings are this
//! same program, started again as processes of their own, so that each one's processor time is its own. What is measured how, and the
//! goals, stand in `docs/performance.md`.

mod bare;
mod bare_tls;
mod board;
mod chat;
mod clock;
mod exposition;
mod goals;
mod hook;
mod http1;
mod machine;
mod pace;
mod pings;
mod plan;
mod process;
mod procfs;
mod scenarios;
mod seed;
mod servers;
mod setup;
mod sse;
mod stats;
mod table;
mod target;
mod watchword;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use crate::board::Board;
use crate::machine::Machine;
use crate::plan::Plan;
use crate::setup::Setup;

/// Measures Watchword and prints a table
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Fewer and shorter measurements: 7 minutes at most instead of 30
    #[arg(long)]
    quick: bool,
    /// Where the figures are written as JSON [default: bench.json in the target folder]
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only the measurements whose name holds this text, for example `kinds` or `kinds: redis`
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    only: String,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What runs as a process of its own
#[derive(Subcommand)]
enum Part {
    /// Answers on that port of 127.0.0.1 and on others, until standard input ends
    Target {
        port: u16,
        /// Where the certificate of its authority is written to
        folder: PathBuf,
    },
    /// Asks an address in a bare loop and prints what each window cost
    Bare(bare::Options),
    /// Pings heartbeats at a rate and prints how long the answers took
    Pings(pings::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.part {
        Some(Part::Target { port, folder }) => target::serve(port, &folder).await.map(|()| ExitCode::SUCCESS),
        Some(Part::Bare(options)) => bare::run(&options).await.map(|()| ExitCode::SUCCESS),
        Some(Part::Pings(options)) => pings::run(options).await.map(|()| ExitCode::SUCCESS),
        None => Box::pin(measure(arguments)).await,
    };
    ended.unwrap_or_else(|error| {
        progress(&format!("bench: {error:#}"));
        ExitCode::from(2)
    })
}

/// Measures everything; the exit code is 1 when something could not be measured. A missed goal is no failure.
async fn measure(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let plan = if arguments.quick { Plan::QUICK } else { Plan::FULL };
    let deadline = Instant::now() + Duration::from_secs(plan.at_most_s);
    let setup = Setup::new(plan).await?;
    let json = arguments.json.unwrap_or_else(|| setup.build_folder.join("bench.json"));
    let mut board = Board::default();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // What is dropped here stops the processes that it started.
    tokio::select! {
        () = scenarios::run(&setup, &mut board, &arguments.only, deadline) => {}
        _ = interrupt.recv() => anyhow::bail!("interrupted"),
        _ = terminate.recv() => anyhow::bail!("terminated"),
    }
    let machine = Machine::here();
    print(&table::render(&board, &machine, arguments.quick));
    let document = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "quick": arguments.quick,
        "machine": machine,
        "figures": board.figures.iter().map(board::Figure::to_json).collect::<Vec<_>>(),
        "not_measured": board.not_measured,
    });
    let text = serde_json::to_string_pretty(&document)?;
    std::fs::write(&json, text + "\n").with_context(|| format!("cannot write {}", json.display()))?;
    progress(&format!("the figures are in {}", json.display()));
    Ok(if board.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

#[expect(clippy::print_stdout, reason = "the table and the figures of child processes go to standard output")]
pub(crate) fn print(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "what is going on is told on standard error")]
pub(crate) fn progress(text: &str) {
    eprintln!("{text}");
}
