#!/usr/bin/env bats
# What the server does when it has no descriptor left, judged by clients that have to wait
# for one, and by the log.

load ../grade.bash

function=server_main_poll
task=server

# scarcely: more clients than the server has descriptors for.
scarcely() {
    clients=$(draw 10 14)
    due="start k and end k"
    try_to_play scarce "$clients" 15 -- stage4 serve -p 0 -r none -d 0.1
    again="(ulimit -n 15; $PROGRAMS/stage4 serve --explain) and, elsewhere, ./stage4 client -n $clients -p PORT"
    failed=$(how_many server 'accept on fd .* EMFILE')
}

@test "with no descriptor left the server waits, and then tries again (6 points)" {
    scarcely
    waited=$(how_many server ' waits: ')
    slept=$(how_many server ' waits: deadline')
    expect_that "after an accept that fails it waits" "$failed waits or more" "$waited waits, $failed times EMFILE" \
        [ "$failed" -le "$waited" ]
    expect_that "that the listener is readable is no reason to try again" "$failed waits for a deadline" \
        "$slept, $failed times EMFILE" [ "$failed" -le "$slept" ]
    must_be_whole
    expect_that "more clients came than there are descriptors" "EMFILE" "none" [ "$failed" -gt 0 ]
}

@test "it says so once, and in the end each client is served (4 points)" {
    scarcely
    must_be_whole
    expect "it says once that clients have to wait" "1 line" "$(grep -c 'cannot accept more clients now' "$err") line"
}
