#!/usr/bin/env bats
# What write_all promises, judged by who reads at the other end, and by the log.

load ../grade.bash

function=write_all_attempt
task=main

# send_some: so many bytes as nobody knows before, to a peer that reads slowly.
send_some() {
    local seed
    bytes=$(draw 150000 300000)
    seed=$(draw 1 1000000)
    due="$bytes bytes, each once, in order"
    play read "$bytes" "$seed" -- send "$bytes" "$seed"
}

@test "its peer gets every byte once, in order (4 points)" {
    send_some
    wrote=$(events main 'write on fd' | sed -n 's/.* -> \([0-9]*\) bytes.*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
    expect "the log tells of as many bytes as came" "$bytes bytes" "$wrote bytes"
}

@test "it waits whenever a write would block, and only then (3 points)" {
    send_some
    blocked=$(how_many main 'write on fd .* EAGAIN')
    waited=$(how_many main 'waits: fd .* writable')
    expect_that "after a write that would block it waits" "$blocked waits" "$waited waits" \
        [ "$blocked" -le "$waited" ]
    expect_that "it waits only after a write that would block" "$blocked waits" "$waited waits" \
        [ "$blocked" -ge "$waited" ]
    expect_that "it had to wait, for its peer is slow" "some waits" "$waited" [ "$waited" -gt 2 ]
}

@test "an error ends it, and is its result (3 points)" {
    bytes=$(draw 150000 300000)
    try_to_play leave "$(draw 1000 20000)" -- send "$bytes" 1
    must_be_whole
    result=$(sed -n 's/^send: write_all: //p' "$err")
    expect_that "an error ends it, and is its result" "a negative result, -EPIPE or -ECONNRESET" "${result:-none}" \
        [ "${result:-0}" -lt 0 ]
    expect "no write comes after the error" 1 "$(how_many main 'write on fd .* (EPIPE|ECONNRESET)')"
}
