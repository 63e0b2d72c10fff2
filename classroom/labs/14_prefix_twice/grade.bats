#!/usr/bin/env bats
# What copy_all promises, judged by who reads at the other end, and by the log.

load ../grade.bash

function=copy_all_poll
task=main

# copy: so many bytes as nobody knows before, to a peer that reads slowly. The buffer is larger
# than the room in the stream, so that no write is whole.
copy() {
    local seed
    bytes=$(draw 100000 200000)
    seed=$(draw 1 1000000)
    due="$bytes bytes, each once, in order"
    try_to_play read "$bytes" "$seed" -- copy "$bytes" "$seed" "$(draw 20000 30000)"
}

# first_odd: of the first read that was not written once, "a read of 12000 bytes, writes of
# 8128 12000 bytes".
first_odd() {
    lines_of main | awk '
    function judge() {
        if (got + 0 != sum + 0 && !found) {
            print "a read of " got " bytes, then writes of" writes " bytes"
            found = 1
        }
    }
    / (read|write) on fd .* bytes$/ { n = $(NF - 1) }
    / read on fd .* bytes$/ { judge(); got = n; sum = 0; writes = "" }
    / write on fd .* bytes$/ { sum += n; writes = writes " " n }
    END { judge() }'
}

@test "each byte is written once (6 points)" {
    copy
    odd=$(first_odd)
    expect "what is read is written once" "writes that add up to the read before" "${odd:-writes that add up to the read before}"
    must_be_whole
}

@test "a slow reader slows it down, and gets all (4 points)" {
    copy
    waited=$(how_many main 'waits: fd .* writable')
    expect_that "it waits when its peer is slow" "some waits" "$waited" [ "$waited" -gt 2 ]
    must_be_whole
}
