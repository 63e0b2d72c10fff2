#!/usr/bin/env bats
# Bad days: whatever goes wrong is said in one line, costs no more than it must, and hangs nobody.

load helpers

# fails WORDS COMMAND...: exit 1, and one line that holds the words. Who hangs is ended.
fails() {
    local words=$1
    shift
    if declare -F "$1" >/dev/null; then
        run "$@"
    else
        run timeout 60 "$@"
    fi
    [ "$status" -eq 1 ] || fail "$*: exit $status"
    [ "${#lines[@]}" -eq 1 ] || fail "$*: ${#lines[@]} lines: $output"
    [[ "$output" == *"$words"* ]] || fail "$*: $output"
}

# ---- names and addresses ----

@test "a port in use: what, where, why, what to do" {
    start_server stage4
    for stage in $STAGES; do
        fails "$stage: cannot listen on 127.0.0.1:$port: Address already in use; stop the other server, or take another --port" \
            "$BIN/$stage" serve -p "$port"
        fails "$stage: cannot listen on 127.0.0.1:$port: Address already in use" "$BIN/$stage" -p "$port"
    done
    stop_server
}

@test "an address that is not ours" {
    for stage in $STAGES; do
        fails "$stage: cannot listen on 192.0.2.1:8000: Cannot assign requested address; --host must be an address of this machine" \
            "$BIN/$stage" serve -H 192.0.2.1
    done
}

@test "a host that nobody knows: that it is looked up, and that it is not found" {
    for stage in $STAGES; do
        for mode in demo serve client; do
            # a name that no name server has to be asked for: part of it is empty
            run timeout 60 "$BIN/$stage" "$mode" -H no-such..host
            [ "$status" -eq 1 ] || fail "$stage $mode: exit $status"
            [ "${#lines[@]}" -eq 2 ] || fail "$stage $mode: $output"
            [[ "${lines[0]}" == "$stage: looking up 'no-such..host', before --timeout begins; "* ]] || fail "$output"
            [[ "${lines[1]}" == "$stage: cannot find host 'no-such..host': "*"; check --host" ]] || fail "$output"
        done
    done
}

@test "a machine without IPv6: the advice fits" {
    need_namespaces
    for stage in $STAGES; do
        # without a loopback that is up there is no ::1
        fails "; --host must be an address of this machine" apart 'exec "$@"' "$BIN/$stage" serve -H ::1
        fails "; this machine may be without IPv6: " \
            apart 'exec "$@"' "$BIN/$stage" client -H ::1
    done
}

@test "nobody listens, and the kernel gives a client that very port: connection refused" {
    need_namespaces
    need ip
    for stage in $STAGES; do
        # so it is the first that the kernel takes, and connects a socket to itself
        fails "$stage: 1 of 1 clients failed: cannot connect to 127.0.0.1:45000: Connection refused; is a server listening there?" \
            apart 'ip link set lo up; echo 45000 45001 >/proc/sys/net/ipv4/ip_local_port_range; exec "$@"' \
            "$BIN/$stage" client -n 1 -H 127.0.0.1 -p 45000 -t 5
    done
}

@test "a server that is absent: one line for all clients" {
    start_server stage4
    stop_server
    for stage in $STAGES; do
        fails "$stage: 10 of 10 clients failed: cannot connect to 127.0.0.1:$port: Connection refused; is a server listening there?" \
            "$BIN/$stage" client -H 127.0.0.1 -p "$port"
    done
}

# silent_server SECONDS BYTES: accepts, and sends the bytes every so many seconds. Sets port.
silent_server() {
    rm -f "$BATS_TEST_TMPDIR/port"
    python3 - "$@" >"$BATS_TEST_TMPDIR/port" 3>&- <<'PYTHON' &
import select, socket, sys, time
pause, piece = float(sys.argv[1]), sys.argv[2].encode()
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
peers = []
while True:
    if select.select([listener], [], [], pause)[0]:
        peers.append(listener.accept()[0])
    for peer in peers:
        try:
            peer.send(piece)
        except OSError:
            pass
PYTHON
    helper=$!
    wait_until 5 test -s "$BATS_TEST_TMPDIR/port"
    port=$(cat "$BATS_TEST_TMPDIR/port")
}

# gives_up STAGE: after --timeout, and not before.
gives_up() {
    local before
    before=$(date +%s%N)
    fails "$1: 3 of 3 clients failed: no whole answer from the server within 0.25 s; " \
        "$BIN/$1" client -n 3 -H 127.0.0.1 -p "$port" -t 0.25
    [ $((($(date +%s%N) - before) / 1000000)) -ge 250 ] || fail "$1 gave up early"
}

@test "a server that accepts and never answers: the clients give up after --timeout" {
    need python3
    silent_server 60 ''
    for stage in $STAGES; do
        gives_up "$stage"
    done
}

@test "--timeout is for all that a client does: a byte now and then does not put it off" {
    need python3
    silent_server 0.05 x
    for stage in $STAGES; do
        gives_up "$stage"
    done
}

@test "an answer that came while the process was stopped counts, though --timeout has gone by" {
    start_server stage2 -d 3
    for stage in $STAGES; do
        "$BIN/$stage" client -n 10 -H 127.0.0.1 -p "$port" -t 4 -r none \
            >"$BATS_TEST_TMPDIR/$stage" 2>&1 3>&- &
        eval "$stage=$!"
        helper="${helper:-} $!"
    done
    for stage in $STAGES; do
        has_started() {
            [ "$(grep -c start "$BATS_TEST_TMPDIR/$stage")" -eq 10 ]
        }
        wait_until 3 has_started
        kill -STOP "${!stage}"
    done
    stop_server # when its responses are over
    sleep 1.5
    for stage in $STAGES; do
        kill -CONT "${!stage}"
        wait "${!stage}" || fail "exit $?: $(cat "$BATS_TEST_TMPDIR/$stage")"
        [ "$(grep -c '^end [0-9]*$' "$BATS_TEST_TMPDIR/$stage")" -eq 10 ]
    done
    helper=
}

# serve_pieces BYTES...: a server that sends each of them to each client, and closes. Sets port.
serve_pieces() {
    python3 - "$@" >"$BATS_TEST_TMPDIR/port" 3>&- <<'PYTHON' &
import socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in sys.argv[1:]:
        connection.sendall(piece.encode())
        time.sleep(0.02)
    connection.close()
PYTHON
    helper=$!
    wait_until 5 test -s "$BATS_TEST_TMPDIR/port"
    port=$(cat "$BATS_TEST_TMPDIR/port")
}

@test "a server that leaves between start and end" {
    need python3
    serve_pieces $'start 1\nen'
    for stage in $STAGES; do
        run "$BIN/$stage" client -n 1 -H 127.0.0.1 -p "$port" -r none
        [ "$status" -eq 1 ]
        [[ "$output" == *"$stage: 1 of 1 clients failed: the server closed the connection before its end line; "* ]]
    done
}

@test "lines that arrive in pieces, and a line longer than any buffer, come out whole" {
    need python3
    local long
    long=$(printf 'y%.0s' {1..100})
    serve_pieces sta 'rt 5' $'\nx' "$long" $'\ne' $'nd 5\n'
    for stage in $STAGES; do
        run "$BIN/$stage" client -n 1 -H 127.0.0.1 -p "$port" -r none
        [ "$status" -eq 0 ]
        [ "$output" = "start 5"$'\n'"x$long"$'\n'"end 5" ] || fail "$output"
    done
}

@test "the end of a longer line is no end line" {
    need python3
    serve_pieces "$(printf 'x%.0s' {1..32})"$'end 1\n'
    for stage in $STAGES; do
        run "$BIN/$stage" client -n 1 -H 127.0.0.1 -p "$port" -r none
        [ "$status" -eq 1 ]
        [[ "$output" == *"the server closed the connection before its end line; "* ]] || fail "$output"
    done
}

# ---- stdout ----

@test "a full stdout: exit 1, one line" {
    [ -c /dev/full ] || skip "needs /dev/full"
    for stage in $STAGES; do
        fails "$stage: 10 of 10 clients failed: cannot write to stdout: No space left on device" \
            bash -c '"$1" -d 0.01 >/dev/full' - "$BIN/$stage"
    done
}

@test "a closed stdout: exit 1, one line, and nothing goes astray" {
    for stage in $STAGES; do
        fails "$stage: 10 of 10 clients failed: cannot write to stdout: Bad file descriptor" \
            bash -c '"$1" -d 0.01 >&-' - "$BIN/$stage"
    done
}

@test "a broken pipe: exit 1, one line, no death by a signal" {
    for stage in $STAGES; do
        fails "$stage: 10 of 10 clients failed: cannot write to stdout: Broken pipe" \
            bash -c '{ sleep 0.1; "$1" -d 0.01; echo $? >"$2"; } | true; exit "$(cat "$2")"' - \
            "$BIN/$stage" "$BATS_TEST_TMPDIR/status"
    done
}

@test "a stdin and a stderr that are closed do no harm" {
    for stage in $STAGES; do
        "$BIN/$stage" -d 0.01 <&- 2>&- | whole_answers 10
    done
}

@test "a full stderr loses the report: exit 1" {
    [ -c /dev/full ] || skip "needs /dev/full"
    for stage in $STAGES; do
        run bash -c '"$1" -n 1 -d 0 2>/dev/full' - "$BIN/$stage"
        [ "$status" -eq 1 ]
        [ "$output" = $'start 1\nend 1' ]
    done
}

@test "a stdout that somebody made non-blocking, and nobody empties for a while, gets every line" {
    need python3
    for stage in $STAGES; do
        python3 - "$BIN/$stage" <<'PYTHON'
import fcntl, os, subprocess, sys, time
reader, writer = os.pipe()
os.set_blocking(writer, False)
fcntl.fcntl(writer, 1031, 4096)  # F_SETPIPE_SZ: as small as can be
run = subprocess.Popen([sys.argv[1], "-n", "400", "-d", "0", "-r", "none"], stdout=writer)
os.close(writer)
time.sleep(0.1)
lines = os.fdopen(reader).read().splitlines()
assert run.wait() == 0
assert sorted(lines) == sorted(f"{word} {k}" for word in ("start", "end") for k in range(1, 401))
PYTHON
    done
}

@test "a file that is as large as ulimit -f allows: exit 1, one line, no death by a signal" {
    for stage in $STAGES; do
        fails " of 300 clients failed: cannot write to stdout: File too large; " \
            bash -c 'ulimit -f 1; "$1" -n 300 -d 0 -r none >"$2"' - "$BIN/$stage" "$BATS_TEST_TMPDIR/out"
        run bash -c 'ulimit -f 1; "$1" -n 300 -d 0 -r none --trace="$2" >/dev/null' - \
            "$BIN/$stage" "$BATS_TEST_TMPDIR/trace"
        [ "$status" -eq 1 ] || fail "$stage --trace: exit $status"
        [ "${#lines[@]}" -eq 1 ] || fail "$stage --trace: $output"
        [[ "$output" == "$stage: "*"$BATS_TEST_TMPDIR/trace"*": File too large"* ]] || fail "$output"
        run bash -c 'ulimit -f 1; "$1" -n 300 -d 0 -r none --timeline="$2" >/dev/null' - \
            "$BIN/$stage" "$BATS_TEST_TMPDIR/timeline"
        [ "$status" -eq 1 ] || fail "$stage --timeline: exit $status"
        [ "${#lines[@]}" -eq 1 ] || fail "$stage --timeline: $output"
        [[ "$output" == "$stage: "*"$BATS_TEST_TMPDIR/timeline"*": File too large"* ]] || fail "$output"
    done
}

# ---- limits ----

@test "a limit of descriptors that is too low is refused, with numbers" {
    for stage in $STAGES; do
        fails "$stage: 100 clients need 216 descriptors, the limit is 64; raise it (as root: ulimit -n 216) or take fewer clients" \
            bash -c 'ulimit -n 64; "$1" -n 100' - "$BIN/$stage"
        fails "$stage: 100 clients need 116 descriptors, the limit is 64; raise it (as root: ulimit -n 116) or take fewer clients" \
            bash -c 'ulimit -n 64; "$1" client -n 100' - "$BIN/$stage"
    done
}

@test "a soft limit of descriptors is raised, if the hard one allows it" {
    for stage in $STAGES; do
        bash -c 'ulimit -Sn 64; "$1" -n 100 -d 0 -r none' - "$BIN/$stage" | whole_answers 100
    done
}

@test "as many clients as fit into the limit do work" {
    for stage in $STAGES; do
        bash -c 'ulimit -n 64; "$1" -n 24 -d 0.02 -r none' - "$BIN/$stage" | whole_answers 24
    done
}

# The CPU time of process $1 until now, in seconds.
cpu_of() {
    LC_ALL=C awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$1/stat"
}

@test "with 32 descriptors and 200 connections, serve serves all, and does not burn a CPU meanwhile" {
    [ -e /proc/self/stat ] || skip "needs /proc"
    for stage in $STAGES; do
        # one after the other in stage 1, about 25 at a time elsewhere
        start_limited_server "$stage" "$([ "$stage" = stage1 ] && echo 0.002 || echo 0.1)"
        before=$(date +%s%N)
        "$BIN/stage4" client -n 200 -p "$port" -r none | whole_answers 200
        took=$(LC_ALL=C awk -v ns=$(($(date +%s%N) - before)) 'BEGIN { printf "%.3f", ns / 1e9 }')
        # of stage 3 the CPU is never idle; and stage 1 with its one connection never runs out
        [ "$stage" = stage3 ] || below "$(cpu_of "$server")" "$took"
        [ "$stage" = stage1 ] ||
            [ "$(grep -c "^$stage: cannot accept more clients now: Too many open files" "$BATS_TEST_TMPDIR/server.err")" -eq 1 ]
        stop_server
    done
}

start_limited_server() {
    rm -f "$BATS_TEST_TMPDIR/server.err"
    bash -c 'ulimit -n 32; exec "$1" serve -p 0 -d "$2" -r none' - "$BIN/$1" "$2" \
        >/dev/null 2>"$BATS_TEST_TMPDIR/server.err" 3>&- &
    server=$!
    wait_until 10 grep -qs 'listening on' "$BATS_TEST_TMPDIR/server.err"
    port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$BATS_TEST_TMPDIR/server.err")
}

@test "a server raises its soft limit of descriptors as far as it may" {
    [ -e /proc/self/limits ] || skip "needs /proc"
    for stage in $STAGES; do
        rm -f "$BATS_TEST_TMPDIR/server.err"
        bash -c 'ulimit -Sn 64; exec "$1" serve -p 0 -r none' - "$BIN/$stage" \
            >/dev/null 2>"$BATS_TEST_TMPDIR/server.err" 3>&- &
        server=$!
        wait_until 10 grep -qs 'listening on' "$BATS_TEST_TMPDIR/server.err"
        [ "$(awk '/Max open files/ { print $4 }' "/proc/$server/limits")" -gt 64 ]
        stop_server
    done
}

@test "one server that sends without end does not keep the clients of others from their answers" {
    need python3
    python3 - >"$BATS_TEST_TMPDIR/port" 2>/dev/null 3>&- <<'PYTHON' &
import socket, threading
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
def flood(connection):
    while True:
        connection.sendall(b"x" * 65536)
while True:
    first, _ = listener.accept()
    threading.Thread(target=flood, args=(first,), daemon=True).start()
    for number in range(2, 11):
        connection, _ = listener.accept()
        connection.sendall(b"start %d\nend %d\n" % (number, number))
        connection.close()
PYTHON
    helper=$!
    wait_until 5 test -s "$BATS_TEST_TMPDIR/port"
    for stage in $STAGES; do
        # awk leaves when it has seen all, and the clients end with a broken pipe
        timeout -s KILL 10 "$BIN/$stage" client -n 10 -H 127.0.0.1 -p "$(cat "$BATS_TEST_TMPDIR/port")" -r none 2>/dev/null |
            awk 'match($0, /end ([2-9]|10)$/) && !seen[substr($0, RSTART)]++ { print substr($0, RSTART); if (++n == 9) exit }' \
                >"$BATS_TEST_TMPDIR/out" || true
        [ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -eq 9 ] || fail "$stage: $(cat "$BATS_TEST_TMPDIR/out")"
    done
}

@test "no memory for another thread: the advice is not about threads" {
    ! is_sanitized || return 0 # it takes more addresses itself
    need python3
    silent_server 60 ''
    for stage in stage1 stage2; do
        fails "memory" bash -c 'ulimit -v 40000; "$1" client -n 500 -H 127.0.0.1 -p "$2" -t 0.3' - \
            "$BIN/$stage" "$port"
        [[ "$output" == *"raise ulimit -v"* && "$output" != *"ulimit -u"* ]] || fail "$output"
    done
    # where malloc has room for small things left
    run bash -c 'ulimit -v 300000; "$1" -n 500 -d 0.3 2>&1 >/dev/null' - "$BIN/stage2"
    [ "$status" -eq 1 ] || fail "$status: $output"
    [[ "$output" == *"raise ulimit -v"* && "$output" != *"ulimit -u"* ]] || fail "$output"
}

# ---- clients that misbehave ----

descriptors() {
    set -- /proc/"$1"/fd/*
    echo $#
}

has_descriptors() {
    [ "$(descriptors "$1")" -eq "$2" ]
}

@test "clients that reset, half-close, flood, never read or leave early harm nobody, and leak nothing" {
    need python3
    [ -e /proc/self/fd ] || skip "needs /proc"
    for stage in $STAGES; do
        start_server "$stage" -d 0.05
        before=$(descriptors "$server")
        python3 - "$port" <<'PYTHON' &
import socket, struct, sys, time
at = ("127.0.0.1", int(sys.argv[1]))

reset = socket.create_connection(at)                    # an RST in the middle
reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
half = socket.create_connection(at)                     # says that it is done, but listens
half.shutdown(socket.SHUT_WR)
mute = socket.create_connection(at)                     # never reads
early = socket.create_connection(at)                    # leaves between start and end
flood = socket.create_connection(at)                    # talks, though nobody listens
flood.sendall(b"x" * 100000)
reset.recv(10)
reset.close()
early.close()
answer = b""
while part := half.recv(100):
    answer += part
assert answer.startswith(b"start ") and b"\nend " in answer, answer
time.sleep(0.15)
PYTHON
        helper=$!
        "$BIN/stage2" client -n 5 -p "$port" -t 20 -r none >"$BATS_TEST_TMPDIR/out" || fail "$stage: the others noticed"
        [ "$(grep -c end "$BATS_TEST_TMPDIR/out")" -eq 5 ]
        wait "$helper" || fail "$stage: the client that half-closed was not served"
        helper=
        wait_until 5 has_descriptors "$server" "$before" || fail "$stage leaks descriptors"
        stop_server || fail "$stage: exit $?"
    done
}

@test "a server that was used by 500 clients has as many descriptors as before" {
    [ -e /proc/self/fd ] || skip "needs /proc"
    for stage in $STAGES; do
        start_server "$stage" -d 0
        before=$(descriptors "$server")
        "$BIN/stage4" client -n 500 -p "$port" -r none | whole_answers 500
        wait_until 5 has_descriptors "$server" "$before"
        stop_server
    done
}

# ---- signals ----

@test "SIGWINCH, SIGSTOP and SIGCONT, again and again, change nothing" {
    for stage in $STAGES; do
        "$BIN/$stage" -n 3 -d 0.2 -r none >"$BATS_TEST_TMPDIR/out" 3>&- &
        helper=$!
        for _ in 1 2; do
            kill -STOP "$helper" 2>/dev/null || break # a slow machine: it has ended
            sleep 0.03
            kill -WINCH "$helper"
            kill -CONT "$helper"
            sleep 0.03
        done
        wait "$helper" || fail "$stage: exit $?"
        helper=
        whole_answers 3 <"$BATS_TEST_TMPDIR/out"
    done
}

@test "a connect that SIGSTOP and SIGCONT interrupt while it waits goes on" {
    need python3
    for stage in stage1 stage4; do # a thread, and a future
        python3 - >"$BATS_TEST_TMPDIR/port" 3>&- <<'PYTHON' &
import socket, time
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(1)
full = [socket.socket() for _ in range(2)]  # the queue is full: a connect has to wait
for one in full:
    one.setblocking(False)
    one.connect_ex(listener.getsockname())
print(listener.getsockname()[1], flush=True)
time.sleep(0.5)
for _ in range(3):
    connection, _ = listener.accept()
    connection.sendall(b"start 1\nend 1\n")
    connection.close()
PYTHON
        server=$!
        wait_until 5 test -s "$BATS_TEST_TMPDIR/port"
        "$BIN/$stage" client -n 1 -H 127.0.0.1 -p "$(cat "$BATS_TEST_TMPDIR/port")" -r none \
            >"$BATS_TEST_TMPDIR/out" 3>&- &
        helper=$!
        for signal in STOP CONT STOP CONT; do
            sleep 0.08
            kill "-$signal" "$helper" 2>/dev/null || break # a slow machine: it has ended
        done
        wait "$helper" || fail "$stage: exit $?"
        whole_answers 1 <"$BATS_TEST_TMPDIR/out"
        wait "$server"
        server=
        helper=
        rm "$BATS_TEST_TMPDIR/port"
    done
}
