//! What Watchword remembers, in SQLite or PostgreSQL.
//!
//! [`Store`] is the open database. Reads are its methods; what has to happen together are methods of [`Tx`], a
//! transaction from [`Store::begin`]. Nothing outside this crate knows which database is used, or how.
//!
//! | module | what it keeps |
//! |---|---|
//! | `people` | organisations, people, their roles and who they are in a chat |
//! | `conversations`, `dialogs` | where Watchword talks, and what it is waiting for there |
//! | `monitors`, `overview` | monitors as configured, and how they are |
//! | `health` | what is remembered of a monitor between two checks |
//! | `heartbeats`, `pings` | jobs that report in: where they report, what is awaited, and their latest reports |
//! | `schedule` | which monitor is due, and who is checking it |
//! | `results`, `rollups`, `flips` | what checks found, what that adds up to, and changes of status |
//! | `incidents`, `messages` | incidents and their cards in conversations |
//! | `key_check` | which key the secrets are sealed with |
//! | `retention` | forgetting what is old |
//! | `sizes` | how much room it takes |
//!
//! To add a table: a migration in `migration/` (never change one that was released), the queries in the file of
//! their topic, and a test in `tests/`, which runs on both databases.

mod connect;
mod conversations;
mod dependencies;
mod dialogs;
mod entity;
mod error;
mod flips;
mod health;
mod heartbeats;
mod incidents;
mod key_check;
mod messages;
mod migration;
mod monitors;
mod notices;
mod overview;
mod people;
mod pings;
mod results;
mod retention;
mod rollups;
mod rows;
mod schedule;
mod seal;
mod sizes;
mod sql;
mod tx;

pub use connect::{ConnectOptions, Durability, Store};
pub use dependencies::Shelter;
pub use error::StoreError;
pub use heartbeats::{Awaited, HeartbeatRow, NEVER};
pub use incidents::{IncidentFilter, NamedIncident};
pub use messages::Message;
pub use notices::{Audience, Notice};
pub use overview::{MonitorState, OverviewFilter, OverviewRow, OverviewSort};
pub use pings::NewPing;
pub use results::{Scope, StoredResult};
pub use retention::Forgotten;
pub use schedule::Claim;
pub use seal::SecretKey;
pub use sizes::TableSize;
pub use tx::Tx;
