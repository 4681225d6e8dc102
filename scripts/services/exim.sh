# shellcheck shell=bash disable=SC2034,SC2154 # what run.sh reads, and what it sets
# Exim: SMTP with STARTTLS and one port with TLS from the start. `watchword` may log in once there is TLS, by
# PLAIN or LOGIN. What is for anybody@mail.test is delivered into the folder mail/new, a file for each recipient; there is
# no unknown@mail.test, later@mail.test is put off, and only who has logged in may write to members@mail.test. What is for
# other domains is thrown away. Unless told otherwise it asks the name server for the name of whoever says EHLO from this
# machine, which may take seconds, and answers 421 to all beyond 20 at once.
package=exim4-daemon-light
variables=(WATCHWORD_TEST_SMTP_URL WATCHWORD_TEST_SMTPS_URL WATCHWORD_TEST_MAIL)
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
		smtp_accept_max = 0
		spool_directory = $PWD/spool
		log_file_path = $PWD/%slog
		pid_file_path = $PWD/pid
		tls_advertise_hosts = *
		tls_certificate = $tls/server.pem
		tls_privatekey = $tls/server.key
		host_lookup =
		helo_lookup_domains =
		exim_path = $PWD/exim4
		deliver_drop_privilege = true
		acl_smtp_rcpt = recipient
		begin acl
		recipient:
		  deny domains = mail.test
		       local_parts = unknown
		       message = 5.1.1 there is no \$local_part@\$domain
		  defer domains = mail.test
		        local_parts = later
		        message = 4.2.0 \$local_part@\$domain is busy
		  deny domains = mail.test
		       local_parts = members
		       !authenticated = *
		       message = 5.7.1 log in first
		  accept
		begin routers
		kept:
		  driver = accept
		  domains = mail.test
		  transport = folder
		others:
		  driver = redirect
		  data = :blackhole:
		begin transports
		folder:
		  driver = appendfile
		  directory = $PWD/mail
		  maildir_format = true
		  envelope_to_add = true
		  mode = 0644
		  user = $(id -un)
		  group = $(id -gn)
		begin authenticators
		plain:
		  driver = plaintext
		  public_name = PLAIN
		  server_prompts = :
		  server_condition = \${if and {{eq{\$auth2}{watchword}} {eq{\$auth3}{secret}}}}
		  server_set_id = \$auth2
		  server_advertise_condition = \${if def:tls_in_cipher}
		login:
		  driver = plaintext
		  public_name = LOGIN
		  server_prompts = Username:: : Password::
		  server_condition = \${if and {{eq{\$auth1}{watchword}} {eq{\$auth2}{secret}}}}
		  server_set_id = \$auth1
		  server_advertise_condition = \${if def:tls_in_cipher}
	CONF
    exec ./exim4 -bdf -C "$PWD/exim.conf"
}

values() {
    echo "WATCHWORD_TEST_SMTP_URL=smtp://127.0.0.1:${port[0]}"
    echo "WATCHWORD_TEST_SMTPS_URL=smtps://127.0.0.1:${port[1]}"
    echo "WATCHWORD_TEST_MAIL=$PWD/mail"
}
