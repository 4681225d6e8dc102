//! What a check of each kind costs, all at the same rate.

mod catalogue;

use std::time::Duration;

use anyhow::ensure;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::Reason;
use tokio::time::Instant;

use self::catalogue::{Beside, From, KINDS, Kind};
use super::peer::Peer;
use super::{CPU, attempt, checks, limit};
use crate::bare::Window;
use crate::board::{Board, Figure};
use crate::clock::now;
use crate::servers::Servers;
use crate::setup::Setup;
use crate::watchword::Watchword;
use crate::{progress, seed};

/// Checks a second: as many monitors, each checked every second. No more, for some of the servers start a process for
/// each connection, and that has to leave the processor to what is measured.
const RATE: u32 = 100;

const INTERVAL: Duration = Duration::from_secs(1);

/// How long the start echoes, the first interval included.
const WARM_UP: Duration = Duration::from_secs(2);

/// Measures each kind whose name holds the text.
pub(super) async fn run(setup: &Setup, board: &mut Board, only: &str, deadline: Instant) {
    let wanted: Vec<&Kind> = KINDS.iter().filter(|kind| kind.title().contains(only)).collect();
    let needs_servers = wanted.iter().any(|kind| matches!(kind.from, From::Server(..)));
    let servers = if needs_servers { Some(start_servers(setup, deadline).await) } else { None };
    for kind in wanted {
        let spec = match (&kind.from, &servers) {
            (From::Target(spec), _) => spec(&setup.target.at),
            (From::Server(variable, spec), Some(Ok(servers))) => servers.variable(variable).and_then(spec),
            (From::Server(..), Some(Err(why))) => {
                board.not_measured.push(format!("{}: skipped: {why}", kind.title()));
                continue;
            }
            (From::Server(..), None) => continue,
        };
        attempt(&kind.title(), deadline, board, async |board| measure(setup, board, kind, spec?).await).await;
    }
    if let Some(Ok(servers)) = servers {
        servers.stop().await;
    }
}

/// The text of the error stands beside every kind that cannot be measured without them.
async fn start_servers(setup: &Setup, deadline: Instant) -> Result<Servers, String> {
    progress("starting the servers of kinds");
    let log = setup.folder("servers").map_err(|error| format!("{error:#}"))?.join("servers.log");
    let started = match tokio::time::timeout_at(deadline, Servers::start(&log)).await {
        Ok(started) => started.map_err(|error| format!("{error:#}")),
        Err(_) => Err("the time was up".to_owned()),
    };
    started.map_err(|why| {
        format!("run under scripts/with-services.sh, which could not start the servers that are needed: {why}")
    })
}

async fn measure(setup: &Setup, board: &mut Board, kind: &Kind, spec: CheckSpec) -> anyhow::Result<()> {
    let (limit, peer) = match kind.beside {
        Beside::Nothing => (None, None),
        Beside::Loop => (Some(bare(setup, board, false).await?), None),
        Beside::TlsLoop => (Some(bare(setup, board, true).await?), None),
        Beside::TcpPeer => (None, blackbox(setup, board).await?),
    };
    let key = format!("kind.{}.cpu", kind.key);
    let data = setup.folder(&key)?;
    let store = seed::open(&data).await?;
    seed::monitors(&store, RATE as usize, &seed::settings(spec, INTERVAL)?, now()).await?;
    store.close().await;
    let ca = setup.target.ca.to_string_lossy();
    let watchword = Watchword::start_with(setup, &data, &[("WATCHWORD_CA_FILE", &ca)]).await?;
    tokio::time::sleep(WARM_UP).await;
    let length = Duration::from_secs(setup.plan.kind_s);
    let windows = match checks::windows(&watchword, setup.plan.windows, length).await {
        Ok((windows, _)) => windows,
        // Not for everybody: what is missing is the operator's to give.
        Err(error) if error.to_string().contains(Reason::PermissionMissing.code()) => {
            board.not_measured.push(format!("{}: skipped: not permitted on this machine", kind.title()));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let rate = Window::sum(&windows).rate();
    ensure!((0.95..1.05).contains(&(rate / f64::from(RATE))), "{rate:.0} checks were made a second, not {RATE}");
    board.add(figure(key, format!("{}, {RATE}/s", kind.name), &windows).beside(limit, peer));
    watchword.process.stop().await
}

/// Processor time is told to the hundredth of a second, so the windows are taken together.
fn figure(key: String, name: String, windows: &[Window]) -> Figure {
    let spread = windows.iter().map(Window::cpu_per_thousand).collect();
    Figure::once(key, name, CPU, Window::sum(windows).cpu_per_thousand()).spread(spread)
}

/// What the bare loop takes at the same rate.
async fn bare(setup: &Setup, board: &mut Board, tls: bool) -> anyhow::Result<f64> {
    let ca = setup.target.ca.to_string_lossy();
    let (key, name, url, more) = match tls {
        false => ("http", "bare loop", setup.target.at.check(), &[][..]),
        true => ("https", "bare loop over TLS", setup.target.at.secure(), &["--ca", &*ca][..]),
    };
    let windows = limit::loops(setup, (&url, &RATE.to_string(), setup.plan.kind_s), more).await?;
    let figure = figure(format!("limit.{RATE}.{key}"), format!("{name}, {RATE}/s"), &windows);
    let value = figure.value;
    board.add(figure);
    Ok(value)
}

/// What blackbox_exporter takes for TCP probes at the same rate; `None` when it is not installed.
async fn blackbox(setup: &Setup, board: &mut Board) -> anyhow::Result<Option<f64>> {
    let Some(peer) = Peer::start(setup, board, "peer of kinds").await? else { return Ok(None) };
    let target = format!("127.0.0.1:{}", setup.target.at.ports.tcp);
    let runs = peer.cpu(setup, ("tcp_connect", &target), RATE, setup.plan.kind_s).await?;
    let figure = Figure::runs(format!("peer.{RATE}.tcp"), format!("{}, tcp, {RATE}/s", peer.name), CPU, runs);
    let value = figure.value;
    board.add(figure);
    peer.process.stop().await?;
    Ok(Some(value))
}
