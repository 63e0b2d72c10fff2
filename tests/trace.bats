#!/usr/bin/env bats
# --trace=FILE: the event log in the Chrome Trace Event format.

load helpers

setup() {
    need python3
    file=$BATS_TEST_TMPDIR/trace.json
}

# traced STAGE OPTION...: its lanes, sorted, are in $BATS_TEST_TMPDIR/lanes.
traced() {
    local stage=$1
    shift
    "$BIN/$stage" --trace="$file" -r json "$@" 2>"$BATS_TEST_TMPDIR/report" >"$BATS_TEST_TMPDIR/out"
    python3 tests/check_trace.py "$file" "$BATS_TEST_TMPDIR/report" | sort >"$BATS_TEST_TMPDIR/lanes"
}

# lanes_are NAME...
lanes_are() {
    printf '%s\n' "$@" | sort | diff - "$BATS_TEST_TMPDIR/lanes"
}

# counted KIND N: "KIND 1" ... "KIND N"
counted() {
    seq -f "$1 %.0f" "$2"
}

@test "a lane for each task and the reactor, a slice for each poll and wait, an arrow for each wake" {
    for stage in $FUTURE_STAGES; do
        traced "$stage" -n 7 -d 0.02
        whole_answers 7 <"$BATS_TEST_TMPDIR/out"
        mapfile -t tasks < <(counted client 7; counted response 7)
        lanes_are main server reactor "${tasks[@]}"
    done
}

@test "a lane for each thread of stages 1 and 2, and a slice for each call that may block" {
    mapfile -t clients < <(counted client 7)
    traced stage1 -n 7 -d 0.02
    lanes_are main server "${clients[@]}"
    traced stage2 -n 7 -d 0.02
    mapfile -t responses < <(counted response 7)
    lanes_are main server "${clients[@]}" "${responses[@]}"
    python3 - "$file" <<'PYTHON'
import json, sys
events = json.load(open(sys.argv[1]))
lanes = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
naps = [e for e in events if e["ph"] == "X" and e["name"] == "nanosleep"]
assert sorted(lanes[e["tid"]] for e in naps) == [f"response {k}" for k in range(1, 8)]
assert all(e["dur"] >= 20000 for e in naps)
PYTHON
}

@test "a thousand clients give a whole trace too" {
    for stage in stage2 stage5; do
        [ -e "$BIN/$stage" ] || continue
        traced "$stage" -n 1000 -d 0.1
        [ "$(grep -c '^client ' "$BATS_TEST_TMPDIR/lanes")" -eq 1000 ]
    done
}

@test "serve and client write traces too" {
    for stage in ${STAGES/stage3/}; do # which writes a great deal
        start_server "$stage" -d 0.01 --trace="$BATS_TEST_TMPDIR/server.json" -r json
        traced "$stage" client -n 2 -p "$port"
        stop_server
        [ "$(grep -c '^client ' "$BATS_TEST_TMPDIR/lanes")" -eq 2 ]
        tail -n 1 "$BATS_TEST_TMPDIR/server.err" >"$BATS_TEST_TMPDIR/report"
        python3 tests/check_trace.py "$BATS_TEST_TMPDIR/server.json" "$BATS_TEST_TMPDIR/report" >"$BATS_TEST_TMPDIR/server.lanes"
        grep -q '^server$' "$BATS_TEST_TMPDIR/server.lanes"
        [ "$stage" = stage1 ] || grep -q '^response 2$' "$BATS_TEST_TMPDIR/server.lanes"
    done
}

@test "a run that fails leaves a whole trace" {
    start_server stage4
    stop_server
    for stage in $STAGES; do
        run "$BIN/$stage" client -n 3 -H 127.0.0.1 -p "$port" --trace="$file"
        [ "$status" -eq 1 ]
        [ "${#lines[@]}" -eq 1 ]
        python3 tests/check_trace.py "$file"
        run "$BIN/$stage" client -n 3 -H no-such-host.invalid --trace="$file"
        [ "$status" -eq 1 ]
        python3 tests/check_trace.py "$file"
    done
}

# killed SIGNAL STAGE: the run dies of that signal, long before its delay of 12 s is over.
killed() {
    rm -f "$file"
    # (A background process of bats ignores SIGINT, one of nohup SIGHUP; this one does not.)
    python3 -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$BIN/$2" -n 3 -d 12 --trace="$file" -r none >/dev/null 2>&1 3>&- &
    helper=$!
    wait_until 5 grep -qs '"client 3"' "$file"
    sleep 0.1
    SECONDS=0
    kill -"$1" "$helper"
    status=0
    wait "$helper" 2>/dev/null || status=$?
    helper=
    [ "$status" -eq $((128 + $(kill -l "$1"))) ] || fail "$2, SIG$1: exit $status"
    [ "$SECONDS" -lt 8 ] || fail "$2, SIG$1: it went on for $SECONDS s"
    python3 tests/check_trace.py "$file" >"$BATS_TEST_TMPDIR/lanes" || fail "$2, SIG$1"
    grep -q '^client 3$' "$BATS_TEST_TMPDIR/lanes" || fail "$2, SIG$1: it lacks the clients"
}

@test "whatever signal ends the program ends it at once, and what was written opens" {
    for stage in $STAGES; do
        for signal in INT TERM HUP KILL; do
            killed "$signal" "$stage"
        done
    done
}

@test "a disk that fills up, or a file that cannot be made: exit 1, one line" {
    [ -c /dev/full ] || skip "needs /dev/full"
    for stage in $STAGES; do
        run bash -c '"$1" -n 2 -d 0 --trace=/dev/full >/dev/null' - "$BIN/$stage"
        [ "$status" -eq 1 ]
        [ "$output" = "$stage: cannot write /dev/full: No space left on device; is the disk full?" ]
        run bash -c '"$1" -n 2 -d 0 -r json --trace=/dev/full >/dev/null' - "$BIN/$stage"
        [ "$status" -eq 1 ]
        [ "$(field completed <<<"${lines[1]}")" -eq 2 ] || fail "$output"
        run "$BIN/$stage" --trace "$BATS_TEST_TMPDIR/none/file"
        [ "$status" -eq 1 ]
        [ "$output" = "$stage: cannot make $BATS_TEST_TMPDIR/none/file: No such file or directory; give --trace a file that can be written" ]
    done
}

@test "--trace without a file is refused" {
    run "$BIN/stage4" --trace
    [ "$status" -eq 2 ]
    [ "$output" = "stage4: --trace needs a value: it accepts the name of a JSON file" ]
    run "$BIN/stage4" --trace=
    [ "$status" -eq 2 ]
    [ "$output" = "stage4: --trace accepts the name of a JSON file, not ''" ]
}

@test "all views at once give what each gives alone" {
    "$BIN/stage4" -n 3 -d 0.05 --trace="$file" --explain --timeline -r json 2>"$BATS_TEST_TMPDIR/err" | whole_answers 3
    tail -n 1 "$BATS_TEST_TMPDIR/err" >"$BATS_TEST_TMPDIR/report"
    python3 tests/check_trace.py "$file" "$BATS_TEST_TMPDIR/report"
    [ "$(grep -c '  polled; ' "$BATS_TEST_TMPDIR/err")" -eq "$(field polls <"$BATS_TEST_TMPDIR/report")" ]
    [ "$(grep -c '^client [123] ' "$BATS_TEST_TMPDIR/err")" -eq 3 ]
}
