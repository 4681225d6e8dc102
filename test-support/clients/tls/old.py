"""A TLS server of another make that still speaks what no system's library does any more: SSL 3, RC4, 3DES, NULL.

Usage: old.py CERTIFICATE KEY NEWEST CIPHER[,CIPHER...] [anon]
NEWEST is the minor number of the newest version: 0 for SSL 3 to 3 for TLS 1.2; the oldest is SSL 3. Prints the port that it
listens on, and serves until it is ended.
"""

import socket
import sys

from tlslite.api import HandshakeSettings, TLSConnection, X509, X509CertChain, parsePEMKey

certificate, key, newest, ciphers = sys.argv[1:5]
anonymous = "anon" in sys.argv[5:]

settings = HandshakeSettings()
settings.minVersion, settings.maxVersion = (3, 0), (3, int(newest))
settings.cipherNames = ciphers.split(",")
settings.macNames = ["sha", "md5"]
settings.keyExchangeNames = ["dh_anon"] if anonymous else ["rsa"]
chain = X509CertChain([X509().parse(open(certificate).read())])
key = parsePEMKey(open(key).read(), private=True)

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection = listener.accept()[0]
    try:
        identity = {"anon": True} if anonymous else {"certChain": chain, "privateKey": key}
        TLSConnection(connection).handshakeServer(settings=settings, **identity)
    except Exception:  # whatever a client does, the next one is served
        pass
    finally:
        connection.close()
