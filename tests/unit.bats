#!/usr/bin/env bats
# The core, and the program's futures, from C: tests/unit/*.c, once with each reactor.

load helpers

unit() {
    local stage
    for stage in $FUTURE_STAGES; do
        "$BUILD/unit/$stage" "$1" || fail "$1 fails with the reactor of $stage"
    done
}

@test "every unit test in C is run by a test here" {
    for name in $("$BUILD/unit/stage4"); do
        grep -q "unit $name\$" "$BATS_TEST_FILENAME" || fail "$name is not"
    done
}

# ---- the executor ----

@test "tasks are polled in the order in which they were woken" {
    unit wake_order
}

@test "spawned tasks are polled in the order in which they were spawned" {
    unit spawn_order
}

@test "a task that is woken twice is polled once" {
    unit double_wake
}

@test "polls in vain are counted as wasted, first polls and useful ones are not" {
    unit wasted_polls
}

@test "a task that wakes itself during its poll is polled again, after the others" {
    unit self_wake
}

@test "a stale waker wakes and cancels nothing, though another task lives in its place" {
    unit stale_waker
}

@test "a wake from another thread ends the reactor's wait" {
    unit wake_from_another_thread
}

@test "two threads may wake the same task 20,000 times each, beside stale wakers" {
    unit wakes_from_many_threads
}

@test "block_on may be called again and again while another thread wakes" {
    unit block_on_again_while_a_thread_wakes
}

@test "join is READY when the task is done, and woken by nothing else" {
    unit join_waits_for_the_end
}

@test "to join a task that is gone, or nobody, is READY at once" {
    unit join_of_a_task_that_is_gone
}

@test "a task whose join is dropped runs on" {
    unit a_dropped_join_lets_the_task_run
}

@test "a task can be cancelled before its first poll, waiting, queued, and when it is gone" {
    unit cancel_in_every_state
}

@test "whoever joins a task that is cancelled is woken" {
    unit a_cancelled_task_wakes_its_joiner
}

@test "a task may cancel the one that would be polled next" {
    unit a_task_may_cancel_the_next_of_its_turn
}

@test "a queued task that is cancelled is passed over, and then its place is used again, once" {
    unit a_cancelled_task_is_passed_over
}

@test "a task may end while it is queued, in the last turn, too" {
    unit a_task_may_end_while_it_is_queued
}

@test "block_on cancels the tasks that are left at its end" {
    unit block_on_cancels_what_is_left
}

@test "tasks that a drop spawns at the end are dropped, too" {
    unit tasks_that_a_drop_spawns_are_dropped
}

@test "9000 tasks are joined, and the next 9000 use their places again" {
    unit nine_thousand_tasks
}

# ---- mistakes, and the doctor ----

# stuck NAME LINE...: with each reactor, unit NAME exits 1 and says that these tasks are stuck.
stuck() {
    local name=$1 expected
    shift
    expected=$(printf '%s\n' 'unit: no task can ever wake again; these are stuck:' "${@/#/unit: stuck: }")
    for stage in $FUTURE_STAGES; do
        run timeout 10 "$BUILD/unit/$stage" "$name"
        [ "$status" -eq 1 ] || fail "$stage: exit $status"
        # stage 3 does not wait, and the doctor may say so before
        [ "$(grep -v '^unit: busy: the reactor' <<<"$output")" = "$expected" ] || fail "$stage: $output"
    done
}

@test "a task that lost its waker is named, and the program exits 1 instead of hanging" {
    stuck lost_waker \
        'loser 7; last event: it was polled, and returned PENDING; likely mistake: it returned PENDING without leaving a waker, or that was an old one' \
        'main; last event: it waits for the end of another task; likely mistake: none of its own; the other one is in this list, too'
    # unit lost_waker
}

@test "a task whose sleep was dropped, and one that waits for nobody, get that diagnosis" {
    stuck lost_deadline \
        'sleeper; last event: it waits for a deadline; likely mistake: its sleep was dropped, or copied after its first poll' \
        'main; last event: it waits for something that should wake it; likely mistake: nobody was given its waker, or who has it forgot it, or another one took its place'
    # unit lost_deadline
}

@test "a task whose descriptor the reactor has forgotten gets that diagnosis" {
    FUTURE_STAGES=${FUTURE_STAGES/stage3/} # which polls it for ever
    stuck lost_descriptor \
        'main; last event: it waits for fd 99; likely mistake: the reactor never got its waker, or lost it when the descriptor was closed, or another waker took its place'
    # unit lost_descriptor
}

@test "a task that leaves nobody's waker is stuck, and not waited for" {
    stuck waker_of_nobody \
        'main; last event: it was polled, and returned PENDING; likely mistake: it returned PENDING without leaving a waker, or that was an old one'
    # unit waker_of_nobody
}

@test "a thread that promised a wake and forgot it is noticed too" {
    stuck helper_that_forgets_to_wake \
        'main; last event: it was polled, and returned PENDING; likely mistake: it returned PENDING without leaving a waker, or that was an old one'
    # unit helper_that_forgets_to_wake
}

@test "block_on inside of a task is refused in one line, which says what to do instead" {
    for stage in $FUTURE_STAGES; do
        run timeout 10 "$BUILD/unit/$stage" block_on_inside_of_a_task
        [ "$status" -eq 1 ] || fail "$stage: exit $status"
        [ "${#lines[@]}" -eq 1 ] || fail "$stage: $output"
        [[ "$output" == "unit: block_on inside of a task "*"spawn that, and join it" ]] || fail "$stage: $output"
    done # unit block_on_inside_of_a_task
}

@test "a task that cancels itself is told what to do instead, in one line" {
    for stage in $FUTURE_STAGES; do
        run timeout 10 "$BUILD/unit/$stage" a_task_that_cancels_itself
        [ "$status" -eq 1 ] || fail "$stage: exit $status"
        [ "$output" = "unit: a task must not cancel itself; its future may return READY instead" ] || fail "$stage: $output"
    done # unit a_task_that_cancels_itself
}

# warns STAGE TEST LINES PATTERN...: so many lines, and each pattern is in one of them.
warns() {
    local pattern
    run "$BUILD/unit/$1" "$2"
    [ "$status" -eq 0 ] || fail "$1: exit $status" || return 1
    [ "${#lines[@]}" -eq "$3" ] || fail "$1: $output" || return 1
    for pattern in "${@:4}"; do
        grep -Eq "$pattern" <<<"$output" || fail "$1: $output" || return 1
    done
}

@test "tasks that wake themselves and bring nothing get a warning, and so does a poll of over 50 ms" {
    blocked='^unit: blocked: a poll of slow 2 took [0-9]+ ms \(polls over 50 ms: 2\)'
    for stage in $FUTURE_STAGES; do
        once_in_three warns "$stage" bad_habits 2 "$blocked" '^unit: busy: .* such as busy '
    done
} # unit bad_habits

@test "tasks that give way, or wait as they should, get no warning" {
    for stage in ${FUTURE_STAGES/stage3/}; do
        once_in_three warns "$stage" good_habits 0
    done
} # unit good_habits

# ---- deadlines ----

@test "sleeps end in the order of their deadlines" {
    unit timer_order
}

@test "sleeps with one deadline end in the order in which they were first polled" {
    unit equal_deadlines
}

@test "a sleep never ends early, and is waited for once" {
    unit sleep_never_ends_early
}

@test "milliseconds are rounded up, and clamped to INT_MAX" {
    unit milliseconds_round_up
}

@test "the longest sleep does not overflow, and one that is over is READY at once" {
    unit the_longest_sleep_and_one_that_is_over
}

@test "cancelled sleeps leave the others in order" {
    unit timer_cancellation
}

@test "a sleep among ten thousand costs O(log n)" {
    unit ten_thousand_sleepers
}

@test "time that is left out of the run is left out of its deadlines" {
    unit time_that_is_left_out
}

@test "a sleep wakes the task that has polled it last" {
    unit a_sleep_wakes_who_polled_it_last
}

@test "timeout gives -ETIMEDOUT, not early, and leaves nothing behind" {
    unit timeout
}

@test "timeout lets the inner future win a draw, if it got ready late, too" {
    unit inner_wins_a_draw
}

@test "a poll that comes late, as after Ctrl-Z, looks once more before it gives up" {
    unit a_poll_that_comes_late_still_looks
}

@test "a timeout that is dropped drops both" {
    unit timeout_dropped
}

# ---- leaf futures ----

@test "read_some and write_all follow the kernel: bytes, 0 at the end, -EPIPE, -EBADF" {
    unit read_and_write
}

@test "write_all of 64 KiB through an 8 KiB SO_SNDBUF delivers 65536 bytes, in a few polls" {
    unit write_all_through_a_small_buffer
}

@test "a task whose stream is always ready gives way after 128 operations" {
    unit polite_turns
}

@test "a task may wait for more descriptors than it may serve in one poll" {
    unit what_would_block_does_not_count
}

@test "an operation that gives way while it is watched takes its waker back" {
    unit an_operation_that_gives_way_is_dropped_like_others
}

@test "read_exact says so when the stream ends early" {
    unit read_exact_to_the_end
}

@test "read_exact, dropped half-way, loses 50 of 100 bytes, and no more" {
    unit read_exact_dropped
}

@test "read_some, dropped while it waits, loses nothing" {
    unit read_some_dropped
}

@test "connect and accept give non-blocking connections" {
    unit connect_and_accept
}

@test "a refused connect says so" {
    unit connect_refused
}

@test "connect and accept, dropped in every state, leave no waker" {
    unit connect_dropped
}

@test "accept of a socket that does not listen is an error, not a hang" {
    unit accept_of_what_does_not_listen
}

# ---- reactors ----

@test "a reader and a writer on one descriptor have a waker each" {
    unit reader_and_writer_on_one_descriptor
}

@test "a hang-up wakes the reader and the writer" {
    unit hang_up_wakes_both_ways
}

@test "a spurious wake does no harm" {
    unit spurious_wake_does_no_harm
}

@test "a waker that is taken back is not counted any more" {
    unit a_watch_that_is_taken_back
}

@test "a future that succeeds before the reactor wakes it takes its waker back" {
    unit success_takes_the_waker_back
}

@test "a waker of nobody keeps no executor waiting" {
    unit a_waker_of_nobody_is_not_counted
}

@test "an operation may be dropped after somebody else has closed its descriptor" {
    unit an_operation_may_be_dropped_after_the_close
}

@test "a descriptor number that is used again does not meet its old waker" {
    unit descriptor_used_again
}

@test "nor does it, when the new one is ready before anybody watches it" {
    unit old_events_do_not_reach_a_new_watch
}

@test "nor does it meet the end of the old one" {
    unit the_end_of_the_old_one_is_not_that_of_the_new_one
}

@test "a new waker takes the place of the old one" {
    unit a_new_waker_takes_the_place_of_the_old_one
}

@test "a waker whose task is gone is woken for nothing, and gone" {
    unit a_watcher_that_is_gone
}

@test "100,000 interrupts end one wait, and no other" {
    unit interrupt_ends_a_wait
}

@test "a wait of 0 is over at once, one of 1 ms never earlier, one without a limit when interrupted" {
    unit time_outs
}

@test "the close of a watched descriptor is told the other side at once" {
    unit the_other_side_is_told_of_a_close
}

@test "of 200 descriptors, those that are ready are woken, and no others" {
    unit many_descriptors
}

# ---- the event log ----

@test "events do not change errno, and name the line that caused them" {
    unit events_do_not_change_errno
}

@test "who does not listen to a kind of event hears none of it, but it is counted" {
    unit who_does_not_listen_hears_nothing
}

@test "a waker that is kept, taken back, woken, or forgotten is an event" {
    unit each_change_of_a_watch_is_an_event
}

@test "who listens to these events knows who waits for what" {
    unit a_listener_knows_the_table_of_the_reactor
}

@test "a deadline that is set, taken back, or comes is an event" {
    unit each_change_of_a_deadline_is_an_event
}

@test "a wake from another thread is an event when it is left, and when it is found" {
    unit a_wake_through_the_inbox_is_two_events
}

@test "to spawn, to cancel and to end a task are events" {
    unit the_life_of_a_task_is_events
}

@test "a dump visits all tasks, what they said last, and who has their wakers" {
    unit visits
}

# ---- futures made of futures ----

@test "either gives the first that is READY, and drops the other; the first wins a draw" {
    unit either_first
}

@test "either drops both when it is dropped" {
    unit either_dropped
}

@test "and_then makes its second future from the result of the first" {
    unit and_then
}

@test "and_then, dropped in either future, leaves nothing behind" {
    unit and_then_dropped
}

@test "join_all of 10000 sleeps polls each at most 3 times" {
    unit join_all_of_10000_sleeps
}

@test "join_all of no futures is READY at once" {
    unit join_all_of_none
}

@test "join_all polls only whom a waker of its own has woken" {
    unit join_all_polls_whom_was_woken
}

@test "join_all, dropped, drops each child once, before and after it runs" {
    unit join_all_dropped
}

# ---- streams ----

@test "read_exact receives all of 10 KB that come in small chunks" {
    unit read_exact_of_10_kb_in_small_chunks
}

@test "copy_all loses nothing when the writer would block" {
    unit copy_all_loses_nothing_when_the_writer_would_block
}

@test "copy_all copies to the end of the stream" {
    unit copy_all_to_the_end
}

@test "copy_all sees an end that comes after bytes" {
    unit copy_all_sees_an_end_after_bytes
}

@test "copy_all sees an end that comes together with the last bytes" {
    unit copy_all_sees_an_end_that_comes_with_bytes
}

@test "copy_all sees an end that came while it had to write" {
    unit copy_all_sees_an_end_that_came_while_it_wrote
}

@test "copy_all, which gives way, misses nothing that comes meanwhile" {
    unit copy_all_that_gives_way_while_more_comes
}

@test "copy_all lets others run, though its stream is always ready" {
    unit copy_all_is_polite
}

@test "copy_all passes an urgent byte, and misses nothing after it" {
    unit copy_all_passes_urgent_bytes
}

@test "copy_all does so, too, when it came while it had to write" {
    unit copy_all_passes_urgent_bytes_that_came_while_it_wrote
}

@test "an urgent byte that nobody reads makes no busy loop" {
    unit an_urgent_byte_makes_no_busy_loop
}

@test "who has half-closed still gets all of an echo" {
    unit copy_all_to_who_has_half_closed
}

@test "copy_all gives the error of a stream that breaks, on either side" {
    unit copy_all_of_a_stream_that_breaks
}

@test "copy_all, dropped while it reads or writes, leaves nothing behind" {
    unit copy_all_dropped
}

# ---- the channel of the lesson ----

@test "a channel's senders, dropped in every state, lose and repeat nothing" {
    unit channel_senders_dropped_in_every_state
}

@test "a channel gives each value of three threads and three tasks once, and in order" {
    unit channel_of_threads_and_tasks
}

# ---- the program's futures ----

@test "server, response and client release all they have when dropped while they wait" {
    unit server_and_client_dropped_while_they_wait
}

@test "server and client release all they have when dropped before their first poll" {
    unit server_and_client_dropped_before_their_first_poll
}

@test "a client that is dropped while it connects leaves nothing" {
    unit client_dropped_while_it_connects
}

@test "a client and a server, run by hand, count one whole answer" {
    unit a_client_gets_its_answer
}

@test "a client whose time is over gives up, and leaves nothing" {
    unit a_client_gives_up
}

@test "the last response wakes the task that waits for it" {
    unit the_last_response_wakes_who_waits_for_it
}
