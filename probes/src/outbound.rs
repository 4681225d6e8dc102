//! The one way out: every connection to an address that a person chose is made here.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use http::HeaderValue;

use crate::domain::Bootstrap;
use crate::http::{BodyRoom, Tokens};
use crate::icmp::Pings;
use crate::resolve::Resolver;
use crate::tls::Tls;

/// How the program reaches out: who it may talk to, whom it trusts, what it calls itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundConfig {
    /// Whether loopback, private and link-local addresses may be watched. See [`crate::address_policy`].
    pub allow_private: bool,
    /// A PEM file of certificate authorities that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// What stands in the `User-Agent` header.
    pub user_agent: String,
}

/// Why the program cannot reach out with that configuration. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The system's resolver configuration cannot be used.
    #[error("cannot read which name servers to ask ({0}); check /etc/resolv.conf")]
    Resolver(String),
    /// The file of certificate authorities cannot be used.
    #[error("cannot use the certificate authorities in {path}: {why}; give a PEM file with at least one certificate", path = path.display())]
    CaFile {
        /// The file as configured.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// TLS cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(String),
    /// The user agent cannot stand in a header.
    #[error("`{0}` cannot be sent as User-Agent; use visible ASCII characters")]
    UserAgent(String),
}

/// The outbound client. Cheap to clone: all clones share the resolver's cache and the trusted authorities.
#[derive(Clone)]
pub struct Outbound {
    allow_private: bool,
    user_agent: HeaderValue,
    inner: Arc<Inner>,
}

struct Inner {
    resolver: Resolver,
    tls: Tls,
    pings: Pings,
    bootstrap: Bootstrap,
    tokens: Tokens,
    body_room: BodyRoom,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("allow_private", &self.allow_private).finish_non_exhaustive()
    }
}

impl Outbound {
    /// Reads the system's resolver configuration and trusted authorities. Blocks for some milliseconds. Needs a Tokio
    /// runtime when it is used, not here.
    ///
    /// # Errors
    /// The [`OutboundError`] of the first part that cannot be set up.
    pub fn new(config: &OutboundConfig) -> Result<Self, OutboundError> {
        Self::with_resolver(config, Resolver::system()?)
    }

    pub(crate) fn with_resolver(config: &OutboundConfig, resolver: Resolver) -> Result<Self, OutboundError> {
        let user_agent = user_agent(&config.user_agent)?;
        let tls = Tls::new(config.ca_file.as_deref())?;
        let (pings, bootstrap) = (Pings::default(), Bootstrap::default());
        let (tokens, body_room) = (Tokens::default(), BodyRoom::default());
        let inner = Arc::new(Inner { resolver, tls, pings, bootstrap, tokens, body_room });
        Ok(Self { allow_private: config.allow_private, user_agent, inner })
    }

    /// The same client under another name, such as one that says whom to ask about what it does.
    ///
    /// # Errors
    /// [`OutboundError::UserAgent`].
    pub fn with_user_agent(&self, name: &str) -> Result<Self, OutboundError> {
        Ok(Self { user_agent: user_agent(name)?, ..self.clone() })
    }

    /// The same client for an address that the operator has configured: it may be a private one.
    #[must_use]
    pub fn to_configured(&self) -> Self {
        Self { allow_private: true, ..self.clone() }
    }

    pub(crate) fn allow_private(&self) -> bool {
        self.allow_private
    }

    pub(crate) fn resolver(&self) -> &Resolver {
        &self.inner.resolver
    }

    pub(crate) fn tls(&self) -> &Tls {
        &self.inner.tls
    }

    pub(crate) fn pings(&self) -> &Pings {
        &self.inner.pings
    }

    pub(crate) fn bootstrap(&self) -> &Bootstrap {
        &self.inner.bootstrap
    }

    pub(crate) fn user_agent(&self) -> &HeaderValue {
        &self.user_agent
    }

    /// The room that bodies have in memory, shared by all checks.
    pub(crate) fn body_room(&self) -> &BodyRoom {
        &self.inner.body_room
    }

    /// The tokens of logins, shared by all checks.
    pub(crate) fn tokens(&self) -> &Tokens {
        &self.inner.tokens
    }
}

fn user_agent(name: &str) -> Result<HeaderValue, OutboundError> {
    HeaderValue::from_str(name).map_err(|_| OutboundError::UserAgent(name.to_owned()))
}
