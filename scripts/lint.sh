#!/usr/bin/env bash
# Checks the format and runs clippy with every warning an error.
set -euo pipefail
cd "$(dirname "$0")/.."

for component in fmt clippy; do
    cargo "$component" --version >/dev/null 2>&1 || rustup component add "${component/fmt/rustfmt}" || true
    if ! cargo "$component" --version >/dev/null 2>&1; then
        echo "cargo $component does not run: install it with 'rustup component add rustfmt clippy'" >&2
        exit 1
    fi
done

cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings
