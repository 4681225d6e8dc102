#!/usr/bin/env bash
# Fetches the packages of lighthouse-bridge/, with which pages are audited and PDFs printed, when they are not there as
# they are locked. Nothing else needs them, so that without npm, or without a registry, this says so and all goes on.
set -euo pipefail
cd "$(dirname "$0")/../lighthouse-bridge"

# npm writes it last.
fetched=node_modules/.package-lock.json
if [[ $fetched -nt package-lock.json ]]; then
    exit 0
fi
if ! command -v npm >/dev/null; then
    echo 'Pages will not be audited: npm was not found. Install Node.js 20 or newer and Chromium, then run this again.' >&2
    exit 0
fi
echo 'Fetching what pages are audited with (some 180 MB, once)' >&2
if ! npm ci --omit=dev --ignore-scripts --loglevel=error >&2; then
    echo 'Pages will not be audited: see above. Everything else works.' >&2
fi
