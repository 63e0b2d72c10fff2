#!/usr/bin/env bats
# --step: stops before each turn of the executor.

load helpers

# step KEYS STAGE OPTION...: types the keys on a terminal of its own, and Ctrl-D after them; the
# screen is in $BATS_TEST_TMPDIR/screen, and its exit status is ours.
step() {
    local keys=$1
    shift
    printf '%b' "$keys" | timeout 20 script -qec "exec $BIN/$1 --step -r none ${*:2}" /dev/null |
        tr -d '\r' >"$BATS_TEST_TMPDIR/screen"
}

on_screen() {
    grep -cE -e "$1" "$BATS_TEST_TMPDIR/screen" || true
}

@test "three Enters are three turns, and q ends it with exit 0" {
    need script
    for stage in $FUTURE_STAGES; do
        step '\n\n\nq' "$stage" -n 2 || fail "$stage: exit $?"
        [ "$(on_screen '^---- turn [0-9]+, [0-9.]+ s ----$')" -eq 4 ]
        [ "$(on_screen 'Enter: this turn   c: run on   q: end')" -eq 4 ]
        [ "$(on_screen '^run queue: ')" -eq 4 ]
        # each turn polls what was queued before it
        awk '/^run queue: / { expected = $3; turns++ } /  polled; / { polled[turns]++ }
             /^---- turn/ { if (turns && polled[turns] != expected) bad = 1 }
             END { exit bad || turns != 4 || polled[4] > 0 }' "$BATS_TEST_TMPDIR/screen" ||
            [ "$stage" = stage3 ] || fail "$stage: $(cat "$BATS_TEST_TMPDIR/screen")"
    done
}

@test "it shows who is queued, and who waits for which descriptor, deadline or task" {
    need script
    step '\n\n\n\nq' stage4 -n 1
    [ "$(on_screen '^run queue: 2 = server, main$')" -eq 1 ]
    [ "$(on_screen '^  server         waits: fd [0-9]+ readable$')" -ge 1 ]
    [ "$(on_screen '^  main           waits: the end of client 1$')" -ge 1 ]
    [ "$(on_screen '^  client 1       waits: fd [0-9]+ readable, or deadline in [0-9.]+ ms$')" -ge 1 ]
    [ "$(on_screen '^  response 1     waits: deadline in [0-9.]+ ms$')" -ge 1 ]
}

@test "c runs on to the end" {
    need script
    step '\nc' stage4 -n 3 -d 0.05
    [ "$(on_screen '^---- turn ')" -eq 2 ]
    grep -E '^(start|end) ' "$BATS_TEST_TMPDIR/screen" | whole_answers 3
}

@test "other keys do nothing, and Ctrl-C ends it as a signal does" {
    need script
    run bash -c '{ printf "xyz\n"; sleep 0.5; printf "\003"; } | timeout 20 script -qec "exec $1 --step -r none" /dev/null' - "$BIN/stage4"
    [ "$status" -eq 130 ] || fail "exit $status"
    [ "$(grep -c '^---- turn ' <<<"$output")" -eq 2 ]
}

@test "who follows by number is named as a row, and many more are counted" {
    need script
    step '\n\nq' stage4 -n 40
    [ "$(on_screen '^run queue: 41 = server, client 1 to 40$')" -eq 1 ] || [ "$(on_screen '^run queue: 40 = client 1 to 40$')" -eq 1 ]
    step '\n\n\nq' stage4 -n 300
    [ "$(on_screen '^run queue: 241 = client 121 to 180, main, response 1 to 120, client 61 to 79, and 41 more$')" -eq 1 ] ||
        fail "$(grep '^run queue' "$BATS_TEST_TMPDIR/screen")"
}

# turns ROWS COMMAND...: steps through it, on so many rows of 100 columns; the rows that each
# turn took are in $BATS_TEST_TMPDIR/rows.
turns() {
    TERM=xterm-256color LC_ALL=C.UTF-8 timeout 60 python3 tests/turns.py "$1" 100 "${@:2}" \
        >"$BATS_TEST_TMPDIR/rows" 2>"$BATS_TEST_TMPDIR/screen" || fail "$(tail -n 3 "$BATS_TEST_TMPDIR/screen")"
}

most_rows() {
    sort -n "$BATS_TEST_TMPDIR/rows" | tail -n 1
}

# What was left out, in lines.
left_out() {
    sed -nE 's/^ *\.\.\. left out:.* ([0-9]+) lines?[;,].*/\1/p' "$BATS_TEST_TMPDIR/screen" | awk '{ n += $1 } END { print n + 0 }'
}

@test "on 30 rows of 100 columns a turn of ten clients fits, and says what it left out" {
    need python3
    for stage in $FUTURE_STAGES; do
        turns 30 "$BIN/$stage" --step -d 0.05 -r none -n 10
        [ "$(most_rows)" -le 30 ] || fail "$stage: $(cat "$BATS_TEST_TMPDIR/screen")"
        [ "$(on_screen 'Enter: this turn')" -gt 6 ]
        [ "$(left_out)" -gt 100 ]
        tr -d '\r' <"$BATS_TEST_TMPDIR/screen" | grep -E '^(start|end) ' | whole_answers 10
    done
}

@test "a hundred clients, who print elsewhere, take no more rows, and one has room for all" {
    need python3
    turns 30 sh -c 'exec "$@" >/dev/null' - "$BIN/stage4" --step -d 0.05 -r none -n 100
    [ "$(most_rows)" -le 30 ] || fail "$(cat "$BATS_TEST_TMPDIR/screen")"
    for stage in $FUTURE_STAGES; do
        turns 30 "$BIN/$stage" --step -d 0.05 -r none -n 1
        [ "$(left_out)" -eq 0 ] || fail "$stage: $(cat "$BATS_TEST_TMPDIR/screen")"
    done
}

@test "what turns leave out and what they show is all there is" {
    need python3
    events='^ *[0-9]+\.[0-9]{3} [0-9]{3}  '
    for try in 1 2 3; do # a busy machine spreads the same over more turns
        turns 30 "$BIN/stage4" --step -d 0.3 -r none -n 10
        some=$(($(on_screen "$events") + $(left_out)))
        turns 500 "$BIN/stage4" --step -d 0.3 -r none -n 10
        [ "$(left_out)" -eq 0 ]
        [ "$some" -ne "$(on_screen "$events")" ] || return 0
    done
    fail "$some lines, but there are $(on_screen "$events")"
}

@test "while a person looks, the clock of the run stands still: no time-out, no deadline, no wall time" {
    need script
    for stage in $FUTURE_STAGES; do
        { printf '\n\n\n'; sleep 4; printf 'c'; sleep 1; } |
            timeout 20 script -qec "exec $BIN/$stage --step -n 2 -d 0.2 --timeout 2" /dev/null |
            tr -d '\r' >"$BATS_TEST_TMPDIR/screen" || fail "$stage: $(tail -n 5 "$BATS_TEST_TMPDIR/screen")"
        grep -E '^(start|end) ' "$BATS_TEST_TMPDIR/screen" | whole_answers 2
        between "$(sed -n 's/^  wall time *\([0-9.]*\) s$/\1/p' "$BATS_TEST_TMPDIR/screen")" 0.2 3.9
    done
}

@test "serve and client say that the clock of the other side runs on, once" {
    need script
    step 'q' stage4 serve -p 0
    [ "$(on_screen '^---- while you look, our clock stands still; that of the clients runs on ----$')" -eq 1 ]
    start_server stage4 -d 0.01
    step '\nq' stage4 client -n 1 -p "$port"
    stop_server
    [ "$(on_screen '^---- while you look, our clock stands still; that of the server runs on ----$')" -eq 1 ]
    step '\nq' stage4 -n 1
    [ "$(on_screen 'our clock')" -eq 0 ]
}

@test "Ctrl-Z gives the terminal back to the shell, and fg takes it again" {
    need python3
    for stage in $FUTURE_STAGES; do
        timeout 30 python3 tests/stop_and_go.py "$BIN/$stage" --step -n 2 -d 0.05 >"$BATS_TEST_TMPDIR/screen" ||
            fail "$stage: $(cat "$BATS_TEST_TMPDIR/screen")"
        tr -d '\r' <"$BATS_TEST_TMPDIR/screen" | grep -E '^(start|end) [0-9]' | whole_answers 2
    done
}

@test "with 1,100 inherited descriptors, keys come as usual" {
    need script python3
    many='import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
for _ in range(1100):
    os.set_inheritable(os.dup(0), True)
os.execv(sys.argv[1], sys.argv[1:])'
    [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 4096 ] || skip "needs 4096 descriptors"
    for stage in $FUTURE_STAGES; do
        printf '\n\nc' | timeout 20 script -qec "exec python3 -c '$many' $BIN/$stage --step -r none -n 2 -d 0.05" /dev/null |
            tr -d '\r' >"$BATS_TEST_TMPDIR/screen"
        [ "$(on_screen '^---- turn ')" -eq 3 ] || fail "$stage: $(cat "$BATS_TEST_TMPDIR/screen")"
        grep -E '^(start|end) ' "$BATS_TEST_TMPDIR/screen" | whole_answers 2
    done
}

@test "stdin and stdout stay free" {
    need script
    step 'c' "stage4 </dev/null >$BATS_TEST_TMPDIR/out -n 2 -d 0.01"
    whole_answers 2 <"$BATS_TEST_TMPDIR/out"
}

@test "without a terminal: exit 2, one line" {
    need setsid
    for stage in $FUTURE_STAGES; do
        run setsid -w "$BIN/$stage" --step </dev/null
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 1 ]
        [[ "$output" == "$stage: --step needs a terminal to read keys from: /dev/tty: "*"; try --explain" ]]
    done
}

@test "stages 1 and 2 say that the kernel is their executor: exit 2, one line" {
    for stage in stage1 stage2; do
        run "$BIN/$stage" --step
        [ "$status" -eq 2 ]
        [ "$output" = "$stage: --step stops before each turn of an executor; here threads block, and the kernel is their executor. Try stage3, stage4 or stage5" ]
    done
}
