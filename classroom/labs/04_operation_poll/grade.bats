#!/usr/bin/env bats
# What each future does that makes a system call, judged by one whose attempts go as a script
# says, which nobody knows before.

load ../grade.bash

function=operation_poll
task=main

# repeat LETTER TIMES
repeat() {
    printf "%$2s" '' | tr ' ' "$1"
}

# attempts SCRIPT [write]: with a result that nobody knows before.
attempts() {
    wanted=$(draw 1 1000000)
    play run -- attempts "$1" "$wanted" ${2:+"$2"}
    script=$1
}

# said NAME: what the program says of it.
said() {
    sed -n "s/^attempts: result.*/&,/; s/.*$1 \([0-9-]*\),.*/\1/p" "$err"
}

@test "after a signal (EINTR) it is tried again at once, in the same poll (3 points)" {
    attempts "$(repeat i "$(draw 2 9)")"
    expect "it is tried again after a signal" "$wanted" "$(said result)"
    expect "it is tried as often as there are signals, and once more" "$((${#script} + 1)) tries" "$(said tries) tries"
    expect "it is tried again at once, in the same poll" "1 poll" "$(how_many main ' polled;') poll"
}

@test "when it would block it leaves its waker with the reactor, and is PENDING (4 points)" {
    local waits
    attempts "$(repeat w "$(draw 2 5)")iw" write
    waits=$(tr -dc w <<<"$script" | wc -c | tr -d ' ')
    expect "when it would block, it waits" "$waits waits" "$(how_many main 'waits: fd') waits"
    expect "the reactor waits for what the operation waits for" "$waits times for writable" \
        "$(how_many main 'leaves its waker: fd [0-9]+ writable') times for writable"
    expect "woken, it is tried again" "$wanted" "$(said result)"
    expect "it knows that the reactor has its waker" "watched: 0, then 1" \
        "watched: $(said watched | cut -c 1), then $(said watched | sed 's/^.*\(.\)$/\1/')"
}

@test "when it is READY it has the result, and the reactor has no waker of it (3 points)" {
    attempts "$(repeat s "$(draw 1 3)")"
    expect "its result is what the last attempt returned" "$wanted" "$(said result)"
    expect "when it is READY, the reactor has no waker of it" "0 wakers" "$(said 'wakers left') wakers"
}
