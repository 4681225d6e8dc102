//! The routes as a browser or a program meets them.

mod chat;
mod events;
mod page;
mod world;
