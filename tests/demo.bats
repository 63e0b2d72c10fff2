#!/usr/bin/env bats
# What a student sees: ./stage1 ... ./stage5.

load helpers

@test "stage 1 serves one client after the other" {
    "$BIN/stage1" -d 0.05 -r none >"$BATS_TEST_TMPDIR/out"
    whole_answers 10 <"$BATS_TEST_TMPDIR/out"
    # The server is strict, but each client prints for itself: two lines may change places.
    awk '$1 == "end" { ended[$2] = 1 }
         $1 == "start" && $2 > 2 && !ended[$2 - 2] { exit 1 }' "$BATS_TEST_TMPDIR/out" ||
        fail "not one after the other"
}

@test "stages 2 to 5 start all responses before any ends" {
    for stage in $STAGES; do
        [ "$stage" != stage1 ] || continue
        "$BIN/$stage" -d 0.8 -r none >"$BATS_TEST_TMPDIR/out"
        whole_answers 10 <"$BATS_TEST_TMPDIR/out"
        all_starts_come_first <"$BATS_TEST_TMPDIR/out"
    done
}

@test "one client works" {
    for stage in $STAGES; do
        run "$BIN/$stage" -n 1 -d 0 -r none
        [ "$status" -eq 0 ]
        [ "$output" = $'start 1\nend 1' ]
    done
}

@test "no delay works" {
    for stage in $STAGES; do
        "$BIN/$stage" -n 50 -d 0 -r none | whole_answers 50
    done
}

@test "every stage works over IPv6" {
    need_ipv6
    for stage in $STAGES; do
        "$BIN/$stage" -n 5 -d 0.01 -H ::1 -r none | whole_answers 5
    done
}

@test "a demo can be told its host and its port" {
    for stage in $STAGES; do
        "$BIN/$stage" -n 5 -d 0.01 -H localhost -p 0 -r none | whole_answers 5
    done
}

@test "two demos at once do not meet" {
    for stage in $STAGES; do
        "$BIN/$stage" -d 0.05 -r none >"$BATS_TEST_TMPDIR/first" 3>&- &
        helper=$!
        "$BIN/$stage" -d 0.05 -r none | whole_answers 10
        wait "$helper"
        helper=
        whole_answers 10 <"$BATS_TEST_TMPDIR/first"
    done
}

@test "a thousand clients at once get whole answers" {
    local clients=1000
    ! is_sanitized || clients=100 # its threads are dear
    for stage in $STAGES; do
        "$BIN/$stage" -n "$clients" -d 0 -r none | whole_answers "$clients"
    done
}

# ---- the report ----

@test "the report is on stderr, the bytes of the clients on stdout, and neither holds the other" {
    for stage in $STAGES; do
        "$BIN/$stage" -n 3 -d 0.01 >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
        whole_answers 3 <"$BATS_TEST_TMPDIR/out"
        grep -q "^$stage " "$BATS_TEST_TMPDIR/err"
        grep -q '^  clients  *3 of 3$' "$BATS_TEST_TMPDIR/err"
        [ "$(grep -Ec '^(start|end)' "$BATS_TEST_TMPDIR/err")" -eq 0 ]
    done
}

@test "the report in JSON is one line with every field of the design" {
    need python3
    for stage in $STAGES; do
        "$BIN/$stage" -n 3 -d 0.01 -r json 2>"$BATS_TEST_TMPDIR/err" >/dev/null
        [ "$(wc -l <"$BATS_TEST_TMPDIR/err")" -eq 1 ]
        python3 - "$stage" "$BATS_TEST_TMPDIR/err" <<'PYTHON'
import json, sys
stage, file = sys.argv[1:]
r = json.load(open(file))
assert list(r) == """stage mode clients completed failed delay_s wall_s user_s sys_s
    max_rss_kib peak_threads voluntary_switches polls wasted_polls wakes would_block
    reactor_waits""".split(), list(r)
assert (r["stage"], r["mode"], r["clients"], r["completed"], r["failed"]) == (stage, "demo", 3, 3, 0)
assert r["delay_s"] == 0.01 and r["wall_s"] >= 0.01
assert r["max_rss_kib"] > 500
futures = stage > "stage2"
for name in "polls wasted_polls wakes would_block reactor_waits".split():
    assert (r[name] is not None) == futures, name
PYTHON
    done
}

@test "no report, no line on stderr" {
    for stage in $STAGES; do
        run "$BIN/$stage" -n 1 -d 0 --report=none
        [ "${#lines[@]}" -eq 2 ]
    done
}

@test "the report has no escape sequence" {
    for stage in $STAGES; do
        run "$BIN/$stage" -n 1 -d 0
        [[ "$output" != *$'\e'* ]]
    done
}

@test "ten clients take 12 threads in stage 1, 22 in stage 2, 1 in stages 3 to 5" {
    for stage in $STAGES; do
        delay=0.4 # so that all are there at once, on a slow machine, too
        [ "$stage" != stage1 ] || delay=0.1
        reported=$("$BIN/$stage" -d "$delay" -r json 2>&1 >/dev/null | field peak_threads)
        case $stage in
        stage1) [ "$reported" -eq 12 ] ;;
        stage2) [ "$reported" -eq 22 ] ;;
        *) [ "$reported" -eq 1 ] ;;
        esac || fail "$stage: $reported"
    done
}
