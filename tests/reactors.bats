#!/usr/bin/env bats
# Other ways to wait: select, io_uring and kqueue pass what stages 4 and 5 pass. For each of
# them the same program, build/reactors/stage_NAME, and the same unit tests.

load helpers

setup_file() {
    make -s -j2 BUILD="$BUILD" BIN="$BIN" reactors reactor-units 3>&-
}

setup() {
    OTHERS=$(cd "$BUILD/reactors" && printf '%s\n' stage_*)
    # It may be there, and not be allowed.
    [ ! -e "$BUILD/reactors/stage_io_uring" ] || has_io_uring || OTHERS=${OTHERS/stage_io_uring/}
}

has_io_uring() {
    [ -e "$BUILD/reactors/stage_io_uring" ] || return 1
    local said
    said=$("$BUILD/unit/stage_io_uring" wake_order 2>&1) || true
    [[ "$said" != *"cannot make an io_uring: "* ]]
}

need_io_uring() {
    has_io_uring || skip "needs io_uring"
}

# ---- the same suite ----

# all_units STAGE: each unit test in C; those of mistakes exit 1, and say which.
all_units() {
    local name status expected out=$BATS_TEST_TMPDIR/$1
    for name in $("$BUILD/unit/$1"); do
        case $name in
        lost_* | waker_of_nobody | helper_that_forgets_to_wake | block_on_inside_of_a_task | a_task_that_cancels_itself)
            expected=1 ;;
        *) expected=0 ;;
        esac
        status=0
        timeout 60 "$BUILD/unit/$1" "$name" >"$out" 2>&1 || status=$?
        [ "$status" -eq "$expected" ] || fail "$1: $name: exit $status, $(cat "$out")" || return 1
    done
}

@test "each of them passes all unit tests in C" {
    [ "$("$BUILD/unit/stage_select" | wc -l)" -gt 70 ]
    for stage in $OTHERS; do # at the same time, for most of them wait
        all_units "$stage" 3>&- &
        eval "pid_$stage=$!"
    done
    for stage in $OTHERS; do
        eval "wait \$pid_$stage"
    done
}

@test "a demo of 10 clients, and one of 400: whole answers, all at the same time" {
    for stage in $OTHERS; do
        for clients in 10 400; do
            "$BUILD/reactors/$stage" -n "$clients" -d 0.3 -r none >"$BATS_TEST_TMPDIR/out"
            whole_answers "$clients" <"$BATS_TEST_TMPDIR/out" || fail "$stage"
            all_starts_come_first <"$BATS_TEST_TMPDIR/out" || fail "$stage"
        done
    done
}

@test "with stdin, stdout and stderr on /dev/null" {
    for stage in $OTHERS; do
        "$BUILD/reactors/$stage" -n 10 -d 0.1 </dev/null >/dev/null 2>/dev/null || fail "$stage: exit $?"
    done
}

open_descriptors() {
    find "/proc/$server/fd" -mindepth 1 | wc -l
}

@test "clients that reset, half-close or say nothing are served, and no descriptor is lost" {
    need python3
    [ -d /proc/self/fd ] || skip "needs /proc"
    for stage in $OTHERS; do
        BIN=$BUILD/reactors start_server "$stage" -d 0.2
        before=$(open_descriptors)
        python3 - "$port" <<'PYTHON' || fail "$stage"
import socket, struct, sys
at = ("127.0.0.1", int(sys.argv[1]))
def answer(peer):
    came = b""
    while part := peer.recv(100):
        came += part
    return came
reset, half, silent = (socket.create_connection(at, timeout=20) for _ in range(3))
reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
half.shutdown(socket.SHUT_WR)
reset.recv(10)
reset.close()
for peer in (half, silent):
    came = answer(peer)
    assert came.startswith(b"start ") and came.count(b"\n") == 2, came
PYTHON
        same_as_before() { [ "$(open_descriptors)" -eq "$before" ]; }
        wait_until 10 same_as_before || fail "$stage: $(ls -l "/proc/$server/fd")"
        stop_server || fail "$stage: exit $?"
    done
}

@test "1 MiB and then a close arrive whole, through an echo" {
    need python3
    for stage in $OTHERS; do
        BIN=$BUILD/reactors start_server "$stage" --echo
        python3 - "$port" <<'PYTHON' || fail "$stage"
import os, socket, sys, threading
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
sent, came = os.urandom(1 << 20), bytearray()
def send():
    peer.sendall(sent)
    peer.shutdown(socket.SHUT_WR)
thread = threading.Thread(target=send)
thread.start()
while part := peer.recv(1 << 16):
    came += part
thread.join()
assert came == sent, len(came)
PYTHON
        stop_server || fail "$stage: exit $?"
    done
}

# ---- what each of them cannot do ----

@test "select refuses a descriptor that has no bit, in one sentence" {
    [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -gt 4100 ] || skip "needs descriptors"
    run "$BUILD/reactors/stage_select" -n 2000 -d 1 -r none
    [ "$status" -eq 1 ] || fail "exit $status"
    said=$(grep '^stage_select: ' <<<"$output")
    [[ "$said" == "stage_select: select has room for descriptors below "*", and not for "*"; take fewer clients, or stage4" ]] ||
        fail "$output"
}

# refused ERROR WORDS: by the kernel, as strace plays it.
refused() {
    ASAN_OPTIONS=detect_leaks=0 run strace -qq -o "$BATS_TEST_TMPDIR/trace" -e "trace=io_uring_setup" \
        -e "inject=io_uring_setup:error=$1" "$BUILD/reactors/stage_io_uring"
    [ "$status" -eq 1 ] || fail "$1: exit $status, $output"
    [ "$output" = "stage_io_uring: cannot make an io_uring: $2" ] || fail "$output"
}

@test "where io_uring is forbidden, or not there: one line with cause and remedy, exit 1" {
    [ -e "$BUILD/reactors/stage_io_uring" ] || skip "needs io_uring"
    need strace
    refused EPERM 'Operation not permitted; this kernel, or the container around us, does not allow it: take stage5'
    refused ENOSYS 'Function not implemented; this kernel, or the container around us, does not allow it: take stage5'
    refused EMFILE 'Too many open files; raise ulimit -n, or ulimit -l'
}

@test "io_uring sends its requests with the waits: 20 clients, and nearly no other system call" {
    need_io_uring
    # of each io_uring_enter the event log has how many requests it sent
    "$BUILD/reactors/stage_io_uring" -n 20 -d 0.2 --explain 2>&1 >/dev/null |
        sed -n 's/.* io_uring_enter on fd [0-9]* → //p' >"$BATS_TEST_TMPDIR/sent"
    requests=$(awk '{ sum += $1 } END { print sum }' "$BATS_TEST_TMPDIR/sent")
    calls=$(wc -l <"$BATS_TEST_TMPDIR/sent")
    between "$requests" 60 200 # each client waits for the connection, and twice for a line
    below "$((3 * calls))" "$requests"
}

# ---- what they cost ----

# holds_soon COMMAND...: in one of some attempts, for other programs disturb.
holds_soon() {
    local attempt
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        ! "$@" 2>"$BATS_TEST_TMPDIR/why" || return 0
    done
    cat "$BATS_TEST_TMPDIR/why" >&2
    return 1
}

# cpu PROGRAM: its CPU time for 1,000 clients.
cpu() {
    "$1" -n 1000 -d 0.1 -r json 2>&1 >/dev/null | awk -F'[:,]' '
        { for (i = 1; i < NF; i++) if ($i == "\"user_s\"" || $i == "\"sys_s\"") sum += $(i + 1) }
        END { printf "%.6f", sum }'
}

costs_like_stage5() {
    local limit
    limit=$(awk -v cpu="$(cpu "$BIN/stage5")" 'BEGIN { printf "%.6f", 1.2 * cpu }')
    between "$(cpu "$BUILD/reactors/stage_io_uring")" 0.000001 "$limit"
}

@test "a thousand clients take io_uring at most 1.2 of the CPU time of stage 5" {
    need_io_uring
    [ "$(uname -s)" = Linux ] || skip "needs Linux"
    holds_soon costs_like_stage5
}

# event STAGE IDLE: the time for an event beside so many idle descriptors, in ns.
event() {
    "$BUILD/bench/growth_$1" "$2" 2000 | field ns_per_event
}

# growth STAGE FEW MANY: an event among many is how many times that of one among few?
growth() {
    awk -v few="$(event "$1" "$2")" -v many="$(event "$1" "$3")" 'BEGIN { printf "%.2f", many / few }'
}

grows_as_poll() {
    local of_poll
    of_poll=$(growth stage4 10 1000)
    between "$(growth stage_select 10 1000)" "$(awk -v n="$of_poll" 'BEGIN { print n / 2 }')" \
        "$(awk -v n="$of_poll" 'BEGIN { print n * 2 }')"
    below 3 "$of_poll"
}

stays() {
    between "$(growth stage_io_uring 10 9000)" 0 1.2
}

@test "an event among many idle ones: select grows as poll does; with io_uring it costs the same" {
    [ "$(uname -s)" = Linux ] || skip "needs Linux"
    make -s -j2 BUILD="$BUILD" BIN="$BIN" "$BUILD/bench/growth_stage4" "$BUILD/bench/growth_stage_select" 3>&-
    holds_soon grows_as_poll
    need_io_uring
    make -s BUILD="$BUILD" BIN="$BIN" "$BUILD/bench/growth_stage_io_uring" 3>&-
    [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -gt 18100 ] || return 0
    holds_soon stays
}

# ---- kqueue, where there is none ----

@test "kqueue.c compiles against a declaration of kqueue(2), without a warning" {
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        $compiler -std=c11 -D_XOPEN_SOURCE=700 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
            -Icommon -idirafter tests/reactors -fsyntax-only stage5_epoll/kqueue.c
    done
}

# links SYSTEM: the last line of what make would do for stage5 there.
links() {
    make -n -B V=1 SYSTEM="$1" BUILD=build BIN=. stage5 2>/dev/null
}

@test "stage5 is that of kqueue.c on macOS and the BSDs, that of reactor.c here, and else left out" {
    for system in Darwin FreeBSD NetBSD OpenBSD; do
        links $system >"$BATS_TEST_TMPDIR/out"
        grep -q -- '-o stage5 build/stage5_epoll/kqueue\.o\|-o ./stage5 build/stage5_epoll/kqueue\.o' "$BATS_TEST_TMPDIR/out" ||
            fail "$system: $(tail -n 1 "$BATS_TEST_TMPDIR/out")"
        run ! grep -q stage5_epoll/reactor "$BATS_TEST_TMPDIR/out"
    done
    links Linux | grep -q 'stage5 build/stage5_epoll/reactor\.o'
    [[ "$(make -n SYSTEM=SunOS BUILD=build BIN=. all)" == *"no kqueue on SunOS: stage5 is left out"* ]]
}

@test "its diff to that of epoll is short: what they share are the same lines" {
    same=$(comm -12 <(sort -u stage5_epoll/reactor.c) <(sort -u stage5_epoll/kqueue.c) | wc -l)
    [ "$same" -ge 50 ] || fail "$same"
    [ "$(diff stage5_epoll/reactor.c stage5_epoll/kqueue.c | grep -c '^>')" -le 50 ]
}

# ---- the shape ----

@test "each of them defines the contract's functions in its order, and knows nothing but the core" {
    contract() {
        sed -n 's/^[a-z].*\(reactor_[a-z]*\)(.*/\1/p'
    }
    declared=$(sed -n '/==== reactor\.c/,$p' common/core/core.h | contract)
    for file in classroom/reactors/select.c classroom/reactors/io_uring.c stage5_epoll/kqueue.c; do
        # what a dump needs comes last
        diff <(echo "$declared" && echo reactor_visit) <(contract <"$file") || fail "$file"
        [ "$(wc -l <"$file")" -le 133 ] || fail "$file has $(wc -l <"$file") lines"
        ! sed -n 's/^#include "\(.*\)"/\1/p' "$file" | grep -vxE 'core/core\.h|ring\.h' || fail "$file"
    done
}

# ---- completion ----

@test "a read that is dropped gives its buffer back when the kernel has: futures/completion" {
    need_io_uring
    make -s BUILD="$BUILD" BIN="$BIN" "$BUILD/futures/completion" 3>&-
    run "$BUILD/futures/completion" 0.1
    [ "$status" -eq 0 ] || fail "$output"
    said=$(printf '%s\n' "$output" | sed 's/^ *[0-9.]* s  //')
    [ "$said" = "bytes after the drop
dropped; the answer to the read: Operation canceled
the buffer is used again: my words
the other side has sent, and it holds: my words
bytes before the drop
dropped; the answer to the read: FROM YOU
the buffer is used again: my words
the other side has sent, and it holds: my words" ] || fail "$output"
}

@test "one that does not wait for the kernel is caught: bytes come into a buffer of others" {
    need_io_uring
    folder=$BATS_TEST_TMPDIR/futures
    mkdir "$folder"
    ln -s "$ROOT/classroom/reactors" "$BATS_TEST_TMPDIR/reactors"
    sed '/ring_cancel(OF_READ, OF_CANCEL)/ s/ring_cancel.*/self->state = ANSWERED;/' classroom/futures/completion.c \
        >"$folder/completion.c"
    run ! cmp -s classroom/futures/completion.c "$folder/completion.c"
    objects=$(make -n -B V=1 BUILD="$BUILD" BIN="$BIN" "$BUILD/futures/completion" |
        sed -n "s|.*-o $BUILD/futures/completion ||p" | sed "s|$BUILD/classroom/futures/completion.o||")
    flags=
    case $BUILD in
    */asan) flags=-fsanitize=address,undefined ;;
    */tsan) flags=-fsanitize=thread ;;
    esac
    # shellcheck disable=SC2086 # several words
    cc -std=c11 -D_XOPEN_SOURCE=700 -Icommon -Iclassroom/futures $flags -pthread -o "$folder/faulty" "$folder/completion.c" $objects
    run "$folder/faulty" 0.1
    [ "$status" -eq 1 ] || fail "exit $status: $output"
    [[ "$output" == *"the other side has sent, and it holds: FROM YOU"* ]] || fail "$output"
    [[ "${lines[-1]}" == "completion: the kernel wrote into a buffer that was not its own; look at the drop" ]] || fail "$output"
}
