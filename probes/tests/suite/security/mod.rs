//! What security checks see of real local servers.

mod active;
mod handshakes;
mod judged;
mod passive;
mod proof;
mod zap;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use monitor_core::Timestamp;
use monitor_core::security::observed::{Depth, Observed};
use probes::Outbound;
use probes::security::{LookError, look};
use tokio_util::sync::CancellationToken;
use url::Url;

const NOW: Timestamp = Timestamp::from_millis(7);

/// As servers pack what they send.
fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

async fn looked(url: &str, depth: Depth, outbound: &Outbound) -> Result<Observed, LookError> {
    look(&Url::parse(url).unwrap(), depth, outbound, NOW, &CancellationToken::new(), &|_| {}).await
}
