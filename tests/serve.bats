#!/usr/bin/env bats
# serve and client: any stage's clients, any stage's server, nc, and signals.

load helpers

@test "any stage's clients talk to any stage's server" {
    for stage in $STAGES; do
        start_server "$stage" -d 0.01
        for clients in $STAGES; do
            "$BIN/$clients" client -n 5 -p "$port" -r none >"$BATS_TEST_TMPDIR/out"
            [ "$(grep -c '^start [0-9]*$' "$BATS_TEST_TMPDIR/out")" -eq 5 ]
            [ "$(grep -c '^end [0-9]*$' "$BATS_TEST_TMPDIR/out")" -eq 5 ]
        done
        stop_server || fail "$stage: exit $?"
    done
}

@test "serve says where it listens: the address, and the port that it got" {
    for stage in $STAGES; do
        start_server "$stage"
        [ "$(cat "$BATS_TEST_TMPDIR/server.err")" = "$stage: listening on 127.0.0.1:$port" ]
        [ "$port" -gt 0 ]
        stop_server
    done
}

@test "serve listens on IPv6, and a client finds it there" {
    [ -e /proc/net/if_inet6 ] || skip "needs IPv6"
    for stage in $STAGES; do
        start_server "$stage" -H ::1 -d 0
        grep -q "listening on \[::1\]:$port" "$BATS_TEST_TMPDIR/server.err"
        "$BIN/$stage" client -n 2 -H ::1 -p "$port" -r none | whole_answers 2
        stop_server
    done
}

@test "a client tries one address of a name after the other" {
    # localhost is ::1 first on many machines, and the server listens on 127.0.0.1 only
    for stage in $STAGES; do
        start_server "$stage" -d 0
        "$BIN/$stage" client -n 2 -H localhost -p "$port" -r none | whole_answers 2
        stop_server
    done
}

@test "serve on 0.0.0.0 is reached at 127.0.0.1, and stops" {
    for stage in $STAGES; do
        start_server "$stage" -H 0.0.0.0 -d 0
        "$BIN/$stage" client -n 2 -H 127.0.0.1 -p "$port" -r none | whole_answers 2
        stop_server
    done
}

@test "nc gets a whole answer, though it talks" {
    need nc
    for stage in $STAGES; do
        start_server "$stage" -d 0.1
        run bash -c 'echo hello | nc -N 127.0.0.1 "$1"' - "$port"
        [ "$status" -eq 0 ]
        [ "$output" = $'start 1\nend 1' ] || fail "$stage: $output"
        stop_server
    done
}

@test "a client talks to nc" {
    need nc
    for stage in $STAGES; do
        rm -f "$BATS_TEST_TMPDIR/nc.err"
        printf 'start 7\nend 7\n' | nc -v -l -N 127.0.0.1 0 >/dev/null 2>"$BATS_TEST_TMPDIR/nc.err" 3>&- &
        helper=$!
        wait_until 5 grep -qs '[0-9]$' "$BATS_TEST_TMPDIR/nc.err"
        port=$(sed -n 's/^Listening on .* \([0-9]*\)$/\1/p' "$BATS_TEST_TMPDIR/nc.err")
        run "$BIN/$stage" client -n 1 -H 127.0.0.1 -p "$port" -r none -t 5
        [ "$status" -eq 0 ]
        [ "$output" = $'start 7\nend 7' ]
        wait "$helper"
        helper=
    done
}

# ---- signals ----

@test "SIGINT and SIGTERM stop a server that nobody uses, with a report and exit 0" {
    for stage in $STAGES; do
        for signal in INT TERM; do
            start_server "$stage"
            kill "-$signal" "$server"
            wait "$server" || fail "$stage: exit $? after SIG$signal"
            server=
            grep -q '^  responses  *0, and 0 that broke off$' "$BATS_TEST_TMPDIR/server.err"
        done
    done
}

@test "a server that is told to stop lets its responses finish, and accepts no more" {
    for stage in $STAGES; do
        rm -f "$BATS_TEST_TMPDIR/out"
        start_server "$stage" -d 0.25 -r json
        "$BIN/stage2" client -n 1 -p "$port" -r none >"$BATS_TEST_TMPDIR/out" 3>&- &
        helper=$!
        wait_until 5 grep -qs start "$BATS_TEST_TMPDIR/out"
        kill -TERM "$server"
        sleep 0.1
        grep -q "^$stage: 1 response is still running; a second signal ends it at once$" "$BATS_TEST_TMPDIR/server.err"
        run "$BIN/stage4" client -n 1 -p "$port" -t 2 -r none
        [ "$status" -eq 1 ] || fail "$stage still accepts"
        wait "$helper" || fail "$stage: the running response was cut off"
        wait "$server" || fail "$stage: exit $?"
        server=
        helper=
        whole_answers 1 <"$BATS_TEST_TMPDIR/out"
        [ "$(tail -n 1 "$BATS_TEST_TMPDIR/server.err" | field completed)" -eq 1 ]
    done
}

@test "a second signal ends a server at once" {
    for stage in $STAGES; do
        rm -f "$BATS_TEST_TMPDIR/out"
        start_server "$stage" -d 60
        "$BIN/stage2" client -n 1 -p "$port" -r none >"$BATS_TEST_TMPDIR/out" 2>/dev/null 3>&- &
        helper=$!
        wait_until 5 grep -qs start "$BATS_TEST_TMPDIR/out"
        kill -INT "$server"
        sleep 0.1
        kill -0 "$server" || fail "$stage did not wait for its response"
        kill -INT "$server"
        wait_until 5 gone "$server"
        run wait "$server"
        server=
        run wait "$helper"
        helper=
    done
}

gone() {
    ! kill -0 "$1" 2>/dev/null
}

@test "a server can listen again on the same port at once" {
    for stage in $STAGES; do
        start_server "$stage" -d 0
        "$BIN/$stage" client -n 5 -p "$port" -r none | whole_answers 5
        stop_server
        start_server "$stage" -d 0 -p "$port"
        stop_server
    done
}

@test "serve counts its responses, in text and in JSON" {
    for stage in $STAGES; do
        start_server "$stage" -d 0
        "$BIN/$stage" client -n 7 -p "$port" -r none | whole_answers 7
        stop_server
        grep -q '^  responses  *7, and 0 that broke off$' "$BATS_TEST_TMPDIR/server.err"

        start_server "$stage" -d 0 -r json
        "$BIN/$stage" client -n 7 -p "$port" -r none | whole_answers 7
        stop_server
        json=$(tail -n 1 "$BATS_TEST_TMPDIR/server.err")
        [ "$(field mode <<<"$json")" = serve ]
        [ "$(field completed <<<"$json")" -eq 7 ]
        [ "$(field clients <<<"$json")" -eq 7 ]
    done
}

@test "localhost is this machine, even where no file and no name server says so" {
    hide='mount --bind /dev/null /etc/hosts; mount --bind /dev/null /etc/resolv.conf'
    unshare -rm sh -ec "$hide" 2>/dev/null || skip "needs unshare, and the right to use it"
    for stage in $STAGES; do
        start_server stage4 -d 0
        unshare -rm sh -ec "$hide"'; exec "$@"' - "$BIN/$stage" client -n 2 -H localhost \
            -p "$port" -r none | whole_answers 2 || fail "$stage"
        stop_server
    done
}

@test "a client at a server that is far away looks names up on a second thread" {
    for stage in $FUTURE_STAGES; do
        start_server stage4 -d 0
        threads=$("$BIN/$stage" client -n 1 -H localhost -p "$port" -r json 2>&1 >/dev/null | field peak_threads)
        [ "$threads" -eq 2 ]
        threads=$("$BIN/$stage" client -n 1 -H 127.0.0.1 -p "$port" -r json 2>&1 >/dev/null | field peak_threads)
        [ "$threads" -eq 1 ]
        stop_server
    done
}
