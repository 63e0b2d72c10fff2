#!/usr/bin/env bats
# Wakes from other threads, judged by the log, and by ThreadSanitizer, if there is one.

load ../grade.bash

function="leave_in_inbox and empty_inbox"
task=

# Whoever hangs has lost a wake: one that was left, and has woken nobody.
none_is_lost() {
    local left woken
    left=$(how_many 'leaves a wake for the executor')
    woken=$(how_many 'woken by thread')
    case $(fact ended) in
    not*)
        expect_that "what was taken out is no longer in the inbox" "threads left $left wakes, so they woke at most $left tasks" \
            "they woke $woken; and so on, without an end" [ "$woken" -le "$left" ]
        expect_that "no wake is lost: the waker is in the inbox, and after that the executor is interrupted" \
            "threads left $left wakes, so they woke $left tasks" "they woke $woken; then the executor slept on" \
            false
        ;;
    esac
    must_be_whole
}

# no_race: nothing that ThreadSanitizer has found.
no_race() {
    local race
    race=$(grep -m 1 'SUMMARY: ThreadSanitizer: data race' "$err" | sed 's|.*: data race .*/\(.*\)|data race, \1|') || true
    expect "no two threads touch the inbox, or the run queue, at once" "no data race" "${race:-no data race}"
}

@test "the executor hears of each wake, also when it is asleep (4 points)" {
    rounds=$(draw 5 9)
    try_to_play run -- wake 1 "$rounds" "$(draw 1000 3000)"
    no_race
    none_is_lost
    interrupts=$(sed -n 's/^wake: interrupts: //p' "$err")
    expect_that "no wake is lost: the executor, which may be asleep, is interrupted" "$rounds interrupts, one for each wake" \
        "$interrupts interrupts" [ "$interrupts" -ge "$rounds" ]
}

@test "one wait wakes all that were left until then (3 points)" {
    threads=$(draw 3 9)
    rounds=$(draw 10 19)
    try_to_play run -- wake "$threads" "$rounds" 0 1
    no_race
    expect "all that is in the inbox is taken out at once" "$rounds waits that woke $threads tasks" \
        "$(how_many "comes back: $threads woken") waits that woke $threads tasks"
    none_is_lost
}

@test "each wake wakes its task once, and lock keeps threads apart (3 points)" {
    threads=$(draw 3 5)
    rounds=$(draw 20 40)
    try_to_play run -- wake "$threads" "$rounds" "$(draw 300 900)"
    no_race
    expect "what was taken out is no longer in the inbox" "0 polls of a task that was not answered" \
        "$(how_many asker 'PENDING: wasted') polls of a task that was not answered"
    none_is_lost
    expect "the log says which thread woke a task" "$((threads * rounds)) woken by threads" "$(how_many 'woken by thread') woken by threads"
}
