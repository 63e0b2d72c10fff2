#!/usr/bin/env bats
# The core, and the futures of the app, from C: tests/unit/unit.c, once with each reactor.

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

@test "a stale waker does not wake the task that now lives in the same memory" {
    unit stale_wake
}

@test "to wake a task that is done, and not yet joined, does nothing" {
    unit wake_of_a_done_task_that_nobody_joined
}

@test "a task that wakes itself during its poll is polled again, after the others" {
    unit self_wake
}

@test "a wake from another thread ends the reactor's wait" {
    unit wake_from_another_thread
}

@test "two threads may wake the same task 20,000 times each, beside stale wakers" {
    unit wakes_from_many_threads
}

@test "join is READY when the task is done, and frees it" {
    unit join_waits_and_frees
}

@test "a dropped join detaches its task, in every state" {
    unit dropped_join_detaches
}

@test "a task can be cancelled before its first poll, waiting, queued and done" {
    unit cancel_in_every_state
}

@test "whoever joins a task that is cancelled is woken" {
    unit a_cancelled_task_wakes_its_joiner
}

@test "a task may cancel the one that would be polled next" {
    unit a_task_may_cancel_the_next_of_its_batch
}

@test "block_on cancels the tasks that are left at its end" {
    unit block_on_cancels_what_is_left
}

@test "yield lets all others run first" {
    unit yield_lets_all_others_run
}

@test "polls in vain are counted as wasted, first polls and useful ones are not" {
    unit wasted_polls
}

# ---- the doctor ----

# stuck NAME LINE...: with each reactor, unit NAME exits 1 and says that these tasks are stuck.
stuck() {
    local name=$1 expected
    shift
    expected=$(printf '%s\n' 'unit: no task can ever wake again; these are stuck:' "${@/#/unit: stuck: }")
    for stage in $FUTURE_STAGES; do
        run timeout 10 "$BUILD/unit/$stage" "$name"
        [ "$status" -eq 1 ] || fail "$stage: exit $status"
        [ "$output" = "$expected" ] || fail "$stage: $output"
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
        'main; last event: it waits for something that should wake it; likely mistake: who has its waker forgot it, or another waker took its place'
    # unit lost_deadline
}

@test "a task whose descriptor the reactor has forgotten gets that diagnosis" {
    FUTURE_STAGES=${FUTURE_STAGES/stage3/} # which polls it for ever
    stuck lost_descriptor \
        'main; last event: it waits for fd 99; likely mistake: the reactor never got its waker, or lost it when the descriptor was closed, or another waker took its place'
    # unit lost_descriptor
}

@test "a task that woke itself in most of its polls gets a warning, and so does a poll of over 50 ms" {
    for stage in $FUTURE_STAGES; do
        run "$BUILD/unit/$stage" bad_habits
        [ "$status" -eq 0 ]
        [ "${#lines[@]}" -eq 2 ] || fail "$stage: $output"
        [[ "${lines[0]}" == "unit: busy: busy 1 woke itself in 100.0 % of its 20 polls (tasks like that: 2); "* ]] || fail "$stage: $output"
        [[ "${lines[1]}" =~ ^unit:\ blocked:\ a\ poll\ of\ slow\ 2\ took\ [0-9]+\ ms\ \(polls\ over\ 50\ ms:\ 2\) ]] || fail "$stage: $output"
    done # unit bad_habits
}

@test "tasks that yield, or wait as they should, get no warning" {
    for stage in $FUTURE_STAGES; do
        run "$BUILD/unit/$stage" good_habits
        [ "$status" -eq 0 ]
        [ -z "$output" ] || fail "$stage: $output"
    done # unit good_habits
}

@test "a thread that promised a wake and forgot it is noticed too" {
    stuck helper_that_forgets_to_wake \
        'main; last event: it was polled, and returned PENDING; likely mistake: it returned PENDING without leaving a waker, or that was an old one'
    # unit helper_that_forgets_to_wake
}

# ---- the event log ----

@test "events do not change errno" {
    unit events_do_not_change_errno
}

@test "strings in a trace are escaped" {
    need python3
    for stage in $FUTURE_STAGES; do
        "$BUILD/unit/$stage" trace_of_strange_names | python3 -c '
import json, sys
names = [e["args"]["name"] for e in json.load(sys.stdin)["traceEvents"] if e["name"] == "thread_name"]
assert "a \"name\"\n\\ 3" in names, names'
    done # unit trace_of_strange_names
}

# ---- timers ----

@test "sleeps end in the order of their deadlines" {
    unit timer_order
}

@test "a sleep never ends early, and is waited for once" {
    unit sleep_never_ends_early
}

@test "milliseconds are rounded up, and clamped to INT_MAX" {
    unit milliseconds_round_up
}

@test "the longest sleep does not overflow" {
    unit sleep_for_ever_does_not_overflow
}

@test "cancelled sleeps leave the others in order" {
    unit timer_cancellation
}

@test "ten thousand sleepers cost O(log n) each" {
    unit ten_thousand_sleepers
}

# ---- leaf futures and reactors ----

@test "read_some and write_all follow the kernel: bytes, 0 at the end, -EPIPE, -EBADF" {
    unit read_and_write
}

@test "write_all of 64 KiB through an 8 KiB SO_SNDBUF delivers 65536 bytes, in a few polls" {
    unit write_all_through_a_small_buffer
}

@test "a reader and a writer on one descriptor have a waker each" {
    unit reader_and_writer_on_one_descriptor
}

@test "a hang-up wakes the reader and the writer" {
    unit hang_up_wakes_both_ways
}

@test "a spurious wake does no harm" {
    unit spurious_wake_does_no_harm
}

@test "a future that succeeds before the reactor wakes it takes its waker back" {
    unit success_takes_the_waker_back
}

@test "a descriptor number that is used again does not meet its old waker" {
    unit descriptor_reuse
}

@test "nor does it, when the new one is ready before anybody watches it" {
    unit old_events_do_not_reach_a_new_watch
}

@test "a new waker takes the place of the old one" {
    unit a_new_waker_takes_the_place_of_the_old_one
}

@test "a waker of nobody keeps no executor waiting" {
    unit a_waker_of_nobody_is_not_counted
}

@test "100,000 interrupts end one wait, and no other" {
    unit interrupt_ends_a_wait
}

@test "connect and accept give non-blocking connections away" {
    unit connect_and_accept
}

@test "a refused connect says so, and leaves no descriptor" {
    unit connect_refused
}

@test "a connect that is dropped closes its socket, in every state" {
    unit connect_dropped
}

@test "timeout gives -ETIMEDOUT, not early, and lets the inner future win a draw" {
    unit timeout
}

@test "a timeout that is dropped drops both" {
    unit timeout_dropped
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

@test "read_exact says so when the stream ends early" {
    unit read_exact_of_a_stream_that_ends_early
}

@test "read_exact, dropped half-way, loses 50 of 100 bytes, and no more" {
    unit read_exact_dropped
}

@test "copy_all loses nothing when the writer would block" {
    unit copy_all_loses_nothing_when_the_writer_would_block
}

@test "copy_all counts its bytes to the end of the stream" {
    unit copy_all_to_the_end
}

@test "copy_all sees an end that comes together with the last bytes" {
    unit copy_all_sees_an_end_that_comes_with_bytes
}

@test "copy_all does not read again what a short read has emptied" {
    unit copy_all_reads_once_what_is_short
}

@test "copy_all gives the error of a stream that breaks, on either side" {
    unit copy_all_of_a_stream_that_breaks
}

@test "copy_all, dropped while it reads or writes, leaves nothing behind" {
    unit copy_all_dropped
}

@test "copy_all lets others run, though its stream is always ready" {
    unit copy_all_is_polite
}

# ---- the channel of the lesson ----

@test "a channel's senders, dropped in every state, lose and repeat nothing" {
    unit channel_senders_dropped_in_every_state
}

@test "a channel gives each value of three threads and three tasks once, and in order" {
    unit channel_of_threads_and_tasks
}

# ---- the app's futures ----

@test "server, response and client release all they have when dropped while they wait" {
    unit server_and_client_dropped_while_they_wait
}

@test "server and client release all they have when dropped before their first poll" {
    unit server_and_client_dropped_before_their_first_poll
}

@test "a client that is dropped while it connects leaves nothing" {
    unit client_dropped_while_it_connects
}

@test "all_answered is READY at once when no response runs" {
    unit all_answered_waits_for_responses
}

@test "a numeric address needs no thread" {
    unit resolve_of_a_numeric_address_needs_no_thread
}

@test "a name is looked up on a thread that wakes the task" {
    unit resolve_of_a_name
}

@test "an unknown name is an error, not an end" {
    unit resolve_of_an_unknown_name
}

@test "a lookup that is dropped ends unheard, in every state" {
    unit resolve_dropped
}
