//! One unary call on a connection of its own.

use std::pin::pin;

use h2::RecvStream;
use h2::client::{self, SendRequest};
use http::{HeaderMap, Request, Response};
use hyper::body::Bytes;
use monitor_core::outcome::Reason;

use super::answer::Answer;
use crate::connect::Stream;
use crate::failure::{Failure, clean};
use crate::trace::{Phase, Trace};

/// Most bytes of an answer that are read. A health check response has four.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Most bytes of the headers of an answer, and of its trailers.
const MAX_HEADER_BYTES: u32 = 16 * 1024;

/// A message as it is sent: not compressed, and how long it is.
pub(super) fn frame(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], &length.to_be_bytes()[..], message].concat().into()
}

/// Sends the request and its message, and reads the answer to its end.
pub(super) async fn unary(
    stream: Stream,
    request: Request<()>,
    message: Bytes,
    trace: &mut Trace,
) -> Result<Answer, Failure> {
    let mut builder = client::Builder::new();
    builder.enable_push(false).max_header_list_size(MAX_HEADER_BYTES);
    let (sender, connection) = builder.handshake::<_, Bytes>(stream).await.map_err(|error| failed(&error))?;
    trace.details.protocol = Some("HTTP/2".to_owned());
    let mut exchange = pin!(exchange(sender, request, message, trace));
    // The connection moves the bytes of the exchange beside it, and is dropped with it.
    tokio::select! {
        biased;
        answer = &mut exchange => answer,
        // Its error reaches the exchange as well, together with what came before it.
        _ = connection => exchange.await,
    }
}

async fn exchange(
    sender: SendRequest<Bytes>,
    request: Request<()>,
    message: Bytes,
    trace: &mut Trace,
) -> Result<Answer, Failure> {
    let failed = |error: h2::Error| failed(&error);
    let mut sender = sender.ready().await.map_err(failed)?;
    let (response, mut body) = sender.send_request(request, false).map_err(failed)?;
    body.send_data(message, true).map_err(failed)?;
    trace.enter(Phase::FirstByte);
    let response: Response<RecvStream> = response.await.map_err(failed)?;
    trace.http_status = Some(response.status().as_u16());
    trace.enter(Phase::Body);
    let (head, mut body) = response.into_parts();
    let mut read = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.map_err(failed)?;
        body.flow_control().release_capacity(data.len()).map_err(failed)?;
        trace.response_bytes += data.len() as u64;
        if read.len() + data.len() > MAX_ANSWER_BYTES {
            let message = format!("the answer goes on; {} KiB are read at most", MAX_ANSWER_BYTES / 1024);
            return Err(Failure::new(Reason::BodyTooLarge, message));
        }
        read.extend_from_slice(&data);
    }
    let trailers: Option<HeaderMap> = body.trailers().await.map_err(failed)?;
    Ok(Answer { status: head.status, headers: head.headers, body: read, trailers: trailers.unwrap_or_default() })
}

fn failed(error: &h2::Error) -> Failure {
    if let Some(error) = error.get_io() {
        return Failure::io(error, "waiting for the answer");
    }
    let what = clean(&error.to_string(), 80);
    if error.is_remote() {
        return Failure::new(Reason::UnexpectedAnswer, format!("the target ended the call ({what})"));
    }
    Failure::new(Reason::ProtocolMismatch, format!("the target does not speak HTTP/2, which gRPC is made of ({what})"))
}
