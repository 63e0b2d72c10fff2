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
        expect_that "no wake is lost: the waker is in the inbox, and after that the executor is interrupted" \
            "threads left $left wakes, so they woke $left tasks" "they woke $woken; then the executor slept on" \
            [ "$woken" -gt "$left" ]
        ;;
    esac
    must_be_whole
}

# build_with_thread_sanitizer FOLDER: returns whether that is possible, and works.
build_with_thread_sanitizer() {
    local fixed="" # addresses: ThreadSanitizer of gcc 12 fails where they are random by 32 bits
    ! setarch -R true 2>/dev/null || fixed="setarch -R"
    mkdir "$1"
    # shellcheck disable=SC1091 # is written by labs.mk
    . "$BUILD/labs/settings"
    # shellcheck disable=SC2154,SC2086,SC2046 # of settings, several words
    {
        $compile -O1 -fsanitize=thread -Icommon/core -c -o "$1/task.o" "$STUDENT" &&
            $compile -O1 -fsanitize=thread -c -o "$1/main.o" "$LAB/wake.c" &&
            $link -fsanitize=thread -o "$1/wake" "$1/task.o" "$1/main.o" $stage4 \
                $(echo "$core" | tr ' ' '\n' | grep -v '/task\.o$')
    } || return 1
    $fixed "$1/wake" none || [ $? -eq 2 ] || return 1 # usage: so far it has come
    printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$fixed" "$PEER" >"$1/peer"
    chmod +x "$1/peer"
}

# play_with_thread_sanitizer ...: as try_to_play, where there is one; and finds no race.
play_with_thread_sanitizer() {
    local folder=$BATS_FILE_TMPDIR/thread race
    if [ ! -e "$folder" ]; then
        build_with_thread_sanitizer "$folder" >/dev/null 2>&1 || rm -f "$folder/peer"
    fi
    if [ -e "$folder/peer" ]; then
        TSAN_OPTIONS=exitcode=99:halt_on_error=1 PEER=$folder/peer JUDGED=$folder try_to_play "$@"
    else
        try_to_play "$@"
    fi
    race=$(grep -m 1 'SUMMARY: ThreadSanitizer' "$err" | sed 's|.*: data race .*/\(.*\)|data race, \1|') || true
    expect "no two threads touch the inbox, or the run queue, at once" "no data race" "${race:-no data race}"
}

@test "the executor hears of each wake, also when it is asleep (4 points)" {
    try_to_play run -- wake 1 "$(draw 3 9)" "$(draw 1000 3000)"
    none_is_lost
    try_to_play run -- wake 1 "$(draw 2000 2500)" 0
    none_is_lost
}

@test "one wait wakes all that were left until then (3 points)" {
    threads=$(draw 3 9)
    rounds=$(draw 10 19)
    play_with_thread_sanitizer run -- wake "$threads" "$rounds" 0 1
    expect "all that is in the inbox is taken out at once" "$rounds waits that woke $threads tasks" \
        "$(how_many "comes back: $threads woken") waits that woke $threads tasks"
    none_is_lost
}

@test "each wake wakes its task once, and lock keeps threads apart (3 points)" {
    threads=$(draw 3 5)
    rounds=$(draw 100 200)
    play_with_thread_sanitizer run -- wake "$threads" "$rounds" 0
    expect "what was taken out is no longer in the inbox" "0 polls of a task that was not answered" \
        "$(how_many asker 'PENDING: wasted') polls of a task that was not answered"
    none_is_lost
    expect "the log says which thread woke a task" "$((threads * rounds)) woken by threads" "$(how_many 'woken by thread') woken by threads"
}
