# What the tests share. BIN and BUILD say where the programs are; `make test` sets them.

bats_require_minimum_version 1.7.0
set -o pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BIN=${BIN:-.}
BUILD=${BUILD:-build}
cd "$ROOT" || exit 1

STAGES="stage1 stage2 stage3 stage4"
FUTURE_STAGES="stage3 stage4"
if [ -e "$BIN/stage5" ]; then
    STAGES="$STAGES stage5"
    FUTURE_STAGES="$FUTURE_STAGES stage5"
fi

# fail WORDS: ends the test, and says why.
fail() {
    echo "$*" >&2
    return 1
}

# need PROGRAM...: skips the test where one is missing. CI has them all.
need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "needs $program"
    done
}

# whole_answers N < OUTPUT: exactly start k and end k for each k from 1 to N, in this order.
whole_answers() {
    awk -v n="$1" '
        NF != 2 || ($1 != "start" && $1 != "end") || $2 < 1 || $2 > n { print "odd: " $0; bad = 1 }
        seen[$0]++ { print "twice: " $0; bad = 1 }
        $1 == "end" && !(("start " $2) in seen) { print "end before start: " $2; bad = 1 }
        END { if (NR != 2 * n) { print NR " lines, not " 2 * n; bad = 1 } exit bad }' >&2
}

# all_starts_come_first < OUTPUT
all_starts_come_first() {
    awk '$1 == "end" { ended = 1 } $1 == "start" && ended { bad = 1 } END { exit bad }' ||
        fail "somebody had to wait for the end of another"
}

# field NAME < JSON
field() {
    sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"
}

# wait_until SECONDS COMMAND...: until it succeeds.
wait_until() {
    local steps=$(($1 * 50))
    shift
    while ! "$@"; do
        [ $((steps--)) -gt 0 ] || fail "in vain: $*" || return 1
        sleep 0.02
    done
}

# start_server STAGE OPTION...: sets server (its process) and port. Its stderr: server.err.
start_server() {
    local stage=$1 err=$BATS_TEST_TMPDIR/server.err
    shift
    rm -f "$err" # of an earlier server
    "$BIN/$stage" serve -p 0 "$@" >/dev/null 2>"$err" 3>&- &
    server=$!
    wait_until 10 grep -qs 'listening on' "$err"
    port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$err")
}

# stop_server: with SIGINT; its exit status is ours.
stop_server() {
    local pid=$server
    server=
    kill -INT "$pid"
    wait "$pid"
}

teardown() {
    [ -z "${server:-}" ] || kill -9 "$server" 2>/dev/null || true
    [ -z "${helper:-}" ] || kill -9 "$helper" 2>/dev/null || true
    wait
}

# below A B and between A LOW HIGH: for numbers with fractions.
below() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }' || fail "$1 is not below $2"
}

between() {
    awk -v a="$1" -v low="$2" -v high="$3" 'BEGIN { exit !(low <= a && a <= high) }' ||
        fail "$1 is not between $2 and $3"
}
