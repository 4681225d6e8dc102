# shellcheck shell=bash disable=SC2034,SC2154 # what run.sh reads, and what it sets
# Redis: `watchword`, or a password alone, on a plain port and on one with TLS.
package=redis-server
variables=(WATCHWORD_TEST_REDIS_URL WATCHWORD_TEST_REDISS_URL)
port_count=2

installed() { command -v redis-server; }

serve() {
    cat >redis.conf <<-CONF
		bind 127.0.0.1
		port ${port[0]}
		tls-port ${port[1]}
		tls-cert-file $tls/server.pem
		tls-key-file $tls/server.key
		tls-ca-cert-file $tls/ca.pem
		tls-auth-clients no
		requirepass secret
		user watchword on >secret ~* &* +@all
		save ""
		dir $PWD
	CONF
    exec redis-server redis.conf
}

values() {
    echo "WATCHWORD_TEST_REDIS_URL=redis://watchword:secret@127.0.0.1:${port[0]}"
    echo "WATCHWORD_TEST_REDISS_URL=rediss://watchword:secret@127.0.0.1:${port[1]}"
}
