#!/usr/bin/env bats
# What a future promises, judged by tasks that wait for it, and by the log.

load ../grade.bash

function=third_poll_poll
task="caller 1"

# ring [hand]: with as many callers as nobody knows before.
ring() {
    callers=$(draw 2 20)
    try_to_play run -- ring "$callers" "$@"
}

# each_third_poll: it was READY when it was polled three times.
each_third_poll() {
    expect "it is READY at its third poll" "$callers at poll 3, 0 at another" \
        "$(grep -c '^ring: third_poll [0-9]*: READY at poll 3$' "$err") at poll 3, $(grep -c '^ring: third_poll [0-9]*: [A-Z]* at poll [^3]' "$err") at another"
}

@test "it is READY at its third poll, not before, and not after (3 points)" {
    ring
    must_be_whole
    each_third_poll
}

@test "before each PENDING it leaves its waker at the bell (4 points)" {
    ring
    must_be_whole
    expect "it waits for the bell, and does not wake itself" "0 wakes by its own poll" \
        "$(how_many 'caller [0-9]+ +woken by its own poll') wakes by its own poll"
    expect "the bell wakes it for each poll but the first" "$((2 * callers)) wakes by main" \
        "$(how_many 'caller [0-9]+ +woken by main') wakes by main"
    each_third_poll
}

@test "a future goes on in another task: its waker is that of who polls now (3 points)" {
    ring hand
    [ "$(fact ended)" = 0 ] ||
        teach "a future goes on in another task, so each poll leaves the waker of who polls now" \
            "caller 1 is woken by the bell" "$(why_it_died)"
    each_third_poll
}
