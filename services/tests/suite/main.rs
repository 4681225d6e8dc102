//! The use cases over real databases and real targets, at whatever time the test says it is.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod absence;
mod audits;
mod calls;
mod checks;
mod clock;
mod common;
mod conversations;
mod delivery;
mod dependencies;
mod fallbacks;
mod faults;
mod heartbeats;
mod housekeeping;
mod incidents;
mod maintenance;
mod monitors;
mod platforms;
mod quiet;
mod random;
mod recording;
mod recoveries;
mod reports;
mod restarts;
mod rights;
mod routing;
mod rules;
mod security;
mod selection;
mod sight;
mod storms;
mod strangers;
mod telling;
mod unreadable;
mod worse;
