#!/usr/bin/env bats
# A reactor that tells epoll(7) once, judged by what epoll is told, and by how often it waits.

load ../grade.bash

function="tell_epoll, reactor_watch, reactor_forget and reactor_wait"
task=

# told: how often epoll was told of a descriptor in each life: "1 1 1".
told() {
    awk '/^edges: life [0-9]+$/ { if (life++) printf "%d ", told; told = 0 }
        /^edges: told of fd / { told++ }
        END { if (life) printf "%d", told }' "$err"
}

@test "each descriptor is registered once in its life, for both interests (4 points)" {
    lives=$(draw 3 6)
    task="life 1"
    try_to_play run -- edges "$lives" "$(draw 3 6)"
    expect_that "each descriptor is registered once in its life, also when its number was used before" \
        "calls of epoll_ctl in life 1, 2, ...: $(printf '1 %.0s' $(seq "$lives"))" "calls of epoll_ctl in life 1, 2, ...: $(told)" \
        grep -q -E '^(1 )*1$' <<<"$(told)"
    must_be_whole
}

@test "what became ready is said once, and a sleep takes one wait (3 points)" {
    sleeps=$(draw 20 40)
    try_to_play run -- edges unread "${sleeps}$(draw 100 900)"
    waits=$(how_many 'epoll\(7\) on|epoll_wait')
    expect_that "edge-triggered: what became ready is said once, if nobody waits for it, too; a sleep takes one wait more" \
        "at most 5 waits" "$waits waits" [ "$waits" -le 5 ]
    must_be_whole
    clients=$(draw 3 9)
    play run -- stage5 -n "$clients" -d 0.1 -r none
    told=$(how_many 'epoll_ctl on fd')
    expect_that "epoll is told of what somebody waits for, and of nothing else" \
        "$clients clients and the listener, so at most $((clients + 2)) calls of epoll_ctl" "$told calls of epoll_ctl" \
        [ "$told" -le $((clients + 2)) ]
}

@test "who is forgotten leaves nothing behind (3 points)" {
    lives=$(draw 3 6)
    task="life 1"
    try_to_play run -- edges "$lives" 1
    left=$(sed -n 's/^edges: wakers left: //p' "$err")
    expect "who is forgotten leaves no waker behind, to wake somebody else later" "0 wakers" "${left:-0} wakers"
    must_be_whole
    expect "the log tells of each" "$lives descriptors forgotten" "$(how_many 'forgets fd') descriptors forgotten"
    try_to_play run -- edges ends "$lives"
    expect_that "an end that comes with the last bytes is reported (EXCEPTIONAL), and wakes who waits after these" \
        "the copy of each life ends" "$(who_is_stuck)" [ "$(fact ended)" = 0 ]
    expect "a new descriptor is not taken for the old one, whose end was reported" "0 polls for nothing" \
        "$(how_many 'life [0-9]+ .*PENDING: wasted') polls for nothing"
}
