#!/usr/bin/env bats
# What an executor has to get right, judged by the order of turns, polls and wakes in the log.

load ../grade.bash

task=main

# again: so many tasks as nobody knows, which wake themselves as often in their own polls.
again() {
    count=$(draw 3 9)
    try_to_play run -- turns again "$count"
}

# odd_turn: the first turn that did not poll as many as were queued, or one of them twice.
odd_turn() {
    awk '
    function check() { if (queued != "" && polls != queued) say("a turn with " queued " queued polled " polls) }
    function say(what) { if (!said) print what; said = 1 }
    / a turn; run queue: / { check(); queued = $NF; polls = 0; split("", seen) }
    / polled; run queue: / {
        polls++
        who = $4 ($5 ~ /^[0-9]+$/ ? " " $5 : "")
        if (seen[who]++) say("a turn polled " who " twice")
    }
    END { check(); if (!said) print "all of them, each once" }' "$log"
}

@test "a turn polls all that are queued when it begins, each once (2 points)" {
    function=run_turn
    task=
    again
    expect "a turn polls all that are queued when it begins, each once" "all of them, each once" "$(odd_turn)"
    must_be_whole
}

@test "a wake during the poll counts (2 points)" {
    function=run_turn
    task="again $(draw 1 3)"
    again
    expect "who is woken during its poll is polled again, in the next turn" "$((count + 1)) polls" \
        "$(how_many "$task" ' polled;') polls"
    must_be_whole
}

@test "a stale waker wakes nobody (2 points)" {
    function=end
    task='new 1'
    count=$(draw 3 9)
    try_to_play run -- turns stale "$count"
    expect "the waker of a task that has ended does not wake who has its place now" "each new task is polled once" \
        "$(events "$task" 'woken' | sed -n '1s/.*\(woken\)/new 1 is \1/p' | grep . || echo each new task is polled once)"
    task='short life 1'
    expect "nor does it wake the task itself, while its future is dropped" "0 wakes" "$(how_many "$task" 'woken') wakes"
    task=main
    must_be_whole
    expect "the log tells of each new task" "$count polls" "$(how_many 'new [0-9]+ +polled;') polls"
}

@test "who has ended in the queue is not polled, and keeps its place until its turn (2 points)" {
    function='end and run_turn'
    task='old 1'
    count=$(draw 20 30)
    try_to_play run -- turns queued "$count"
    expect "a place that is still in the queue is given to nobody" "given to nobody" \
        "$(sed -n 's/^turns: \(a new task has got .*\)/\1/p' "$err" | grep . || echo given to nobody)"
    must_be_whole
    expect "who has ended is not polled: only once, before that" "1 poll" "$(how_many "$task" ' polled;') poll"
    task='new 1'
    expect "a new task is polled once" "1 poll" "$(how_many "$task" ' polled;') poll"
    task=main
    highest=$(sed -n 's/^turns: highest place: //p' "$err")
    expect_that "a place is used again" "some places, for all the $((2 * count)) tasks" "place $highest" [ "$highest" -le 4 ]
}

@test "who joins a task is woken when it has ended, or is cancelled (2 points)" {
    function=end
    count=$(draw 2 5)
    try_to_play run -- turns join "$count"
    expect "who joins a task is woken when it ends" "$((count + 1)) ends" "$(how_many main 'join_task is ready') ends"
    must_be_whole
}
