#!/usr/bin/env bats
# What a response does, judged by clients, and by the log.

load ../grade.bash

function=one_response_poll

# serve MODE CLIENTS: with so many clients, and a delay that nobody knows before.
serve() {
    delay=$(draw 50 90) # ms
    due="start k and end k"
    play "$@" -- stage4 serve -p 0 -r none -d "0.0$delay"
}

@test "each client gets its two lines, and between them the response sleeps (4 points)" {
    clients=$(draw 2 5)
    task="response 1"
    serve clients "$clients"
    expect "between the two lines it sleeps" "$clients waits for a deadline" \
        "$(how_many 'response [0-9]+ +waits: deadline') waits for a deadline"
    expect_that "it sleeps as long as --delay says" "$delay ms or more" "$(fact shortest_ms) ms" \
        [ "$(fact shortest_ms)" -ge "$delay" ]
}

@test "all others go on while one waits (3 points)" {
    clients=$(draw 3 6)
    task="response 1"
    serve clients "$clients"
    expect "all others go on while one waits" "yes" "$(fact together)"
    expect "a response is polled when it is new, and when its time has come" "$((2 * clients)) polls" \
        "$(how_many 'response [0-9]+ +polled') polls"
}

@test "a client that is gone is not waited for (3 points)" {
    gone=$(draw 2 5)
    task="response 1"
    delay=$(draw 50 90)
    try_to_play resets "$gone" -- stage4 serve -p 0 -r none -d "0.0$delay"
    [ "$(fact ended)" = 1 ] || must_be_whole # some broke off, so it is 1
    expect "one who stays is served" yes "$(fact whole)"
    expect "a client that is gone is not waited for" "1 wait, for the one who stays" \
        "$(how_many 'response [0-9]+ +waits: deadline') wait, for the one who stays"
    expect "the first write to each that is gone fails" "$gone" \
        "$(how_many 'response [0-9]+ +write on fd .* (ECONNRESET|EPIPE)')"
}
