#!/usr/bin/env bats
# The bench works, and its peers do our work. What it measures is not tested here.

load helpers

setup_file() {
    command -v python3 >/dev/null || return 0
    export BENCH=$BATS_FILE_TMPDIR
    export BENCH_ROUNDS=1 BENCH_CLIENTS='10 20' BENCH_SECONDS=0.2 BENCH_BYTES=1000000
    make -s all bench BUILD="$BUILD" BIN="$BIN" BENCH="$BENCH" PEERS='bare_epoll bare_poll' \
        >"$BENCH/out" 2>"$BENCH/err" 3>&- || echo $? >"$BENCH/status"
}

setup() {
    need python3
    bench=$BATS_FILE_TMPDIR
}

# start_echo: the echo server of bare epoll; sets server and port.
start_echo() {
    "$bench/bare_epoll" echo 2>"$bench/server.err" 3>&- &
    server=$!
    wait_until 10 grep -qs 'listening on' "$bench/server.err"
    port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$bench/server.err")
}

teardown() {
    [ -z "${server:-}" ] || kill "$server"
}

@test "make bench prints a table for each workload, and targets" {
    for workload in demo echo copy idle growth; do
        grep -q "^$workload: medians of 1 round\$" "$bench/out" || fail "no $workload: $(cat "$bench/err")"
    done
    grep -q '^in short' "$bench/out"
    grep -q '^targets' "$bench/out"
    run ! grep -i failed "$bench/out"
}

@test "it says which peers it left out, and what they need" {
    grep -q '^bare_epoll ' "$bench/out"
    grep -q '^libuv  *left out: .* libuv1-dev' "$bench/out"
}

@test "results.csv has each round of each program" {
    for row in demo,stage5,10,1 demo,bare_epoll,20,1 echo,stage2,50,1 copy,stage2,1000000,1 \
        idle,bare_epoll,20,1 growth,stage4,10,1 growth,stage_select,20,1; do
        grep -q "^$row," "$bench/results.csv" || fail "no $row"
    done
}

@test "there is a plot for each workload, for light and dark pages" {
    need gnuplot
    for workload in demo echo copy idle growth; do
        grep -q 'prefers-color-scheme: dark' "$bench/$workload.svg"
        grep -q 'stage5' "$bench/$workload.svg"
    done
}

@test "a target that is missed is marked, and the exit status is 1" {
    if grep -q ' !' "$bench/out"; then
        [ "$(cat "$bench/status")" -ne 0 ]
        grep -q '^[0-9]* missed' "$bench/out"
    else
        [ ! -e "$bench/status" ]
        grep -q '^none is missed' "$bench/out"
    fi
}

@test "a ratio is marked ! if over three quarters of the rounds miss, ~ if over one quarter do" {
    PYTHONPATH=tests/bench python3 -B -c '
from targets import verdict
for rounds, expected in ([0.9] * 4 + [1.2], "0.90  "), ([1.2] * 4 + [0.9], "1.20 !"), \
        ([1.2] * 3 + [0.9] * 2, "1.20 ~"), ([1.2] * 2 + [0.9] * 3, "0.90 ~"), \
        ([1.004], "1.00  "), ([], "-"):
    assert verdict(rounds, "at most", 1) == expected, (rounds, verdict(rounds, "at most", 1))
assert verdict([0.94, 0.9, 0.9, 0.9, 0.9], "at least", 0.95) == "0.90 !"'
}

@test "with some n and some peers the limit is another one, and the table says so" {
    PYTHONPATH=tests/bench python3 -B -c '
from targets import in_words, limit_for
assert limit_for("demo", "CPU, s", 9000, "bare_epoll", 1.10) == 1.08
assert limit_for("demo", "CPU, s", 5000, "bare_epoll", 1.10) == 1.10
assert limit_for("idle", "bytes a connection", 9000, "libev", 1) == 1.60
assert limit_for("idle", "CPU, ms", 9000, "libev", 1) == 1
assert in_words("at most", ["libuv", "libev", "go"], [1, 1.6, 1]) == "at most 1.00 (libev 1.60)"'
}

@test "one that fails is named, once, and the others are measured" {
    bin=$BATS_TEST_TMPDIR
    cp "$BIN/stage5" "$bench/idle" "$bin"
    printf '#!/bin/sh\necho broken >&2; exit 1\n' >"$bin/stage4"
    chmod +x "$bin/stage4"
    run env BIN="$bin" BENCH="$bin" BENCH_PROGRAMS='stage4 stage5' BENCH_WORKLOADS='demo idle' \
        BENCH_ROUNDS=2 python3 -B tests/bench/bench.py
    [ "$status" -eq 1 ]
    [ "$(grep -c '^failed: demo, stage4.*broken' <<<"$output")" -eq 1 ] || fail "$output"
    [ "$(grep -c '^failed: idle, stage4.*broken' <<<"$output")" -eq 1 ] || fail "$output"
    [ "$(grep -c '^| *20 | stage5 ' <<<"$output")" -eq 2 ] || fail "$output"
}

@test "told to end (SIGTERM), it leaves no server behind" {
    need pgrep
    cp "$bench/load" "$BATS_TEST_TMPDIR"
    BENCH_PROGRAMS=stage5 BENCH_WORKLOADS=echo BENCH_SECONDS=30 BENCH=$BATS_TEST_TMPDIR \
        python3 -B tests/bench/bench.py >/dev/null 2>&1 3>&- &
    server=$! # for teardown
    wait_until 10 pgrep -P "$server" -f serve >"$BATS_TEST_TMPDIR/echo_server"
    kill "$server"
    wait "$server" && fail "it ended with exit status 0"
    server=
    ! kill -0 "$(tail -n 1 "$BATS_TEST_TMPDIR/echo_server")" 2>/dev/null ||
        fail "the echo server is still there"
}

@test "a round that would not end in time is not begun, and that is said" {
    cp "$bench/growth_stage4" "$BATS_TEST_TMPDIR"
    for round in "BENCH_TIME=0.1 1" "BENCH_TIME=480 3"; do
        run env "${round% *}" BENCH="$BATS_TEST_TMPDIR" BENCH_ROUNDS=3 BENCH_PROGRAMS=stage4 \
            BENCH_WORKLOADS=growth BENCH_CLIENTS=10 python3 -B tests/bench/bench.py
        rounds=${round#* }
        [[ "$output" == *"growth: medians of $rounds round"* ]] || fail "$output"
        [[ "$rounds" = 3 || "$output" == *"1 of 3 rounds: "*BENCH_TIME=0.1* ]] || fail "$output"
    done
}

@test "peers give whole answers, as the stages do" {
    peers='bare_epoll bare_poll'
    python3 -c 'import asyncio; asyncio.timeout' 2>/dev/null && peers="$peers asyncio"
    for peer in $peers; do
        command=("$bench/$peer")
        [ "$peer" != asyncio ] || command=(python3 -B tests/bench/peers/asyncio_streams.py)
        "${command[@]}" demo 100 0.3 2>/dev/null >"$bench/answers"
        whole_answers 100 <"$bench/answers"
        all_starts_come_first <"$bench/answers"
    done
}

@test "the echo of bare epoll sends back what comes, however late it is read" {
    start_echo
    python3 - "$port" <<'PYTHON'
import os, socket, sys, threading, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sent, got = os.urandom(8_000_000), bytearray()

def receive():
    time.sleep(0.2)
    while data := s.recv(1 << 20):
        got.extend(data)

thread = threading.Thread(target=receive)
thread.start()
s.sendall(sent)
s.shutdown(socket.SHUT_WR)
thread.join()
assert got == sent
PYTHON
}

@test "the load generator finds an echo that is not what was sent" {
    start_server stage4 --delay 0.1 # it answers start 1
    run timeout 10 "$bench/load" "$port" 1 64 0.2 "$server"
    kill "$server"
    server=
    [ "$status" -eq 1 ]
    [[ "$output" == *load:* ]] || fail "$output"
}

@test "a setting that makes no sense is refused in one line, with exit status 2" {
    for setting in BENCH_ROUNDS=0 BENCH_ROUNDS=some BENCH_TIME=soon BENCH_CLIENTS= BENCH_SECONDS=-1 \
        BENCH_WORKLOADS=dance BENCH_PROGRAMS=stage9; do
        run env "$setting" python3 -B tests/bench/bench.py
        [ "$status" -eq 2 ] || fail "$setting: exit status $status"
        [ "${#lines[@]}" -eq 1 ] || fail "$setting: $output"
        [[ "$output" == *"${setting%%=*}"* ]] || fail "$setting: $output"
    done
}
