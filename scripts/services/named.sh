# shellcheck shell=bash disable=SC2034,SC2154 # what run.sh reads, and what it sets
# BIND: a resolver that validates, and the authority that it asks, told apart by whether a question wants recursion.
# `watchword.test` is plain, `signed.test` is signed, `bogus.test` has no signature although the resolver expects one,
# and there are no other names.
package=bind9
variables=(WATCHWORD_TEST_DNS)
port_count=1

installed() { command -v named && command -v dnssec-signzone; }

zone() {
    cat <<-'ZONE'
		$TTL 300
		@           SOA   ns hostmaster 1 3600 600 86400 60
		@           NS    ns
		@           A     192.0.2.1
		@           MX    10 mail
		@           MX    20 backup.mail
		@           TXT   "v=spf1 mx -all"
		@           CAA   0 issue "ca.example"
		_dmarc      TXT   "v=DMARC1; p=reject"
		_dmarc      TXT   "another text"
		_watchword.www TXT "watchword-verification=8f14e45fceea167a"
		ns          A     127.0.0.1
		www         A     192.0.2.10
		www         A     192.0.2.11
		www         AAAA  2001:db8::10
		six         AAAA  2001:db8::6
		alias       CNAME www
		mail        A     192.0.2.25
		backup.mail A     192.0.2.26
		_sip._tcp   SRV   10 60 5060 www
		local       A     127.0.0.1
	ZONE
}

prepare() {
    local key
    # A copy, because AppArmor lets the one in /usr/sbin read nothing but /etc/bind.
    cp "$(command -v named)" .
    # shellcheck disable=SC2016 # no variable
    printf '%s\n' '$TTL 60' '@ SOA ns . 1 3600 600 86400 60' '@ NS ns' 'ns A 127.0.0.1' >root.zone
    zone | tee watchword.zone bogus.zone >signed.zone
    key=$(dnssec-keygen -q -a ECDSAP256SHA256 -f KSK signed.test)
    cat "$key.key" >>signed.zone
    dnssec-signzone -q -z -o signed.test -e +7776000 -f signed.zone.signed signed.zone "$key"
    # The public key as named wants it: NAME static-key FLAGS PROTOCOL ALGORITHM "KEY".
    anchor=$(awk '!/^;/ { key = $7; for (i = 8; i <= NF; i++) key = key $i
        printf "static-key %s %s %s \"%s\";", $4, $5, $6, key }' "$key.key")
}

serve() {
    cat >named.conf <<-CONF
		options {
		    directory "$PWD";
		    port ${port[0]}; # also for the questions of one view to the other
		    pid-file none;
		    session-keyfile none;
		    lock-file none;
		    listen-on { 127.0.0.1; };
		    listen-on-v6 { none; };
		    notify no;
		};
		controls {};
		view "resolver" {
		    match-recursive-only yes;
		    recursion yes;
		    dnssec-validation yes;
		    trust-anchors { signed.test. $anchor bogus.test. $anchor };
		    zone "." { type primary; file "root.zone"; };
		    zone "watchword.test" { type static-stub; server-addresses { 127.0.0.1; }; };
		    zone "signed.test" { type static-stub; server-addresses { 127.0.0.1; }; };
		    zone "bogus.test" { type static-stub; server-addresses { 127.0.0.1; }; };
		};
		view "authority" {
		    recursion no;
		    dnssec-validation no;
		    zone "watchword.test" { type primary; file "watchword.zone"; };
		    zone "signed.test" { type primary; file "signed.zone.signed"; };
		    zone "bogus.test" { type primary; file "bogus.zone"; };
		};
	CONF
    : >log # so that nothing of an earlier attempt is read below
    exec ./named -g -n 1 -c named.conf
}

# named stays when it cannot bind its port.
answers() {
    ! grep -q 'interface ignored' log || kill "$server"
    grep -q ' running$' log
}

values() {
    echo "WATCHWORD_TEST_DNS=127.0.0.1:${port[0]}"
}
