#!/usr/bin/env bats
# A wait in poll(2), judged by who is woken for what, and by how often it waits.

load ../grade.bash

function="reactor_wait and wake_ready"
task=

# scene NAME [NUMBER [US]]: one of waits.c, in which nothing but its end is judged.
scene() {
    try_to_play run -- waits "$@"
}

# said TASK: what its last call returned; or what the program said instead.
said() {
    grep -m 1 "^waits: $1: " "$err" || grep -m 1 -e 'it spins' -e 'failed' "$err" || echo "nothing"
}

# expect_few WHAT MOST: so many waits, at most.
expect_few() {
    local waits
    waits=$(sed -n 's/^waits: polls.*waits: //p; s/.*it spins.* \([0-9]* times\),.*/\1/p' "$err")
    [ -z "$waits" ] || expect_that "$1" "at most $2 waits" "${waits% times} waits" [ "${waits%% *}" -le "$2" ]
}

@test "who waits for what is ready is woken, and nobody else (4 points)" {
    scene both "$(draw 3 9)"
    too_soon=$(sed '/ reader  *READY: done/,$d' "$log" | grep -c 'writable -> wake writer' || true)
    expect "only who waits for what is ready is woken" "0 wakes of the writer, before there is room to write" \
        "$too_soon wakes of the writer, before there is room to write"
    must_be_whole
    expect "both have done their work" "waits: reader: 1, waits: writer: 0" "$(said reader), $(said writer)"
}

@test "an error or a hang-up wakes whoever waits for that descriptor (3 points)" {
    scene hang_up
    expect "a hang-up wakes who reads: POLLHUP may come without POLLIN" "waits: reader: 0" "$(said reader)"
    scene error
    expect_that "an error wakes who writes: POLLERR may come without POLLOUT" "waits: writer: -32, which is EPIPE" "$(said writer)" \
        grep -q '^waits: writer: -[0-9]' "$err"
    scene closed
    expect_that "a descriptor that is closed wakes who waits for it (POLLNVAL)" "waits: reader: -9, which is EBADF" "$(said reader)" \
        grep -q '^waits: reader: -[0-9]' "$err"
    must_be_whole
}

@test "it waits as long as it should, and then comes back (3 points)" {
    sleeps=$(draw 15 25)
    scene sleeps "$sleeps" "$(draw 1 3)$(draw 900 960)"
    must_be_whole
    waits=$(how_many 'at most')
    expect_that "a sleep takes one wait: its time-out is whole milliseconds, rounded up" "$sleeps waits with a limit" \
        "$waits waits with a limit" [ "$waits" -le "$sleeps" ]
    signals=$(draw 20 30)
    scene signals "$signals"
    expect_few "no limit means: until something is ready" "$((2 * signals + 10))"
    expect "a signal that ends the wait is no failure" "waits: reader: 1" "$(said reader)"
    early=$(how_many 'comes back early')
    expect_that "a signal ends the wait: how much time is left is for the executor to say" "some of $signals waits end early" \
        "$early of them" [ "$early" -gt 0 ]
    wakes=$(draw 5 9)
    scene interrupts "$wakes" 50000
    expect_few "an interrupt ends one wait, and not the next ones" "$((2 * wakes + 10))"
    expect "no interrupt gets lost: the next one ends a wait, too" "waits: asker: 0" "$(said asker)"
    must_be_whole
    scene turns "$(draw 20 50)"
    must_be_whole
}
