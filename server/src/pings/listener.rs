//! A listener for pings alone, which others on the network may reach: connections are bounded in number, and senders
//! that are slow are cut off.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::{Extension, http::StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Most connections at once. Further ones wait.
const MAX_CONNECTIONS: usize = 4_096;

/// How long a sender may take for the head of a request, and be silent between two.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause when no connection can be accepted, for example for want of open files.
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// Serves until the stop, and then what is under way.
pub(crate) async fn serve(listener: TcpListener, routes: Router, stop: CancellationToken) {
    let routes = routes.fallback(async || (StatusCode::NOT_FOUND, "not found"));
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer, place)) => {
                let connection = connection(stream, peer, routes.clone(), stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection for pings could not be accepted");
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

async fn connection(stream: TcpStream, peer: SocketAddr, routes: Router, stop: CancellationToken) {
    // Answers are small: waiting for more to send would only make them late.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(routes.layer(Extension(ConnectInfo(peer))));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let builder = builder.http1_only();
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // What goes wrong with a connection is its sender's business.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
