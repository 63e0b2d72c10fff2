#!/usr/bin/env bats
# Whether a response stops all others, judged by how long its last poll takes, and by clients.

load ../grade.bash

function=one_response_poll

# quickest_last_poll: of all responses the shortest time, in ms, from "polled" to "READY". One
# poll may be long because the machine is busy; not all of them.
quickest_last_poll() {
    events 'response [0-9]+ +(polled|READY)' | awk '
        { ms = $1 * 1000 + $2 / 1000; who = $5 }
        /READY/ { took = ms - polled[who]; if (least == "" || took < least) least = took }
        { polled[who] = ms }
        END { printf "%d\n", least == "" ? -1 : least }'
}

@test "no response stops all others (6 points)" {
    clients=$(draw 4 6)
    task="response $clients"
    try_to_play run -- stage4 -n "$clients" -d 0.05
    must_be_whole
    doctor=$(sed -n 's/^stage4: \(blocked: .*\)/\1/p' "$err")
    took=$(quickest_last_poll)
    expect_that "a response does not wait inside of its poll" "the quickest is back in less than 10 ms" \
        "$took ms; the doctor says ${doctor:-nothing}" [ "$took" -lt 10 ]
    expect_that "each response is polled" "a poll" "none" [ "$took" -ge 0 ]
}

@test "each client still gets both of its lines, and the end (4 points)" {
    clients=$(draw 2 5)
    task="response 1"
    due="start k and end k"
    play clients "$clients" -- stage4 serve -p 0 -r none -d 0.1
    expect "all go on while one waits" yes "$(fact together)"
}
