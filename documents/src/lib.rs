//! The documents of Watchword: data in, one self-contained HTML page out, which Chromium prints as a tagged PDF on A4.
//!
//! | function | what it makes |
//! |---|---|
//! | [`audit`] | the report of an audit of a page |
//! | [`report`] | the report of what a period looked like |
//! | [`tables`] | the same period as tables of comma-separated values |
//! | [`findings`] | what a security check found as such a table |
//!
//! Almost every text in a document was written by a stranger: by the page that was audited, by whoever named a monitor. `maud`
//! escapes them all, `text` takes out what controls a terminal or the direction of what follows, and the page's own policy lets it
//! load nothing. What makes a PDF accessible follows from the HTML: headings in order, tables with scopes, pictures with words.
//!
//! To look at what they look like: `cargo run -p documents --example gallery FOLDER` writes pages that a browser opens.

mod audit;
mod figures;
mod page;
mod picture;
mod report;
mod security;
mod text;

pub use audit::{AuditDocument, Before, Past, audit};
pub use report::charts::{charts, uptime as uptime_chart};
pub use report::counting::{counting, error_rate};
pub use report::tables::tables;
pub use report::{Outage, ReportDocument, report};
pub use security::findings;
