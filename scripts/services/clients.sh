# shellcheck shell=bash disable=SC2034 # what with-services.sh reads
# No server: the official clients of the chat platforms and of OWASP ZAP, and the platforms' published schemas, which the
# tests hold our fakes of these against; and a TLS library that still speaks what nobody should. They are fetched once, by npm
# and pip, into target/clients/, in a folder named for what is locked in test-support/clients/. Scripts find the packages of
# node below $WATCHWORD_TEST_NODE_CLIENTS/node_modules.
package='nodejs npm python3-venv' # node 20 or later
variables=(WATCHWORD_TEST_NODE_CLIENTS WATCHWORD_TEST_PYTHON)

installed() {
    command -v npm && node -e 'process.exit(parseInt(process.versions.node, 10) >= 20 ? 0 : 1)' &&
        python3 -c 'import ensurepip, venv'
}

# Usage: fetch CHECKOUT
fetch() {
    local locked=$1/test-support/clients folder=$1/target/clients hash
    hash=$(cat "$locked/package-lock.json" "$locked/requirements.txt" | openssl dgst -sha256 -r) || return 1
    folder+=/${hash:0:16}
    [[ -d $folder ]] || fetch_into "$folder" "$locked" >&2 || return 1
    echo "WATCHWORD_TEST_NODE_CLIENTS=$folder"
    echo "WATCHWORD_TEST_PYTHON=$folder/python/bin/python"
}

# The folder gets its name when all is there, so that nobody finds a half; of two who fetch at once the first wins.
fetch_into() {
    local folder=$1 locked=$2 new
    echo "Fetching the clients of what is faked"
    mkdir -p "${folder%/*}"
    new=$(mktemp -d "$folder.XXXXXX") || return 1
    cp "$locked/package.json" "$locked/package-lock.json" "$locked/.npmrc" "$new"
    if npm ci --prefix "$new" --omit=optional --ignore-scripts --loglevel=error && python3 -m venv "$new/python" &&
        "$new/python/bin/python" -m pip install --quiet --disable-pip-version-check -r "$locked/requirements.txt"; then
        [[ -d $folder ]] || mv "$new" "$folder"
    fi
    rm -rf "$new"
    [[ -d $folder ]]
}
