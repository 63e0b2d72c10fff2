#!/usr/bin/env bats
# What connect_to promises, judged by who listens, and by what the reactor was asked for.

load ../grade.bash

function='connect_start and connect_attempt'
task=main

@test "connected it is READY with 0, and its peer hears what is said (4 points)" {
    local seed
    count=$(draw 3 9)
    seed=$(draw 1 1000000)
    due="$count connections, and what is said on each"
    try_to_play listen "$count" "$seed" -- connects "$count" "$seed"
    expect "what is in progress has not failed: it is READY with 0 when it is connected" "$count connections" \
        "$(how_many main 'connect_to is ready: fd') connections"
    must_be_whole
    asked=$(how_many main 'connect on fd .* EINPROGRESS')
    waits=$(how_many main 'waits: fd [0-9]+ writable')
    expect_that "it waits in the reactor while it is in progress" "$asked waits" "$waits waits" [ "$waits" -ge "$asked" ]
}

@test "that nobody listens is its result (3 points)" {
    count=$(draw 3 9)
    play run -- connects "$count" 0 refused
    expect "what went wrong is its result" "$count times ECONNREFUSED" \
        "$(how_many main 'connect_to is ready: ECONNREFUSED') times ECONNREFUSED"
}

@test "an early wake does not make it READY (3 points)" {
    wakes=$(draw 3 9)
    play run -- connects "$wakes" 0 silent
    expect "an early wake proves nothing: it is not READY" "not READY" \
        "$(events main 'connect_to is ready' | sed -n '1s/.*\(connect_to\)/\1/p' | grep . || echo not READY)"
    expect "after each early wake it waits again" "$((wakes + 1)) waits" "$(how_many main 'waits: fd [0-9]+ writable') waits"
}
