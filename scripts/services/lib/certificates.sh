#!/usr/bin/env bash
# Makes an authority that only tests trust, a certificate of a server on this machine and one of a client, in tls/.
set -euo pipefail
mkdir tls
cd tls
umask 077

# Prints nothing unless it fails.
quietly() {
    local said
    said=$("$@" 2>&1) || { printf '%s\n' "$said" >&2 && exit 1; }
}

request() {
    quietly openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config /dev/stdin "$@" <<-'CONF'
		distinguished_name = name
		[name]
		[authority]
		basicConstraints = critical, CA:TRUE
		keyUsage = critical, keyCertSign, cRLSign
	CONF
}

# Usage: certificate NAME SUBJECT EXTENSION...
certificate() {
    local name=$1 subject=$2
    shift 2
    request -keyout "$name.key" -out "$name.csr" -subj "$subject"
    printf '%s\n' 'basicConstraints = CA:FALSE' 'keyUsage = critical, digitalSignature' "$@" >"$name.ext"
    quietly openssl x509 -req -in "$name.csr" -out "$name.pem" -extfile "$name.ext" -days 90 \
        -CA ca.pem -CAkey ca.key -CAcreateserial
}

request -x509 -keyout ca.key -out ca.pem -days 90 -subj '/CN=Watchword test authority' -extensions authority
certificate server /CN=localhost 'extendedKeyUsage = serverAuth' 'subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1'
certificate client /CN=watchword 'extendedKeyUsage = clientAuth'
