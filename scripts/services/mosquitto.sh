# shellcheck shell=bash disable=SC2034,SC2154 # what run.sh reads, and what it sets
# Mosquitto: MQTT with a password, on a plain port and on one with TLS.
package=mosquitto
variables=(WATCHWORD_TEST_MQTT_URL WATCHWORD_TEST_MQTTS_URL)
port_count=2

installed() { command -v mosquitto && command -v mosquitto_passwd; }

serve() {
    mosquitto_passwd -b -c passwords watchword secret
    cat >mosquitto.conf <<-CONF
		allow_anonymous false
		password_file $PWD/passwords
		persistence false
		log_dest stderr
		listener ${port[0]} 127.0.0.1
		listener ${port[1]} 127.0.0.1
		certfile $tls/server.pem
		keyfile $tls/server.key
	CONF
    exec mosquitto -c mosquitto.conf
}

values() {
    echo "WATCHWORD_TEST_MQTT_URL=mqtt://watchword:secret@127.0.0.1:${port[0]}"
    echo "WATCHWORD_TEST_MQTTS_URL=mqtts://watchword:secret@127.0.0.1:${port[1]}"
}
