# shellcheck shell=bash disable=SC2034 # what with-services.sh reads
# No server: the browser, and the worker of lighthouse-bridge/ with its packages, which npm fetches once for what is locked.
package='chromium nodejs npm util-linux iproute2'
variables=(WATCHWORD_TEST_LIGHTHOUSE WATCHWORD_TEST_CHROMIUM)

installed() {
    command -v chromium && command -v npm && command -v node && command -v unshare && command -v setpriv && command -v ip
}

# Usage: fetch CHECKOUT
fetch() {
    local from=$1/lighthouse-bridge folder source
    folder=$(readable_folder "$1/target/lighthouse")/$(openssl dgst -sha256 -r "$from/package-lock.json" | head -c 16)
    [[ -d $folder ]] || fetch_into "$folder" "$from" >&2 || return 1
    # The sources beside their packages, where Node looks for these; those of another state may be in use.
    source=src-$(cat "$from"/src/*.ts "$from"/src/*/*.ts | openssl dgst -sha256 -r | head -c 16)
    if [[ ! -d $folder/$source ]]; then
        cp -r "$from/src" "$folder/$source.$$" && mv -T "$folder/$source.$$" "$folder/$source" || return 1
    fi
    ln -sfn "$source" "$folder/src" || return 1
    echo "WATCHWORD_TEST_LIGHTHOUSE=$folder"
    echo "WATCHWORD_TEST_CHROMIUM=$(command -v chromium)"
}

# Prints the folder, or another one if audits, which root has done by `nobody`, cannot read what is there.
readable_folder() {
    local parent=${1%/*}
    mkdir -p "$1"
    if ((EUID == 0)) && ! setpriv --reuid=65534 --regid=65534 --clear-groups test -r "$parent"; then
        mkdir -p /var/tmp/watchword-lighthouse
        echo /var/tmp/watchword-lighthouse
    else
        echo "$1"
    fi
}

# The folder gets its name when all is there, so that nobody finds a half; of two who fetch at once the first wins.
fetch_into() {
    local folder=$1 from=$2 new
    echo "Fetching Lighthouse"
    new=$(mktemp -d "$folder.XXXXXX") || return 1
    chmod 755 "$new"
    cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$new"
    if npm ci --prefix "$new" --omit=dev --ignore-scripts --loglevel=error; then
        [[ -d $folder ]] || mv -T "$new" "$folder"
    fi
    rm -rf "$new"
    [[ -d $folder ]]
}
