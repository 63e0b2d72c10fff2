#!/usr/bin/env bats
# Whether each client gets a number of its own, judged by what the clients receive.

load ../grade.bash

function=start_response
task=response

# demo CLIENTS DELAY: with clients of its own, which give up when they get no answer.
demo() {
    clients=$1
    try_to_play run -- stage2 -p 0 -n "$clients" -d "$2" -t $((2 * CHECK_SCALE)) -r none
}

@test "each number is given once (6 points)" {
    demo "$(draw 12 20)" 0.1
    twice=$(grep '^start ' "$out" | sort | uniq -c | awk '$1 > 1 { printf "start %d %d times; ", $3, $1 }')
    numbers=$(grep '^start ' "$out" | sort -u | wc -l | tr -d ' ')
    names=$(events 'response [0-9]+ +a thread starts' | sed 's/.* \(response [0-9]* *a\)/\1/' | sort | uniq -d | head -n 1)
    expect "each number is given once" "$clients numbers, each once" \
        "$numbers numbers, ${twice:-each once}${names:+; the log has twice: $names}"
    must_be_whole
}

@test "all responses wait side by side (4 points)" {
    demo 5 0.3
    first=$(awk '/^end / { exit } { n++ } END { print n + 0 }' "$out")
    must_be_whole
    expect "all responses wait side by side" "5 starts before the first end" "$first starts before the first end"
}
