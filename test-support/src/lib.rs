//! What the tests of Watchword stand on. Nothing here is part of the program.

pub mod builders;
pub mod database;
#[cfg(feature = "platforms")]
pub mod platforms;
pub mod receiver;
pub mod services;
pub mod targets;
pub mod zap;
