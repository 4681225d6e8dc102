//! What failed, and where.

use serde_json::Value;

use super::json::{line, list};
use super::plain::{plain, title};
use super::{Element, Failed};
use crate::audit::Category;

/// Most elements that are kept of an audit.
const MAX_ELEMENTS: usize = 5;

/// Most audits that are kept of a category.
pub(super) const MAX_FAILED: usize = 100;

/// How deep lists within lists are looked into; Lighthouse has two levels.
const MAX_DEPTH: usize = 4;

pub(super) const MAX_DESCRIPTION: usize = 600;
const MAX_SELECTOR: usize = 300;
const MAX_SNIPPET: usize = 300;
const MAX_EXPLANATION: usize = 400;

/// Where a row says what is wrong with it.
const EXPLANATIONS: [&str; 6] = ["description", "reason", "message", "issueType", "value", "name"];

/// Reads an audit that failed.
pub(super) fn read(category: Category, id: &str, weight: f64, audit: &Value) -> Failed {
    let mut found = Found::default();
    collect(&audit["details"], MAX_DEPTH, &mut found);
    let (explanation, description) =
        (plain(&audit["explanation"], MAX_EXPLANATION), plain(&audit["description"], MAX_DESCRIPTION));
    Failed {
        category,
        id: id.to_owned(),
        title: title(&audit["title"]),
        description: if explanation.is_empty() { description } else { format!("{explanation} {description}") },
        weight,
        elements: found.elements,
        element_count: found.count,
    }
}

#[derive(Default)]
struct Found {
    elements: Vec<Element>,
    count: usize,
}

impl Found {
    fn push(&mut self, element: Option<Element>) {
        let Some(element) = element else { return };
        self.count += 1;
        if self.elements.len() < MAX_ELEMENTS {
            self.elements.push(element);
        }
    }
}

/// The rows of a table, and the tables of a list.
fn collect(details: &Value, depth: usize, found: &mut Found) {
    for row in list(&details["items"]) {
        match row["type"].as_str() {
            Some("node") => found.push(node(row)),
            Some("list-section") if depth > 0 => collect(&row["value"], depth - 1, found),
            Some("table" | "opportunity" | "list") if depth > 0 => collect(row, depth - 1, found),
            _ => found.push(in_row(row)),
        }
    }
}

/// The element that a row of a table is about, or else the address.
fn in_row(row: &Value) -> Option<Element> {
    let cells = || row.as_object().into_iter().flatten().map(|(_, cell)| cell);
    let explanation = EXPLANATIONS.iter().map(|name| plain(&row[*name], MAX_EXPLANATION)).find(|text| !text.is_empty());
    if let Some(mut element) = cells().find_map(node) {
        element.explanation = element.explanation.or(explanation);
        return Some(element);
    }
    let snippet = cells().find_map(address).unwrap_or_default();
    (!snippet.is_empty() || explanation.is_some()).then(|| Element { selector: String::new(), snippet, explanation })
}

fn node(cell: &Value) -> Option<Element> {
    let node = (cell["type"] == "node").then_some(cell)?;
    let explanation = line(&node["explanation"], MAX_EXPLANATION);
    Some(Element {
        selector: line(&node["selector"], MAX_SELECTOR),
        snippet: line(&node["snippet"], MAX_SNIPPET),
        explanation: (!explanation.is_empty()).then_some(explanation),
    })
}

/// An address, of a script with line and column from 1.
fn address(cell: &Value) -> Option<String> {
    let (address, place) = match cell["type"].as_str() {
        Some("source-location") => (&cell["url"], place(cell)),
        Some("url") => (&cell["value"], None),
        Some("link") => (&cell["url"], None),
        _ => (cell, None),
    };
    let address = line(address, MAX_SNIPPET);
    let is_address = address.starts_with("https://") || address.starts_with("http://");
    is_address.then(|| format!("{address}{}", place.unwrap_or_default()))
}

fn place(cell: &Value) -> Option<String> {
    let (line, column) = (cell["line"].as_u64()?, cell["column"].as_u64()?);
    // Of a whole resource Lighthouse says 0:0.
    (line > 0 || column > 0).then(|| format!(":{}:{}", line.saturating_add(1), column.saturating_add(1)))
}
