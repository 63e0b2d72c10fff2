#!/usr/bin/env bats
# copy: a sender, a copier and a receiver. When they fail: see injected.bats.

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

@test "small send buffers make the writers wait (--sndbuf), and nothing is lost" {
    for stage in ${FUTURE_STAGES#stage3}; do
        copy "$stage" --bytes 512K
        usual=$(get eagains)
        copy "$stage" --bytes 512K --sndbuf 8K --buffer 32K
        [ "$(get bytes)" -eq 524288 ]
        [ "$(get eagains)" -gt "$((3 * usual))" ] || fail "$stage: $usual, then $(get eagains)"
    done
}

@test "sender, copier and receiver are three threads beside main, or three tasks on it" {
    for stage in $STAGES; do
        copy "$stage" --bytes 64M # more than fits into sockets: so all three are there at once
        case $stage in
        stage[12]) [ "$(get peak_threads)" -eq 4 ] ;;
        *) [ "$(get peak_threads)" -eq 1 ] ;;
        esac
        "$BIN/$stage" copy --bytes 64K --explain -r none >"$BATS_TEST_TMPDIR/out" 2>&1
        for who in sender copier receiver; do
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
