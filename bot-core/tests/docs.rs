//! The docs say what is declared.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what cannot be written has failed")]

use std::path::Path;

#[track_caller]
fn assert_written(name: &str, expected: String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let written = std::fs::read_to_string(root.join("docs").join(name)).unwrap_or_default();
    if written != expected {
        std::fs::write(root.join("target").join(name), expected).unwrap();
        panic!("docs/{name} is not what is declared: cp target/{name} docs/{name}");
    }
}

#[test]
fn the_docs_are_those_of_the_declarations() {
    assert_written("commands.md", bot_core::docs());
}

#[test]
fn the_docs_of_checks_are_those_of_the_declarations() {
    assert_written("checks.md", bot_core::checks_docs());
}

#[test]
fn the_docs_of_destinations_are_those_of_the_declarations() {
    assert_written("destinations.md", bot_core::destinations_docs());
}
