# shellcheck shell=bash disable=SC2034,SC2154 # what run.sh reads, and what it sets
# MariaDB: one user with a password, with and without TLS.
package=mariadb-server-core # the programs without a service
variables=(WATCHWORD_TEST_MYSQL_URL)
port_count=1
stop_signal=KILL # an orderly end takes longer than all others together
system_tables='/usr/share/*/m*_system_tables.sql' # mysql/mysql_... or mariadb/mariadb_...
quick=(--innodb-buffer-pool-size=16M --innodb-flush-log-at-trx-commit=0 --innodb-log-file-size=4M)

installed() { command -v mariadbd && compgen -G "$system_tables"; }

# mariadb-install-db needs programs of other packages to find what is found here.
prepare() {
    mkdir data
    # shellcheck disable=SC2086 # a pattern
    { printf '%s\n' 'CREATE DATABASE mysql;' 'USE mysql;' && cat $system_tables; } |
        mariadbd --no-defaults --datadir="$PWD/data" --bootstrap "${quick[@]}"
    cat >init.sql <<-'SQL'
		CREATE DATABASE IF NOT EXISTS watchword;
		CREATE OR REPLACE USER watchword@'%' IDENTIFIED BY 'secret';
		GRANT ALL ON watchword.* TO watchword@'%';
	SQL
}

serve() {
    exec mariadbd --no-defaults --datadir="$PWD/data" --socket="$PWD/socket" --bind-address=127.0.0.1 \
        --port="${port[0]}" --init-file="$PWD/init.sql" --skip-name-resolve \
        --ssl-cert="$tls/server.pem" --ssl-key="$tls/server.key" "${quick[@]}"
}

values() {
    echo "WATCHWORD_TEST_MYSQL_URL=mysql://watchword:secret@127.0.0.1:${port[0]}/watchword"
}
