#!/usr/bin/env bats
# The doctor: faults that a learner makes are said, with the likely mistake; good runs are left alone.

load helpers

# faulty FILE SED: builds stage 4 with that change, as $program.
faulty() {
    local tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree/objects"
    cp -Rp Makefile classroom common stage3_busy stage4_poll "$tree"
    cp -Rp "$BUILD/common" "$BUILD/stage3_busy" "$BUILD/stage4_poll" "$tree/objects"
    sed "$2" "$1" >"$tree/$1"
    ! cmp -s "$1" "$tree/$1" || fail "there is nothing like $2 in $1"
    make -s -C "$tree" BUILD=objects BIN=. CPPFLAGS='-include unistd.h' ./stage4 2>"$BATS_TEST_TMPDIR/make" ||
        fail "$(cat "$BATS_TEST_TMPDIR/make")"
    program=$tree/stage4
    err=$BATS_TEST_TMPDIR/err
    out=$BATS_TEST_TMPDIR/out
}

# begin PROGRAM OPTION...: as a process, $helper.
begin() {
    err=$BATS_TEST_TMPDIR/err
    out=$BATS_TEST_TMPDIR/out
    "$@" >"$out" 2>"$err" 3>&- &
    helper=$!
}

# finish: its exit status is ours.
finish() {
    local pid=$helper
    helper=
    wait "$pid"
}

# said PATTERN: whether stderr has a line like that.
said() {
    grep -qE -e "^[a-z0-9]+: $1" "$err"
}

# ---- six faults, each said within two seconds ----

@test "a descriptor that is watched though nobody waits for it: said while it happens, once, with its number" {
    faulty stage4_poll/reactor.c 's/(wakers\[fd\]\[WRITABLE\].generation != 0 ? POLLOUT : 0)/POLLOUT/'
    begin "$program" -n 2 -d 2.5
    wait_until 2 said 'busy: the reactor has come back 1000 times in a row, and woken nobody: fd [0-9]+ is writable, and nobody waits for that; '
    [ "$(grep -c '^end' "$out")" -eq 0 ] || fail "not while it happens"
    finish
    [ "$(grep -c 'busy:' "$err")" -eq 1 ]
    whole_answers 2 <"$out"
}

@test "and --explain folds such waits, and says what came back" {
    faulty stage4_poll/reactor.c 's/(wakers\[fd\]\[WRITABLE\].generation != 0 ? POLLOUT : 0)/POLLOUT/'
    "$program" -n 2 -d 0.3 --explain >"$out" 2>"$err"
    [ "$(wc -l <"$err")" -lt 1000 ] || fail "$(wc -l <"$err") lines"
    grep -qE '  REACTOR .* fd [0-9]+ writable, and nobody waits for that$' "$err"
    grep -qE '^ +\.\.\. [0-9]+,[0-9]+ waits, woke nobody$' "$err"
    [ "$(grep -c 'comes back early' "$err")" -eq 0 ]
}

@test "a reactor whose time-out is always 0: said while it happens, once" {
    faulty stage4_poll/reactor.c 's/milliseconds_up(timeout)/(int)timeout * 0/'
    begin "$program" -n 2 -d 2.5
    wait_until 2 said 'busy: the reactor has come back 1000 times in a row, and woken nobody: no descriptor was ready; is its time-out too short'
    [ "$(grep -c '^end' "$out")" -eq 0 ] || fail "not while it happens"
    finish
    [ "$(grep -c 'busy:' "$err")" -eq 1 ]
    "$program" -n 1 -d 0.2 --explain 2>"$err" >/dev/null
    [ "$(wc -l <"$err")" -lt 500 ] || fail "$(wc -l <"$err") lines"
    grep -q 'comes back early: a signal, a thread, or too short a time-out$' "$err"
}

@test "a response that returns PENDING without leaving a waker: said when the client gives up" {
    faulty stage3_busy/server.c 's/self->state = SLEEPING;/return PENDING;/'
    run "$program" -n 1 -d 0.1 -t 1
    [ "$status" -eq 1 ]
    [ "${lines[1]}" = "stage4: lost: nobody has the wakers of these tasks:" ] || fail "$output"
    [ "${lines[2]}" = "stage4: response 1: has not said what it waits for; nobody has its waker, so it will never run again" ]
    [[ "${lines[3]}" == "stage4: 1 of 1 clients failed: "* ]]
    [ "${#lines[@]}" -eq 4 ]
}

@test "and Ctrl-\\ says so before" {
    faulty stage3_busy/server.c 's/self->state = SLEEPING;/return PENDING;/'
    begin "$program" -n 1 -d 0.1 -t 5
    wait_until 2 grep -q '^start 1' "$out"
    sleep 0.2
    kill -QUIT "$helper"
    wait_until 2 said 'response 1: has not said what it waits for; nobody has its waker, so it will never run again'
    [ "$(grep -c 'nobody has' "$err")" -eq 1 ] || fail "$(cat "$err")"
}

@test "a response that forgets its next state sleeps again and again: Ctrl-\\ shows that" {
    faulty stage3_busy/server.c 's/self->state = SLEEPING;/;/'
    begin "$program" -n 1 -d 0.1 -t 5
    wait_until 2 grep -q '^start 1' "$out"
    sleep 0.5
    kill -QUIT "$helper"
    wait_until 2 said 'response 1: waits for a deadline; who has its waker: a deadline in '
}

@test "a descriptor that was left blocking: Ctrl-\\ shows the call, and --explain says it before it is tried" {
    faulty common/core/io.c 's/set_nonblocking((int)fd)/(void)fd/'
    begin "$program" -n 1 -d 0.1
    wait_until 2 grep -q '^start 1' "$out"
    sleep 0.3
    kill -QUIT "$helper"
    wait_until 2 said 'the executor is in read, fd [0-9]+$'
    kill -KILL "$helper"
    finish || true
    begin "$program" -n 1 -d 0.1 --explain
    wait_until 2 grep -qE '  OS +response 1 +read on fd [0-9]+ \.\.\.$' "$err"
}

@test "a sleep(1) in a poll: its task is blamed" {
    faulty stage3_busy/server.c 's/self->state = SLEEPING;/sleep(1); &/'
    run "$program" -n 1 -d 0.1
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" =~ ^stage4:\ blocked:\ a\ poll\ of\ response\ 1\ took\ 10[0-9]+\ ms\ \(polls\ over\ 50\ ms:\ 1\) ]] || fail "$output"
}

@test "and also when no client got an answer because of it" {
    faulty stage3_busy/server.c 's/self->state = SLEEPING;/sleep(1); &/'
    run bash -c '"$1" -n 1 -d 2 -t 0.5 >/dev/null' - "$program"
    [ "$status" -eq 1 ]
    [[ "${lines[0]}" == "stage4: 1 of 1 clients failed: no whole answer "* ]] || fail "$output"
    [[ "${lines[1]}" =~ ^stage4:\ blocked:\ a\ poll\ of\ response\ 1\ took\ 10[0-9]+\ ms ]] || fail "$output"
    [ "${#lines[@]}" -eq 2 ] || fail "$output"
}

@test "a waker that is not left with the reactor: the server is lost, and that is said" {
    faulty common/core/io.c 's/reactor_watch(self->fd, self->interest, cx->waker);//'
    run "$program" -n 2 -d 0.1 -t 1
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = "stage4: lost: nobody has the wakers of these tasks:" ] || fail "$output"
    [[ "${lines[1]}" =~ ^stage4:\ server:\ waits\ for\ fd\ [0-9]+\ readable\;\ nobody\ has\ its\ waker ]]
    [[ "${lines[2]}" == "stage4: 2 of 2 clients failed: "* ]]
}

@test "no waker, no deadline: the stuck tasks are named, with what they said last and the likely mistake" {
    faulty stage3_busy/server.c 's/self->state = SLEEPING;/return PENDING;/'
    begin "$program" serve -p 0 -d 0.1
    wait_until 5 grep -q 'listening on' "$err"
    # (the server itself waits for clients: so nothing is stuck until it is told to end)
    "$BIN/stage2" client -n 1 -t 0.5 -r none -p "$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$err")" >/dev/null 2>&1 || true
    kill -INT "$helper"
    wait_until 2 said 'no task can ever wake again; these are stuck:'
    wait_until 2 said 'stuck: response 1; last event: it was polled, and returned PENDING; likely mistake: it returned PENDING without leaving a waker'
    status=0
    finish || status=$?
    [ "$status" -eq 1 ]
}

# ---- no false alarm ----

# is_healthy STAGE: nothing is warned of, but that stage 3 is busy. (A busy machine may take
# its core away in a poll, and for so long that it looks blocked: so it is asked once_in_three.)
is_healthy() {
    [ "$(grep -cE '^[a-z0-9_]+: (busy|blocked|lost|stuck): ' "$err")" -eq "$([ "$1" = stage3 ] && echo 1 || echo 0)" ] ||
        fail "$1: $(grep ': ' "$err")" || return 1
    [ "$1" != stage3 ] || said 'busy: [0-9.]+ % of [0-9,]+ polls brought nothing, and yet woke a task again, such as '
}

run_is_healthy() {
    begin "$BIN/$1" "${@:2}"
    finish && is_healthy "$1"
}

@test "good runs are not warned of, but for stage 3, in one line: it is busy" {
    for stage in $STAGES; do
        for many in '-n 10 -d 0.3' '-n 400 -d 0.5' '-n 1 -d 0.3'; do
            [ "$stage-$many" != 'stage1--n 400 -d 0.5' ] || many='-n 400 -d 0'
            # shellcheck disable=SC2086 # several words
            once_in_three run_is_healthy "$stage" $many
        done
    done
}

server_and_client_are_healthy() {
    local client=0
    start_server "$1" -d 0.2 || return 1
    run_is_healthy "$1" client -n 20 -p "$port" --timeout 20 || client=$?
    stop_server || return 1
    err=$BATS_TEST_TMPDIR/server.err
    is_healthy "$1" && return "$client"
}

@test "neither are serve and client" {
    for stage in $STAGES; do
        once_in_three server_and_client_are_healthy "$stage"
    done
}

@test "a client that gives up because the server is silent is told of no lost task" {
    need python3
    python3 - >"$BATS_TEST_TMPDIR/port" 3>&- <<'PYTHON' &
import socket, time
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
time.sleep(30)
PYTHON
    server=$!
    wait_until 5 test -s "$BATS_TEST_TMPDIR/port"
    for stage in $STAGES; do
        run "$BIN/$stage" client -n 5 -H 127.0.0.1 -p "$(cat "$BATS_TEST_TMPDIR/port")" -t 0.2
        [ "$status" -eq 1 ]
        [[ "$output" == "$stage: 5 of 5 clients failed: "* ]] || fail "$output"
        [[ "$output" != *'lost:'* ]] || fail "$output"
    done
}

is_stopped() {
    [ "$(ps -o state= -p "$1")" = T ]
}

@test "a poll in which the process was stopped is not blamed" {
    need ps
    faulty stage3_busy/server.c '1i #include <signal.h>
                                 s/self->state = SLEEPING;/raise(SIGSTOP); &/'
    begin "$program" -n 1 -d 0.1
    wait_until 5 is_stopped "$helper"
    sleep 0.2
    kill -CONT "$helper"
    finish
    is_healthy stage4
    whole_answers 1 <"$out"
}

stopped_run_is_healthy() {
    begin "$BIN/$1" -n 3 -d 1.2
    wait_until 2 grep -q '^start 3' "$out" || return 1
    for _ in 1 2 3; do
        kill -STOP "$helper"
        sleep 0.2
        kill -CONT "$helper"
        sleep 0.02
    done
    finish && is_healthy "$1" && whole_answers 3 <"$out"
}

@test "neither is one that was stopped from outside, whenever that came" {
    for stage in $FUTURE_STAGES; do
        once_in_three stopped_run_is_healthy "$stage"
    done
}

# ---- Ctrl-\ ----

@test "Ctrl-\\ lists every task, what it said last and who has its waker, and the run goes on" {
    for stage in $FUTURE_STAGES; do
        begin "$BIN/$stage" -n 3 -d 0.6 -r none
        wait_until 2 grep -q '^start 3' "$out"
        sleep 0.1
        kill -QUIT "$helper"
        finish || fail "$stage: exit $?"
        whole_answers 3 <"$out"
        said "8 tasks, $([ "$stage" = stage3 ] && echo '[0-9]+' || echo 0) in the run queue:$" || fail "$stage: $(cat "$err")"
        [ "$(grep -vc 'the executor is in' "$err")" -eq 9 ]
        said 'main: waits for the end of another task; who has its waker: the end of client 1$'
        said 'response 2: waits for a deadline; who has its waker: a deadline in [0-9]+\.[0-9]{3} s$'
        if [ "$stage" = stage3 ]; then
            said 'client 2: waits for fd [0-9]+ readable; it is in the run queue$'
        else
            said 'server: waits for fd ([0-9]+) readable; who has its waker: fd \1 readable$'
            said 'client 2: waits for fd ([0-9]+) readable; who has its waker: fd \1 readable, a deadline in [0-9.]+ s$'
        fi
    done
}

@test "of many tasks it lists 40, and of an idle server two; several times, if asked" {
    for stage in $FUTURE_STAGES; do
        begin "$BIN/$stage" -n 400 -d 1.5 -r none
        wait_until 5 grep -q '^start 400' "$out"
        kill -QUIT "$helper"
        wait_until 2 said 'and 762 more$'
        finish
        [ "$(grep -c '; who has its waker: \|; it is in the run queue' "$err")" -eq 40 ] || fail "$stage: $(cat "$err")"
        start_server "$stage"
        err=$BATS_TEST_TMPDIR/server.err
        for times in 1 2 3; do
            kill -QUIT "$server"
            wait_until 2 eval "[ \"\$(grep -c 'server: waits for fd' '$err')\" -eq $times ]"
        done
        stop_server
        [ "$(grep -c 'main: waits for fd' "$err")" -eq 3 ]
    done
}
