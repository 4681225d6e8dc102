#!/usr/bin/env bash
# Checks the dependencies against deny.toml. Usage: deny.sh [CHECK...]
# Without arguments it runs the checks that need no network once the crates are downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v cargo-deny >/dev/null; then
    echo "cargo-deny was not found: installing it, which takes a few minutes" >&2
    cargo install --locked --version '^0.20' cargo-deny
fi

if (($# > 0)); then
    cargo deny --locked check "$@"
else
    cargo deny --locked check bans licenses sources
    echo "For known vulnerabilities run 'scripts/deny.sh advisories': it downloads the RustSec database." >&2
fi
