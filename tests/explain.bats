#!/usr/bin/env bats
# --explain: each event as a line on stderr.

load helpers

# A line of --explain: time, role, actor, words.
LINE='^ *[0-9]+\.[0-9]{3} [0-9]{3}  (EXEC   |FUTURE |REACTOR|OS     )  .{13}  [^ ].*$'
FOLD='^           \.\.\. [0-9,]+ (polls?, nothing changed|waits?, woke nobody)$'

# explain STAGE OPTION...: sets $lines_of_log, and $json, the report.
explain() {
    local stage=$1
    shift
    LC_ALL=C.UTF-8 "$BIN/$stage" --explain -r json "$@" 2>"$BATS_TEST_TMPDIR/log" >"$BATS_TEST_TMPDIR/out"
    json=$(tail -n 1 "$BATS_TEST_TMPDIR/log")
    sed -i.all '$d' "$BATS_TEST_TMPDIR/log"
}

# lines PATTERN: how many lines of the log hold it.
lines() {
    grep -cE -e "$1" "$BATS_TEST_TMPDIR/log"
}

# folded WHAT: how many polls, or waits, were counted instead of shown.
folded() {
    sed -nE "s/^ *\.\.\. ([0-9,]+) $1s?, .*/\1/p" "$BATS_TEST_TMPDIR/log" | tr -d , | awk '{ n += $1 } END { print n + 0 }'
}

# What is said of client 1, without what differs from run to run.
story_of_client_1() {
    sed -nE '/^ *[0-9.]+ [0-9]+  [A-Z]+ +client 1  /{
        s/^ *[0-9]+\.[0-9]{3} [0-9]{3}  //
        s/fd [0-9]+/fd N/g
        s/[0-9.]+ ms/N ms/
        s/run queue: [0-9]+/run queue: N/
        p
    }' "$BATS_TEST_TMPDIR/log"
}

# The story is the same but for a line that stage 5 has once for each descriptor.
told_to_epoll() {
    if [ "$1" = stage5 ]; then echo 1; else echo 0; fi
}

@test "the story of one client, in stages 4 and 5: polled, connect, watched, woken, read, end of stream, done" {
    for stage in $FUTURE_STAGES; do
        [ "$stage" != stage3 ] || continue
        for try in 1 2 3; do # a busy machine may deliver two events at once
            explain "$stage" -n 1 -d 0.2
            [ "$(story_of_client_1 | grep -c ' epoll_ctl on fd N → 0$')" -eq "$(told_to_epoll "$stage")" ]
            ! story_of_client_1 | grep -v ' epoll_ctl ' |
                diff tests/golden/explain_client_1.txt - >"$BATS_TEST_TMPDIR/diff" || continue 2
        done
        fail "$stage, $try times: $(cat "$BATS_TEST_TMPDIR/diff")"
    done
}

@test "all that is said is in aligned lines, in the order of their times, and stdout stays as it is" {
    for stage in $STAGES; do
        explain "$stage" -n 12 -d 0.05
        whole_answers 12 <"$BATS_TEST_TMPDIR/out"
        [ "$(lines .)" -gt 100 ]
        [ "$(grep -cvE -e "$LINE" -e "$FOLD" "$BATS_TEST_TMPDIR/log")" -eq 0 ] ||
            fail "$stage: $(grep -vE -e "$LINE" -e "$FOLD" "$BATS_TEST_TMPDIR/log" | head -n 3)"
        grep -vE -e "$FOLD" "$BATS_TEST_TMPDIR/log" | cut -c 1-10 | tr -d ' ' | sort -c -g || fail "$stage: not in order"
    done
}

@test "--explain of a thousand clients says as many polls, wakes, waits and would-blocks as the report" {
    for stage in $FUTURE_STAGES; do
        [ "$stage" != stage3 ] || continue
        explain "$stage" -n 1000 -d 0.1
        [ $(($(lines '  polled; ') + $(folded poll))) -eq "$(field polls <<<"$json")" ]
        [ "$(folded poll)" -le "$(field wasted_polls <<<"$json")" ]
        [ $(($(lines 'descriptors?, (only looks|no limit|at most)') + $(folded wait))) -eq "$(field reactor_waits <<<"$json")" ]
        [ "$(folded poll)" -gt 0 ] || {
            [ "$(lines '  woken by ')" -eq "$(field wakes <<<"$json")" ]
            [ "$(lines 'waits: fd ')" -eq "$(field would_block <<<"$json")" ]
        }
        [ "$(grep -vcE -e "$LINE" -e "$FOLD" "$BATS_TEST_TMPDIR/log")" -eq 0 ]
    done
}

@test "the busy polls of stage 3 are folded, and none is lost: those shown and those folded are all" {
    explain stage3 -n 2 -d 0.3
    [ "$(lines .)" -lt 400 ] || fail "$(lines .) lines"
    folded=$(folded poll)
    [ "$folded" -gt 1000 ]
    [ "$folded" -eq "$(field wasted_polls <<<"$json")" ]
    [ $((folded + $(lines '  polled; '))) -eq "$(field polls <<<"$json")" ]
}

@test "--explain=ROLES shows these, and no others" {
    explain stage4 -n 2 -d 0.01 --explain=exec,os
    [ "$(lines '  (EXEC   |OS     )  ')" -eq "$(lines .)" ]
    [ "$(lines '  EXEC ')" -gt 10 ]
    [ "$(lines '  OS ')" -gt 10 ]
    explain stage4 -n 2 -d 0.01 --explain=reactor
    [ "$(lines '  REACTOR  ')" -eq "$(lines .)" ]
}

@test "roles that there are not are refused" {
    for roles in '' cpu exec,cpu exec, EXEC; do
        run "$BIN/stage4" "--explain=$roles"
        [ "$status" -eq 2 ]
        [ "$output" = "stage4: --explain accepts roles out of exec, future, reactor, os, not '$roles'" ]
    done
}

@test "threads report what they call and what came back: who blocks in nanosleep, and who in read" {
    for stage in stage1 stage2; do
        explain "$stage" -n 3 -d 0.05
        who=$([ "$stage" = stage1 ] && echo 'server     ' || echo 'response 2 ')
        [ "$(lines "  OS       $who .*nanosleep \.\.\.$")" -ge 1 ]
        [ "$(lines 'nanosleep → 0$')" -eq 3 ]
        for client in 1 2 3; do
            [ "$(lines "  OS       client $client .*read on fd [0-9]+ → 0, end of stream$")" -eq 1 ]
            [ "$(lines "  OS       client $client .*the thread ends$")" -eq 1 ]
        done
    done
}

@test "serve and client explain themselves too" {
    for stage in $STAGES; do
        start_server "$stage" -d 0.01 --explain -r none
        LC_ALL=C "$BIN/$stage" client -n 2 -p "$port" --explain -r none >/dev/null 2>"$BATS_TEST_TMPDIR/log"
        stop_server
        [ "$(lines '  OS       client 2 .*read on fd [0-9]+ -> 0, end of stream$')" -eq 1 ]
        grep -qE '  OS .*accept on fd [0-9]+ .* fd [0-9]+$' "$BATS_TEST_TMPDIR/server.err"
        [ "$stage" = stage1 ] || grep -qE '  response 2 .*write on fd' "$BATS_TEST_TMPDIR/server.err"
    done
}

@test "a wait that a signal ends early is called that" {
    start_server stage4 --explain -r none
    wait_until 5 grep -qE '  REACTOR .*poll\(2\) on 2 descriptors, no limit$' "$BATS_TEST_TMPDIR/server.err"
    kill -CONT "$server" # it has a handler, so the wait is interrupted
    wait_until 5 grep -qE '  REACTOR .*comes back early: a signal, another thread, or too short a time-out$' "$BATS_TEST_TMPDIR/server.err"
    stop_server
}

@test "an error is called by its name" {
    start_server stage4
    stop_server
    for stage in $STAGES; do
        run "$BIN/$stage" client -n 1 -H 127.0.0.1 -p "$port" --explain
        [ "$status" -eq 1 ]
        [[ "$output" == *ECONNREFUSED* ]] || [[ "$output" == *"Connection refused"* ]]
    done
}

@test "colour is for terminals: none in a pipe, with NO_COLOR, or on a dumb terminal" {
    need script
    on_terminal() {
        script -qec "$BIN/stage4 -n 1 -d 0 --explain --timeline" /dev/null </dev/null
    }
    [ "$(TERM=xterm NO_COLOR='' on_terminal | grep -c $'\e\\[3[2356]m')" -gt 20 ]
    [ "$(TERM=xterm NO_COLOR=1 on_terminal | grep -c $'\e')" -eq 0 ]
    [ "$(TERM=dumb on_terminal | grep -c $'\e')" -eq 0 ]
    [ "$("$BIN/stage4" -n 1 -d 0 --explain --timeline 2>&1 | grep -c $'\e')" -eq 0 ]
}

# A reader that is asleep, of a pipe that does not block.
slow_reader() {
    python3 -c '
import fcntl, os, subprocess, sys, time
read, write = os.pipe()
fcntl.fcntl(write, fcntl.F_SETFL, os.O_NONBLOCK)
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=write)
os.close(write)
time.sleep(0.5)
with os.fdopen(read) as lines:
    sys.stdout.write(lines.read())
sys.exit(process.wait())' "$@"
}

@test "into a non-blocking pipe that is full for a while, no line is lost" {
    need python3
    for stage in $STAGES; do
        [ "$stage" != stage3 ] || continue # whose polls differ from run to run
        slow_reader "$BIN/$stage" -n 150 -d 0 -r json --explain >"$BATS_TEST_TMPDIR/log" || fail "$stage: exit $?"
        [ "$(wc -c <"$BATS_TEST_TMPDIR/log")" -gt 70000 ] # more than a pipe holds
        json=$(tail -n 1 "$BATS_TEST_TMPDIR/log")
        sed -i.all '$d' "$BATS_TEST_TMPDIR/log"
        [ "$(grep -vcE -e "$LINE" -e "$FOLD" "$BATS_TEST_TMPDIR/log")" -eq 0 ]
        [ "$(lines '  client [0-9]+ .* read on fd [0-9]+ .* 0, end of stream$')" -eq 150 ]
        case $stage in
        stage[12]) ;;
        *) [ $(($(lines '  polled; ') + $(folded poll))) -eq "$(field polls <<<"$json")" ] ;;
        esac
    done
}

@test "a full stderr: exit 1" {
    [ -c /dev/full ] || skip "needs /dev/full"
    run bash -c '"$1" -n 1 -d 0 --explain -r none 2>/dev/full' - "$BIN/stage4"
    [ "$status" -eq 1 ]
    [ "$output" = $'start 1\nend 1' ]
}
