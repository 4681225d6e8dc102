#!/usr/bin/env bash
# Runs all that a change must pass: format, lints, and every test, on SQLite and on PostgreSQL and against real servers
# of what Watchword checks.
set -euo pipefail
cd "$(dirname "$0")/.."

# First of all, so that a missing server is told before the long build and not after it.
if [[ ${1:-} != --with-services ]]; then
    exec scripts/with-services.sh scripts/test.sh --with-services
fi

scripts/lint.sh
scripts/test-bridge.sh

if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --locked
    cargo test --doc --workspace --locked # nextest runs no documentation tests
else
    cargo test --workspace --locked
fi
