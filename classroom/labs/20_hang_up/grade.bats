#!/usr/bin/env bats
# What the reactor makes of a hang-up, judged by one who reads a pipe until its end.

load ../grade.bash

function=wake_ready
task=main

# drain_some: so many bytes as nobody knows before.
drain_some() {
    bytes=$(draw 1000 30000)
    try_to_play run -- drain "$bytes" "$CHECK_SCALE"
    doctor=$(grep -m 1 ': busy: ' "$err" || echo "it says nothing")
}

@test "the reactor comes back only when there is something to do (5 points)" {
    drain_some
    in_vain=$(how_many 'comes back early')
    expect_that "the reactor comes back only when there is something to do" "20 waits or less that wake nobody" \
        "$in_vain or more; the doctor: $doctor" [ "$in_vain" -le 20 ]
    must_be_whole
}

@test "who waits is woken when the other side hangs up (5 points)" {
    drain_some
    expect "who waits is woken when the other side hangs up" "woken 0 times by its deadline" \
        "woken $(how_many 'a deadline has come') times by its deadline"
    must_be_whole
    expect "before the end come all bytes" "$bytes bytes" "$(sed -n 's/^drain: \([0-9]* bytes\), and the end.*/\1/p' "$err")"
}
