#!/usr/bin/env bats
# serve --echo, with nc and Python's asyncio as its clients.

load helpers

# send FILE...: nc's answer from the server on $port; it half-closes when it has sent all.
send() {
    cat "$@" | nc -N 127.0.0.1 "$port"
}

@test "nc gets its message back from any stage's server" {
    need_nc
    for stage in $STAGES; do
        start_server "$stage" --echo
        [ "$(echo "hello, $stage" | send)" = "hello, $stage" ] || fail "$stage"
        [ "$(printf 'no newline' | send)" = 'no newline' ] || fail "$stage"
        stop_server || fail "$stage: exit $?"
        grep -q '^  responses  *2, and 0 that broke off$' "$BATS_TEST_TMPDIR/server.err"
    done
}

@test "who says nothing gets nothing back, and counts as a whole response" {
    need_nc
    for stage in $STAGES; do
        start_server "$stage" --echo
        [ -z "$(send /dev/null)" ] || fail "$stage"
        stop_server || fail "$stage: exit $?"
        grep -q '^  responses  *1, and 0 that broke off$' "$BATS_TEST_TMPDIR/server.err"
    done
}

# second_waits TENTHS: sets waited to yes if a second client got nothing for so long, while the
# first one was silent; it is served when the first one has gone.
second_waits() {
    waited=yes
    rm -f "$BATS_TEST_TMPDIR/out"
    exec 7<>"/dev/tcp/127.0.0.1/$port"
    echo second | nc -N 127.0.0.1 "$port" >"$BATS_TEST_TMPDIR/out" 3>&- 7>&- &
    helper=$!
    for _ in $(seq "$1"); do
        sleep 0.1
        [ ! -s "$BATS_TEST_TMPDIR/out" ] || waited=no
        [ "$waited" = yes ] || break
    done
    exec 7>&-
    wait "$helper" || fail "the second client was not served at all"
    helper=
    [ "$(cat "$BATS_TEST_TMPDIR/out")" = second ]
}

@test "in stage 1 the second client waits until the first has gone" {
    need_nc
    start_server stage1 --echo
    second_waits 3
    [ "$waited" = yes ]
    stop_server
}

@test "in the other stages it does not wait" {
    need_nc
    for stage in ${STAGES#stage1}; do
        start_server "$stage" --echo
        second_waits 100
        [ "$waited" = no ] || fail "$stage makes it wait"
        stop_server
    done
}

# ---- many at once ----

@test "several nc at once get back what each of them sent" {
    need_nc
    for i in 1 2 3 4 5; do
        head -c 200000 /dev/urandom >"$BATS_TEST_TMPDIR/sent$i"
    done
    for stage in $STAGES; do
        start_server "$stage" --echo
        pids=
        for i in 1 2 3 4 5; do
            nc -N 127.0.0.1 "$port" <"$BATS_TEST_TMPDIR/sent$i" >"$BATS_TEST_TMPDIR/back$i" 3>&- &
            pids="$pids $!"
        done
        for pid in $pids; do
            wait "$pid"
        done
        for i in 1 2 3 4 5; do
            cmp "$BATS_TEST_TMPDIR/sent$i" "$BATS_TEST_TMPDIR/back$i" || fail "$stage, client $i"
        done
        stop_server
    done
}

@test "asyncio's clients get back what they sent, fifty at once" {
    need python3
    for stage in ${STAGES#stage1}; do
        start_server "$stage" --echo
        python3 - "$port" <<'PYTHON' || fail "$stage"
import asyncio, os, sys

async def client(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for size in (1, 1000, 70000):
        sent = os.urandom(size)
        writer.write(sent)
        assert await reader.readexactly(size) == sent
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()

async def main():
    await asyncio.gather(*(client(int(sys.argv[1])) for _ in range(50)))

asyncio.run(main())
PYTHON
        stop_server
        grep -q '^  responses  *50, and 0 that broke off$' "$BATS_TEST_TMPDIR/server.err" || fail "$stage"
    done
}

# ---- bad days ----

@test "a client that reads nothing slows itself down, and costs the server no memory" {
    need python3
    for stage in $STAGES; do
        start_server "$stage" --echo -r json
        python3 - "$port" <<'PYTHON' || fail "$stage"
import os, socket, sys, threading
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(0.15)
block, sent = os.urandom(1 << 20), 0
try:
    while sent < 64 << 20:
        sent += s.send(block[sent % len(block):])
    sys.exit("64 MiB were taken, though nobody read what came back")
except TimeoutError:
    pass
s.settimeout(20)
s.shutdown(socket.SHUT_WR)
got = 0
while data := s.recv(1 << 20):
    for start in range(0, len(data), len(block)):
        position = (got + start) % len(block)
        assert (block + block)[position:position + len(data)] == data
    got += len(data)
assert got == sent, (got, sent)
PYTHON
        stop_server
        tail -n 1 "$BATS_TEST_TMPDIR/server.err" >"$BATS_TEST_TMPDIR/json"
        [ "$(field completed <"$BATS_TEST_TMPDIR/json")" -eq 1 ]
        is_sanitized || below "$(field max_rss_kib <"$BATS_TEST_TMPDIR/json")" 8192
    done
}

@test "a client that resets breaks off, and the next one is served" {
    need python3
    for stage in $STAGES; do
        start_server "$stage" --echo
        python3 - "$port" <<'PYTHON' || fail "$stage"
import socket, struct, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"x" * 100)
s.recv(1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
s.sendall(b"still")
s.shutdown(socket.SHUT_WR)
assert s.recv(100) == b"still" and s.recv(100) == b""
PYTHON
        stop_server || fail "$stage: exit $?"
        grep -q '^  responses  *1, and 1 that broke off$' "$BATS_TEST_TMPDIR/server.err" || fail "$stage"
    done
}

@test "a signal ends an echo server at once, though a client has not hung up" {
    for stage in $STAGES; do
        start_server "$stage" --echo
        exec 7<>"/dev/tcp/127.0.0.1/$port"
        echo hello >&7
        read -r line <&7
        [ "$line" = hello ]
        stop_server || fail "$stage: exit $?"
        exec 7>&-
        grep -q '^  responses  *0, and 1 that broke off$' "$BATS_TEST_TMPDIR/server.err" || fail "$stage"
    done
}

@test "a client at a server that echoes gives up after --timeout, and asks whether it does" {
    start_server stage4 --echo
    for stage in $STAGES; do
        run "$BIN/$stage" client -n 2 -H 127.0.0.1 -p "$port" -t 0.15
        [ "$status" -eq 1 ] || fail "$stage: exit $status"
        [ "${#lines[@]}" -eq 1 ] || fail "$output"
        [[ "$output" == "$stage: 2 of 2 clients failed: no whole answer from the server within 0.15 s; is it busy, or one with --echo, "* ]] ||
            fail "$output"
    done
    stop_server
}

@test "urgent bytes, at which a read stops short, hold up nothing" {
    need python3
    for stage in $STAGES; do
        start_server "$stage" --echo
        run python3 -c '
import socket, sys
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5)
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for _ in range(5):
    peer.send(b"ab")
    peer.send(b"!", socket.MSG_OOB)
    peer.send(b"cd")
    came = b""
    while len(came) < 4:
        came += peer.recv(4)
    assert came == b"abcd", came' "$port"
        [ "$status" -eq 0 ] || fail "$stage: $output"
        stop_server
    done
}
