//! Where log lines go: text on a terminal, JSON otherwise, and daily files when they are asked for.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::config::{Config, LogFormat};

/// Starts to log. Lines are on disk once the answer is dropped.
pub(crate) fn start(config: &Config) -> anyhow::Result<Option<WorkerGuard>> {
    let log = &config.log;
    let text = match log.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let stderr = fmt::layer().with_writer(std::io::stderr);
    let (as_text, as_json) = match text {
        true => (Some(stderr.with_target(false).compact()), None),
        false => (None, Some(fmt::layer().with_writer(std::io::stderr).json().flatten_event(true))),
    };
    let (file, guard) = match &log.dir {
        Some(dir) => {
            std::fs::create_dir_all(dir).with_context(|| format!("log.dir: cannot make {}", dir.display()))?;
            let files = RollingFileAppender::builder()
                .rotation(Rotation::DAILY)
                .filename_prefix("watchword")
                .filename_suffix("log")
                .max_log_files(log.keep_files)
                .build(dir)
                .with_context(|| format!("log.dir: cannot write to {}", dir.display()))?;
            let (writer, guard) = tracing_appender::non_blocking(files);
            (Some(fmt::layer().with_writer(writer).json().flatten_event(true)), Some(guard))
        }
        None => (None, None),
    };
    let filter: Targets = log.level.parse().context("log.level")?;
    tracing_subscriber::registry().with(filter).with(as_text).with(as_json).with(file).init();
    Ok(guard)
}
