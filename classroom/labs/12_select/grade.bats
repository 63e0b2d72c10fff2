#!/usr/bin/env bats
# A reactor, judged by its contract: lab 10's scenes, and the program that is linked with it.

load ../grade.bash

function="the reactor's contract, at the end of common/core/core.h, and all"
task=

# scene NAME [NUMBER [US]]: one of waits.c, in which nothing but its end is judged.
scene() {
    try_to_play run -- waits "$@"
}

# said TASK: what its last call returned; or what the program said instead.
said() {
    grep -m 1 "^waits: $1: " "$err" || grep -m 1 -e 'it spins' -e 'failed' "$err" || echo "nothing"
}

# expect_few WHAT MOST: so many waits, at most.
expect_few() {
    local waits
    waits=$(sed -n 's/^waits: polls.*waits: //p; s/.*it spins.* \([0-9]* times\),.*/\1/p' "$err")
    [ -z "$waits" ] || expect_that "$1" "at most $2 waits" "${waits% times} waits" [ "${waits%% *}" -le "$2" ]
}

# why_refused: it ended, and its last line has the number of the descriptor.
why_refused() {
    if [ "$(fact ended)" = 1 ] && tail -n 1 "$err" | grep -q '^stage6: .*10[0-9][0-9]'; then
        echo "ended 1, and says why"
    else
        why_it_died
    fi
}

@test "who waits for what is ready is woken, and nobody else (3 points)" {
    scene both "$(draw 3 9)"
    too_soon=$(sed '/ reader  *READY: done/,$d' "$log" | grep -c 'writable -> wake writer' || true)
    expect "only who waits for what is ready is woken" "0 wakes of the writer, before there is room to write" \
        "$too_soon wakes of the writer, before there is room to write"
    expect "each descriptor is looked at, the highest, too" "waits: reader: 1, waits: writer: 0" "$(said reader), $(said writer)"
    must_be_whole
    scene hang_up
    expect "an end is readable" "waits: reader: 0" "$(said reader)"
    must_be_whole
}

@test "it waits as long as it should, and then comes back (3 points)" {
    signals=$(draw 20 30)
    scene signals "$signals"
    expect_few "no limit means: until something is ready" "$((2 * signals + 10))"
    expect "a signal that ends the wait is no failure" "waits: reader: 1" "$(said reader)"
    expect "a signal that ends the wait wakes nobody" "0 polls for nothing" "$(how_many reader 'PENDING: wasted') polls for nothing"
    wakes=$(draw 5 9)
    scene interrupts "$wakes" 50000
    expect "an interrupt ends a wait that has no limit" "waits: asker: 0" "$(said asker)"
    expect_few "an interrupt ends one wait, and not the next ones" "$((2 * wakes + 10))"
    sleeps=$(draw 15 25)
    scene sleeps "$sleeps" "$(draw 1 3)$(draw 900 960)"
    must_be_whole
    waits=$(how_many 'at most')
    expect_that "a sleep takes one wait: its time-out is rounded up" "$sleeps waits with a limit" \
        "$waits waits with a limit" [ "$waits" -le "$sleeps" ]
}

@test "stage6 serves its clients, together (2 points)" {
    clients=$(draw 5 20)
    due="start k and end k, each k once"
    play clients "$clients" -- stage6 serve -p 0 -d 0.1 -r none
    expect "they are served together" yes "$(fact together)"
    expect "what is closed is forgotten before" "$clients or more descriptors forgotten" \
        "$([ "$(how_many 'forgets fd')" -ge "$clients" ] && echo "$clients or more" || how_many 'forgets fd') descriptors forgotten"
}

@test "a descriptor for which there is no bit is refused, in one sentence (2 points)" {
    most=$(ulimit -Hn)
    [ "$most" = unlimited ] || [ "$most" -ge 2400 ] || return 0 # then there is no such descriptor
    try_to_play run -- stage6 -n "$(draw 1030 1100)" -d 20 -r none
    again="$PROGRAMS/stage6 -n 1100 -d 20 -r none"
    expect "a descriptor for which there is no bit is refused" "ended 1, and says why" "$(why_refused)"
    expect "it is refused in one sentence" "1 line" "$(grep -c . "$err") line"
}
