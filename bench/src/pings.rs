//! Senders of pings: each keeps one connection, and all of them together keep a rate, whether or not answers come in time.
//!
//! A thread each, with nothing between it and its socket, so that what is measured is the server. How long an answer
//! took is counted from the time at which the ping was to be sent: a server that stops for a second has been late for
//! every ping of that second, and not only for those that were under way.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::stats::quantile;
use crate::{http1, print, seed};

/// How long a server may be silent.
const SILENCE: Duration = Duration::from_secs(10);

/// What is pinged, how fast and how often.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Where the server listens
    #[arg(long)]
    address: SocketAddr,
    /// How many heartbeats there are, pinged in turn
    #[arg(long)]
    heartbeats: u64,
    /// Pings a second
    #[arg(long)]
    rate: u64,
    /// How many pings in all
    #[arg(long)]
    pings: u64,
    /// Connections that are kept
    #[arg(long)]
    connections: u64,
}

/// How they were answered.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Answers {
    pub(crate) answered: u64,
    /// Answered otherwise than with 200.
    pub(crate) refused: u64,
    pub(crate) seconds: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Sends all pings and prints the answers as a line of JSON.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    ensure!(u32::try_from(options.rate).is_ok_and(|rate| rate > 0), "--rate is out of range");
    ensure!(options.connections > 0 && options.heartbeats > 0, "there has to be a connection and a heartbeat");
    let answers = tokio::task::spawn_blocking(move || send(&options)).await??;
    print(&serde_json::to_string(&answers)?);
    Ok(())
}

fn send(options: &Options) -> anyhow::Result<Answers> {
    let connections: io::Result<Vec<_>> = (0..options.connections).map(|_| connect(options.address)).collect();
    let connections = connections.with_context(|| format!("cannot connect to {}", options.address))?;
    let start = Instant::now();
    let (mut took, mut refused) = (Vec::new(), 0);
    std::thread::scope(|threads| {
        let senders: Vec<_> = (0..)
            .zip(connections)
            .map(|(first, connection)| threads.spawn(move || sender(options, first, connection, start)))
            .collect();
        for sender in senders {
            let sent = sender.join().map_err(|_| anyhow!("a sender ended"))?.context("a ping was not answered")?;
            took.extend(sent.took_ms);
            refused += sent.refused;
        }
        anyhow::Ok(())
    })?;
    Ok(Answers {
        answered: took.len() as u64,
        refused,
        seconds: start.elapsed().as_secs_f64(),
        p50_ms: quantile(&took, 0.5),
        p99_ms: quantile(&took, 0.99),
    })
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    #[expect(clippy::disallowed_methods, reason = "talks to the server that the benchmark started, on loopback")]
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE))?;
    Ok(stream)
}

/// What became of the pings of one connection.
#[derive(Default)]
struct Sent {
    took_ms: Vec<f64>,
    refused: u64,
}

/// Sends every so many-th ping, from the first on.
fn sender(options: &Options, first: u64, mut stream: TcpStream, start: Instant) -> io::Result<Sent> {
    let mut sent = Sent::default();
    let mut answer = Vec::new();
    let step = usize::try_from(options.connections).unwrap_or(usize::MAX);
    for number in (first..options.pings).step_by(step) {
        let uuid = seed::ping_address(number % options.heartbeats);
        let request = format!("GET /ping/{uuid} HTTP/1.1\r\nhost: {}\r\nuser-agent: bench\r\n\r\n", options.address);
        let due = start + due(number, options.rate);
        if let Some(pause) = due.checked_duration_since(Instant::now()) {
            #[expect(clippy::disallowed_methods, reason = "the thread is the sender's own")]
            std::thread::sleep(pause);
        }
        stream.write_all(request.as_bytes())?;
        let status = receive(&mut stream, &mut answer)?;
        sent.took_ms.push(due.elapsed().as_secs_f64() * 1_000.0);
        sent.refused += u64::from(status != 200);
    }
    Ok(sent)
}

/// When a ping is to be sent, after the start.
fn due(number: u64, rate: u64) -> Duration {
    Duration::from_secs(number / rate) + Duration::from_secs(number % rate) / u32::try_from(rate).unwrap_or(u32::MAX)
}

/// Reads one answer and tells its status.
fn receive(stream: &mut impl Read, answer: &mut Vec<u8>) -> io::Result<u16> {
    let mut buffer = [0; 1_024];
    answer.clear();
    while answer.len() < 16 * buffer.len() {
        if let Some((status, _)) = http1::whole(answer) {
            return Ok(status);
        }
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => answer.extend_from_slice(&buffer[..read]),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_are_evenly_spaced() {
        assert_eq!(due(0, 5_000), Duration::ZERO);
        assert_eq!(due(1, 5_000), Duration::from_micros(200));
        assert_eq!(due(7, 3), Duration::from_nanos(2_333_333_333));
        assert_eq!(due(5_000 * 20, 5_000), Duration::from_secs(20));
    }

    #[test]
    fn an_answer_is_read_in_whatever_pieces_it_comes() {
        let (first, rest) = (b"HTTP/1.1 503 Later\r\ncontent-", b"length: 2\r\n\r\nno");
        let mut answer = b"left over".to_vec();
        assert_eq!(receive(&mut first.chain(rest.as_slice()), &mut answer).unwrap(), 503);
        assert_eq!(receive(&mut first.as_slice(), &mut answer).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let garbage = vec![b'x'; 100_000];
        assert_eq!(receive(&mut garbage.as_slice(), &mut answer).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn every_ping_of_all_connections_is_sent_once_and_counted() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let options =
            Options { address: listener.local_addr().unwrap(), heartbeats: 7, rate: 1_000, pings: 50, connections: 3 };
        let server = std::thread::spawn(move || {
            let serve = |mut stream: TcpStream| {
                let mut requests = 0;
                let mut buffer = [0; 1_024];
                // A sender sends no ping before the last one is answered, so a read is a request.
                while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK").unwrap();
                    requests += 1;
                }
                requests
            };
            let threads: Vec<_> = (0..3)
                .map(|_| listener.accept().unwrap().0)
                .map(|stream| std::thread::spawn(move || serve(stream)))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u64>()
        });
        let answers = send(&options).unwrap();
        assert_eq!((answers.answered, answers.refused), (50, 0));
        assert_eq!(server.join().unwrap(), 50);
    }
}
