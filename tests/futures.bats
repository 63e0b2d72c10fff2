#!/usr/bin/env bats
# The lesson about futures: each program prints what it shows.

load helpers

# shows NAME ARGUMENT LINE...: it exits 0, and prints these lines; times are masked as T.
shows() {
    local name=$1 argument=$2
    shift 2
    run timeout 10 "$BUILD/futures/$name" ${argument:+"$argument"}
    [ "$status" -eq 0 ] || fail "$name: exit $status: $output"
    output=$(awk '{ sub(/^ *[0-9]+\.[0-9]+ s  /, "T "); print }' <<<"$output")
    [ "$output" = "$(printf '%s\n' "$@")" ] || fail "$name: $output"
}

# lesson NAME ARGUMENT...: its output, without the times, in lines.
lesson() {
    local name=$1
    shift
    run "$BUILD/futures/$name" "$@"
    [ "$status" -eq 0 ] || fail "$name ends with status $status: $output"
    mapfile -t lines < <(printf '%s\n' "$output" | sed 's/^ *[0-9][0-9.]* s  //')
}

# line N WORDS: line N, from 0, is WORDS.
line() {
    [ "${lines[$1]}" = "$2" ] || fail "line $1 is not '$2' in: $output"
}

# says WORDS
says() {
    [[ $output == *"$1"* ]] || fail "'$1' is not in: $output"
}

# at_least A B: for numbers with fractions.
at_least() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }' || fail "$1 is less than $2"
}

# comes_before FIRST SECOND: two whole lines.
comes_before() {
    printf '%s\n' "${lines[@]}" | awk -v first="$1" -v second="$2" '
        $0 == first && !a { a = NR } $0 == second && !b { b = NR } END { exit !(a && b && a < b) }' ||
        fail "'$1' does not come before '$2' in: $output"
}

# ---- lazy ----

@test "a future does nothing until it is polled" {
    shows lazy '' \
        'the future is made, and nothing has happened' \
        'that one was dropped, and here is another: still nothing' \
        'hello, world!' \
        'the executor has polled it once, and it was READY'
}

@test "a state machine goes on where its last poll stopped, and is not polled after READY" {
    lesson state_machine
    line 2 "1       AWAITING_FUT_ONE  PENDING   AWAITING_FUT_ONE"
    line 3 "2       AWAITING_FUT_ONE  PENDING   AWAITING_FUT_ONE"
    line 4 "3       AWAITING_FUT_ONE  PENDING   AWAITING_FUT_TWO"
    line 5 "4       AWAITING_FUT_TWO  READY     DONE"
    [[ ${lines[6]} == "READY: it is never polled again."* ]] || fail "polled again: $output"
}

@test "a state machine holds all that outlives a wait: it is larger than what it waits for" {
    lesson state_machine
    [[ $output =~ "in its "([0-9]+)" bytes" ]] || fail "no size: $output"
    local whole=${BASH_REMATCH[1]}
    [[ $output =~ "have "([0-9]+)" each" ]] || fail "no sizes of the parts: $output"
    [ "$whole" -gt $((2 * BASH_REMATCH[1])) ] || fail "$whole bytes are too few"
}

@test "a timer's thread wakes the task that polled it last, not the one that did first" {
    lesson timer_thread 0.1
    line 0 "howdy!"
    local wakers first last
    wakers=$(sed -n 's/.*task: I poll the timer: [A-Z]*; my waker is number //p' <<<"$output")
    first=$(sed -n 1p <<<"$wakers")
    last=$(sed -n 2p <<<"$wakers")
    [ "$first" -ne "$last" ] || fail "two tasks, and one waker: $output"
    [ "$wakers" = "$first"$'\n'"$last"$'\n'"$last" ] || fail "$output"
    line 1 "task: I poll the timer: PENDING; my waker is number $first"
    line 3 "task: I poll the timer: PENDING; my waker is number $last"
    line 4 "thread: the time is over; I wake waker number $last"
    line 5 "task: I poll the timer: READY; my waker is number $last"
    line 6 "done!"
}

@test "a timer's thread sleeps for the time that it was given, and the task waits for it" {
    lesson timer_thread 0.15
    local end
    end=$(awk '/done!/ { print $1 }' <<<"$output")
    at_least "$end" 0.15
}

@test "an executor polls jobs in the order in which they were sent, spawned or woken" {
    lesson executor 0.15
    local polls
    polls=$(printf '%s\n' "${lines[@]}" |
        sed -n 's/^executor: polls job \([123]\): \(.\).*/\1\2/p')
    [ "${polls//$'\n'/ }" = "1P 2P 3P 1R 2R 3R" ] || fail "polls are $polls"
}

@test "an executor parks while its queue is empty, and another thread's spawn ends that" {
    lesson executor 0.15
    comes_before "executor: polls job 3: READY" "executor: the queue is empty, I park"
    comes_before "executor: the queue is empty, I park" "thread: spawns job 4"
    comes_before "thread: spawns job 4" "executor: polls job 4: PENDING"
    comes_before "executor: polls job 4: READY" "executor: nobody is left who could send, run() returns"
}

@test "an executor's own thread finds a full queue, where the document would wait for ever" {
    lesson executor 0.1
    line 3 "main: spawns job 4, but the queue is full"
    [[ ${lines[4]} == "a send that waits for room would wait for ever:"* ]] || fail "it is not said: $output"
}

@test "a full channel is PENDING for a task, and others run meanwhile" {
    lesson channel 0.1
    line 0 "sender: 1 is sent"
    line 1 "sender: 2 is sent"
    line 2 "sender: send(3) is PENDING: the queue is full"
    [[ ${lines[3]} == "receiver: runs, while the sender waits"* ]] || fail "nobody runs: $output"
}

@test "a full channel stops a thread that sends until somebody has received" {
    lesson channel 0.1
    comes_before "thread: sends 100, and waits until it is in the queue" "thread: goes on"
    comes_before "receiver: got 1" "receiver: got 100"
    comes_before "receiver: runs, while the sender waits; rests, and takes nothing yet" "thread: goes on"
}

@test "a channel gives each value once, in the order of its sender, and closes at the end" {
    lesson channel 0.1
    local got
    got=$(printf '%s\n' "${lines[@]}" | sed -n 's/^receiver: got //p' | grep -v 100 | tr '\n' ' ')
    [ "$got" = "1 2 3 4 5 " ] || fail "it got $got"
    [ "$(grep -c 'got 100$' <<<"$output")" = 1 ] || fail "100 came not once: $output"
    line -1 "all senders are done: the channel is closed"
}

@test "without a pipe a loop sees another thread's flag only at its time-out" {
    lesson wake_from_thread 0.1
    line 2 "thread: the work is done, I set the flag"
    line 3 "loop: awake, the time-out is over"
    line 4 "loop: I see the flag"
}

@test "a byte in a pipe wakes a loop at once, long before its time-out" {
    lesson wake_from_thread 0.3
    local before after
    after=$(awk 'second && /I see the flag/ { print $1 } /a byte in a pipe/ { second = 1 }' <<<"$output")
    before=$(awk '!second && /I see the flag/ { print $1 } /a byte in a pipe/ { second = 1 }' <<<"$output")
    below "$after" "$before"
    says "loop: awake, there is a byte in the pipe"
}

@test "a future that owns its value reads it when the function that made it is over" {
    lesson move
    says "the future of good() reads x: 5,"
    [[ $output != *"the future of bad() reads"* ]] || fail "it reads what is gone: $output"
}

@test "move knows one argument, and refuses others" {
    run "$BUILD/futures/move" faultless
    [ "$status" -eq 2 ]
    [ "$output" = "move: the only argument is faulty, not 'faultless'" ]
}

@test "two calls have their variables in the same memory, but where a sanitizer keeps them apart" {
    lesson move
    case $BUILD in
    *asan*) says "bad(6) had its x at" ;;
    *) says "the same memory, another x" ;;
    esac
}

@test "a future that points to a variable of a function that is over is a use after return" {
    local folder=$BATS_TEST_TMPDIR/build
    make -s BUILD="$folder" CFLAGS='-g -fsanitize=address' "$folder/futures/move" 3>&- ||
        skip "needs a compiler with AddressSanitizer"
    ASAN_OPTIONS=detect_stack_use_after_return=1 run "$folder/futures/move" faulty
    [ "$status" -ne 0 ] || fail "nothing is found: $output"
    says "stack-use-after-return"
}

@test "a future that is copied before its first poll points into itself" {
    lesson pin
    [[ ${lines[2]} == copy*'"text"'*': its own a' ]] || fail "not so: $output"
}

@test "a future that is copied after its first poll reads what is in the original" {
    lesson pin
    [[ ${lines[6]} == copy*'"text"'*': the a of the other' ]] || fail "not so: $output"
    line 7 'the second poll reads "changed" through b; its own a is "text"'
}

# ---- and_then, join, dance ----

# time_of LINE: when it was printed. One line has these words.
time_of() {
    awk -v words="$1" 'index($0, words) { print $1 }' <<<"$output"
}

@test "and_then begins the second future when the first has given what it needs" {
    shows and_then 0.01 \
        'T waiting for breakfast' \
        'T got egg: that is 3 bites, 0.1 s each' \
        'T eaten'
    run "$BUILD/futures/and_then" 0.1
    at_least "$(time_of 'got egg')" 0.1
    at_least "$(time_of 'eaten')" 0.4
}

@test "joined futures take the time of the longer, one after the other the sum" {
    shows join 0.04 \
        'one after the other' \
        'T Anna falls asleep' 'T Anna wakes up' 'T Boris falls asleep' 'T Boris wakes up' \
        'side by side' \
        'T Anna falls asleep' 'T Boris falls asleep' 'T Anna wakes up' 'T Boris wakes up' \
        'T both are awake'
    run "$BUILD/futures/join" 0.3
    at_least "$(time_of 'Boris wakes up' | sed -n 1p)" 0.45
    at_least "$(time_of 'Boris wakes up' | sed -n 2p)" 0.3
    below "$(time_of 'both are awake')" "$(time_of 'Boris wakes up' | sed -n 1p)"
}

@test "dancing waits for singing with block_on, and for nobody when joined" {
    lesson dance 0.1
    line 0 'block_on, one by one: each waits for the one before'
    [ "${lines[*]:1:6}" = 'learning begins learning ends singing begins singing ends dancing begins dancing ends' ] ||
        fail "$output"
    line 7 'joined: singing waits for learning, and dancing for nobody'
    [ "${lines[*]:8:2}" = 'learning begins dancing begins' ] || fail "$output"
    joined=$(printf '%s\n' "${lines[@]:8}" | awk '{ print NR, $0 }')
    learned=$(awk '/learning ends/ { print $1 }' <<<"$joined")
    sings=$(awk '/singing begins/ { print $1 }' <<<"$joined")
    [ "$learned" -lt "$sings" ] || fail "$output"
    [ "${#lines[@]}" -eq 14 ]
}

# ---- two_downloads ----

# threads_during TITLE: how many the helper has, soon after it has printed TITLE.
threads_during() {
    wait_until 5 grep -qs "$1" "$BATS_TEST_TMPDIR/out"
    sleep 0.05
    set -- "/proc/$helper/task"/*
    echo $#
}

@test "two downloads take the time of one with two more threads, and with none but futures" {
    [ -d /proc/self/task ] || skip "needs /proc to count threads"
    local out=$BATS_TEST_TMPDIR/out
    "$BUILD/futures/two_downloads" 0.3 >"$out" 3>&- &
    helper=$!
    with_threads=$(threads_during 'a thread for each')
    with_futures=$(threads_during 'two futures')
    # Not 3 and 1: ThreadSanitizer adds one of its own.
    [ $((with_threads - with_futures)) -eq 2 ] || fail "$with_threads, then $with_futures"
    wait "$helper" || fail "exit $?"

    grep -q '5000 and 5000 bytes; 2 threads more$' "$out" || fail "$(cat "$out")"
    grep -q '5000 and 5000 bytes; 0 threads more$' "$out" || fail "$(cat "$out")"
    read -r threads futures < <(awk '/bytes/ { print $1 }' "$out" | xargs)
    at_least "$threads" 0.3
    at_least "$futures" 0.3
    # What two of them take, one after the other, with the same shell and the same sleeps.
    local before=$EPOCHREALTIME
    for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 0.06; done
    local sum
    sum=$(awk -v a="${before/,/.}" -v b="${EPOCHREALTIME/,/.}" 'BEGIN { print b - a }')
    below "$threads" "$sum"
    below "$futures" "$sum"
}

# ---- socket_read ----

@test "a readable socket calls back, the callback wakes the loop, the loop polls again" {
    shows socket_read 0.1 \
        'T loop:       I poll the future' \
        'T future:     read(2) would block: I leave a callback, and am PENDING' \
        'T io_blocker: nobody is woken: I sleep in poll(2)' \
        'T sender:     hello' \
        'T io_blocker: socket 1 is now readable: I call back' \
        'T callback:   somebody is woken' \
        'T loop:       I poll the future again' \
        'T loop:       it is READY, and has read: hello'
}

@test "the future is polled twice, however long the bytes take" {
    run timeout 10 "$BUILD/futures/socket_read" 0.2
    [ "$(grep -c 'I poll the future' <<<"$output")" -eq 2 ] || fail "$output"
    at_least "$(awk '/READY/ { print $1 }' <<<"$output")" 0.2
}

# ---- cancel ----

@test "a dropped read_some loses nothing, a dropped read_exact what it has" {
    shows cancel 0.1 \
        'read_some' \
        'T sent: 50 times a' \
        'T read_some: 50 times a' \
        'T read_some has to wait, and is dropped' \
        'T sent: 50 times b' \
        'T read_some: 50 times b' \
        'T that is 100 of 100: nothing is lost' \
        'read_exact' \
        'T sent: 50 times a' \
        'T read_exact of 100 has to wait, and is dropped' \
        'T sent: 50 times b' \
        'T read_some: 50 times b' \
        "T lost to it: 50 times a, still in the other's buffer" \
        'the cure: the position outlives the future' \
        'T sent: 50 times a' \
        'T read_exact of 100 has to wait, and is dropped' \
        'T sent: 50 times b' \
        'T read_exact from 50 on: all is there, a to b'
}

# ---- edge_level ----

@test "level wakes for each read, edge stalls at four bytes, edge with draining gets all ten" {
    [ "$(uname -s)" = Linux ] || skip "epoll is Linux's"
    shows edge_level 0.05 \
        'level, one read for each wake' \
        'T wake 1' 'T     read: 0123' \
        'T wake 2' 'T     read: 4567' \
        'T wake 3' 'T     read: 89' \
        'T time-out: nothing wakes us; 0 bytes lie there unread' \
        'edge, one read for each wake' \
        'T wake 1' 'T     read: 0123' \
        'T time-out: nothing wakes us; 6 bytes lie there unread' \
        'edge, reads until it would block' \
        'T wake 1' 'T     read: 0123' 'T     read: 4567' 'T     read: 89' \
        'T     read: would block' \
        'T time-out: nothing wakes us; 0 bytes lie there unread' \
        '' \
        '                                   wakes bytes' \
        'level, one read for each wake          3    10' \
        'edge, one read for each wake           1     4' \
        'edge, reads until it would block       1    10'
}

# ---- select ----

@test "the first of two wins, the loser takes its waker back, and nothing sent to it is lost" {
    shows select 0.4 \
        'two servers: whose answer comes first?' \
        'T task: I poll both: PENDING; the reactor keeps 2 of my wakers' \
        'T near: hello' \
        'T task: I poll both: READY; the reactor keeps 0 of my wakers' \
        'T task: near has won, the other is dropped' \
        'T far: hello' \
        "T task: far's hello was not lost with the read that was dropped" \
        'a server, or the end of our patience: this is timeout()' \
        'T task: I poll both: PENDING; the reactor keeps 1 of my wakers' \
        'T task: I poll both: READY; the reactor keeps 0 of my wakers' \
        'T task: patience has won' \
        'T far: hello' \
        "T task: far's hello was not lost with the read that was dropped"
}

# ---- spawn_blocking ----

@test "a task that blocks lets nobody run; a thread that blocks for it lets all run" {
    lesson spawn_blocking 0.4
    line 0 "the task makes the call"
    line 1 "task: I make the call, and nobody else can run"
    line 2 "task: the result is 42"
    for i in 1 2 3; do line $((2 + i)) "sleeper $i: cancelled, when the main task was done"; done
    line 6 "a thread makes it"
    line 7 "task: PENDING, and others run"
    lines=("${lines[@]:7}")
    comes_before "sleeper 1: done" "thread: the call is over, I wake the task"
    comes_before "thread: the call is over, I wake the task" "task: READY, the result is 42"
}

# ---- herd ----

@test "one byte costs one poll, or a poll of each if everyone is woken" {
    for n in 1 10 100; do
        run "$BUILD/futures/herd" $n
        [ "$status" -eq 0 ] || fail "$output"
        read -r polls wasted all all_wasted < <(sed -n 's/^whose socket is readable//p' <<<"$output")
        [ "$polls $wasted $all $all_wasted" = "1 0 $n 0" ] || fail "$output"
        read -r polls wasted all all_wasted < <(sed -n 's/^everyone//p' <<<"$output")
        [ "$polls $wasted" = "$n $((n - 1))" ] || fail "$output"
        [ "$all $all_wasted" = "$((n * (n + 1) / 2)) $((n * (n - 1) / 2))" ] || fail "$output"
    done
}

# ---- await ----

@test "AWAIT writes the same bytes as named states; its state is a line, its locals are lost" {
    local line
    line=$(awk '/ AWAIT\(sleep\);/ { print NR }' classroom/futures/await.c)
    shows await 0.1 \
        'named states' \
        'T a debugger shows: state = SLEEPING' \
        'three macros' \
        "T a debugger shows: state = $line; local was 7, and is 0" \
        'the same 10 bytes: yes'
}

# ---- timers ----

@test "the earliest deadline is on top of the heap, each parent is earlier, and they come in order" {
    # shellcheck disable=SC1003 # no quote is to be escaped
    shows timers 0.07 \
        'T 7 set        7' \
        'T 3 set        3 | 7' \
        'T 5 set        3 | 7 5' \
        'T 1 set        1 | 3 5 | 7' \
        'T 6 set        1 | 3 5 | 7 6' \
        'T 2 set        1 | 3 2 | 7 6 5' \
        'T 4 set        1 | 3 2 | 7 6 5 4' \
        '                               1' \
        '                          /         \' \
        '                     3                   2' \
        '                  /    \              /    \' \
        '                7         6         5         4' \
        'T 1 has come   2 | 3 4 | 7 6 5' \
        '                               2' \
        '                          /         \' \
        '                     3                   4' \
        '                  /    \              /' \
        '                7         6         5' \
        'T 2 has come   3 | 5 4 | 7 6' \
        'T 3 has come   4 | 5 6 | 7' \
        'T 4 has come   5 | 7 6' \
        'T 5 has come   6 | 7' \
        'T 6 has come   7' \
        'T 7 has come   nothing'
    run "$BUILD/futures/timers" 0.35
    at_least "$(awk '/1 has come/ { print $1 }' <<<"$output")" 0.05
    at_least "$(awk '/7 has come/ { print $1 }' <<<"$output")" 0.35
}

# ---- spurious_wake ----

@test "of two that are woken for one byte, one finds EAGAIN and waits again, and nobody is late" {
    lesson spurious_wake 0.4
    lines=("${lines[@]:0:9}")
    comes_before 'reader 1: got a' 'reader 2: woken, and yet EAGAIN: I wait until it is readable'
    comes_before 'sleeper: three quarters of the time have gone' 'sender: sends b'
    comes_before 'sender: sends b' 'reader 2: got b'
}

@test "who believes a wake, and reads from a socket that blocks, stops all until the next byte" {
    lesson spurious_wake 0.4
    line 9 'who believes it, and reads from a socket that blocks'
    lines=("${lines[@]:9}")
    comes_before 'reader 1: got a' 'sender: sends b'
    comes_before 'sender: sends b' 'sleeper: three quarters of the time have gone'
    says 'spurious_wake: blocked: a poll of child 2 took '
}

# ---- partial_write ----

# bytes WAY: how many came, in the part with that title.
bytes() {
    awk -v title="$1" 'index($0, title) == 1 { found = 1 } found && / bytes came, and were / { print $3; exit }' <<<"$output"
}

@test "a short write loses the rest if one believes it, never ends if one begins again, else all comes" {
    run timeout 10 "$BUILD/futures/partial_write"
    [ "$status" -eq 0 ] || fail "$output"
    local room
    room=$(sed -n 's/.* sender: write of 100000: \([0-9]*\), a short write$/\1/p' <<<"$output" | head -n 1)
    below "$room" 100000
    [ "$(bytes 'who believes')" -eq "$room" ] || fail "$output"
    [ "$(bytes 'who begins again')" -eq $((3 * room)) ] || fail "$output"
    [ "$(bytes 'who goes on')" -eq 100000 ] || fail "$output"
    says "sender: write of $((100000 - room)): EAGAIN, it is full; I wait"
}

# ---- eintr ----

@test "a signal ends poll(2): who gives up is early, who begins again never done, who goes on in time" {
    lesson eintr 0.2
    [ "${lines[*]:0:2}" = 'who takes it for an error EINTR; I give up, and nothing has timed out' ] || fail "$output"
    [ "$(grep -c 'EINTR; again, for 0.20 s' <<<"$output")" -eq 6 ] || fail "$output"
    line -1 'the time-out is over'
    awk '/^who goes on/ { left = 0.2; found = 1 }
         found && /again, for/ { if ($(NF - 1) >= left) exit 1; left = $(NF - 1); n++ }
         END { exit !n }' <<<"$output" || fail "not with what is left: $output"
    run "$BUILD/futures/eintr" 0.2
    at_least "$(awk '/the time-out is over/ { print $1 }' <<<"$output")" 0.2
    below "$(awk '/I give up/ { print $1; exit }' <<<"$output")" \
        "$(awk '/I give up/ { last = $1 } END { print last }' <<<"$output")"
}

# ---- sigpipe ----

@test "SIGPIPE ends a server with all its clients; ignored, it ends one response" {
    shows sigpipe 0.1 \
        'a server that has not heard of SIGPIPE' \
        'T client 1: hangs up' \
        'T response 1: I write' \
        'T the server is dead: Broken pipe' \
        'T client 2: got nothing' \
        'a server that ignores it: signal(SIGPIPE, SIG_IGN)' \
        'T client 1: hangs up' \
        'T response 1: I write' \
        'T response 1: Broken pipe' \
        'T response 2: I write' \
        'T response 2: done' \
        'T client 2: got hello'
}

# ---- emfile ----

@test "without a descriptor accept fails at once, again and again; who rests fails a few times" {
    lesson emfile 0.2
    line 0 'a server that tries again at once'
    line 1 'server: accept: Too many open files'
    line 2 'server: 20 times; so it goes on, and I give in, and rest'
    line 3 'somebody: closes a file'
    line 5 'a server that rests first'
    local hasty patient
    read -r hasty patient < <(printf '%s\n' "${lines[@]}" |
        sed -n 's/^server: the client is there; accept has failed \([0-9]*\) times$/\1/p' | xargs)
    at_least "$hasty" 20
    at_least "$patient" 1
    below "$patient" 6
    # Not before somebody closes a file.
    at_least "$(awk '/the client is there/ { print $1 }' <<<"$("$BUILD/futures/emfile" 0.2)" | sed -n 2p)" 0.2
}

# ---- what one sees of each ----

WITHOUT_TASKS="state_machine executor wake_from_thread socket_read edge_level eintr pin"

has_tasks() {
    [[ " $WITHOUT_TASKS " != *" $1 "* ]]
}

# small NAME: an argument with which it is done soon.
small() {
    case $1 in
    lazy | partial_write | move) ;;
    herd) echo 2 ;;
    copy) echo 64K ;;
    *) echo 0.02 ;;
    esac
}

@test "each lesson that has a task explains its steps, between its own lines, in roles if asked" {
    local roles
    for program in "$BUILD"/futures/*; do
        name=$(basename "$program")
        [ "$name" != completion ] && has_tasks "$name" || continue
        # shellcheck disable=SC2046 # none, or one
        timeout 20 "$program" --explain $(small "$name") >"$BATS_TEST_TMPDIR/out" 2>&1 || fail "$name: exit $?"
        for words in 'EXEC +main +spawned; ' 'EXEC +main +polled; ' 'EXEC +main +READY: done$'; do
            grep -qE "  $words" "$BATS_TEST_TMPDIR/out" || fail "$name: no $words: $(cat "$BATS_TEST_TMPDIR/out")"
        done
        ! grep -q ' fd 1 ' "$BATS_TEST_TMPDIR/out" || fail "$name explains that it prints"
    done
    roles=$("$BUILD/futures/join" 0.02 --explain=exec,reactor 2>&1 >/dev/null | awk '{ print $3 }' | sort -u | xargs)
    [ "$roles" = "EXEC REACTOR" ] || fail "$roles"
}

@test "a poll in which some bytes have come is explained, though its future is not ready" {
    local bytes
    bytes=$("$BUILD/futures/two_downloads" 0.05 --explain 2>&1 | awk '/OS +child [12] .* bytes$/ { n += $(NF - 1) } END { print n }')
    [ "$bytes" -eq 10000 ] || fail "$bytes of 10000 bytes"
}

@test "what a poll prints comes after it has begun" {
    run "$BUILD/futures/join" 0.02 --explain
    [[ ${lines[2]} == *'main           polled; '* ]] || fail "$output"
    [[ ${lines[3]} == *'Anna falls asleep' ]] || fail "$output"
}

@test "--step stops a lesson before each turn" {
    need script
    printf '\n\nq' | timeout 20 script -qec "exec $BUILD/futures/join --step 0.05" /dev/null >"$BATS_TEST_TMPDIR/screen"
    [ "$(grep -c -e '---- turn ' "$BATS_TEST_TMPDIR/screen")" -eq 3 ] || fail "$(cat "$BATS_TEST_TMPDIR/screen")"
    # The descriptors that emfile leaves are not those of the keys.
    printf 'c' | timeout 20 script -qec "exec $BUILD/futures/emfile --step 0.05" /dev/null >"$BATS_TEST_TMPDIR/screen" ||
        fail "$(cat "$BATS_TEST_TMPDIR/screen")"
}

@test "a lesson without a task says in one line that it has no event log" {
    for name in $WITHOUT_TASKS; do
        [ -e "$BUILD/futures/$name" ] || continue
        for option in --explain --step "--replay=$BATS_TEST_TMPDIR/page.html"; do
            run timeout 10 "$BUILD/futures/$name" "$option"
            [ "$status" -eq 2 ] || fail "$name $option: exit $status"
            [[ "$output" == "$name: this lesson has no event log to show, "* && ${#lines[@]} -eq 1 ]] || fail "$output"
        done
    done
    [ ! -e "$BATS_TEST_TMPDIR/page.html" ]
}

@test "each lesson has --help, on stdout, and refuses other options and too many words in one line" {
    for program in "$BUILD"/futures/*; do
        name=$(basename "$program")
        run bash -c '"$1" --help 2>/dev/null' - "$program"
        [ "$status" -eq 0 ] || fail "$name: exit $status"
        [[ "$output" == "$name: a lesson; "*"usage: $program "*"--replay=FILE"* ]] || fail "$output"
        refuses "$program" --sideways
        refuses "$program" 1 2 3 4
    done
    for word in -x --step=1 --explain=all --explain= --replay --replay=; do
        refuses "$BUILD/futures/join" "$word"
        refuses "$BUILD/futures/pin" "$word"
    done
}

# refuses PROGRAM WORD...: exit 2, and one line.
refuses() {
    run timeout 10 "$@"
    [ "$status" -eq 2 ] || fail "$*: exit $status"
    [[ "$output" == "$(basename "$1"): "* && ${#lines[@]} -eq 1 ]] || fail "$*: $output"
}

# ---- all of them ----

@test "the doctor warns of nothing but what a lesson shows on purpose" {
    local shown
    for program in "$BUILD"/futures/*; do
        name=$(basename "$program")
        case $name in
        lazy | state_machine | move | pin | herd | copy | partial_write) shown= ;;
        spawn_blocking | spurious_wake) shown=0.2 ;;
        *) shown=0.1 ;;
        esac
        timeout 20 "$program" $shown >/dev/null 2>"$BATS_TEST_TMPDIR/err" || fail "$name: exit $?"
        case $name in
        spawn_blocking)
            grep -q '^spawn_blocking: blocked: a poll of main took ' "$BATS_TEST_TMPDIR/err"
            grep -q '^spawn_blocking: blocked: a poll of main took ' classroom/futures/README.md
            ;;
        spurious_wake)
            grep -q '^spurious_wake: blocked: a poll of child 2 took ' "$BATS_TEST_TMPDIR/err"
            grep -q '^spurious_wake: blocked: a poll of child 2 took ' classroom/futures/README.md
            ;;
        *) # another process may take our time, so that a poll seems to be long
            grep -v ': blocked: ' "$BATS_TEST_TMPDIR/err" && fail "$name warns of something"
            ;;
        esac
    done
    true
}

@test "an argument that is no time is refused, with exit status 2" {
    for name in timer_thread executor channel and_then join select dance two_downloads socket_read \
        cancel edge_level await wake_from_thread spawn_blocking timers spurious_wake eintr sigpipe emfile; do
        [ -e "$BUILD/futures/$name" ] || continue
        run timeout 10 "$BUILD/futures/$name" soon
        [ "$status" -eq 2 ] || fail "$name: exit $status"
        [[ "$output" == "$name: the argument is seconds"* ]] || fail "$name: $output"
    done
}

@test "an argument that is no number, or out of range, is refused, with exit status 2" {
    for arguments in 'herd many' 'herd 0' 'herd 401' 'copy 0' 'copy 1X' 'copy 9999G'; do
        # shellcheck disable=SC2086
        run timeout 10 "$BUILD/futures/"$arguments
        [ "$status" -eq 2 ] || fail "$arguments: exit $status"
        [[ "$output" == "${arguments%% *}: the argument is a number from "*"not '${arguments##* }'" ]] ||
            fail "$arguments: $output"
    done
}

@test "output to a full disk: exit 1, and one line" {
    [ -c /dev/full ] || skip "needs /dev/full"
    for name in lazy eintr; do
        run bash -c '"$1" 2>&1 >/dev/full' - "$BUILD/futures/$name"
        [ "$status" -eq 1 ] || fail "$name: exit $status"
        [ "$output" = "$name: cannot write to stdout: No space left on device" ] || fail "$output"
    done
}

@test "each program of the lesson is under 100 lines (copy: at most 250), is in its README, and is tested" {
    for file in classroom/futures/*.c; do
        name=$(basename "$file" .c)
        case $name in lesson | arguments | bounded_channel) continue ;; esac
        local most=99
        [ "$name" != copy ] || most=250
        [ "$(wc -l <"$file")" -le $most ] || fail "$file has $(wc -l <"$file") lines"
        grep -q "^| \[$name\]($name.c) |" classroom/futures/README.md || fail "$name is not in the README"
        grep -qE "(shows|lesson|futures/)[ ]?$name" tests/futures.bats tests/copy.bats tests/reactors.bats || fail "$name has no test"
        grep -qw "$name" Makefile || fail "make futures does not build $name"
    done
}
