//! A name server on UDP that gives one answer to every question.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// What a name server says, whatever it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Every name has this IPv4 address for a minute, and no IPv6 address.
    Address(Ipv4Addr),
    /// No name exists.
    NoSuchName,
    /// The server fails.
    ServerFailure,
    /// No question is answered.
    Silent,
}

/// A running name server. It stops when this is dropped.
#[derive(Debug)]
pub struct NameServer {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl NameServer {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a name server.
///
/// # Panics
/// When no port is free.
pub async fn name_server(zone: Zone) -> NameServer {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let addr = socket.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query).await {
            if let Some(answer) = answer(&query[..length], zone) {
                // A client that is gone is not waiting.
                let _ = socket.send_to(&answer, from).await;
            }
        }
    });
    NameServer { addr, task }
}

/// The answer to a query with one question. Format: <https://www.rfc-editor.org/rfc/rfc1035#section-4>.
fn answer(query: &[u8], zone: Zone) -> Option<Vec<u8>> {
    const HEADER: usize = 12;
    const TYPE_A: &[u8] = &[0, 1];
    let name_length = query.get(HEADER..)?.iter().position(|&byte| byte == 0)? + 1;
    let question = query.get(HEADER..HEADER + name_length + 4)?;
    let kind = question.get(name_length..name_length + 2)?;
    let (code, address) = match zone {
        Zone::Address(ip) => (0, Some(ip).filter(|_| kind == TYPE_A)),
        Zone::NoSuchName => (3, None),
        Zone::ServerFailure => (2, None),
        Zone::Silent => return None,
    };
    let mut answer = query.get(..2)?.to_vec();
    // A response, recursion desired and available, with that code; one question and at most one answer.
    answer.extend([0x81, 0x80 | code, 0, 1, 0, u8::from(address.is_some()), 0, 0, 0, 0]);
    answer.extend_from_slice(question);
    if let Some(ip) = address {
        // The name by a pointer to the question, type A, class IN, 60 s, four bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(ip.octets());
    }
    Some(answer)
}
