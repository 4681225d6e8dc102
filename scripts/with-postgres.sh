#!/usr/bin/env bash
# Runs a command with WATCHWORD_TEST_POSTGRES_URL naming a PostgreSQL server: the one it already names,
# else a private server that lives as long as the command. Usage: with-postgres.sh COMMAND [ARGUMENT...]
set -euo pipefail

if (($# == 0)); then
    echo "usage: $0 COMMAND [ARGUMENT...]" >&2
    exit 2
fi
if [[ -n ${WATCHWORD_TEST_POSTGRES_URL:-} ]]; then
    exec "$@"
fi

parent=$(cd "$(dirname "$0")/.." && pwd)/target/test-postgres
bin=        # where initdb and pg_ctl are
as_owner=() # prefix that runs a command as the user who owns the server
dir=        # the server's own directory
child=      # process id of the command

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Sets `bin` to the folder of the newest server installed.
find_server() {
    local candidates=() folder
    folder=$(command -v initdb) && candidates+=("$(dirname "$folder")")
    folder=$(pg_config --bindir 2>/dev/null) && candidates+=("$folder")
    while IFS= read -r folder; do
        candidates+=("$folder")
    done < <(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin | sort -rV)
    for folder in "${candidates[@]}"; do
        if [[ -x $folder/initdb && -x $folder/pg_ctl && -x $folder/postgres ]]; then
            bin=$folder
            return
        fi
    done
    return 1
}

# Installs Debian's package. Whether the package starts a server of its own does not matter: ours has its own
# directory and port.
install_server() {
    local sudo=()
    command -v apt-get >/dev/null || return 1
    if ((EUID != 0)); then
        sudo -n true 2>/dev/null || return 1
        sudo=(sudo -n)
    fi
    echo "PostgreSQL was not found: installing the package postgresql" >&2
    "${sudo[@]}" apt-get update -q >&2 || return 1
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends postgresql >&2
}

# Sets `dir` to a new directory of the server's owner. PostgreSQL refuses to run as root, so root lends it to
# another user, who may be unable to enter the folders above the checkout.
make_directory() {
    mkdir -p "$parent"
    dir=$(mktemp -d "$parent/XXXXXX")
    ((EUID == 0)) || return 0

    local owner=postgres
    id "$owner" >/dev/null 2>&1 || owner=nobody
    command -v setpriv >/dev/null ||
        fail "PostgreSQL does not run as root and setpriv (package util-linux) was not found: run this as another user"
    as_owner=(setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups)
    chown "$owner" "$dir"
    if ! "${as_owner[@]}" test -w "$dir"; then
        rmdir "$dir"
        dir=$(mktemp -d /tmp/watchword-postgres.XXXXXX)
        chown "$owner" "$dir"
    fi
}

run_as_owner() {
    (cd "$dir" && ${as_owner[@]+"${as_owner[@]}"} "$@")
}

# Starts the server and exports its address.
start_server() {
    local attempt port
    run_as_owner "$bin/initdb" --pgdata="$dir/data" --username=watchword --auth=trust --encoding=UTF8 --locale=C \
        --no-sync >"$dir/log" 2>&1 || fail "initdb failed:" "$(cat "$dir/log")"
    echo "host all all 127.0.0.1/32 trust" >"$dir/data/pg_hba.conf"
    cat >>"$dir/data/postgresql.conf" <<-'CONF'
		listen_addresses = '127.0.0.1'
		unix_socket_directories = ''
		max_connections = 200
		fsync = off
		synchronous_commit = off
		full_page_writes = off
	CONF

    # Binding the port is the only sure test that it is free; below 32768 no outgoing connection takes it.
    for attempt in {1..10}; do
        port=$((20000 + RANDOM % 12000))
        if run_as_owner "$bin/pg_ctl" start --silent --wait --timeout=60 --pgdata="$dir/data" \
            --log="$dir/server-$attempt.log" --options="-p $port" >>"$dir/log" 2>&1; then
            export WATCHWORD_TEST_POSTGRES_URL="postgres://watchword@127.0.0.1:$port/postgres"
            return
        fi
        grep -q "could not bind" "$dir/server-$attempt.log" || break
    done
    fail "the PostgreSQL server did not start:" "$(cat "$dir/server-$attempt.log")"
}

# Stops the server by the process id in its directory, at once: its data is not needed again.
clean_up() {
    trap '' HUP INT TERM
    if [[ -z $dir ]]; then
        return
    fi
    if [[ -f $dir/data/postmaster.pid ]]; then
        run_as_owner "$bin/pg_ctl" stop --silent --mode=immediate --pgdata="$dir/data" >&2 ||
            echo "the PostgreSQL server in $dir did not stop" >&2
    fi
    rm -rf -- "$dir"
    rmdir "$parent" 2>/dev/null || true
}

interrupted() {
    [[ -z $child ]] || kill "$child" 2>/dev/null || true
    exit "$1"
}

trap clean_up EXIT
trap 'interrupted 129' HUP
trap 'interrupted 130' INT
trap 'interrupted 143' TERM

find_server || { install_server || true; find_server; } || fail \
    "The tests need a PostgreSQL server and none was found or could be installed. Do one of these:" \
    "  - install one, for example with 'apt-get install postgresql' or 'brew install postgresql'" \
    "  - set WATCHWORD_TEST_POSTGRES_URL to a server whose user may create databases," \
    "    for example postgres://watchword@127.0.0.1:5432/postgres"
make_directory
start_server

# In the background, because bash acts on a signal at once only while it waits; the command keeps standard input
# and Ctrl-C, which a background command would lose.
(trap - INT && exec "$@") <&0 &
child=$!
wait "$child"
