#!/usr/bin/env bats
# What the reactor makes of a hang-up and of an error, judged by one who reads a pipe until its
# end, and by one who writes to a pipe.

load ../grade.bash

function=wake_ready
task=main

# drain_some: so many bytes as nobody knows before.
drain_some() {
    bytes=$(draw 1000 30000)
    try_to_play run -- drain "$bytes" "$CHECK_SCALE"
    doctor=$(grep -m 1 ': busy: ' "$err" || echo "it says nothing")
}

# woken_by EVENT: what woke main before that, such as "fd 5 readable". Of one who spins the log
# does not reach so far.
woken_by() {
    events "-> wake main|$1" | awk -v last="$1" '
        $0 ~ last { print by; exit }
        { by = $0; sub(/^.*REACTOR */, "", by); sub(/ -> .*/, "", by) }' | grep . || echo "nothing, but it spins"
}

@test "the reactor comes back only when there is something to do (4 points)" {
    drain_some
    in_vain=$(how_many 'comes back early')
    expect_that "the reactor comes back only when there is something to do" "20 waits or less that wake nobody" \
        "$in_vain or more; the doctor: $doctor" [ "$in_vain" -le 20 ]
    must_be_whole
}

@test "who waits is woken when the other side hangs up (3 points)" {
    drain_some
    by=$(woken_by 'end of stream')
    expect_that "who waits is woken when the other side hangs up" "woken by its descriptor" "woken by: $by" \
        [ "${by#fd}" != "$by" ]
    must_be_whole
    expect "before the end come all bytes" "$bytes bytes" "$(sed -n 's/^drain: \([0-9]* bytes\), and the end.*/\1/p' "$err")"
}

# woken_to_write WAY WHAT
woken_to_write() {
    try_to_play run -- drain 1 "$CHECK_SCALE" "$1"
    by=$(woken_by 'write_all is ready')
    expect_that "$2" "woken by its descriptor" "woken by: $by" [ "${by#fd}" != "$by" ]
    must_be_whole
}

@test "who waits to write is woken, too, by an error or a hang-up (3 points)" {
    woken_to_write 1 "that nobody reads any more wakes who writes: POLLERR may come without POLLOUT"
    woken_to_write 2 "a hang-up wakes who waits, to write, too: POLLHUP may come without POLLOUT"
}
