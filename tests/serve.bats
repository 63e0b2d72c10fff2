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
    need_ipv6
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
    need_nc
    for stage in $STAGES; do
        start_server "$stage" -d 0.1
        run bash -c 'echo hello | nc -N 127.0.0.1 "$1"' - "$port"
        [ "$status" -eq 0 ]
        [ "$output" = $'start 1\nend 1' ] || fail "$stage: $output"
        stop_server
    done
}

@test "a client talks to nc" {
    need_nc
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
        start_server "$stage" -d 1 -r json
        "$BIN/stage2" client -n 1 -p "$port" -r none >"$BATS_TEST_TMPDIR/out" 3>&- &
        helper=$!
        wait_until 5 grep -qs start "$BATS_TEST_TMPDIR/out"
        kill -TERM "$server"
        wait_until 5 grep -q "^$stage: 1 response is still running; a second signal ends it at once$" "$BATS_TEST_TMPDIR/server.err"
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

# response_of STAGE [OPTION...]: serves a client that will not have its answer for a minute.
response_of() {
    rm -f "$BATS_TEST_TMPDIR/out"
    start_server "$1" -d 60 "${@:2}"
    "$BIN/stage2" client -n 1 -p "$port" -r none >"$BATS_TEST_TMPDIR/out" 2>/dev/null 3>&- &
    helper=$!
    wait_until 5 grep -qs start "$BATS_TEST_TMPDIR/out"
}

# ends_at_once STAGE: does the server, though its response is not finished?
ends_at_once() {
    wait_until 5 gone "$server" || fail "$1 still waits"
    run wait "$server"
    server=
    run wait "$helper"
    helper=
}

@test "--explain says that it waits for its last response, before it does" {
    for stage in stage1 stage2; do
        response_of "$stage" --explain=os
        kill -INT "$server"
        wait_until 5 grep -qE ' main +pthread_cond_wait \.\.\.$' "$BATS_TEST_TMPDIR/server.err"
        kill -TERM "$server"
        ends_at_once "$stage"
    done
}

@test "a second signal ends a server at once; --replay has its page" {
    for stage in $STAGES; do
        response_of "$stage" --replay="$BATS_TEST_TMPDIR/$stage.html"
        kill -INT "$server"
        sleep 0.25
        kill -0 "$server" || fail "$stage did not wait for its response"
        kill -INT "$server"
        ends_at_once "$stage"
        [ "$(tail -n 1 "$BATS_TEST_TMPDIR/$stage.html")" = '</html>' ] || fail "$stage: no page"
    done
}

@test "a signal of the other kind does, however soon it comes" {
    for stage in $STAGES; do
        response_of "$stage"
        kill -INT "$server"
        kill -TERM "$server"
        ends_at_once "$stage"
    done
}

# Sends two; false if that took this machine nearly the 200 ms.
two_signals() {
    local before=${EPOCHREALTIME/[.,]/}
    kill -INT "$1"
    sleep 0.02 # of two that come at once the kernel makes one itself
    kill -INT "$1" 2>/dev/null || true # it has ended by the first
    [ $((${EPOCHREALTIME/[.,]/} - before)) -lt 150000 ]
}

@test "two signals of a kind within 200 ms are one, as \`timeout -s INT\` sends them" {
    for stage in $STAGES; do
        for attempt in 1 2 3 4 5; do
            rm -f "$BATS_TEST_TMPDIR/out"
            start_server "$stage" -d 0.5
            "$BIN/stage2" client -n 1 -p "$port" -r none >"$BATS_TEST_TMPDIR/out" 2>/dev/null 3>&- &
            helper=$!
            wait_until 5 grep -qs start "$BATS_TEST_TMPDIR/out"
            two_signals "$server" && break
            kill -9 "$server" 2>/dev/null || true # too slow: once more
            wait "$server" "$helper" || true
        done
        wait "$server" || fail "$stage: exit $?, in attempt $attempt"
        server=
        wait "$helper" || fail "$stage: the response was cut off"
        helper=
        whole_answers 1 <"$BATS_TEST_TMPDIR/out"
    done
}

@test "a SIGINT that was ignored when a demo or a client started stays ignored" {
    start_server stage2 -d 0.6
    # the shell ignores it for what it starts in the background
    for stage in $STAGES; do
        for mode in "demo -d 0.6" "client -p $port"; do
            rm -f "$BATS_TEST_TMPDIR/out"
            # shellcheck disable=SC2086 # several words
            "$BIN/$stage" $mode -n 1 -r none --trace="$BATS_TEST_TMPDIR/trace" >"$BATS_TEST_TMPDIR/out" 3>&- &
            helper=$!
            wait_until 5 grep -qs start "$BATS_TEST_TMPDIR/out"
            kill -INT "$helper"
            wait "$helper" || fail "$stage $mode: exit $?"
            helper=
            [ "$(grep -c end "$BATS_TEST_TMPDIR/out")" -eq 1 ]
        done
    done
    stop_server
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

# ---- names ----

@test "localhost is this machine, even where no file and no name server says so" {
    need_namespaces
    hidden='mount --bind /dev/null /etc/hosts; [ ! -e /etc/resolv.conf ] || mount --bind /dev/null /etc/resolv.conf
        ip link set lo up'
    need ip
    for stage in $STAGES; do
        apart "$hidden"'; exec "$@"' "$BIN/$stage" -n 2 -d 0 -H localhost -r none | whole_answers 2 ||
            fail "$stage"
    done
}

@test "a name is looked up before anybody waits for it: one line says so, and no thread is needed" {
    need_namespaces
    need ip
    echo '127.0.0.1 server.test' >"$BATS_TEST_TMPDIR/hosts"
    at_server_test() {
        apart 'mount --bind "$1" /etc/hosts; ip link set lo up; shift; exec "$@"' \
            "$BATS_TEST_TMPDIR/hosts" "$@" -H server.test -r json
    }
    for stage in $STAGES; do
        run at_server_test "$BIN/$stage" -n 1 -d 0
        [ "$status" -eq 0 ] || fail "$stage: exit $status, $output"
        said="$stage: looking up 'server.test', before --timeout begins; "
        [ "$(grep -c "$said" <<<"$output")" -eq 1 ] || fail "$output"
        [[ "$stage" == stage[12] ]] || [ "$(field peak_threads <<<"$output")" -eq 1 ]
        run at_server_test timeout -s INT 0.3 "$BIN/$stage" serve -p 0
        [ "$(grep -c "$said" <<<"$output")" -eq 1 ] || fail "$output"
    done
}

@test "an address, and localhost, are not looked up, and nothing is said" {
    for stage in $STAGES; do
        start_server "$stage" -d 0
        for host in 127.0.0.1 localhost; do
            "$BIN/$stage" client -n 1 -H "$host" -p "$port" -r none \
                >/dev/null 2>"$BATS_TEST_TMPDIR/err"
            [ ! -s "$BATS_TEST_TMPDIR/err" ] || fail "$stage, $host: $(cat "$BATS_TEST_TMPDIR/err")"
        done
        stop_server
        [ "$(wc -l <"$BATS_TEST_TMPDIR/server.err")" -gt 1 ]
    done
}

@test "a name server that is silent: what is waited for is said meanwhile, and at the end exit 1" {
    need_namespaces
    need ip python3
    echo 'nameserver 127.0.0.1' >"$BATS_TEST_TMPDIR/resolv.conf"
    echo 'hosts: files dns' >"$BATS_TEST_TMPDIR/nsswitch.conf"
    export RES_OPTIONS='timeout:1 attempts:1'
    for stage in $STAGES; do
        apart 'for file in resolv.conf nsswitch.conf; do
                [ ! -e "/etc/$file" ] || mount --bind "$1/$file" "/etc/$file"
            done
            ip link set lo up; shift; exec python3 -c "$@"' "$BATS_TEST_TMPDIR" '
import socket, subprocess, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
client = subprocess.Popen(
    [sys.argv[1], "client", "-n", "1", "-H", "silent.test", "-t", "0.1"],
    stderr=subprocess.PIPE, text=True)
said = client.stderr.readline()
assert "looking up '"'silent.test'"', before --timeout begins; " in said, said
assert client.poll() is None, "it was not said while it waits"
server.settimeout(20)
assert b"silent" in server.recv(512)
said = client.stderr.read()
assert "cannot find host '"'silent.test'"': " in said and said.count("\n") == 1, said
assert client.wait() == 1' "$BIN/$stage" >"$BATS_TEST_TMPDIR/$stage" 2>&1 3>&- &
        eval "pid_$stage=$!"
    done
    for stage in $STAGES; do
        eval "wait \$pid_$stage" || fail "$stage: $(cat "$BATS_TEST_TMPDIR/$stage")"
    done
}
