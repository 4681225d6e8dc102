# shellcheck shell=bash disable=SC2034,SC2154 # what run.sh reads, and what it sets
# Dovecot: IMAP with STARTTLS and one port with TLS from the start; `watchword` may log in once there is TLS.
package=dovecot-imapd
variables=(WATCHWORD_TEST_IMAP_URL WATCHWORD_TEST_IMAPS_URL)
port_count=2

installed() { command -v dovecot && [[ -x /usr/lib/dovecot/imap || -x /usr/libexec/dovecot/imap ]]; }

serve() {
    echo 'watchword:{PLAIN}secret' >users
    cat >dovecot.conf <<-CONF
		protocols = imap
		base_dir = $PWD/run
		state_dir = $PWD/state
		log_path = /dev/stderr
		default_internal_user = $(id -un)
		default_internal_group = $(id -gn)
		default_login_user = $(id -un)
		# The user who runs this, whoever it is, keeps all mail.
		first_valid_uid = 1
		mail_location = maildir:$PWD/mail
		ssl = yes
		ssl_cert = <$tls/server.pem
		ssl_key = <$tls/server.key
		disable_plaintext_auth = yes
		# A login that fails is answered at once, and does not delay the next one from the same address.
		auth_failure_delay = 0
		passdb {
		  driver = passwd-file
		  args = $PWD/users
		}
		userdb {
		  driver = static
		  args = uid=$(id -u) gid=$(id -g) home=$PWD/mail
		}
		service anvil {
		  chroot =
		  unix_listener anvil-auth-penalty {
		    mode = 0
		  }
		}
		service imap-login {
		  chroot =
		  inet_listener imap {
		    address = 127.0.0.1
		    port = ${port[0]}
		  }
		  inet_listener imaps {
		    address = 127.0.0.1
		    port = ${port[1]}
		  }
		}
	CONF
    exec dovecot -F -c "$PWD/dovecot.conf"
}

values() {
    echo "WATCHWORD_TEST_IMAP_URL=imap://127.0.0.1:${port[0]}"
    echo "WATCHWORD_TEST_IMAPS_URL=imaps://127.0.0.1:${port[1]}"
}
