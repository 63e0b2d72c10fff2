#!/bin/sh
# Runs the bats tests: with the bats on PATH if it is 1.7 or newer, else with npm's.
#     tests/run.sh [FILE OR FOLDER...]
set -eu
unset CDPATH # else cd may go elsewhere
cd "$(dirname "$0")/.."

is_new_enough() {
    version=$("$1" --version 2>/dev/null | sed -n 's/^Bats \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    [ -n "$version" ] || return 1
    # shellcheck disable=SC2086 # two words
    set -- $version
    [ "$1" -gt 1 ] || { [ "$1" -eq 1 ] && [ "$2" -ge 7 ]; }
}

bats=bats
if ! is_new_enough "$bats"; then
    bats=build/node_modules/.bin/bats
    if ! is_new_enough "$bats"; then
        if ! command -v npm >/dev/null; then
            echo 'The tests need bats 1.7 or newer: apt-get install bats, brew install bats-core, or install npm and try again.' >&2
            exit 1
        fi
        mkdir -p build
        npm install --silent --no-fund --no-audit --prefix build bats >&2
    fi
fi

[ $# -gt 0 ] || set -- tests
exec "$bats" "$@"
