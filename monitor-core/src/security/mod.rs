//! Security checks: findings about what the outside can see of a site, and the grade that they add up to.

pub mod observed;

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
