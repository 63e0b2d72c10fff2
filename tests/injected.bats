#!/usr/bin/env bats
# Errors that are rare: strace makes the kernel answer with them.

load helpers

# inject WHAT PROGRAM...: runs the program while strace injects, e.g. accept:error=EINTR:when=1+2.
# What was injected is in $BATS_TEST_TMPDIR/trace. (LeakSanitizer does not work under strace.)
inject() {
    local what=$1
    shift
    ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -f -qq -o "$BATS_TEST_TMPDIR/trace" \
        -e "trace=${what%%:*}" -e "inject=$what" "$@"
}

was_injected() {
    grep -q 'INJECTED' "$BATS_TEST_TMPDIR/trace" || fail "nothing was injected"
}

# The first reads of a program are the dynamic linker's, which does not survive EINTR.
reads_of_linker() {
    ASAN_OPTIONS=detect_leaks=0 strace -qq -e trace=read "$1" --version 2>&1 | grep -c ELF
}

@test "EINTR at every second call of each kind is survived, by all stages" {
    need strace
    for call in accept read write nanosleep,clock_nanosleep poll,epoll_wait; do
        for stage in $STAGES; do
            first=1 # of each thread
            [ "$call" != read ] || first=$((1 + $(reads_of_linker "$BIN/$stage")))
            inject "$call:error=EINTR:when=$first+2" "$BIN/$stage" -n 5 -d 0.02 -r none \
                >"$BATS_TEST_TMPDIR/out" || fail "$stage does not survive EINTR at $call: exit $?"
            whole_answers 5 <"$BATS_TEST_TMPDIR/out"
            case $stage-$call in
            stage[12]-poll* | stage3-poll* | stage[345]-nanosleep*) ;; # calls that it does not make
            *) was_injected ;;
            esac
        done
    done
}

@test "a connection that dies in the queue (ECONNABORTED) is passed over" {
    need strace
    for stage in $STAGES; do
        inject accept:error=ECONNABORTED:when=1+2 "$BIN/$stage" -n 5 -d 0.02 -r none | whole_answers 5
        was_injected
    done
}

@test "no accept for a while (EMFILE, ENFILE, EPERM): said once, then all are served" {
    need strace
    for stage in $STAGES; do
        for error in EMFILE ENFILE EPERM; do # (of these only EMFILE is for ulimit -n)
            inject "accept:error=$error:when=2..4" "$BIN/$stage" -n 5 -d 0.02 -r none \
                >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
            whole_answers 5 <"$BATS_TEST_TMPDIR/out"
            [ "$(grep -c "$stage: cannot accept more clients now: " "$BATS_TEST_TMPDIR/err")" -eq 1 ]
            [ "$(wc -l <"$BATS_TEST_TMPDIR/err")" -eq 1 ]
            [ "$(grep -c 'Raise ulimit -n' "$BATS_TEST_TMPDIR/err")" -eq "$([ $error = EMFILE ] && echo 1 || echo 0)" ]
        done
    done
}

@test "a firewall that forbids each accept: the client gives up, and the program ends" {
    need strace
    for stage in $STAGES; do
        run inject accept:error=EPERM "$BIN/$stage" -n 1 -d 0 -t 0.2 -r none
        [ "$status" -eq 1 ]
        [ "${lines[0]}" = "$stage: cannot accept more clients now: Operation not permitted; they have to wait" ]
        [[ "${lines[1]}" == "$stage: 1 of 1 clients failed: no whole answer from the server within 0.2 s; "* ]]
    done
}

@test "an accept that fails for good ends the program, with one line" {
    need strace
    for stage in $STAGES; do
        run inject accept:error=EINVAL "$BIN/$stage" -n 1 -d 0 -r none
        [ "$status" -eq 1 ]
        [ "$output" = "$stage: cannot accept: Invalid argument; start the server again" ]
    done
}

@test "a kernel that gives up a connect (ETIMEDOUT) is not taken for the client's own --timeout" {
    need strace
    for stage in $STAGES; do
        run inject connect:error=ETIMEDOUT "$BIN/$stage" client -n 1 -H 127.0.0.1 -p 9 -r none
        [ "$status" -eq 1 ]
        [ "$output" = "$stage: 1 of 1 clients failed: cannot connect to 127.0.0.1:9: Connection timed out; check --host and --port" ] ||
            fail "$output"
    done
}

@test "no descriptor for a client: it fails, the others do not, and the numbers are said" {
    need strace
    for stage in $FUTURE_STAGES; do
        # the listener is the first socket, client 3 gets none
        run inject socket:error=EMFILE:when=4 "$BIN/$stage" -n 5 -d 0.02 -r none
        [ "$status" -eq 1 ]
        [[ "$output" == *"$stage: 1 of 5 clients failed: cannot connect to 127.0.0.1:"*": Too many open files; raise ulimit -n, or take fewer clients"* ]]
        [ "$(grep -c '^end' <<<"$output")" -eq 4 ]
    done
    for stage in stage1 stage2; do
        # each client is a thread, and this is its first socket
        run inject socket:error=EMFILE "$BIN/$stage" client -n 5 -H 127.0.0.1
        [ "$status" -eq 1 ]
        [ "$output" = "$stage: 5 of 5 clients failed: cannot connect to 127.0.0.1:8000: Too many open files; raise ulimit -n, or take fewer clients" ]
    done
}

@test "a write that takes 3 bytes goes on after the third, by all stages" {
    need strace
    for stage in $STAGES; do
        # The first write of the main thread says where it listens.
        case $stage in
        stage[12]) when=1 ;;
        *) when=2 ;;
        esac
        rm -f "$BATS_TEST_TMPDIR/server.err"
        # strace only pretends: so the client lacks these three bytes, and no others.
        ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=write \
            -e "inject=write:retval=3:when=$when" "$BIN/$stage" serve -p 0 -d 0 -r none \
            2>"$BATS_TEST_TMPDIR/server.err" 3>&- &
        helper=$!
        wait_until 10 grep -qs 'listening on' "$BATS_TEST_TMPDIR/server.err"
        port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$BATS_TEST_TMPDIR/server.err")
        run "$BIN/stage2" client -n 1 -H 127.0.0.1 -p "$port" -r none
        pkill -INT -P "$helper"
        wait "$helper"
        helper=
        was_injected
        [ "$output" = $'rt 1\nend 1' ] || fail "$stage: $output"
    done
}

# ---- threads ----

@test "no more threads for clients: that is said, with numbers, and what can run runs to its end" {
    need strace
    for stage in stage1 stage2; do
        # the server's thread, two clients; from then on none
        run inject clone3,clone:error=EAGAIN:when=4+ "$BIN/$stage" -n 5 -d 0.02 -r none
        [ "$status" -eq 1 ]
        [[ "$output" == *"$stage: 3 of 5 clients failed: cannot start a thread for client 3: Resource temporarily unavailable; "*" threads run; raise ulimit -u, or take fewer clients"* ]]
        [ "$(grep -c '^end' <<<"$output")" -eq 2 ]
    done
}

@test "no more threads for responses: stage 2 responds as stage 1 does, and says so once" {
    need strace
    ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /dev/null -e trace=clone3,clone -e inject=clone3,clone:error=EAGAIN:when=3+ \
        "$BIN/stage2" serve -p 0 -d 0.01 -r none 2>"$BATS_TEST_TMPDIR/server.err" 3>&- &
    helper=$!
    wait_until 10 grep -qs 'listening on' "$BATS_TEST_TMPDIR/server.err"
    port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$BATS_TEST_TMPDIR/server.err")
    "$BIN/stage4" client -n 20 -p "$port" -r none | whole_answers 20
    pkill -INT -P "$helper"
    wait "$helper"
    helper=
    [ "$(grep -c 'stage2: cannot start a thread for response [0-9]*: Resource temporarily unavailable; ' "$BATS_TEST_TMPDIR/server.err")" -eq 1 ]
}

@test "a server without a thread: exit 1, one line" {
    need strace
    for stage in stage1 stage2; do
        run inject clone3,clone:error=EAGAIN "$BIN/$stage" -n 1
        [ "$status" -eq 1 ]
        [ "$output" = "$stage: cannot start the server's thread: Resource temporarily unavailable; raise ulimit -u" ]
    done
}

@test "stages 3 to 5 start no thread, in no mode" {
    need strace
    for stage in $FUTURE_STAGES; do
        start_server stage4 -d 0
        inject clone3,clone:error=EAGAIN "$BIN/$stage" -n 5 -d 0 -r none | whole_answers 5
        inject clone3,clone:error=EAGAIN "$BIN/$stage" client -n 5 -H localhost -p "$port" -r none |
            whole_answers 5
        [ ! -s "$BATS_TEST_TMPDIR/trace" ] || fail "$stage: $(cat "$BATS_TEST_TMPDIR/trace")"
        stop_server
    done
}

@test "a reactor that cannot be made: exit 1, one line" {
    need strace
    run inject pipe,pipe2:error=EMFILE "$BIN/stage4" -n 1
    [ "$status" -eq 1 ]
    [ "$output" = "stage4: cannot make a pipe: Too many open files; raise ulimit -n" ]
    [ -e "$BIN/stage5" ] || return 0
    run inject epoll_create1:error=EMFILE "$BIN/stage5" -n 1
    [ "$status" -eq 1 ]
    [ "$output" = "stage5: cannot make an epoll and an eventfd: Too many open files; raise ulimit -n" ]
    run inject epoll_ctl:error=ENOSPC:when=3 "$BIN/stage5" -n 5 -d 0
    [ "$status" -eq 1 ]
    [[ "${lines[-1]}" == "stage5: "*" descriptor "*": No space left on device; "*max_user_watches ]]
}

# ---- what the kernel is asked ----

@test "stage 5 makes one epoll_ctl for each descriptor in its life" {
    need strace
    [ -e "$BIN/stage5" ] || skip "needs epoll"
    inject epoll_ctl:delay_enter=0 "$BIN/stage5" -n 50 -d 0.05 -r none | whole_answers 50
    # the eventfd, the listener, 50 clients; responses never have to wait for their socket
    [ "$(grep -c epoll_ctl "$BATS_TEST_TMPDIR/trace")" -eq 52 ]
}

@test "an idle server makes no system call at all" {
    need strace
    for stage in $STAGES; do
        [ "$stage" != stage3 ] || continue
        start_server "$stage"
        timeout -s INT 0.2 strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -p "$server" || true
        # each thread is shown once, in the call that it sleeps in
        [ "$(grep -cv -e SIGINT -e resumed -e detached "$BATS_TEST_TMPDIR/trace")" -le 2 ] ||
            fail "$stage: $(cat "$BATS_TEST_TMPDIR/trace")"
        stop_server
    done
}
