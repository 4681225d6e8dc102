//! What a job reports.

use std::time::Duration;

use uuid::Uuid;

use crate::Timestamp;

/// How much of a ping's body is kept, in bytes. Source: <https://healthchecks.io/docs/attaching_logs/>.
pub const PING_BODY_LIMIT: usize = 100_000;

/// What a ping says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// The job has succeeded.
    Success,
    /// The job has begun.
    Start,
    /// The job has failed.
    Fail,
    /// Something to remember, which says nothing of success or failure.
    Log,
    /// The job has ended with that exit code; 0 is success.
    Exit(u8),
}

impl Signal {
    /// The signal of the last word of a ping address, for example `start` or `0`; no word is success.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "" => Some(Self::Success),
            "start" => Some(Self::Start),
            "fail" => Some(Self::Fail),
            "log" => Some(Self::Log),
            code => code.bytes().all(|b| b.is_ascii_digit()).then(|| code.parse().ok().map(Self::Exit)).flatten(),
        }
    }

    /// The word that is stored and shown: `success`, `start`, `fail`, `log` or `exit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Start => "start",
            Self::Fail => "fail",
            Self::Log => "log",
            Self::Exit(_) => "exit",
        }
    }

    /// The exit code, when the ping has one.
    #[must_use]
    pub fn exit_code(self) -> Option<u8> {
        if let Self::Exit(code) = self { Some(code) } else { None }
    }

    /// The signal of a stored word and exit code.
    #[must_use]
    pub fn from_stored(word: &str, exit_code: Option<u8>) -> Option<Self> {
        match word {
            "success" => Some(Self::Success),
            "exit" => exit_code.map(Self::Exit),
            word => [Self::Start, Self::Fail, Self::Log].into_iter().find(|signal| signal.as_str() == word),
        }
    }

    /// Whether a run has succeeded; `None` when none has ended.
    #[must_use]
    pub fn succeeded(self) -> Option<bool> {
        match self {
            Self::Success | Self::Exit(0) => Some(true),
            Self::Fail | Self::Exit(_) => Some(false),
            Self::Start | Self::Log => None,
        }
    }
}

/// How a ping was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PingMethod {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
}

impl PingMethod {
    /// The method's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
        }
    }

    /// The method of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Get, Self::Head, Self::Post].into_iter().find(|method| method.as_str() == name)
    }
}

/// A ping as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ping {
    /// Its number: 1 for a heartbeat's first ping.
    pub number: u64,
    /// When it came.
    pub at: Timestamp,
    /// What it says.
    pub signal: Signal,
    /// Which run it is about, when the job says so.
    pub run: Option<Uuid>,
    /// How long the run took that it ends, when its start was reported.
    pub duration: Option<Duration>,
    /// How it was sent.
    pub method: PingMethod,
    /// Where it came from: an address.
    pub remote: String,
    /// What the sender calls itself.
    pub user_agent: String,
    /// How many bytes of body were sent, as far as they were read.
    pub body_bytes: u64,
}
