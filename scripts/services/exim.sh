# shellcheck shell=bash disable=SC2034,SC2154 # what run.sh reads, and what it sets
# Exim: SMTP with STARTTLS and one port with TLS from the start. It takes every letter and throws it away; `watchword`
# may log in once there is TLS.
package=exim4-daemon-light
variables=(WATCHWORD_TEST_SMTP_URL WATCHWORD_TEST_SMTPS_URL)
port_count=2

installed() { command -v exim4; }

# A copy is not setuid: it stays who it is.
prepare() { cp "$(command -v exim4)" .; }

serve() {
    cat >exim.conf <<-CONF
		primary_hostname = localhost
		exim_user = $(id -un)
		exim_group = $(id -gn)
		admin_groups = $(id -gn)
		keep_environment =
		local_interfaces = 127.0.0.1
		daemon_smtp_ports = ${port[0]} : ${port[1]}
		tls_on_connect_ports = ${port[1]}
		daemon_startup_retries = 0
		spool_directory = $PWD/spool
		log_file_path = $PWD/%slog
		pid_file_path = $PWD/pid
		tls_advertise_hosts = *
		tls_certificate = $tls/server.pem
		tls_privatekey = $tls/server.key
		host_lookup =
		acl_smtp_rcpt = accept
		acl_smtp_data = discard
		begin acl
		begin authenticators
		plain:
		  driver = plaintext
		  public_name = PLAIN
		  server_prompts = :
		  server_condition = \${if and {{eq{\$auth2}{watchword}} {eq{\$auth3}{secret}}}}
		  server_advertise_condition = \${if def:tls_in_cipher}
	CONF
    exec ./exim4 -bdf -C "$PWD/exim.conf"
}

values() {
    echo "WATCHWORD_TEST_SMTP_URL=smtp://127.0.0.1:${port[0]}"
    echo "WATCHWORD_TEST_SMTPS_URL=smtps://127.0.0.1:${port[1]}"
}
