#!/usr/bin/env bats
# Two tasks on one stream, judged by who reads at the other end, and by the log.

load ../grade.bash

function=swap
task=writer

# both_ways: so many bytes as nobody knows before, to a peer that reads slowly.
both_ways() {
    local seed
    bytes=$(draw 100000 200000)
    seed=$(draw 1 1000000)
    due="$bytes bytes, each once, in order"
    try_to_play read "$bytes" "$seed" -- both "$bytes" "$seed" "$CHECK_SCALE"
    again="$PROGRAMS/both --explain"
}

# unfinished: what the program says of the two at its end, or its last line; and what the reactor
# did for the writer, whose waker it has.
unfinished() {
    local said
    said=$(grep '^both: writer: ' "$err") || said=$(tail -n 1 "$err")
    echo "${said#both: }; the reactor woke the writer $(how_many 'writable -> wake writer') times"
}

@test "one task may read while another writes, and both are woken (6 points)" {
    both_ways
    lost=$(grep -m 1 'nobody has its waker' "$err") || lost=$(unfinished)
    expect_that "each of the two is woken when its time has come" "both are done" "$lost" \
        grep -q 'writer: done, reader: has read the end' "$err"
    must_be_whole
}

@test "both get all done, and nobody is woken in vain (4 points)" {
    both_ways
    wasted=$(how_many '(writer|reader) .*PENDING: wasted')
    expect_that "neither wakes the other in vain" "10 wasted polls or less" "$wasted" [ "$wasted" -le 10 ]
    odd=$(how_many 'nobody waits for that')
    expect_that "poll(2) is asked only for what somebody waits for" "nothing that nobody waits for, or nearly" \
        "$odd times what nobody waits for" [ "$odd" -le 10 ]
    must_be_whole
}
