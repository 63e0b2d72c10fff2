#!/usr/bin/env bats
# When sleepers are woken, and in what order, judged by the log. A sleeper's word is its
# deadline, so nobody knows before who is first.

load ../grade.bash

function='timers_next and timers_fire'
task=

# sleepers WORD...: all but those with b are to wait. Again, and everything later, if on a busy machine a
# deadline was over before its sleep began.
sleepers() {
    local sleeping later word words
    for later in 0 10000 30000 70000 150000; do
        words=()
        for word in "$@"; do
            words+=("${word%%[0-9]*}$((${word#[br]} + later))")
        done
        try_to_play run -- sleepers "${words[@]}"
        sleeping=$(events 'child.*waits: (deadline in|fd)' | awk '{ print $5 }' | sort -u | grep -c .) || true
        [ "$sleeping" -lt $(($# - $(grep -c b <<<"$*"))) ] || return 0
    done
}

# woken: the numbers of those that the reactor has woken, in that order.
woken() {
    events 'child.*woken by the reactor' | awk '{ printf "%s%s", sep, $5; sep = " " }'
}

# deadlines COUNT: all different, in any order; from one to the next, not quite 4 ms.
deadlines() {
    local first
    first=$(draw 12000 16000)
    for ((i = 0; i < $1; i++)); do
        echo "$(draw 1 1000000) $((first + 3900 * i))"
    done | sort -n | cut -d' ' -f2
}

# first_other DUE GOT: the first in which the two lists differ.
first_other() {
    awk -v due="$1" -v got="$2" 'BEGIN {
        n = split(due, a, " ")
        split(got, b, " ")
        for (i = 1; i < n && a[i] == b[i]; i++)
            ;
        print a[i] }'
}

# waits: how long the reactor was to wait, each time: "no limit", "only looks", "at most 2.1 ms".
waits() {
    events ' poll\(2\) on ' | sed 's/.*descriptors*, //'
}

@test "all whose time has come are woken, the earliest first (4 points)" {
    local same some
    some=$(deadlines 6)
    same=$(sed -n 3p <<<"$some")
    # shellcheck disable=SC2086 # several words
    set -- $some "$same" "$same" # three of them are equal
    sleepers "$@"
    must_be_whole
    due=$(printf '%s\n' "$@" | awk '{ print NR, $1 }' | sort -k2n -k1n | awk '{ printf "%s%s", sep, $1; sep = " " }')
    task="child $(first_other "$due" "$(woken)")"
    expect "the earliest is woken first; of equal deadlines, the one that was set first" "children $due" "children $(woken)"
    task=
    together=$(how_many 'comes back: [3-8] woken')
    expect_that "all whose time has come are woken at once" "3 woken at once, for their deadlines are equal" \
        "$(events 'comes back: [0-9]+ woken' | sed 's/.*back: //' | tr '\n' ';')" [ "$together" -ge 1 ]
}

@test "none is woken early, and no wait is too short (3 points)" {
    # shellcheck disable=SC2046 # several words
    sleepers $(deadlines 10)
    must_be_whole
    task="child $(woken | tr ' ' '\n' | sort | uniq -d | head -n 1)"
    expect "each is woken once, when its time has come" "10 wakes" "$(wc -w <<<"$(woken)" | tr -d ' ') wakes"
    task=
    early=$(how_many 'comes back early')
    expect_that "a wait for the first deadline lasts until then" "no wait that is too short" \
        "$early that came back early" [ "$early" -le 1 ]
    looks=$(how_many 'poll\(2\) on .* only looks')
    expect_that "while all sleep the reactor waits, and does not only look again and again" "60 looks at most" \
        "$looks looks" [ "$looks" -le 60 ]
}

@test "without a deadline there is no limit, and what is over is not waited for (3 points)" {
    sleepers "r$(draw 15000 20000)"
    must_be_whole
    expect "without a deadline the reactor waits without a limit" "no limit" \
        "$(waits | grep -v -m 1 'only looks' || echo 'only looks')"
    sleepers "$(draw 12000 16000)" "b$(draw 25000 30000)"
    task="child 1"
    expect "what is over before the reactor is asked wakes its sleeper all the same" "all have woken" \
        "$(grep -o 'all have woken' "$err" || grep -m 1 'no task can ever' "$err" || fact ended)"
    must_be_whole
    expect "what is over is not waited for" "only looks" \
        "$(waits | grep -v -m 1 'only looks' || echo 'only looks')"
}
