#!/usr/bin/env bats
# What is left of a connection that is over, judged by clients of an echo that come one after
# the other, and by the log.

load ../grade.bash

function=hang_up

# echo_to: some clients, one after the other, each of which is silent for a while.
echo_to() {
    clients=$(draw 3 5)
    task="echo 2"
    due="its own line, and the end"
    try_to_play echoes "$clients" "$(draw 1 1000000)" -- stage5 serve --echo -p 0
    again="$PROGRAMS/stage5 serve --echo --explain (and nc twice, elsewhere)"
}

# are_at_ease: all are answered, and polled only when there was something to do.
are_at_ease() {
    [ "$(fact whole)" = yes ] && [ "$polls" -le $((10 * (clients - 1))) ]
}

@test "a new connection meets nothing of the old one (6 points)" {
    echo_to
    polls=$(how_many "echo [2-9] +polled")
    doctor=$(grep -m 1 ': busy: ' "$err" || echo "it says nothing")
    expect_that "a new connection meets nothing of the old one" "all are answered, each in 10 polls or less" \
        "answered: $(fact echoed) of $clients, all but the first in $polls polls; the doctor: $doctor" are_at_ease
    must_be_whole
}

@test "a connection that is over is closed (4 points)" {
    echo_to
    must_be_whole
    numbers=$(events 'accept on fd .* fd [0-9]+$' | sed 's/.* fd //' | sort -u | wc -l | tr -d ' ')
    expect "a connection that is over is closed" "all get the same number from accept" \
        "$([ "$numbers" -eq 1 ] && echo "all get the same number from accept" || echo "$numbers different numbers")"
}
