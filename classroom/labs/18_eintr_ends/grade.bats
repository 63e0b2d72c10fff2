#!/usr/bin/env bats
# What a signal does to a server that waits.

load ../grade.bash

function=reactor_wait
task="response 1"

# serve SIGNALS
serve() {
    try_to_play signals "$1" -- stage4 serve -p 0 -r none -d "0.$(draw 200 300)"
    again="$PROGRAMS/stage4 -n 1 -d 2 & sleep 1; kill -CONT \$!; wait"
}

@test "a signal does no harm (6 points)" {
    serve "$(draw 4 8)"
    must_be_whole
}

@test "a signal does not make it wait longer (4 points)" {
    serve 200
    must_be_whole
    sent=$(fact signals)
    expect_that "it waits no longer because signals come" "the end line while they still come" \
        "it came after the last of $sent" [ "$sent" -lt 200 ]
}
