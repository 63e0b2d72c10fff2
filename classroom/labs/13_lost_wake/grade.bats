#!/usr/bin/env bats
# Who is served, and how often the server runs for that.

load ../grade.bash

function=server_main_poll
task=server

# demo: a server and some clients, which give up when they are not served.
demo() {
    clients=$(draw 3 6)
    delay=0.0$(draw 60 95)
    try_to_play run -- stage4 -n "$clients" -d "$delay" -t "$CHECK_SCALE.5" -r none
    again="$PROGRAMS/stage4 -n $clients -d $delay -t 2"
}

@test "every client is served (6 points)" {
    demo
    lost=$(grep -m 1 'nobody has its waker' "$err" || true)
    expect "no task is lost" "no lost task" "${lost:-no lost task}"
    must_be_whole
    expect "each client gets its two lines" "$((2 * clients)) lines" "$(grep -c -E '^(start|end) [0-9]+$' "$out") lines"
}

@test "the server runs when somebody comes, and only then (4 points)" {
    demo
    polls=$(how_many server ' polled;')
    expect_that "the server sleeps while nobody comes" "at most $((2 + 2 * clients)) polls of it" "$polls polls" \
        [ "$polls" -le $((2 + 2 * clients)) ]
    must_be_whole
}
