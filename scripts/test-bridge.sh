#!/usr/bin/env bash
# Runs the tests of lighthouse-bridge/, types and format among them, in a copy that the unprivileged user can read whom
# root has audits done by. Its packages are kept for the next time.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/services/lighthouse.sh
source scripts/services/lighthouse.sh

folder=$(readable_folder "$PWD/target/lighthouse")/tests
mkdir -p "$folder"
chmod 755 "$folder"
for old in "$folder"/* "$folder"/.[!.]*; do
    [[ $old == */node_modules ]] || rm -rf "$old"
done
tar -C lighthouse-bridge --exclude=./node_modules -cf - . | tar -C "$folder" --no-same-owner -xf -
cd "$folder"
if ! cmp -s package-lock.json node_modules/.locked; then
    npm ci --ignore-scripts --loglevel=error
    cp package-lock.json node_modules/.locked
fi
npm test
