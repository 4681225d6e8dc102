//! One question and its answer, over UDP and, where that is too small, over TCP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_resolver::proto::op::{Message, MessageType};
use monitor_core::outcome::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;

use crate::connect::connect;
use crate::failure::Failure;
use crate::trace::Trace;

/// How often each name server is asked: one lost packet should not cost a check.
const ROUNDS: usize = 2;

/// Longest wait for a name server before the next one is asked, or the same one again.
const MAX_ATTEMPT: Duration = Duration::from_secs(2);

/// Largest packet that is read. More than was asked for is not sent by anybody who means well.
const MAX_PACKET: usize = 4_096;

/// Asks the name servers one after the other until one answers.
pub(super) async fn ask(servers: &[SocketAddr], question: &Message, trace: &mut Trace) -> Result<Message, Failure> {
    let unsendable = |_| Failure::new(Reason::ProbeFailed, "the question cannot be sent");
    let bytes = question.to_vec().map_err(unsendable)?;
    let mut told: Option<Failure> = None;
    let attempts = servers.len() * ROUNDS;
    for (index, &server) in servers.iter().cycle().take(attempts).enumerate() {
        let left = attempts - index;
        // A tenth is kept, so that it can be told what was seen instead of an answer.
        let share = trace.remaining() * 9 / 10 / u32::try_from(left).unwrap_or(u32::MAX);
        let share = if left == 1 { share } else { share.min(MAX_ATTEMPT) };
        trace.details.peer = Some(server.ip());
        let mut strange = false;
        let attempt = exchange(server, question, &bytes, &mut strange);
        let failure = match tokio::time::timeout(share, attempt).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(failure)) => failure,
            Err(_) if strange => no_dns(server.ip()),
            Err(_) => trace.out_of_time(),
        };
        told.get_or_insert(failure);
    }
    Err(told.unwrap_or_else(|| Failure::new(Reason::LocalNetwork, "this machine knows no name server to ask")))
}

/// Asks one name server once. Tells by `strange` that something came which is no answer to the question.
async fn exchange(
    server: SocketAddr,
    question: &Message,
    bytes: &[u8],
    strange: &mut bool,
) -> Result<Message, Failure> {
    let failed = |error| Failure::io(&error, &format!("asking the name server {} port {}", server.ip(), server.port()));
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await.map_err(failed)?;
    // What comes from elsewhere is not even seen.
    socket.connect(server).await.map_err(failed)?;
    socket.send(bytes).await.map_err(failed)?;
    let mut packet = [0; MAX_PACKET];
    loop {
        let length = socket.recv(&mut packet).await.map_err(failed)?;
        match answer_to(question, &packet[..length]) {
            Some(answer) if answer.metadata.truncation => break,
            Some(answer) => return Ok(answer),
            // Late answers to other questions and forged ones are waited past.
            None => *strange = true,
        }
    }
    let mut stream = connect(server).await?;
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    stream.write_all(&[&length.to_be_bytes(), bytes].concat()).await.map_err(failed)?;
    let length = stream.read_u16().await.map_err(failed)?;
    let mut whole = vec![0; usize::from(length)];
    stream.read_exact(&mut whole).await.map_err(failed)?;
    answer_to(question, &whole).ok_or_else(|| no_dns(server.ip()))
}

/// What came as the answer to that question, if it is one.
fn answer_to(question: &Message, bytes: &[u8]) -> Option<Message> {
    let answer = Message::from_vec(bytes).ok()?;
    let fits = answer.metadata.id == question.metadata.id
        && answer.metadata.message_type == MessageType::Response
        // Some name servers leave the question out when they fail.
        && (answer.queries.is_empty() || answer.queries == question.queries);
    fits.then_some(answer)
}

fn no_dns(server: IpAddr) -> Failure {
    Failure::new(Reason::ProtocolMismatch, format!("what {server} sent back is not an answer of a name server"))
}
