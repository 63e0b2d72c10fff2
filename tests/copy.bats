#!/usr/bin/env bats
# copy: a sender, a copier and a receiver.

load helpers

# copy STAGE OPTION...: sets $json.
copy() {
    local stage=$1
    shift
    json=$("$BIN/$stage" copy -r json "$@" 2>&1) || fail "$stage copy $*: exit $?, $json"
}

get() {
    field "$1" <<<"$json"
}

@test "0 bytes, 1 byte, 1 MiB and 64 MiB arrive as they were sent" {
    for stage in $STAGES; do
        for size in 0 1 1M 64M; do
            copy "$stage" --bytes "$size"
            case $size in
            *M) bytes=$((${size%M} * 1024 * 1024)) ;;
            *) bytes=$size ;;
            esac
            [ "$(get bytes)" -eq "$bytes" ] || fail "$stage: $(get bytes) of $bytes"
        done
    done
}

@test "a buffer of any size will do" {
    for stage in $STAGES; do
        for buffer in 1 7 4095 65537 16M; do
            copy "$stage" --bytes 10007 --buffer "$buffer"
            [ "$(get bytes)" -eq 10007 ]
            [ "$(get buffer)" -ge 1 ]
        done
    done
}

@test "it says how fast, and with how many system calls, in text and in JSON" {
    for stage in $STAGES; do
        run "$BIN/$stage" copy --bytes 1M
        [ "$status" -eq 0 ]
        [[ "${lines[1]}" =~ ^\ \ copied\ +1048576\ bytes,\ [0-9]+\.[0-9]\ MB/s$ ]] || fail "${lines[1]}"
        [[ "${lines[2]}" =~ ^\ \ system\ calls\ +[0-9]+,\ [0-9]+\ of\ them\ EAGAIN$ ]] || fail "${lines[2]}"
        copy "$stage" --bytes 1M
        [ "$(get mode)" = copy ]
        [ "$(get clients)" = null ]
        [ "$(get bytes_per_s)" -gt 0 ]
        between "$(get system_calls)" 64 1000 # 16 buffers, each written and read twice
    done
}

@test "stdout stays empty: nobody is a client" {
    for stage in $STAGES; do
        [ -z "$("$BIN/$stage" copy --bytes 1M 2>/dev/null)" ]
    done
}

@test "the system calls are as many as strace counts" {
    need strace
    for stage in ${FUTURE_STAGES#stage3}; do
        json=$(ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$BATS_TEST_TMPDIR/trace" \
            -e trace=read,write,poll,epoll_wait "$BIN/$stage" copy --bytes 8M -r json 2>&1)
        # all but those of the linker, and of the report
        strace=$(grep -c -e '(\([4-9]\|1[0-9]\), .*"' -e 'EAGAIN' -e 'poll(' -e 'epoll_wait(' "$BATS_TEST_TMPDIR/trace")
        between "$(get system_calls)" "$((strace - 20))" "$((strace + 20))"
        [ "$(get eagains)" -eq "$(grep -c EAGAIN "$BATS_TEST_TMPDIR/trace")" ]
    done
}

@test "small send buffers make the writers wait (--sndbuf), and nothing is lost" {
    for stage in ${FUTURE_STAGES#stage3}; do
        copy "$stage" --bytes 512K
        usual=$(get eagains)
        copy "$stage" --bytes 512K --sndbuf 8K --buffer 32K
        [ "$(get bytes)" -eq 524288 ]
        [ "$(get eagains)" -gt "$((3 * usual))" ] || fail "$stage: $usual, then $(get eagains)"
    done
}

@test "sender, copier and receiver are three threads, or three tasks on one" {
    for stage in $STAGES; do
        copy "$stage" --bytes 64K
        case $stage in
        stage[12]) [ "$(get peak_threads)" -eq 3 ] ;;
        *) [ "$(get peak_threads)" -eq 1 ] ;;
        esac
        "$BIN/$stage" copy --bytes 64K --explain -r none >"$BATS_TEST_TMPDIR/out" 2>&1
        for who in sender receiver; do
            grep -q " $who " "$BATS_TEST_TMPDIR/out" || fail "$stage: no $who"
        done
    done
}

@test "copies of two programs at once do not meet" {
    "$BIN/stage4" copy --bytes 32M -r none 3>&- &
    helper=$!
    "$BIN/stage5" copy --bytes 32M -r none
    wait "$helper"
    helper=
}

# ---- bad days ----

# breaks STAGE WHAT WORDS: strace injects it; exit 1, and one line with the words.
breaks() {
    ASAN_OPTIONS=detect_leaks=0 run timeout 30 strace -f -qq -o "$BATS_TEST_TMPDIR/trace" \
        -e trace=read,write -e "inject=$2" "$BIN/$1" copy --bytes 16M
    [ "$status" -eq 1 ] || fail "$1, $2: exit $status"
    [ "${#lines[@]}" -eq 1 ] || fail "$1, $2: $output"
    [[ "$output" == "$1: "*"$3"* ]] || fail "$1, $2: $output"
    grep -q INJECTED "$BATS_TEST_TMPDIR/trace" || fail "nothing was injected"
}

@test "a peer that resets in the middle of it: exit 1, and one line" {
    need strace
    for stage in $STAGES; do
        breaks "$stage" read:error=ECONNRESET:when=40 'er failed: Connection reset by peer; look at'
        breaks "$stage" write:error=EPIPE:when=40 'er failed: Broken pipe; look at'
    done
}

@test "bytes that get lost, or an end that comes early, are found out" {
    need strace
    for stage in $FUTURE_STAGES; do
        breaks "$stage" write:retval=65536:when=40 'the checksums differ'
        breaks "$stage" read:retval=0:when=40 'bytes came'
    done
}

@test "bytes that change on the way are found out, though their number is right" {
    need strace
    strace -qq -o /dev/null -e inject=read:poke_exit=@arg2=00:when=1000 true 2>/dev/null ||
        skip "needs a strace that can poke"
    for stage in $FUTURE_STAGES; do
        breaks "$stage" read:poke_exit=@arg2=0011223344556677:when=40 '16777216 of 16777216 bytes came, and the checksums differ'
    done
}

@test "EINTR at every second read and write loses nothing" {
    need strace
    for stage in $STAGES; do
        first=$((1 + $(ASAN_OPTIONS=detect_leaks=0 strace -qq -e trace=read "$BIN/$stage" --version 2>&1 | grep -c ELF)))
        ASAN_OPTIONS=detect_leaks=0 timeout 30 strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=read,write \
            -e "inject=read:error=EINTR:when=$first+2" -e inject=write:error=EINTR:when=1+2 \
            "$BIN/$stage" copy --bytes 1M -r none || fail "$stage: exit $?"
        grep -q INJECTED "$BATS_TEST_TMPDIR/trace"
    done
}
