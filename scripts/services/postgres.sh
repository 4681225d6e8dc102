# shellcheck shell=bash disable=SC2034,SC2154 # what run.sh reads, and what it sets
# PostgreSQL: `watchword` may do everything and is trusted, `monitor` needs its password and TLS.
package=postgresql
variables=(WATCHWORD_TEST_POSTGRES_URL WATCHWORD_TEST_POSTGRES_TLS_URL)
port_count=1
stop_signal=QUIT # at once

# Sets `bin` to the folder of the newest server installed.
installed() {
    local candidates=() folder
    folder=$(command -v initdb) && candidates+=("$(dirname "$folder")")
    folder=$(pg_config --bindir 2>/dev/null) && candidates+=("$folder")
    while IFS= read -r folder; do
        candidates+=("$folder")
    done < <(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin | sort -rV)
    for folder in "${candidates[@]}"; do
        if [[ -x $folder/initdb && -x $folder/postgres && -x $folder/pg_isready ]]; then
            bin=$folder
            return
        fi
    done
    return 1
}

prepare() {
    installed
    "$bin/initdb" --pgdata=data --username=watchword --auth=trust --encoding=UTF8 --locale=C --no-sync
    cat >data/pg_hba.conf <<-'CONF'
		hostssl all monitor   127.0.0.1/32 scram-sha-256
		host    all monitor   127.0.0.1/32 reject
		host    all all       127.0.0.1/32 trust
	CONF
    cat >>data/postgresql.conf <<-CONF
		listen_addresses = '127.0.0.1'
		unix_socket_directories = ''
		max_connections = 200
		fsync = off
		synchronous_commit = off
		full_page_writes = off
		ssl = on
		ssl_cert_file = '$tls/server.pem'
		ssl_key_file = '$tls/server.key'
	CONF
    echo "CREATE ROLE monitor LOGIN PASSWORD 'secret'" | "$bin/postgres" --single -D data postgres
}

serve() { exec "$bin/postgres" -D data -p "${port[0]}"; }

answers() { "$bin/pg_isready" --quiet --username=watchword --host=127.0.0.1 --port="${port[0]}"; }

values() {
    echo "WATCHWORD_TEST_POSTGRES_URL=postgres://watchword@127.0.0.1:${port[0]}/postgres"
    echo "WATCHWORD_TEST_POSTGRES_TLS_URL=postgres://monitor:secret@127.0.0.1:${port[0]}/postgres"
}
