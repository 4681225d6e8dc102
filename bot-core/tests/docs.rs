//! The docs say what is declared.

use std::path::Path;

use monitor_core::outcome::Reason;

#[test]
fn the_docs_are_those_of_the_declarations() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let expected = bot_core::docs();
    let written = std::fs::read_to_string(root.join("docs/commands.md")).unwrap_or_default();
    if written != expected {
        let fresh = root.join("target/commands.md");
        std::fs::write(&fresh, expected).unwrap();
        panic!("docs/commands.md is not what the commands declare: cp target/commands.md docs/commands.md");
    }
}

#[test]
fn every_reason_code_stands_in_the_docs_as_it_is_declared() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/checks.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page.split_once("## Reason codes").unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    let declared = Reason::ALL.iter().map(|reason| {
        let verdict = serde_json::to_value(reason.verdict()).unwrap();
        format!("| `{}` | {} | {} |", reason.code(), verdict.as_str().unwrap(), reason.about())
    });
    assert_eq!(rows, declared.collect::<Vec<_>>());
}
