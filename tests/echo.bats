#!/usr/bin/env bats
# serve --echo and client --echo: with each other, with nc, with Python's asyncio.

load helpers

# talk STAGE WORDS...: a client's --echo on $port.
talk() {
    local stage=$1
    shift
    "$BIN/$stage" client -H 127.0.0.1 -p "$port" -r none "$@"
}

@test "any stage's client --echo gets its message back from any stage's server" {
    for stage in $STAGES; do
        start_server "$stage" --echo
        for client in $STAGES; do
            run talk "$client" --echo "hello, $stage; yours, $client"
            [ "$status" -eq 0 ] || fail "$client at $stage: exit $status"
            [ "$output" = "hello, $stage; yours, $client" ] || fail "$client at $stage: $output"
        done
        stop_server || fail "$stage: exit $?"
        grep -q '^  responses  *[45], and 0 that broke off$' "$BATS_TEST_TMPDIR/server.err"
    done
}

@test "-n 3 --echo=MESSAGE are three clients with one message; an empty one is a newline" {
    start_server stage5 --echo
    for stage in $STAGES; do
        [ "$(talk "$stage" -n 3 --echo=hi)" = $'hi\nhi\nhi' ] || fail "$stage"
        [ "$(talk "$stage" --echo '' | od -An -c | tr -d ' ')" = '\n' ] || fail "$stage: empty"
    done
    stop_server
}

@test "a message of 100 KB comes back whole, and is not mixed with others" {
    message=$(head -c 100000 /dev/zero | tr '\0' x)
    start_server stage5 --echo
    for stage in $STAGES; do
        [ "$(talk "$stage" -n 3 --echo "$message")" = "$message"$'\n'"$message"$'\n'"$message" ] || fail "$stage"
    done
    stop_server
}

# second_waits TENTHS: sets waited to yes if a second client got nothing for so long, while the
# first one was silent; it is served when the first one has gone.
second_waits() {
    waited=yes
    rm -f "$BATS_TEST_TMPDIR/out"
    exec 7<>"/dev/tcp/127.0.0.1/$port"
    talk stage2 --echo second >"$BATS_TEST_TMPDIR/out" 3>&- 7>&- &
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
    start_server stage1 --echo
    second_waits 3
    [ "$waited" = yes ]
    stop_server
}

@test "in the other stages it does not wait" {
    for stage in ${STAGES#stage1}; do
        start_server "$stage" --echo
        second_waits 100
        [ "$waited" = no ] || fail "$stage makes it wait"
        stop_server
    done
}

# ---- nc ----

@test "several nc at once get back what each of them sent" {
    need nc
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

@test "nc gets the message, and client --echo prints what nc says" {
    need nc
    for stage in $STAGES; do
        rm -f "$BATS_TEST_TMPDIR/nc.err"
        echo hello | nc -v -l -N 127.0.0.1 0 >"$BATS_TEST_TMPDIR/got" 2>"$BATS_TEST_TMPDIR/nc.err" 3>&- &
        helper=$!
        wait_until 5 grep -qs '[0-9]$' "$BATS_TEST_TMPDIR/nc.err"
        port=$(sed -n 's/^Listening on .* \([0-9]*\)$/\1/p' "$BATS_TEST_TMPDIR/nc.err")
        run talk "$stage" --echo hello
        [ "$status" -eq 0 ] || fail "$stage: exit $status, $output"
        [ "$output" = hello ]
        wait "$helper"
        helper=
        [ "$(cat "$BATS_TEST_TMPDIR/got")" = hello ] || fail "$stage sent something else"
    done
}

# ---- Python's asyncio ----

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

@test "an asyncio server sends our messages back, in small pieces" {
    need python3
    python3 - >"$BATS_TEST_TMPDIR/port" 3>&- <<'PYTHON' &
import asyncio

async def echo(reader, writer):
    while (data := await reader.read(3)):
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(0.002)
    writer.close()

async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
PYTHON
    helper=$!
    wait_until 5 test -s "$BATS_TEST_TMPDIR/port"
    port=$(cat "$BATS_TEST_TMPDIR/port")
    for stage in $STAGES; do
        run talk "$stage" -n 2 --echo 'piece by piece'
        [ "$status" -eq 0 ] || fail "$stage: $output"
        [ "$output" = $'piece by piece\npiece by piece' ] || fail "$stage: $output"
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
        case $BUILD in
        */asan | */tsan) ;; # these need much memory themselves
        *) between "$(field max_rss_kib <"$BATS_TEST_TMPDIR/json")" 1 8192 ;;
        esac
    done
}

@test "a client that resets breaks off, and the next one is served" {
    need python3
    for stage in $STAGES; do
        start_server "$stage" --echo
        python3 - "$port" <<'PYTHON'
import socket, struct, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"x" * 100)
s.recv(1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()
PYTHON
        [ "$(talk "$stage" --echo still)" = still ] || fail "$stage"
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

@test "client --echo at a server that does not echo: exit 1, one line" {
    start_server stage5 -d 0
    for stage in $STAGES; do
        run talk "$stage" --echo hello
        [ "$status" -eq 1 ] || fail "$stage: exit $status"
        [[ "${lines[-1]}" == "$stage: 1 of 1 clients failed: "*"is it a server with --echo?" ]] || fail "$output"
        run bash -c '"$@" 2>&1 >/dev/null' - "$BIN/$stage" client -H 127.0.0.1 -p "$port" --echo hello
        [ "${#lines[@]}" -eq 1 ] || fail "$output"
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
