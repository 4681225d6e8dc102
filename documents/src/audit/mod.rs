//! The report of an audit.

mod cover;
mod found;
mod judged;
mod measured;

use std::collections::BTreeMap;

use maud::html;
use monitor_core::Timestamp;
use monitor_core::audit::budget::Budget;
use monitor_core::audit::changes::Changes;
use monitor_core::audit::summary::Summary;
use monitor_core::audit::{AuditId, Category};

use crate::page::page;
use crate::text::clean;

/// What the report of an audit is made of.
#[derive(Debug, Clone, Copy)]
pub struct AuditDocument<'a> {
    /// The audit's number.
    pub id: AuditId,
    /// When it was asked for.
    pub at: Timestamp,
    /// Who asked for it.
    pub by: Option<&'a str>,
    /// The schedule that it was made for.
    pub schedule: Option<&'a str>,
    /// What it found.
    pub summary: &'a Summary,
    /// The limits that the page has to keep.
    pub budgets: &'a [Budget],
    /// The audits of the same page as the same device before it, the oldest first.
    pub past: &'a [Past<'a>],
    /// What changed since the one that it can be compared with.
    pub before: Option<Before<'a>>,
}

/// An audit of the past.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// When it was asked for.
    pub at: Timestamp,
    /// Its scores.
    pub scores: &'a BTreeMap<Category, u8>,
}

/// The audit that this one is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// Its number.
    pub id: AuditId,
    /// When it was asked for.
    pub at: Timestamp,
    /// What changed since.
    pub changes: &'a Changes,
}

/// The report of an audit as a page to be printed.
#[must_use]
pub fn audit(document: &AuditDocument<'_>) -> String {
    let summary = document.summary;
    let body = html! {
        (cover::cover(document))
        (found::filmstrip(summary))
        (found::opportunities(summary))
        (found::failed(summary))
        (found::pwa(summary))
        (judged::changes(document))
        (judged::budgets(document))
        (measured::transfer(summary))
        (measured::measured(document))
    };
    let title = format!("Audit of {}", clean(&summary.requested_url).chars().take(120).collect::<String>());
    page(&title, &format!("Audit {}", document.id), &document.at.to_minute(), &body)
}
