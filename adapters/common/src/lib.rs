//! What the adapters of chat platforms share.
//!
//! An adapter turns a platform's event into a [`bot_core::Encounter`], has [`bot_core::Engine::receive`] answer it, and draws the
//! replies within the platform's limits. What happens while nobody says anything is told by the keeper, which keeps one live
//! card per incident and conversation through the platform's [`Courier`].

mod backoff;
pub mod courier;
mod finding;
mod hear;
mod keeper;
mod lanes;
pub mod split;
pub mod table;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod units;

pub use backoff::Backoff;
pub use courier::{Courier, Fault, Sent, Target};
pub use finding::Finding;
pub use hear::hear;
pub use keeper::Keeper;
pub use lanes::Lanes;
pub use split::split;
pub use units::Units;
