//! The page of all commands is that of their declarations.

use std::path::Path;

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
