#!/usr/bin/env bats
# What a timeout promises, and what it leaves behind: judged by the log, and by an inner
# future that says what was done to it.

load ../grade.bash

function='timeout_poll and timeout_drop'
task=asker

# said WHAT: what the program says of it.
said() {
    sed -n "s/^limits: .*$1: \([^,]*\).*/\1/p" "$err"
}

@test "in time it is READY with 0, and its deadline is taken back (3 points)" {
    play run -- limits "$(draw 20000000 30000000)" "$(draw 3000 9000)"
    expect "with an answer in time its result is 0" "in time" "$(said result)"
    expect "READY, it leaves no deadline behind" "0 deadlines" "$(said 'deadlines left') deadlines"
}

@test "when the time is over it is -ETIMEDOUT, and inner is dropped (3 points)" {
    limit=$(draw 60000 90000)
    play run -- limits "$limit" 1500000
    expect "without an answer in time its result is -ETIMEDOUT" "timed out" "$(said result)"
    took=$(sed -n 's/^limits: it took \([0-9]*\) us$/\1/p' "$err")
    expect_that "it waits until the time is over" "$limit us or more" "$took us" [ "$took" -ge "$limit" ]
    expect "it waits in the reactor: polled when it is new, and when the time is over" "2 polls" \
        "$(how_many asker ' polled;') polls"
    expect "timed out, it has dropped inner" "dropped: yes" "dropped: $(said 'inner dropped')"
    expect "timed out, it leaves no deadline behind" "0 deadlines" "$(said 'deadlines left') deadlines"
}

@test "an answer that is there counts, even if the time is over (2 points)" {
    limit=$(draw 60000 90000)
    comes=$(draw 30000 50000)
    look=$(draw 120000 150000)
    play run -- limits "$limit" "$comes" "$look"
    expect_that "an answer that is there counts, even if the time is over" \
        "in time: after $comes us it came, and when the first poll of inner ended, after $look us, it was there" \
        "$(said result): the limit was $limit us" [ "$(said result)" = "in time" ]
}

@test "cancelled, it leaves nothing behind (2 points)" {
    play run -- limits "$(draw 20000000 30000000)" "$(draw 20000000 30000000)" 0 "$(draw 2000 4000)"
    expect "to cancel it is to drop inner" "dropped: yes" "dropped: $(said 'inner dropped')"
    expect "cancelled, it leaves no deadline behind" "0 deadlines" "$(said 'deadlines left') deadlines"
}
