#!/usr/bin/env bats
# What the stages cost. Lower bounds are hard. Upwards, CPU and wall time are compared with
# a yardstick that runs in turn with the stage in the same test, so that whatever else the
# machine does hits both: bare epoll and bare poll (tests/bench/peers), which do the same
# work with the least that the kernel allows, or a busy loop. Not for the sanitizers.

load helpers

export LC_ALL=C # else time and awk may write decimal commas

# Stage 1 sleeps for ten seconds: it does so while the other tests run.
setup_file() {
    make -s BUILD="$BUILD" BIN="$BIN" "$BUILD/bench/bare_epoll" "$BUILD/bench/bare_poll" \
        >"$BATS_FILE_TMPDIR/make" 2>&1 3>&- || true
    "$BIN/stage1" -r json >"$BATS_FILE_TMPDIR/out" 2>"$BATS_FILE_TMPDIR/json" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/stage1"
}

# Its report is the last thing that it does: after that, the number may be another's.
teardown_file() {
    [ -s "$BATS_FILE_TMPDIR/json" ] || kill "$(cat "$BATS_FILE_TMPDIR/stage1")"
}

need_yardsticks() {
    [ "$(uname -s)" = Linux ] || skip "bare epoll and bare poll need Linux"
    for yardstick in bare_epoll bare_poll; do
        [ -x "$BUILD/bench/$yardstick" ] ||
            skip "$yardstick cannot be built here: $(tail -n 1 "$BATS_FILE_TMPDIR/make")"
    done
}

need_descriptors() {
    [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge "$1" ] || skip "needs $1 descriptors"
}

# timed NAME COMMAND...: notes the seconds that it took, and those of CPU.
timed() {
    local name=$1 TIMEFORMAT='%R %U %S'
    shift
    { time "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"; } \
        2>>"$BATS_TEST_TMPDIR/$name.times"
}

# measure STAGE OPTION...: runs it, checks that all clients got their answer, sets $json.
measure() {
    timed "$1" "$BIN/$1" "${@:2}" -r json
    json=$(tail -n 1 "$BATS_TEST_TMPDIR/err")
    whole_answers "$(get clients)" <"$BATS_TEST_TMPDIR/out"
}

get() {
    field "$1" <<<"$json"
}

# least NAME, least_cpu NAME and best_share NAME: of its runs, the least seconds, the least of
# CPU, and the most of a CPU that it had, in percent.
least() {
    awk '{ print $1 }' "$BATS_TEST_TMPDIR/$1.times" | sort -n | head -n 1
}

least_cpu() {
    awk '{ print $2 + $3 }' "$BATS_TEST_TMPDIR/$1.times" | sort -n | head -n 1
}

best_share() {
    awk '{ print 100 * ($2 + $3) / $1 }' "$BATS_TEST_TMPDIR/$1.times" | sort -n | tail -n 1
}

product() {
    awk -v a="$1" -v b="$2" 'BEGIN { print a * b }'
}

# in_turn STAGE YARDSTICK CLIENTS DELAY: three runs of each.
in_turn() {
    for _ in 1 2 3; do
        timed "$2" "$BUILD/bench/$2" demo "$3" "$4"
        measure "$1" -n "$3" -d "$4"
    done
}

# yardstick_of STAGE
yardstick_of() {
    case $1 in
    stage4) echo bare_poll ;;
    *) echo bare_epoll ;;
    esac
}

# All were served at the same time; in sequence it would take ten seconds.
takes_one_second() {
    between "$(get wall_s)" 1.0 1.999
    all_starts_come_first <"$BATS_TEST_TMPDIR/out"
}

# ListenOverflows: two lines that begin with TcpExt:, first the names, then the numbers.
overflows() {
    awk '$1 == "TcpExt:" && named { for (i = 2; i <= NF; i++) if (name[i] == "ListenOverflows") print $i }
         $1 == "TcpExt:" && !named { for (i = 2; i <= NF; i++) name[i] = $i; named = 1 }' /proc/net/netstat
}

# ---- ten clients ----

@test "stages 2 to 5 take one second for ten clients" {
    for stage in ${STAGES#stage1}; do
        measure "$stage"
        takes_one_second
    done
}

@test "stage 3 takes as much CPU as a busy loop gets; the others under a tenth of that" {
    # shellcheck disable=SC2016 # it is for the other shell
    for _ in 1 2 3; do
        timed busy_loop bash -c 'SECONDS=0; while [ $SECONDS -lt 1 ]; do :; done'
        measure stage3
    done
    below "$(product 0.5 "$(best_share busy_loop)")" "$(best_share stage3)"
    for stage in ${STAGES#stage1}; do
        [ "$stage" != stage3 ] || continue
        measure "$stage"
        below "$(least_cpu "$stage")" "$(product 0.1 "$(least_cpu stage3)")"
    done
}

@test "stages 3, 4 and 5 have one thread, stage 2 one for each client and each response" {
    for stage in $FUTURE_STAGES; do
        measure "$stage" -d 0.1
        [ "$(get peak_threads)" -eq 1 ]
    done
    measure stage2
    [ "$(get peak_threads)" -ge 21 ]
}

# ---- a thousand ----

@test "a thousand clients cost stages 4 and 5 under 12 polls and under one wait each" {
    for stage in $FUTURE_STAGES; do
        [ "$stage" != stage3 ] || continue
        measure "$stage" -n 1000 -d 0.5
        [ "$(get polls)" -lt 12000 ]
        [ "$(get reactor_waits)" -lt 1000 ] || fail "$stage: $(get reactor_waits) waits"
        [ "$(get wasted_polls)" -lt 100 ] || fail "$stage: $(get wasted_polls) wasted polls"
    done
}

@test "a thousand clients cost stages 4 and 5 at most twice the CPU of bare poll and bare epoll" {
    need_yardsticks
    for stage in $FUTURE_STAGES; do
        [ "$stage" != stage3 ] || continue
        yardstick=$(yardstick_of "$stage")
        in_turn "$stage" "$yardstick" 1000 0.3
        below "$(least_cpu "$stage")" "$(product 2 "$(least_cpu "$yardstick")")"
    done
}

@test "a thousand clients cost stage 2 at most 30 times the CPU of bare epoll, and 40 MiB" {
    need_yardsticks
    in_turn stage2 bare_epoll 1000 0.3
    below "$(least_cpu stage2)" "$(product 30 "$(least_cpu bare_epoll)")"
    below "$(get max_rss_kib)" $((40 * 1024))
}

@test "a thousand clients are possible in stage 3, in under 5 MiB" {
    measure stage3 -n 1000 -d 0.5
    below "$(get max_rss_kib)" $((5 * 1024))
}

# ---- many ----

@test "two thousand clients are possible in stage 2" {
    measure stage2 -n 2000
    [ "$(get peak_threads)" -gt 2000 ]
}

@test "9000 clients in one process and thread: under 10 MiB, no overflow of the listener's queue" {
    need_descriptors 18016
    [ -e /proc/net/netstat ] || skip "needs /proc/net/netstat"
    for stage in $FUTURE_STAGES; do
        [ "$stage" != stage3 ] || continue
        before=$(overflows)
        measure "$stage" -n 9000
        [ "$(overflows)" -eq "$before" ]
        below 1.0 "$(get wall_s)"
        below "$(get max_rss_kib)" $((10 * 1024))
        [ "$(get peak_threads)" -eq 1 ]
    done
}

@test "9000 clients take at most twice the time, and twice the CPU, of bare poll and bare epoll" {
    need_yardsticks
    need_descriptors 18016
    for stage in $FUTURE_STAGES; do
        [ "$stage" != stage3 ] || continue
        yardstick=$(yardstick_of "$stage")
        in_turn "$stage" "$yardstick" 9000 0.3
        below 0.3 "$(least "$stage")"
        below "$(least "$stage")" "$(product 2 "$(least "$yardstick")")"
        below "$(least_cpu "$stage")" "$(product 2 "$(least_cpu "$yardstick")")"
    done
}

# ---- honest counts ----

# has_threads PROCESS N: as the kernel says.
has_threads() {
    [ "$(sed -n 's/^Threads:[^0-9]*//p' "/proc/$1/status")" -eq "$2" ]
}

@test "the report counts threads as the kernel does" {
    [ -e /proc/self/status ] || skip "needs /proc"
    for stage in $STAGES; do
        measure "$stage" -d 0.03
        "$BIN/$stage" -d 5 -r none >/dev/null 3>&- & # all are there for so long, at least
        helper=$!
        wait_until 4 has_threads "$helper" "$(get peak_threads)" ||
            fail "$stage: not $(get peak_threads), as it says"
        kill -9 "$helper"
        helper=
    done
}

@test "memory is that of the stage, not of a large parent" {
    need python3
    [ -e /proc/self/status ] || skip "needs /proc"
    for stage in $STAGES; do
        json=$(python3 -c '
import os, sys
ballast = bytearray(30 << 20)
os.execv(sys.argv[1], sys.argv[1:])' "$BIN/$stage" -n 1 -d 0 -r json 2>&1 >/dev/null)
        between "$(get max_rss_kib)" 500 10000
    done
}

# ---- stage 1, at last: see setup_file ----

# One starts as soon as the one before has ended; which of the two lines is printed first is
# up to their threads. A third would have to wait a second more.
one_after_the_other() {
    awk '{ running += $1 == "start" ? 1 : -1 } running > 2 { exit 1 }'
}

@test "stage 1 takes ten seconds for ten clients: each waits for the end of the one before" {
    wait_until 30 grep -qs '}' "$BATS_FILE_TMPDIR/json"
    json=$(tail -n 1 "$BATS_FILE_TMPDIR/json")
    between "$(get wall_s)" 10.0 19.999
    whole_answers 10 <"$BATS_FILE_TMPDIR/out"
    one_after_the_other <"$BATS_FILE_TMPDIR/out"
}

@test "stage 1 takes under a tenth of the CPU, in ten seconds, that stage 3 takes in one" {
    wait_until 30 grep -qs '}' "$BATS_FILE_TMPDIR/json"
    json=$(tail -n 1 "$BATS_FILE_TMPDIR/json")
    mine=$(awk -v u="$(get user_s)" -v s="$(get sys_s)" 'BEGIN { print u + s }')
    measure stage3
    below "$mine" "$(product 0.1 "$(least_cpu stage3)")"
}
