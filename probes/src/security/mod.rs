//! Looks at a site from outside, for security checks: what is there is told without judgement, which
//! [`monitor_core::security`] gives.
//!
//! What is sent by [`look`], one request at a time, and all of it under the address policy, at every redirect:
//!
//! | depth | what is sent |
//! |---|---|
//! | passive | what a browser sends that visits the page: the page with its redirects, `http://` of the same path, up to 20 scripts that it names, the page once more as a page of another origin would ask for it, `/.well-known/security.txt`; and questions about public DNS records to the program's own name servers |
//! | active, deep | that, and, only to the host and port that were asked for: a control name and addresses of files that should not be there, the page for three made-up origins, `TRACE`, and greetings in old protocols and with weak ciphers, none of which is gone on with |
//!
//! Only for a host shown to be one's own may the depth be more than passive: see [`ownership`]. No secret is ever sent, so a
//! page is looked at even where its certificate is not trusted, which is told. All is over within [`LIMIT`].

mod active;
mod ask;
mod ciphers;
mod coding;
mod dns;
mod exposed;
mod handshakes;
mod hello;
mod look;
mod ownership;
mod page;
mod shown;
pub mod zap;

pub use monitor_core::security::observed::Proof;

pub use self::look::{LIMIT, LookError, look};
pub use self::ownership::ownership;
