#!/usr/bin/env bash
# Builds the program and the benchmark in release mode and measures. Arguments go to the benchmark, which starts the
# servers that some kinds of checks are measured against by with-services.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/bridge.sh
export WATCHWORD_AUDITS_BRIDGE=${WATCHWORD_AUDITS_BRIDGE:-$PWD/lighthouse-bridge}
cargo build --release --locked -p watchword -p bench
exec "${CARGO_TARGET_DIR:-target}/release/bench" "$@"
