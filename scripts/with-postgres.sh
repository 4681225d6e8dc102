#!/usr/bin/env bash
# Runs a command with WATCHWORD_TEST_POSTGRES_URL naming a PostgreSQL server, and without the other test servers.
# Usage: with-postgres.sh COMMAND [ARGUMENT...]
exec "$(dirname "$0")/with-services.sh" --only postgres "$@"
