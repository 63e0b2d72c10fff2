#!/usr/bin/env bats
# What poll(2) is asked for, judged by what it comes back for.

load ../grade.bash

function=swap
task=

# demo DELAY TIMEOUT: some clients, which give up when they are not served.
demo() {
    clients=$(draw 3 5)
    delay=$1
    try_to_play run -- stage4 -n "$clients" -d "$delay" -t "$2" -r none
    again="$PROGRAMS/stage4 -n $clients -d $delay -t 2"
}

@test "it wakes somebody each time that it comes back (6 points)" {
    demo "0.$(draw 200 250)" "$CHECK_SCALE.2"
    said=$(grep -m 1 'busy: ' "$err" || true)
    expect "the doctor has nothing to say" nothing "${said:-nothing}"
    odd=$(how_many 'nobody waits for that')
    expect_that "poll(2) is asked only for what somebody waits for" "nothing that nobody waits for" \
        "$odd times what nobody waits for" [ "$odd" -le "$clients" ]
    must_be_whole
}

@test "who waits to write is woken (4 points)" {
    demo "0.0$(draw 20 40)" "$((CHECK_SCALE - 1)).8"
    waits=$(how_many 'waits: fd [0-9]+ writable')
    woken=$(how_many 'fd [0-9]+ writable -> wake ')
    expect "who waits to write is woken" "$waits of $waits" "$woken of $waits"
    must_be_whole
    try_to_play run -- both "$(draw 80000 120000)" "$CHECK_SCALE"
    must_be_whole
    expect "who waits to write is woken, while somebody waits to read, too" "all is written, and the byte has come" \
        "$(sed -n 's/^both: \(.* written, .*\)/\1/p' "$err")"
}
