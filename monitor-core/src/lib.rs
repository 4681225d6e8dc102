//! What Watchword watches and how it judges what it sees.
//!
//! Everything here is pure: no I/O, no clock, no runtime. Time comes in as a [`Timestamp`], and the same
//! inputs always give the same answer, which is what lets the rest of the program replay, test and explain.
//!
//! | module | what it defines |
//! |---|---|
//! | [`alerting`] | telling people: severities, selectors, notifications |
//! | [`monitor`] | a monitor as its owner configured it |
//! | [`checks`] | the check kinds: what each is asked to do |
//! | [`http`] | the HTTP check kind: its options and what it expects |
//! | [`audit`] | audits of web pages: scores, metrics, budgets, what changed |
//! | [`assertion`] | what an answer has to satisfy, in one language for all kinds |
//! | [`outcome`] | what one check found: verdict, reason code, timings |
//! | [`health`] | the state machine from outcomes to status, flips and incidents |
//! | [`code`] | stable codes of what is refused |
//! | [`incident`] | a time during which a monitor was down |
//! | [`schedule`] | when a monitor is due |
//! | [`sketch`], [`rollup`] | compact statistics that add up |
//! | [`report`] | what a period looked like |
//! | [`security`] | findings of security checks, and their grade |
//! | [`people`] | organisations, people, roles and what a role may do |

pub mod alerting;
pub mod assertion;
pub mod audit;
pub mod checks;
pub mod code;
pub mod duration;
pub mod health;
pub mod heartbeat;
pub mod http;
pub mod incident;
pub mod labels;
pub mod monitor;
pub mod outcome;
pub mod people;
pub mod report;
pub mod rollup;
pub mod schedule;
pub mod secret;
pub mod security;
pub mod sketch;
mod time;

pub use time::Timestamp;
