//! Security checks: findings about what the outside can see of a site, and the grade that they add up to.
//!
//! [`review`] judges what was [`Observed`]. Every finding stands in the table [`rules::ALL`], with its risk, points,
//! reason, remedy and reference; each topic has a file that says when the rules of the topic are broken. A new finding
//! is one entry there, one judgement in its topic's file, and one case in the tests.

mod cookies;
mod cors;
mod csp;
mod dns;
mod docs;
mod grade;
mod headers;
pub mod html;
mod leaks;
mod libraries;
mod notes;
pub mod observed;
mod page;
mod redirects;
mod review;
pub mod rules;
mod security_txt;
mod site;
#[cfg(test)]
mod tests;
mod tls;
mod version;
pub mod zap;

pub use docs::docs;
pub use grade::Grade;
pub use observed::{Depth, Observed};
pub use review::{Changes, NotLooked, Review, review};

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Good to know; costs nothing.
    Info,
    /// A layer of defence is missing.
    Low,
    /// It helps an attacker in common situations.
    Medium,
    /// It can be used by itself, or secrets are open to everybody.
    High,
}

/// What was found, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable id, such as `hsts-missing`; of ZAP's alerts `zap-` and the plugin's number.
    pub id: String,
    /// How bad it is.
    pub risk: Risk,
    /// What was found, in one line.
    pub title: String,
    /// What was seen: the header, the certificate's date, the address. Never a secret.
    pub evidence: String,
    /// Why it matters.
    pub why: String,
    /// How to mend it.
    pub mend: String,
    /// Where to read more: an OWASP ASVS requirement, MDN's observatory, an RFC.
    pub reference: String,
}
