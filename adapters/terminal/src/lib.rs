//! The conversation in a terminal. It talks to a running server over the same API as the chat page, and draws the neutral replies
//! itself, so that width and colours are those of the terminal at hand.
//!
//! With [`TerminalOptions::command`] it says one thing and ends, for scripts. Otherwise it is a conversation: `line` reads on a
//! thread of its own, `stream` follows what happens, and `interactive` brings the two together.

mod client;
mod files;
mod interactive;
mod line;
mod once;
mod render;
mod sse;
mod stream;

use std::io::{self, Write};
use std::path::PathBuf;

use client::Client;

/// How to talk, and to whom.
#[derive(Debug, Clone)]
pub struct TerminalOptions {
    /// The server's address, such as `http://127.0.0.1:8080`.
    pub server: String,
    /// The conversation: 1 to 64 of `A-Z a-z 0-9 _ -`. Who gives the same one again goes on with it.
    pub conversation: String,
    /// Says only this and ends.
    pub command: Option<String>,
    /// Whether a person sits there, who is welcomed and told of failures as they go; otherwise lines come from a file or pipe, the
    /// session has failed when one of them has, and it ends when the server is gone.
    pub interactive: bool,
    /// Prints the server's answers as JSON, one a line, instead of drawing them.
    pub json: bool,
    /// Whether ANSI colours are used.
    pub colour: bool,
    /// Where typed lines are kept between sessions, those aside that may hold a secret; `None` keeps them only within one.
    pub history: Option<PathBuf>,
    /// The folder that files are saved in.
    pub downloads: PathBuf,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The command was done, or the person left.
    Well,
    /// The one command failed, or one of those from a pipe; what was wrong has been printed.
    CommandFailed,
}

impl Ended {
    /// The exit code of the process.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::CommandFailed => 1,
        }
    }
}

/// Why a session could not be held.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Nothing answers at the address.
    #[error("I cannot reach Watchword at {0}; start it with `make run`, or say where it is with --server")]
    Unreachable(String),
    /// The address cannot be one of Watchword.
    #[error("{0:?} is not the address of a Watchword server; it looks like http://127.0.0.1:8080")]
    Address(String),
    /// The server refused, and said why.
    #[error("{0}")]
    Refused(String),
    /// The terminal or pipe that is written to is gone; a pipe's reader may simply have seen enough.
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
    /// The terminal cannot be read from.
    #[error("cannot read from this terminal: {0}")]
    Input(#[from] rustyline::error::ReadlineError),
}

impl TerminalError {
    /// The exit code of the process: 1 when the server refused the command, else 2.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Unreachable(_) | Self::Address(_) | Self::Output(_) | Self::Input(_) => 2,
        }
    }
}

/// Holds a session, writing to `out`.
///
/// # Errors
/// [`TerminalError::Unreachable`] and [`TerminalError::Address`] when there is no server, the others when the session broke.
pub async fn run(options: TerminalOptions, out: &mut (dyn Write + Send)) -> Result<Ended, TerminalError> {
    let client = Client::new(&options.server, &options.conversation)?;
    match &options.command {
        Some(command) => once::run(&client, &options, command, out).await,
        None => interactive::run(&client, &options, out).await,
    }
}
