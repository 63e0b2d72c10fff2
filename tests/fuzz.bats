#!/usr/bin/env bats
# Random command lines, the same ones each time. More of them, by hand:
#     python3 tests/fuzz/command_lines.py . 5000
# (tests/fuzz/peers.py, random peers of a server, takes a minute: CI runs it.)

load helpers

@test "300 random command lines end with 0, 1 or 2, soon, by no signal, and say why" {
    need python3
    run python3 -B tests/fuzz/command_lines.py "$BIN"
    [ "$status" -eq 0 ] || fail "$output"
    [ "$output" = "300 command lines, 0 of them failed" ]
}

@test "that is noticed: a signal, another status, no word, and two lines where one is due" {
    need python3
    for fault in 'kill -SEGV $$' 'echo fault >&2; exit 3' 'exit 1' 'printf "one\ntwo\n" >&2; exit 2' 'exit 2'; do
        printf '#!/bin/sh\n%s\n' "$fault" >"$BATS_TEST_TMPDIR/stage1"
        chmod +x "$BATS_TEST_TMPDIR/stage1"
        run python3 -B tests/fuzz/command_lines.py "$BATS_TEST_TMPDIR" 3
        [ "$status" -eq 1 ] || fail "$fault"
        [ "${lines[-1]}" = "3 command lines, 3 of them failed" ] || fail "$fault: $output"
    done
}
