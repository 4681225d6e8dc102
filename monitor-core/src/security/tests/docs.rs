//! The page about security checks.

use std::path::Path;

use crate::security::docs;

/// The tables stand between these two headings of the page.
const TABLES: [&str; 2] = ["## Findings\n", "## How it is built\n"];

#[test]
fn the_page_has_the_tables_of_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/security-check.md")).unwrap();
    let [start, end] = TABLES.map(|heading| page.find(heading).unwrap());
    let expected = format!("{}{}\n{}", &page[..start], docs(), &page[end..]);
    if page != expected {
        std::fs::write(root.join("target/security-check.md"), expected).unwrap();
        panic!("docs/security-check.md is not of these rules: cp target/security-check.md docs/security-check.md");
    }
}
