#!/usr/bin/env bats
# A server that epoll(7) tells once, judged by what it did before it waited.

load ../grade.bash

function=server_main_poll
task=server

# demo STAGE
demo() {
    clients=$(draw 3 6)
    delay=0.0$(draw 60 95)
    try_to_play run -- "$1" -n "$clients" -d "$delay" -t "$CHECK_SCALE.5" -r none
    again="$PROGRAMS/$1 -n $clients -d $delay -t 2 --explain"
}

# waits_too_soon: the first wait of the server that does not follow an accept that would
# block.
waits_too_soon() {
    lines_of server | sed 's/.*  server  *//' | awk '
    / ->/ && /^accept on fd/ { last = $0 }
    /^leaves its waker: fd/ && last !~ /EAGAIN/ && !n++ { print (last == "" ? "no accept" : last) ", then: " $0 }'
}

@test "told once, it serves all who have come (6 points)" {
    demo stage5
    odd=$(waits_too_soon)
    expect "before the server waits, accept has said EAGAIN" "accept on fd ... -> EAGAIN, then: leaves its waker" \
        "${odd:-accept on fd ... -> EAGAIN, then: leaves its waker}"
    must_be_whole
    expect "each client gets its two lines" "$((2 * clients)) lines" "$(grep -c -E '^(start|end) [0-9]+$' "$out") lines"
}

@test "it neither spins nor waits for time (4 points)" {
    demo stage4
    expect "the server does not wait for time, while clients wait for it" "0 waits for a deadline" \
        "$(how_many server 'waits: deadline') waits for a deadline"
    polls=$(how_many server ' polled;')
    expect_that "the server sleeps while nobody comes" "at most $((2 + 2 * clients)) polls of it" "$polls polls" \
        [ "$polls" -le $((2 + 2 * clients)) ]
    must_be_whole
}
