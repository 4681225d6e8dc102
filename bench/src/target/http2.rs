//! HTTP/2: the same body to every request, and gRPC's health protocol.

use std::io;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use h2::RecvStream;
use h2::server::SendResponse;
use tokio::io::{AsyncRead, AsyncWrite};

/// The call of the health protocol. Source: <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>.
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// Its answer SERVING: not compressed, two bytes, field 1 is 1.
const SERVING: &[u8] = &[0, 0, 0, 0, 2, 8, 1];

/// Answers until the client closes.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, body: Bytes) -> io::Result<()> {
    let mut connection = h2::server::handshake(stream).await.map_err(io::Error::other)?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request.map_err(io::Error::other)?;
        // A task of its own, for nothing is received unless the connection is asked for the next request.
        tokio::spawn(answer(request, respond, body.clone()));
    }
    Ok(())
}

async fn answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>, body: Bytes) -> Result<(), h2::Error> {
    let is_grpc = request.uri().path() == HEALTH;
    // To answer before the request has ended would reset the stream.
    let mut sent = request.into_body();
    while sent.data().await.transpose()?.is_some() {}
    let (kind, body) = match is_grpc {
        true => ("application/grpc", Bytes::from_static(SERVING)),
        false => ("application/json", body),
    };
    let mut response = Response::new(());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let mut stream = respond.send_response(response, false)?;
    stream.send_data(body, !is_grpc)?;
    if is_grpc {
        stream.send_trailers(HeaderMap::from_iter([(
            HeaderName::from_static("grpc-status"),
            HeaderValue::from_static("0"),
        )]))?;
    }
    Ok(())
}
