#!/usr/bin/env bash
# Runs a command beside real servers of what Watchword checks, named to it by the variables WATCHWORD_TEST_*. They are
# private: own folder, own ports, own user, and they end with this script, however it ends. A server whose variables
# are all set already is not started. Usage: with-services.sh [--only NAME[,NAME...]] COMMAND [ARGUMENT...]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
services=(clients lighthouse mariadb postgres dovecot named exim apprise nginx redis mosquitto) # the slowest to start first
as_owner=()                                                          # prefix that runs a command as the servers' user
dir=                                                                 # folder of everything below
runners=()                                                           # process ids of the scripts that hold the servers
child=                                                               # process id of the command

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Sets `services` and `command` from the arguments.
read_arguments() {
    local name known=" ${services[*]} "
    if [[ ${1:-} == --only && $# -ge 2 ]]; then
        IFS=, read -ra services <<<"$2"
        shift 2
    fi
    (($# > 0)) || fail "usage: $0 [--only NAME[,NAME...]] COMMAND [ARGUMENT...]" "The names are:$known"
    for name in "${services[@]}"; do
        [[ $known == *" $name "* ]] || fail "There is no service '$name', only:$known"
    done
    command=("$@")
}

# Leaves in `services` those of which a variable is not set.
drop_those_that_are_named() {
    local name wanted=()
    for name in "${services[@]}"; do
        if (
            variables=()
            # shellcheck source=/dev/null
            source "$here/services/$name.sh"
            for variable in "${variables[@]}"; do
                [[ -n ${!variable:-} ]] || exit 0
            done
            exit 1
        ); then wanted+=("$name"); fi
    done
    services=(${wanted[@]+"${wanted[@]}"})
}

# Prints the packages of the services that are not installed.
missing_packages() (
    PATH+=:/usr/local/sbin:/usr/sbin:/sbin # where other users than root do not look
    command -v openssl >/dev/null || echo openssl
    for name in "${services[@]}"; do
        (
            package=
            # shellcheck source=/dev/null
            source "$here/services/$name.sh"
            installed >/dev/null 2>&1 || echo "$package"
        )
    done
)

# Installs packages of Debian and of what descends from it. Nothing is removed for them, and what they bring is not
# started: policy-rc.d is how Debian is told so.
install() {
    local sudo=()
    command -v apt-get >/dev/null || return 1
    if ((EUID != 0)); then
        sudo -n true 2>/dev/null || return 1
        sudo=(sudo -n)
    fi
    echo "Installing what the tests check: $*" >&2
    # shellcheck disable=SC2016 # the inner shell expands it
    ${sudo[@]+"${sudo[@]}"} env DEBIAN_FRONTEND=noninteractive sh -ec '
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            trap "rm -f $policy" EXIT
            printf "#!/bin/sh\nexit 101\n" >$policy
            chmod 755 $policy
        fi
        apt-get update -q
        apt-get install -qy --no-install-recommends --no-remove "$@"
    ' sh "$@" >&2
}

install_what_is_missing() {
    local missing
    missing=$(missing_packages)
    [[ -n $missing ]] || return 0
    # shellcheck disable=SC2086 # one word per package
    install $missing || true
    missing=$(missing_packages)
    [[ -z $missing ]] || fail \
        "The tests need servers that were neither found nor could be installed. Do one of these:" \
        "  - install them, for example with 'apt-get install ${missing//$'\n'/ }'" \
        "  - set the variables that scripts/services/*.sh name to servers of your own" \
        "  - run only what needs others: $0 --only postgres cargo nextest run -p storage"
}

# Fetches what is no server, which is whose file says how, and exports what it tells: in the checkout and as who runs
# this, because it is kept for the next time. Leaves the servers in `services`.
fetch_what_is_no_server() {
    local name told key value servers=()
    for name in "${services[@]}"; do
        if ! grep -q '^fetch()' "$here/services/$name.sh"; then
            servers+=("$name")
            continue
        fi
        # shellcheck source=/dev/null
        told=$(source "$here/services/$name.sh" && fetch "${here%/*}") ||
            fail "What the tests need of '$name' could not be fetched: see above, and run this again."
        while IFS='=' read -r key value; do
            [[ -n ${!key:-} ]] || export "$key=$value"
        done <<<"$told"
    done
    services=(${servers[@]+"${servers[@]}"})
}

# Sets `dir` to a new folder of the servers' user. Several servers refuse to run as root, so root lends it to another
# user, who may be unable to enter the folders above the checkout; and the path of a socket has 104 bytes at most.
make_directory() {
    local parent=${here%/*}/target/test-services owner=nobody
    mkdir -p "$parent"
    dir=$(mktemp -d "$parent/XXXXXX")
    if ((EUID == 0)); then
        command -v setpriv >/dev/null ||
            fail "Servers do not run as root and setpriv (package util-linux) was not found: run this as another user"
        as_owner=(setpriv --reuid "$owner" --regid "$(id -g "$owner")" --init-groups)
        chown "$owner" "$dir"
    fi
    if ((${#dir} > 64)) || ! ${as_owner[@]+"${as_owner[@]}"} test -w "$dir"; then
        rmdir "$dir"
        dir=$(mktemp -d /tmp/watchword-services.XXXXXX)
        ((EUID != 0)) || chown "$owner" "$dir"
    fi
    cp "$here"/services/*.sh "$here"/services/lib/*.sh "$dir"
    chmod a+r "$dir"/*.sh
}

# Runs a script of the servers' folder as their user.
run_as_owner() {
    (cd "$dir" && HOME=$dir exec ${as_owner[@]+"${as_owner[@]}"} bash "$@")
}

# Starts all servers at the same time and exports what they tell. Each is held by a script of its own, which stops it
# when nobody has the pipe on its standard input open for writing any more: only this script has, until it ends.
start_servers() {
    local index name outcome key value
    run_as_owner certificates.sh || fail "The certificates of the test servers could not be made."
    export WATCHWORD_TEST_CA=$dir/tls/ca.pem

    mkfifo "$dir/alive" "$dir/started"
    exec 8<>"$dir/alive" 9<>"$dir/started"
    for index in "${!services[@]}"; do
        run_as_owner run.sh "${services[index]}" "$((20000 + index * 1000))" \
            <"$dir/alive" >"$dir/started" 8>&- 9>&- &
        runners+=($!)
    done
    for index in "${!services[@]}"; do
        read -r -t 120 name outcome <&9 || fail "Some test servers took too long to start; their logs are gone now."
        [[ $outcome == answers ]] ||
            fail "The test server '$name' did not start:" "$(tail -n 50 "$dir/$name/log" 2>&1)"
        while IFS='=' read -r key value; do
            [[ -n ${!key:-} ]] || export "$key=$value"
        done <"$dir/$name/variables"
    done
}

clean_up() {
    trap '' HUP INT TERM
    exec 8>&- 9>&-
    ((${#runners[@]} == 0)) || wait "${runners[@]}" || true
    [[ -z $dir ]] || rm -rf -- "$dir"
    rmdir "${here%/*}/target/test-services" 2>/dev/null || true
}

interrupted() {
    [[ -z $child ]] || kill "$child" 2>/dev/null || true
    exit "$1"
}

read_arguments "$@"
drop_those_that_are_named
((${#services[@]} > 0)) || exec "${command[@]}"

trap clean_up EXIT
trap 'interrupted 129' HUP
trap 'interrupted 130' INT
trap 'interrupted 143' TERM

install_what_is_missing
fetch_what_is_no_server
((${#services[@]} > 0)) || exec "${command[@]}"
make_directory
start_servers

# In the background, because bash acts on a signal at once only while it waits; the command keeps standard input
# and Ctrl-C, which a background command would lose.
(trap - INT && exec "${command[@]}") <&0 8>&- 9>&- &
child=$!
wait "$child"
