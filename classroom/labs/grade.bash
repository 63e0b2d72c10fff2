# What the grade.bats of all labs share; judge.bash runs them. From labs.sh: PROGRAMS, where
# the student finds the programs; JUDGED, those that are judged; PEER; LAB, its folder;
# STUDENT, the file; FIXED_ADDRESSES, a command before the peer's.

bats_require_minimum_version 1.7.0
set -o pipefail
# (To look for leaks takes longer than all the rest: a claim about that asks for it.)
export ASAN_OPTIONS=exitcode=99:abort_on_error=0:detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:exitcode=99:print_stacktrace=1
export TSAN_OPTIONS=exitcode=99:halt_on_error=1
unset LAB_PEER

CHECK_SCALE=${CHECK_SCALE:-1}
LIMIT=$((5 * CHECK_SCALE)) # seconds, after which a program hangs

# draw LOW HIGH: a number that nobody knows before.
draw() {
    echo $(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1)))
}

# ---- a run ----

# play MODE [NUMBER...] -- PROGRAM [ARGUMENT...]: runs it with that peer (see peer.c). Sets, all
# files: facts, the peer's; log, all events in the words of --explain, but none is folded;
# out and err. The claim fails if the program hangs, crashes, or if its peer did not get
# what was due.
play() {
    try_to_play "$@"
    must_be_whole
}

# The same, and the claim goes on, whatever came of it.
try_to_play() {
    local mode=()
    while [ "$1" != -- ]; do
        mode+=("$1")
        shift
    done
    shift
    facts=$BATS_TEST_TMPDIR/facts out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
    log=$BATS_TEST_TMPDIR/log
    again="$PROGRAMS/$* --explain"
    [ "${mode[0]}" != clients ] || again="$PROGRAMS/$1 -n ${mode[1]} -d 0.1 --explain"
    if [ -e "$BATS_FILE_TMPDIR/hangs" ]; then
        cp "$BATS_FILE_TMPDIR"/hangs/* "$BATS_TEST_TMPDIR"
        teach "the program ends" "a program that ends" "it hung in an earlier claim: not tried again"
    fi
    # shellcheck disable=SC2086 # none, or several words
    LAB_LOG=$log ${FIXED_ADDRESSES:-} "$PEER" "$LIMIT" "$out" "$err" "${mode[@]}" -- "$JUDGED/$1" "${@:2}" >"$facts" 3>&- ||
        { echo "the peer could not run it: is there a descriptor and a process left?"; return 1; }
    case $(fact ended) in
    not*)
        mkdir -p "$BATS_FILE_TMPDIR/hangs"
        cp "$facts" "$log" "$out" "$err" "$BATS_FILE_TMPDIR/hangs"
        ;;
    esac
}

# fact NAME: what the peer says of it.
fact() {
    sed -n "s/^$1 //p" "$facts"
}

# It ended, with status 0, and its peer got what was due.
must_be_whole() {
    case $(fact ended) in
    0) ;;
    not*) teach "the program ends" "a program that ends" "it did not end, $(fact ended | sed 's/^not, //'); $(who_is_stuck)" ;;
    *) teach "the program ends well" "exit status 0" "$(why_it_died)" ;;
    esac
    [ "$(fact whole)" != no ] ||
        teach "its peer gets all that is due, and nothing else" "${due:-all of it}" "$(what_the_peer_got)"
}

what_the_peer_got() {
    if [ -n "$(fact bytes)" ]; then
        echo "$(fact bytes) bytes; wrong from byte: $(fact wrong_at) (-1: none)"
    else
        grep '^client_' "$facts" | head -n 3 | tr '\n' ';'
    fi
}

# The poll that does not return, by the witness; else the doctor's line of our task, or of who
# will never run again, or of anybody.
who_is_stuck() {
    local said
    said=$(grep -m 1 '^hung: ' "$err") ||
        said=$(grep -m 1 -e ": ${task:-nobody}: .*who has its waker" -e ": ${task:-nobody}: .*nobody has its waker" "$err") ||
        said=$(grep -m 1 'will never run again' "$err") ||
        said=$(grep -m 1 'who has its waker' "$err") ||
        said="and says nothing"
    echo "$said"
}

why_it_died() {
    local said
    said=$(grep -m 1 -e 'ERROR: AddressSanitizer' -e 'runtime error' -e 'ERROR: LeakSanitizer' -e ': ThreadSanitizer: ' "$err") ||
        said=$(grep 'stuck: ' "$err" | grep -v -m 1 'none of its own') ||
        said=$(grep -m 1 'stuck: ' "$err") ||
        said=$(tail -n 1 "$err")
    echo "ended $(fact ended): $said"
}

# ---- what the log says ----

# events [TASK] PATTERN: the lines of the log of that task that match.
events() {
    if [ $# -eq 2 ]; then
        lines_of "$1" | grep -E -e "$2" || true
    else
        grep -E -e "$1" "$log" || true
    fi
}

# how_many [TASK] PATTERN
how_many() {
    events "$@" | grep -c . || true
}

# lines_of TASK: "client 3"; "": all.
lines_of() {
    grep -E "^ ?[0-9]+\.[0-9]{3} [0-9]{3}  [A-Z]+ +${1:-.*} " "$log" || true
}

# After each claim that holds: what is not in the log may be missing because it was full.
does_not_spin() {
    [ ! -s "${log:-}" ] || [ "$(wc -l <"$log")" -lt 100000 ] ||
        teach "it waits, and does not look again and again" "fewer than 100000 events" "100000, and more were not counted"
}

# ---- a verdict ----

# Set before a claim's checks: the task it is about, and the function to read.
task=
function=

# expect WHAT WANTED GOT: they are the same.
expect() {
    [ "$2" = "$3" ] || teach "$1" "$2" "$3"
}

# expect_that WHAT WANTED GOT CONDITION...: a command that succeeds, such as test 3 -le 4.
expect_that() {
    "${@:4}" || teach "$1" "$2" "$3"
}

# teach WHAT WANTED GOT: ends the claim.
teach() {
    echo "what holds: $1"
    [ "${LAB_OUTPUT:-}" = hide ] || echo "expected:   $2"
    echo "got:        $3"
    if [ -s "${log:-}" ]; then
        echo "the log${task:+ of $task}, its last lines:"
        lines_of "$task" | cut -c 1-100 | tail -n 10 | sed 's/^/    /'
    fi
    [ -z "$function" ] || echo "read:       $function in $STUDENT"
    echo "again:      $again"
    return 1
}
