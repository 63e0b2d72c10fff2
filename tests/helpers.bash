# What the tests share. BIN and BUILD say where the programs are; `make test` sets them.

bats_require_minimum_version 1.7.0
set -o pipefail
unset CDPATH # else cd may go elsewhere

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

# ---- what a machine may lack ----
# A test that needs it is skipped. CI installs all programs; other skips it accepts only
# where a probe of its own finds the same lack: see .ci/run.

# need PROGRAM...
need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "needs $program"
    done
}

# The one that can half-close (-N); others are called nc, too.
need_nc() {
    nc -h 2>&1 | grep -i '[[:space:]]-N[[:space:]].*shutdown' >/dev/null || skip "needs nc (netcat-openbsd)"
}

# Nobody listens on port 1: where there is IPv6, that is said.
need_ipv6() {
    { (exec 9<>/dev/tcp/::1/1) 2>&1 || true; } | LC_ALL=C grep -i refused >/dev/null || skip "needs IPv6"
}

# apart SCRIPT ARGUMENT...: runs it by sh, as root of a mount and a network namespace of its
# own, where there is no network but a loopback that is down.
apart() {
    local script=$1 map=-r
    shift
    [ "$(id -u)" -ne 0 ] || map= # root needs no user namespace, which a chroot would forbid
    unshare $map -mn sh -euc "$script" - "$@"
}

need_namespaces() {
    apart true 2>/dev/null || skip "needs namespaces (unshare -rmn)"
}

# make_locale LANG: makes it, such as de_DE.UTF-8, and sets it for what is started from now on.
make_locale() {
    need localedef
    mkdir "$BATS_TEST_TMPDIR/locales"
    localedef -i "${1%.*}" -f "${1#*.}" "$BATS_TEST_TMPDIR/locales/$1" 2>/dev/null ||
        skip "needs what localedef reads (package locales)"
    export LOCPATH=$BATS_TEST_TMPDIR/locales LC_ALL=$1 2>/dev/null
}

# A sanitizer needs much memory itself.
is_sanitized() {
    case $BUILD in
    */asan | */tsan) return 0 ;;
    *) return 1 ;;
    esac
}

# ---- what comes out ----

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

# below A B and between A LOW HIGH: for numbers with fractions. What is no number, or one
# with a comma, fails.
below() {
    are_numbers "$1" "$2" || return 1
    LC_ALL=C awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }' || fail "$1 is not below $2"
}

between() {
    are_numbers "$1" "$2" "$3" || return 1
    LC_ALL=C awk -v a="$1" -v low="$2" -v high="$3" 'BEGIN { exit !(low <= a && a <= high) }' ||
        fail "$1 is not between $2 and $3"
}

are_numbers() {
    local number
    for number in "$@"; do
        [[ "$number" =~ ^-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?$ ]] || fail "not a number: '$number'" || return 1
    done
}

# ---- programs in the background ----

# wait_until SECONDS COMMAND...: until it succeeds.
wait_until() {
    local steps=$(($1 * 50))
    shift
    while ! "$@"; do
        [ $((steps--)) -gt 0 ] || fail "in vain: $*" || return 1
        sleep 0.02
    done
}

# once_in_three COMMAND...: where a busy machine may disturb, and a fault always would.
once_in_three() {
    "$@" || "$@" || "$@"
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

gone() {
    ! kill -0 "$1" 2>/dev/null
}

# server and helper are ours to end; each may be several.
teardown() {
    # shellcheck disable=SC2086 # several words
    kill -9 ${server:-} ${helper:-} 2>/dev/null || true
    wait
}
