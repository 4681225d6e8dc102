//! The client with the real worker, the real Lighthouse and the real Chromium, against pages of this machine.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod audits;
mod isolation;
mod killed;
mod leftovers;
mod prints;
mod remote;
mod support;
