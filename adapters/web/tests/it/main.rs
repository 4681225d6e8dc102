//! The routes as a browser or a program meets them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod chat;
mod events;
mod page;
mod world;
