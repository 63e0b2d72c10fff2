#!/usr/bin/env bats
# The lesson `copy`: a sender, a copier and a receiver, by threads and by futures.

load helpers

# copy ARGUMENT...: sets $json.
copy() {
    json=$(timeout 60 "$BUILD/futures/copy" "$@") || fail "copy $*: exit $?, $json"
}

get() {
    field "$1" <<<"$json"
}

@test "1 byte, odd numbers of them and 64 MiB arrive, by threads and by futures" {
    for way in --threads --futures; do
        for size in 1 10007 1M 64M; do
            copy "$way" "$size"
            case $size in
            *M) bytes=$((${size%M} * 1024 * 1024)) ;;
            *) bytes=$size ;;
            esac
            [ "$(get bytes)" -eq "$bytes" ] || fail "$way: $(get bytes) of $bytes"
            [ "$(get system_calls)" -gt 0 ]
        done
    done
}

@test "side by side, in one table; of one alone, a line of JSON" {
    run "$BUILD/futures/copy" 1M
    [ "$status" -eq 0 ] || fail "$output"
    [ "${#lines[@]}" -eq 3 ] || fail "$output"
    for i in 1 2; do
        read -r way bytes checksum speed calls eagains _ <<<"${lines[i]}"
        [ "$way $bytes $checksum" = "$([ $i = 1 ] && echo threads || echo futures) 1048576 equal" ] ||
            fail "$output"
        [ "$speed" -gt 0 ]
        between "$calls" 64 1000 # 16 pieces, each written and read twice
        [ "$eagains" -lt "$calls" ]
    done
    copy --futures 1M
    need python3
    python3 -c 'import json, sys; json.loads(sys.argv[1])' "$json"
}

@test "small buffers slow the sender down, and make writes short; a thread sees neither" {
    copy --futures 4M
    local usual
    usual=$(get on_the_way_kib)
    copy --futures 4M 8K
    [ "$(get short_writes)" -gt 0 ] || fail "$json"
    [ "$(get eagains)" -gt 0 ] || fail "$json"
    below "$(get on_the_way_kib)" "$usual"
    copy --threads 512K 8K
    [ "$(get bytes)" -eq 524288 ]
    [ "$(get short_writes) $(get eagains)" = "0 0" ] || fail "$json"
}

@test "two at once do not meet" {
    "$BUILD/futures/copy" 32M >"$BATS_TEST_TMPDIR/out" 3>&- &
    helper=$!
    "$BUILD/futures/copy" 32M
    wait "$helper" || fail "exit $?"
    helper=
    [ "$(grep -c ' equal ' "$BATS_TEST_TMPDIR/out")" -eq 2 ]
}

# ---- errors that are rare ----

# The thread of ThreadSanitizer makes calls of its own: there, these tests say nothing.
is_traceable() {
    need strace
    [[ $BUILD != *tsan* ]]
}

# inject WHAT PROGRAM...: strace makes the kernel answer so. (LeakSanitizer does not work under it.)
inject() {
    local what=$1
    shift
    ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -f -qq -o "$BATS_TEST_TMPDIR/trace" \
        -e "trace=${what%%:*}" -e "inject=$what" "$@"
}

was_injected() {
    grep -q 'INJECTED' "$BATS_TEST_TMPDIR/trace" || fail "nothing was injected"
}

# breaks WAY WHAT WORDS: exit 1, and one line with the words.
breaks() {
    run inject "$2" "$BUILD/futures/copy" "$1" 16M
    [ "$status" -eq 1 ] || fail "$1, $2: exit $status"
    [ "${#lines[@]}" -eq 1 ] || fail "$1, $2: $output"
    [[ "$output" == "copy: "*"$3"* ]] || fail "$1, $2: $output"
    was_injected
}

@test "three threads beside main, or none" {
    is_traceable || return 0
    inject clone3,clone:delay_enter=0 "$BUILD/futures/copy" --threads 1M
    [ "$(grep -c '^[0-9]* *clone' "$BATS_TEST_TMPDIR/trace")" -eq 3 ]
    inject clone3,clone:delay_enter=0 "$BUILD/futures/copy" --futures 1M
    [ "$(grep -c '^[0-9]* *clone' "$BATS_TEST_TMPDIR/trace")" -eq 0 ]
}

@test "a peer that resets in the middle of it: exit 1, and one line" {
    is_traceable || return 0
    for way in --threads --futures; do
        breaks $way read:error=ECONNRESET:when=40 ' failed: Connection reset by peer; look at'
        breaks $way write:error=EPIPE:when=40 ' failed: Broken pipe; look at'
    done
}

@test "bytes that get lost, or an end that comes early, are found out" {
    is_traceable || return 0
    breaks --futures write:retval=65536:when=40 'the checksums differ'
    breaks --threads write:retval=65536:when=40 'the checksums differ'
    # Who stops too early makes the one before it fail, or nobody.
    for way in --threads --futures; do
        breaks $way read:retval=0:when=40 '; look at'
    done
}

@test "bytes that change on the way are found out, though their number is right" {
    is_traceable || return 0
    strace -qq -o /dev/null -e inject=read:poke_exit=@arg2=00:when=1000 true 2>/dev/null ||
        skip "needs a strace that can poke"
    for way in --threads --futures; do
        breaks $way read:poke_exit=@arg2=0011223344556677:when=40 \
            '16777216 of 16777216 bytes came, and the checksums differ'
    done
}

@test "EINTR at every second read, or write, loses nothing" {
    is_traceable || return 0
    # The first reads are the dynamic linker's, which does not survive EINTR.
    local first
    first=$(ASAN_OPTIONS=detect_leaks=0 strace -qq -e trace=read "$BUILD/futures/copy" 1 2>&1 |
        grep -c ELF)
    first=$((first + 1))
    for way in --threads --futures; do
        for what in "read:error=EINTR:when=$first+2" write:error=EINTR:when=1+2; do
            inject "$what" "$BUILD/futures/copy" "$way" 1M || fail "$way, $what: exit $?"
            was_injected
        done
    done
}
