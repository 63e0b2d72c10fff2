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
    if [ "$1" != stage5 ]; then
        echo 0
    elif [ "$(uname -s)" = Linux ]; then
        echo 1
    else # kqueue: once for each interest
        echo 2
    fi
}

@test "the story of one client, in stages 4 and 5: polled, connect, watched, woken, read, end of stream, done" {
    for stage in $FUTURE_STAGES; do
        [ "$stage" != stage3 ] || continue
        for try in 1 2 3; do # a busy machine may deliver two events at once
            explain "$stage" -n 1 -d 0.2
            [ "$(story_of_client_1 | grep -cE ' (epoll_ctl|kevent) on fd N → 0$')" -eq "$(told_to_epoll "$stage")" ]
            ! story_of_client_1 | grep -vE ' (epoll_ctl|kevent) ' |
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
    wait_until 5 grep -qE '  REACTOR .*comes back early: a signal, a thread, or too short a time-out$' "$BATS_TEST_TMPDIR/server.err"
    stop_server
    [ -z "$(LC_ALL=C awk 'length > 100' "$BATS_TEST_TMPDIR/server.err")" ] # it is the longest line
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

# on_terminal NAME=VALUE...: with these, on a terminal that knows xterm's 256 colours.
on_terminal() {
    env NO_COLOR= COLORTERM= TERM=xterm-256color "$@" \
        script -qec "$BIN/stage4 -n 1 -d 0 --explain --timeline" /dev/null </dev/null | tr -d '\r'
}

@test "emphasis is for terminals: none in a pipe, with NO_COLOR, or on a dumb terminal" {
    need script
    [ "$(on_terminal | grep -c $'\e')" -gt 20 ]
    [ "$(on_terminal NO_COLOR=1 | grep -c $'\e')" -eq 0 ]
    [ "$(on_terminal TERM=dumb | grep -c $'\e')" -eq 0 ]
    [ "$("$BIN/stage4" -n 1 -d 0 --explain --timeline 2>&1 | grep -c $'\e')" -eq 0 ]
}

@test "each role has its colour out of 256, and a contrast of at least 4.5 on white and on black" {
    need script
    on_terminal | sed -nE $'s/.*\e\\[38;5;([0-9]+)m([A-Z]+) .*\e\\[0m$/\\1 \\2/p' | sort -u >"$BATS_TEST_TMPDIR/colours"
    LC_ALL=C awk '
        function light(part) { # of what one of red, green and blue gives out: WCAG 2
            part /= 255
            return part <= 0.03928 ? part / 12.92 : exp(2.4 * log((part + 0.055) / 1.055))
        }
        function level(step) { return step == 0 ? 0 : 55 + 40 * step }
        function luminance(n) { # of the cube of 6 * 6 * 6, and of the greys
            if (n >= 232) return light(8 + 10 * (n - 232))
            n -= 16
            return 0.2126 * light(level(int(n / 36))) + 0.7152 * light(level(int(n / 6) % 6)) + 0.0722 * light(level(n % 6))
        }
        $1 < 16 || $1 > 255 || seen[$1]++ || role[$2]++ { print "odd: " $0; bad = 1 }
        {
            white = 1.05 / (luminance($1) + 0.05)
            black = (luminance($1) + 0.05) / 0.05
            if (white < 4.5 || black < 4.5) { print $0 ": " white " on white, " black " on black"; bad = 1 }
        }
        END { if (NR != 4) { print NR " colours, not 4"; bad = 1 } exit bad }' "$BATS_TEST_TMPDIR/colours" >&2
    # and none of the 16, which differ from terminal to terminal
    [ "$(on_terminal | grep -oE $'\e\\[[0-9;]*m' | grep -cvE $'^\e\\[(38;5;[0-9]+|0)m$')" -eq 0 ]
}

@test "where there are only 16 colours, the role is bold, and nothing has a colour" {
    need script
    [ "$(on_terminal TERM=xterm | grep -cE $'  \e\\[1m(EXEC   |FUTURE |REACTOR|OS     )\e\\[0m  ')" -gt 20 ]
    [ "$(on_terminal TERM=xterm | grep -oE $'\e\\[[0-9;]*m' | grep -cvE $'^\e\\[[01]m$')" -eq 0 ]
    [ "$(on_terminal TERM=xterm COLORTERM=truecolor | grep -c $'\e\\[38;5;')" -gt 20 ]
}

@test "without its colours, and without bold, a line says the same" {
    need script
    without() {
        sed -E $'s/\e\\[[0-9;]*m//g; s/[0-9.]+//g'
    }
    for term in xterm xterm-256color dumb; do
        on_terminal TERM=$term | grep -E '(EXEC|FUTURE|REACTOR|OS)' | without >"$BATS_TEST_TMPDIR/$term"
    done
    [ "$(wc -l <"$BATS_TEST_TMPDIR/dumb")" -gt 20 ]
    [ "$(grep -cE '^ +(EXEC   |FUTURE |REACTOR|OS     )  ' "$BATS_TEST_TMPDIR/xterm")" -eq "$(wc -l <"$BATS_TEST_TMPDIR/xterm")" ]
    [ "$(grep -cE '^ +(EXEC   |FUTURE |REACTOR|OS     )  ' "$BATS_TEST_TMPDIR/xterm-256color")" -eq "$(wc -l <"$BATS_TEST_TMPDIR/xterm-256color")" ]
}

@test "lines fit 100 columns, with a thousand clients, too" {
    for stage in $STAGES; do
        case $stage in stage[13]) n=12 ;; *) n=1000 ;; esac
        # in this locale the arrow is the longer one
        LC_ALL=C "$BIN/$stage" --explain -r none -n $n -d 0.02 2>"$BATS_TEST_TMPDIR/log" >/dev/null
        [ "$(lines .)" -gt 100 ]
        wide=$(LC_ALL=C awk 'length > 100' "$BATS_TEST_TMPDIR/log")
        [ -z "$wide" ] || fail "$stage: $wide"
    done
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
