#!/usr/bin/env bash
# Starts the server of one service and stops it when standard input ends. Tells on standard output whether it answers,
# and how it is reached in the file `variables` of its folder. Usage: run.sh NAME FIRST_PORT
#
# A service is a file beside this one which sets
#   package      what Debian calls it
#   variables    the names of what it exports
#   stop_signal  what ends it, if not TERM (optional)
#   port_count   how many ports it listens on: ${port[0]}, ${port[1]}, ...
# and defines
#   installed    whether its programs are there
#   prepare      what is done once before it starts (optional)
#   serve        becomes the server, in the foreground
#   answers      whether the server is ready (optional: it accepts connections on all of its ports)
#   values       prints VARIABLE=value for each of `variables`
# All but `installed` run in a folder of the service's own.
set -euo pipefail

name=$1
first_port=$2
stop_signal=TERM
port=()
server=
PATH+=:/usr/local/sbin:/usr/sbin:/sbin
# shellcheck disable=SC2034 # for the services
tls=$PWD/tls # what certificates.sh has made

prepare() { :; }

answers() {
    local number
    for number in "${port[@]}"; do
        listens "$number" || return 1
    done
}

listens() {
    (exec 4<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Each service has a thousand ports of its own below 32768, where no outgoing connection takes one.
choose_ports() {
    local number
    port=()
    while ((${#port[@]} < ${port_count:?})); do
        number=$((first_port + RANDOM % 1000))
        [[ " ${port[*]} " == *" $number "* ]] || listens "$number" || port+=("$number")
    done
}

# Waits until the server answers, 30 s at most. It has not when it ended before.
wait_for_answer() {
    local _
    for _ in {1..600}; do
        kill -0 "$server" 2>/dev/null || return 1
        if answers; then return 0; fi
        sleep 0.05
    done
    echo "it does not answer"
    stop
    exit 1
}

# Stops the server, whose data is not needed again; by force after 10 s.
stop() {
    local _
    kill -s "$stop_signal" "$server" 2>/dev/null || return 0
    for _ in {1..200}; do
        kill -0 "$server" 2>/dev/null || return 0
        sleep 0.05
    done
    kill -s KILL "$server" 2>/dev/null || true
}

# Another program may take a port between our look at it and the server's binding, after which other ports are tried.
start() {
    local _
    for _ in {1..3}; do
        choose_ports
        serve </dev/null 3>&- &
        server=$!
        if wait_for_answer; then return 0; fi
    done
    return 1
}

# shellcheck source=/dev/null
source "./$name.sh"
mkdir "$name"
cd "$name"
exec 3>&1 >>log 2>&1

trap 'echo "$name failed" >&3' EXIT
prepare
start
values >variables
trap stop EXIT
echo "$name answers" >&3

# Ends when with-services.sh does.
cat >/dev/null
