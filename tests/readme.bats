#!/usr/bin/env bats
# What the READMEs of the project and of the stages say is so: each command that they show is
# run here, with less delay, and what it prints has the shape that the page shows.

load helpers

PAGES="README.md stage1_blocking/README.md stage2_threads/README.md stage3_busy/README.md
    stage4_poll/README.md stage5_epoll/README.md"

setup() {
    out=$BATS_TEST_TMPDIR/out
    export LC_ALL=C.UTF-8 # as on the pages: arrows, and bars
}

# ---- what a page shows ----

# commands PAGE: those in its blocks, and those between its lines.
commands() {
    awk '/^```/ { block = !block }
         block && /^\$ / { print substr($0, 3) }
         !block && /^    [a-z.(]/ { print substr($0, 5) }' "$1" | sed 's/   *#.*//'
    grep -oE '`[^`]+`' "$1" | tr -d '`' | grep -E '^([.]/stage|nc|strace|diff|make|build/|[(]ulimit)[^ ]* |^[.]/stage[1-5]$' || true
}

# shown PAGE COMMAND: what it prints there: below it, or in the block after a line that ends
# with it. An empty line ends that.
shown() {
    command=$2 awk '
        $0 == "$ " ENVIRON["command"] { found = 1; next }
        index($0, "`" ENVIRON["command"] "`:") { next_block = 1; next }
        next_block && /^```/ { found = 1; next_block = 0; next }
        found && (/^```/ || /^\$ / || /^$/) { exit }
        found' "$1"
}

# Every number is N, and each gap one blank.
shape() {
    sed -E 's/[0-9]+([.,][0-9]+)*/N/g; s/[[:space:]]+/ /g; s/^ //; s/ $//'
}

# is_like WHAT ORDER: whether each line of WHAT is in $out, `in_order` or in `any_order`. A line
# ... stands for any lines, and at the end of a line for its rest.
is_like() {
    [ -n "$1" ] || fail "the page shows nothing" || return 1
    shape <<<"$1" | order=$2 awk '
        function is_it(line, pattern) {
            if (line == pattern) return 1
            return sub(/ *\.\.\.$/, "", pattern) && index(line, pattern) == 1
        }
        NR == FNR { if ($0 != "...") expected[++n] = $0; next }
        ENVIRON["order"] == "in_order" { if (i < n && is_it($0, expected[i + 1])) i++; next }
        { for (k = 1; k <= n; k++) if (is_it($0, expected[k])) seen[k] = 1 }
        END {
            for (k = 1; k <= n; k++)
                if (ENVIRON["order"] == "in_order" ? k > i : !(k in seen)) { print "not there: " expected[k]; exit 1 }
        }' - <(shape <"$out") || fail "$(cat "$out")"
}

# edited COMMAND SED: with the programs that are tested, and so changed.
edited() {
    sed -e "s,[.]/stage,$BIN/stage,g" -e "${2:-}" <<<"$1"
}

# do_it COMMAND SED: into $out.
do_it() {
    bash -c "$(edited "$1" "${2:-}")" >"$out" 2>&1 3>&- 4>&- </dev/null || fail "exit $?: $1: $(cat "$out")"
}

# try PAGE COMMAND SED ORDER: runs it, and compares.
try() {
    do_it "$2" "${3:-}"
    is_like "$(shown "$1" "$2")" "${4:-in_order}"
}

# changed STAGE FILE SED...: builds that stage with such changes, as $tree/STAGE.
changed() {
    local stage=$1 folder
    shift
    tree=$BATS_TEST_TMPDIR/tree
    rm -rf "$tree"
    mkdir -p "$tree/objects"
    cp -Rp Makefile common stage?_* "$tree"
    for folder in common stage?_*; do
        cp -Rp "$BUILD/$folder" "$tree/objects"
    done
    while [ $# -gt 0 ]; do
        sed "$2" "$tree/$1" >"$out"
        ! cmp -s "$out" "$tree/$1" || fail "there is nothing like $2 in $1"
        cat "$out" >"$tree/$1"
        shift 2
    done
    make -s -C "$tree" BUILD=objects BIN=. "./$stage" >"$out" 2>&1 || fail "$(cat "$out")"
}

# calls NAME FIELD < what strace -c counts: 4 has the calls, 5 the errors.
calls() {
    awk -v name="$1" -v field="$2" '$NF ~ "^" name "$" { n += $field } END { print n + 0 }'
}

# serve_as COMMAND SED: that server, at a free port.
serve_as() {
    local words
    read -r -a words <<<"$(sed -e 's/--port 8000//' -e "${2:-}" <<<"$1")"
    start_server "${words[0]#./}" "${words[@]:2}"
}

# ---- the pages ----

@test "README.md is under 180 lines, and what is no table fits 100 columns" {
    [ "$(wc -l <README.md)" -lt 180 ]
    for page in $PAGES; do
        LC_ALL=C.UTF-8 awk '!/^[|!]/ && length > 102 { print FILENAME ": " FNR; bad = 1 } END { exit bad }' "$page" >&2 ||
            fail "too long"
    done
}

@test "every file and function in the README's index is there" {
    index=$(sed -n '/^| idea/,/^$/p' README.md | awk -F'|' 'NR > 2 { print $4 }')
    files=$(grep -oE '`[a-z_0-9/]+\.[ch]`' <<<"$index" | tr -d '`' | sort -u)
    functions=$(awk '{ gsub(/`[^`]*`|struct [a-z]+/, ""); print }' <<<"$index" | grep -oE '[a-z_]+' | sort -u)
    [ "$(wc -w <<<"$files")" -gt 12 ]
    [ "$(wc -w <<<"$functions")" -gt 20 ]
    for file in $files; do
        find common stage?_* classroom -path "*$file" | grep . >/dev/null || fail "no $file"
    done
    for function in $functions; do
        grep -rE "(^|[^a-z_])${function}[(]" common stage?_* >/dev/null || fail "no function $function"
    done
}

@test "every file that a README names is there, and every name in its text is one of the code" {
    for page in $PAGES; do
        for file in $(grep -oE '`[a-z_0-9./]+\.(c|h|md|sh|bats)`' "$page" | tr -d '`'); do
            find common stage?_* classroom tests -path "*${file##./}" | grep . >/dev/null || fail "$page: no $file"
        done
        for link in $(grep -oE '\]\([a-z0-9_./]+\)' "$page" | tr -d '()' | tr -d ']'); do
            [ -e "$(dirname "$page")/$link" ] || fail "$page: no $link"
        done
        # (the table's names in the middle are Rust's)
        for name in $(grep -vE '^\|' "$page" | grep -oE '`[a-z]+(_[a-z0-9]+)+`' | tr -d '`' | sort -u); do
            case $name in
            clock_nanosleep) ;; # a system call
            *) grep -rqw "$name" common stage?_*/*.[ch] || fail "$page: no $name" ;;
            esac
        done
    done
}

@test "every option that a README uses is known, and so is every target of make" {
    # shellcheck disable=SC2086 # several words
    options=$(cat $PAGES | grep -oE '(\./stage[0-9]|`--)[^|)`]*' | grep -oE -e '--[a-z]+' | sort -u)
    [ "$(wc -w <<<"$options")" -gt 6 ]
    for option in $options; do
        "$BIN/stage4" --help | grep -e " $option" >/dev/null || fail "$option"
    done
    # shellcheck disable=SC2086
    grep -ohE '(`|    |&& )make [a-z-]+' $PAGES | sed 's/.*make //' | while read -r target; do
        grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" Makefile || fail "make $target"
    done
}

@test "every command that a README shows is tried here, but for those that take minutes" {
    # These install, or run all: make test, make bench, make futures-demo.
    tests=$(cat tests/readme.bats)
    for page in $PAGES; do
        while read -r command; do
            case $command in
            "sudo apt-get "* | "make "[a-z]*) continue ;;
            esac
            [[ "$tests" == *[\'\"]"$command"* ]] || fail "$page: nobody tries $command"
        done < <(commands "$page")
    done
}

@test "the set-up line asks for a fresh list of packages before it installs" {
    line=$(commands README.md | head -n 1)
    [ "$line" = "sudo apt-get update && sudo apt-get install -y build-essential bats && make demo" ]
}

# ---- README.md ----

@test "README: make demo ends as shown, on a terminal of 100 columns" {
    need script
    [ -e "$BIN/stage5" ] || skip "needs stage5"
    TERM=xterm LC_ALL=C.UTF-8 script -qec "stty cols 100; make -s BUILD=$BUILD BIN=$BIN DELAY=0.2 demo" /dev/null \
        </dev/null | tr -d '\r█' >"$out"
    table=$(sed -n '/^stage  how it waits/,/^```/p' README.md | grep -v '^```' | tr -d █)
    is_like "$table" in_order
    [ "$(wc -l <<<"$table")" -eq 9 ]
}

@test "README: serve, client and nc" {
    need_nc
    serve_as './stage4 serve --port 8000 --delay 2' 's/--delay 2/--delay 0.1/'
    bash -c "$(edited './stage5 client --clients 100 --port 8000' "s/8000/$port/; s/stage5/${STAGES##* }/")" 2>/dev/null |
        whole_answers 100
    [ "$(bash -c "$(edited 'nc 127.0.0.1 8000' "s/8000/$port/")" </dev/null)" = $'start 101\nend 101' ]
    stop_server
}

@test "README and stage 1: the second client of an echo server waits until the first has gone; in stage 2 not" {
    need_nc
    for stage in stage1 stage2; do
        serve_as './stage1 serve --echo' "s/stage1/$stage/"
        mkfifo "$BATS_TEST_TMPDIR/typed.$stage"
        bash -c "exec $(edited 'nc -N 127.0.0.1 8000' "s/8000/$port/")" <"$BATS_TEST_TMPDIR/typed.$stage" >"$out.1" 3>&- &
        helper=$!
        exec 8>"$BATS_TEST_TMPDIR/typed.$stage"
        echo first >&8
        wait_until 5 grep -q first "$out.1"
        echo second | nc -N 127.0.0.1 "$port" >"$out.2" 3>&- 8>&- &
        second=$!
        if [ "$stage" = stage1 ]; then
            sleep 0.3
            [ ! -s "$out.2" ] || fail "it did not wait"
        else
            wait "$second"
        fi
        exec 8>&-
        wait "$helper" || fail "nc: $?"
        helper=
        wait "$second" || fail "nc: $?"
        [ "$(cat "$out.2")" = second ]
        stop_server
    done
}

@test "README: the five ways to look at the event log" {
    need script
    do_it './stage4 -n 1 --explain' 's/$/ -d 0.1/'
    for role in EXEC FUTURE REACTOR OS; do
        grep -qE "^ [0-9.]+ [0-9]+  $role " "$out" || fail "no $role"
    done
    printf '\n\nq' | timeout 20 script -qec "$(edited './stage4 -n 1 --step')" /dev/null >"$out"
    [ "$(grep -c '^---- turn ' "$out")" -eq 3 ]
    do_it './stage1 --timeline' 's/$/ -d 0.05/'
    [ "$(grep -c '^client ' "$out")" -eq 10 ]
    do_it './stage5 -n 9 --trace=build/trace.json' "s,build,$BATS_TEST_TMPDIR,; s/\$/ -d 0.1/; s/stage5/${STAGES##* }/"
    grep -q traceEvents "$BATS_TEST_TMPDIR/trace.json" || grep -q '^\[' "$BATS_TEST_TMPDIR/trace.json"
    do_it './stage4 -n 3 --replay=build/run.html' "s,build,$BATS_TEST_TMPDIR,; s/\$/ -d 0.1/"
    [ "$(tail -n 1 "$BATS_TEST_TMPDIR/run.html")" = '</html>' ]
    for option in --explain=exec,os --report=json; do
        grep -qF -e "$option" README.md
        "$BIN/stage4" -n 1 -d 0 "$option" >/dev/null 2>"$out"
    done
    do_it './stage4 --help'
}

@test "README: Ctrl-\\ shows who has whose waker, and the run goes on" {
    bash -c "exec $(edited './stage4 -n 1 -d 6 -t 9' 's/-d 6/-d 1/')" >"$BATS_TEST_TMPDIR/answer" 2>"$out" 3>&- &
    helper=$!
    wait_until 10 grep -q 'start 1' "$BATS_TEST_TMPDIR/answer"
    sleep 0.1
    kill -QUIT "$helper"
    wait "$helper"
    helper=
    is_like "$(shown README.md './stage4 -n 1 -d 6 -t 9')" in_order
    whole_answers 1 <"$BATS_TEST_TMPDIR/answer"
}

@test "README: a waker that is lost is found out" {
    # shellcheck disable=SC2016 # so it stands on the page
    grep -qF '`reactor_watch(self->fd, self->interest, cx->waker);` in `common/core/io.c`' README.md
    changed stage4 common/core/io.c '/reactor_watch(self->fd, self->interest, cx->waker);/d'
    (cd "$tree" && ./stage4 -n 3 -t 1 -r none >"$out" 2>&1) && fail "it goes well"
    is_like "$(shown README.md 'make -s stage4 && ./stage4 -n 3 -t 2')" in_order
}

@test "README: gdb shows the state, the way to poll(2), and who waits for a descriptor" {
    need gdb
    case "$(uname -s)-$(file -b "$BIN/stage4" 2>/dev/null)" in
    *"not debug"*) skip "needs -g" ;;
    esac
    gdb -q -batch -ex 'break main' -ex run "$BIN/stage4" 2>&1 </dev/null | grep -q '^Breakpoint 1, ' ||
        skip "needs a gdb that may trace"
    # The commands on the page, and the program of its first line: gdb -q ./stage4
    commands README.md | grep -qxF 'gdb -q ./stage4'
    sed -n 's/^(gdb) //p' README.md >"$BATS_TEST_TMPDIR/commands"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/commands")" -eq 8 ]
    timeout 30 gdb -q -batch -x "$BATS_TEST_TMPDIR/commands" "$BIN/stage4" >"$out" 2>&1 3>&- 4>&- </dev/null
    grep -qxF '$1 = SLEEPING' "$out" || fail "$(cat "$out")"
    grep -qE '^\$2 = \{kind = .*"client", number = 1\}$' "$out" || fail "$(cat "$out")"
    frames() {
        sed -nE 's/^#([0-9]) +(0x[0-9a-f]+ in )?(__GI_+)?([a-z_]+) \(.*/\1 \4/p' "$1"
    }
    diff <(frames README.md) <(frames "$out" | head -n "$(frames README.md | wc -l)")
    [ "$(frames README.md | wc -l)" -eq 4 ]
}

@test "README: the diff of the reactors fits 100 columns" {
    run bash -c 'diff -up stage4_poll/reactor.c stage5_epoll/reactor.c'
    [ "$status" -eq 1 ]
    [ "$(awk 'length > 100' <<<"$output" | wc -l)" -eq 0 ]
    [[ "$output" == *"reactor_wait"* ]]
}

# ---- stage 1 ----

@test "stage 1: what runs print" {
    page=stage1_blocking/README.md
    try "$page" './stage1' 's/$/ -d 0.05/'
    try "$page" './stage1 -n 1 --explain >/dev/null' 's/-n 1/& -d 0.2/' any_order
    do_it './stage1 -d 0.1'
}

@test "stage 1: twelve threads, and the calls that strace counts" {
    need ps strace
    # shellcheck disable=SC2016 # $! is that shell's
    do_it './stage1 -r none >/dev/null & sleep 0.5; ps -T -p $! -o spid,comm,wchan:20' 's/stage1 -r/stage1 -d 3 -r/; s/sleep 0.5/sleep 1.5/; s/$/; kill $!/'
    grep -q 'SPID COMMAND  *WCHAN' "$out"
    [ "$(grep -c stage1 "$out")" -eq 12 ]
    do_it 'strace -f -c ./stage1' 's/$/ -d 0.05/'
    [ "$(calls 'accept4?' 4 <"$out")" -ge 10 ]
    [ "$(calls clock_nanosleep 4 <"$out")" -eq 10 ]
}

@test "stage 1: a second nc waits for the first, and Ctrl-C for the response that runs" {
    need_nc
    serve_as './stage1 serve -d 5' 's/-d 5/-d 1/'
    for number in 1 2; do
        bash -c "exec $(edited 'nc 127.0.0.1 8000' "s/8000/$port/")" </dev/null >"$out.$number" 3>&- &
        wait_until 5 grep -q 'start 1' "$out.1"
    done
    sleep 0.2
    [ ! -s "$out.2" ] || fail "it was served at once"
    kill -INT "$server"
    wait "$server"
    server=
    [ "$(cat "$out.1")" = $'start 1\nend 1' ]
}

@test "stages 1 and 2: Ctrl-\\ says in which call each thread is" {
    for command in './stage1' './stage2'; do
        bash -c "exec $(edited "$command" 's/$/ -n 2 -d 1 -r none/')" >"$BATS_TEST_TMPDIR/answer" 2>"$out" 3>&- &
        helper=$!
        wait_until 5 grep -qs start "$BATS_TEST_TMPDIR/answer"
        sleep 0.2
        kill -QUIT "$helper"
        wait_until 5 grep -q 'main is in pthread_join' "$out"
        grep -q 'client 2 is in read, fd ' "$out"
        wait "$helper"
        helper=
        case $command in
        *1) grep -q 'server is in nanosleep' "$out" ;;
        *) grep -q 'response 1 is in nanosleep' "$out" ;;
        esac
    done
}

# ---- stage 2 ----

@test "stage 2: what runs print" {
    page=stage2_threads/README.md
    try "$page" './stage2' 's/$/ -d 0.3/'
    try "$page" './stage2 -n 1000 >/dev/null' 's/1000/200/'
    try "$page" './stage2 -n 1 --explain >/dev/null' 's/-n 1/& -d 0.2/' any_order
    do_it './stage2 --timeline' 's/$/ -d 0.1/'
}

@test "stage 2: 22 threads, and 21 that were made" {
    need ps strace
    # shellcheck disable=SC2016 # $! is that shell's
    do_it './stage2 -r none >/dev/null & sleep 0.5; ps -T -p $! -o spid,comm,wchan:20' \
        's/stage2 -r/stage2 -d 3 -r/; s/sleep 0.5/sleep 1.5/; s/$/; kill $!/'
    [ "$(grep -c stage2 "$out")" -eq 22 ]
    do_it 'strace -f -c ./stage2' 's/$/ -d 0.5/'
    [ "$(calls 'clone3?' 4 <"$out")" -eq 21 ]
}

@test "stage 2: a response that is shared mixes the clients up" {
    changed stage2 stage2_threads/main.c \
        's/thread_start(NULL, response_main, copy)/thread_start(NULL, response_main, \&response)/; s/^    free(argument);//'
    for _ in 1 2 3 4 5; do # it may go well
        timeout 20 "$tree/stage2" -t 3 -d 0.2 -r none >"$out" 2>/dev/null || true
        whole_answers 10 <"$out" 2>/dev/null || return 0
    done
    fail "it always goes well"
}

@test "stage 2: threads of 8 MiB run out" {
    grep -qF '`8192 * 1024`' stage2_threads/README.md
    changed stage2 common/cli/thread.c '/^#define STACK/ s/256 \* 1024/8192 * 1024/'
    command='(ulimit -v 4000000; ./stage2 -n 1000 -t 8 >/dev/null)'
    run bash -c "${command/.\/stage2/$tree/stage2 -d 0.1}"
    [ "$status" -eq 1 ]
    [[ "$output" == *"stage2: cannot start a thread for "* ]] || fail "$output"
}

# ---- stage 3 ----

@test "stage 3: what runs print" {
    page=stage3_busy/README.md
    try "$page" './stage3' 's/$/ -d 0.3/'
    try "$page" './stage3 -n 1 --explain >/dev/null' 's/-n 1/& -d 0.3/'
    do_it './stage3 --timeline' 's/$/ -d 0.1/'
}

@test "stage 3: it runs, and strace counts calls that failed" {
    need top strace
    # shellcheck disable=SC2016 # $! is that shell's
    do_it './stage3 -r none >/dev/null & sleep 0.5; top -b -n 1 -p $! | tail -2' 's/$/; wait/'
    [ "$(wc -l <"$out")" -eq 2 ]
    grep -qE ' R .* stage3$' "$out" || fail "$(cat "$out")"
    do_it 'strace -c ./stage3' 's/$/ -d 0.5/'
    [ "$(calls read 5 <"$out")" -gt 100 ]
    [ "$(calls 'accept4?' 5 <"$out")" -gt 10 ]
}

@test "stage 3: each response is polled twice, in its first two states" {
    changed stage3 stage3_busy/server.c '/^static enum poll_result one_response_poll/,/^}/ {
/[*]self = container_of/ a\
    message("response %ld: state %d", self->number, self->state);
}'
    (cd "$tree" && bash -c './stage3 -n 3 -d 0.2 -r none') >/dev/null 2>"$out"
    [ "$(sort "$out")" = "$(for i in 1 2 3; do printf 'stage3: response %d: state %d\n' "$i" 0 "$i" 1; done)" ] ||
        fail "$(cat "$out")"
    commands=('message("response %ld: state %d", self->number, self->state);' './stage3 -n 3')
    for command in "${commands[@]}"; do
        commands stage3_busy/README.md | grep -qxF "$command"
    done
}

@test "stage 3: a reactor that sleeps for 10 ms leaves the CPU idle" {
    line='nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);'
    commands stage3_busy/README.md | grep -qxF "$line"
    changed stage3 stage3_busy/reactor.c "/^#include/ a\\
#include <time.h>
/^    (void)timeout;/ a\\
    $line"
    "$tree/stage3" -d 0.5 -r json >/dev/null 2>"$out"
    below "$(field reactor_waits <"$out")" 5000
    below "$(LC_ALL=C awk -v waits="$(field reactor_waits <"$out")" 'BEGIN { printf "%.3f", waits * 0.010 }')" "$(field wall_s <"$out")"
}

# ---- stage 4 ----

@test "stage 4: what runs print, and who is polled how often" {
    page=stage4_poll/README.md
    try "$page" './stage4' 's/$/ -d 0.3/'
    try "$page" './stage4 -n 1 --explain >/dev/null' 's/-n 1/& -d 0.3/'
    grep -qF '  polls          64, 0 of them wasted' "$page"
    do_it './stage4 --explain=exec' 's/$/ -d 0.5/'
    counts=$(sed -nE 's/.*  EXEC +([a-z]+).* polled; .*/\1/p' "$out" | sort | uniq -c | awk '{ print $2, $1 }')
    [ "$counts" = $'client 40\nmain 2\nresponse 20\nserver 2' ] || fail "$counts"
    do_it './stage4 --timeline' 's/$/ -d 0.1/'
    do_it './stage4 -n 9000 >/dev/null' 's/9000/90/'
}

@test "stage 4: the time-outs of poll(2)" {
    need strace
    command='strace -e trace=poll ./stage4 -n 3 >/dev/null'
    do_it "$command"
    waits() {
        sed -nE 's/^poll\(.*[]], [0-9]+, ([0-9]+)\) = ([0-9]+).*/\1 \2/p' | head -n 4 | sed -E 's/[0-9]{3} /NNN /'
    }
    diff <(shown stage4_poll/README.md "$command" | waits | sed -E 's/^(1|999|1000)N* /1NNN /') \
        <(waits <"$out" | sed -E 's/^30NNN/31NNN/; s/^NNN /1NNN /; s/^1N* /1NNN /')
}

@test "stage 4: a time-out of 0 is a busy loop of waits, not of polls" {
    changed stage4 stage4_poll/reactor.c 's/milliseconds_up(timeout)/0/'
    "$tree/stage4" -n 3 -d 0.5 -r text >/dev/null 2>"$out"
    grep -q 'stage4: busy: the reactor has come back ' "$out"
    [ "$(awk '/^  polls/ { print $2 + 0 }' "$out")" -lt 40 ]
    [ "$(awk '/^  reactor waits/ { print $3 }' "$out")" -gt 1000 ]
}

@test "stage 4: sleep(1) in a response makes it stage 1 again" {
    # shellcheck disable=SC2016 # so it stands on the page
    tr '\n' ' ' <stage4_poll/README.md | grep -qF 'write `sleep(1);` (it needs `#include <unistd.h>`) as the first statement after `case SLEEPING:`'
    changed stage4 stage3_busy/server.c '/^static enum poll_result one_response_poll/,/^}/ {
/case SLEEPING:/ a\
            sleep(1);
}
/^#include "program.h"/ a\
#include <unistd.h>'
    "$tree/stage4" -n 3 >"$BATS_TEST_TMPDIR/answer" 2>"$out"
    [ "$(cat "$BATS_TEST_TMPDIR/answer")" = $'start 1\nend 1\nstart 2\nend 2\nstart 3\nend 3' ]
    below 2.999 "$(awk '/^  wall time/ { print $3 }' "$out")"
    grep -qE '^stage4: blocked: a poll of response [123] took 1[0-9]{3} ms \(polls over 50 ms: 3\)' "$out" || fail "$(cat "$out")"
}

# ---- stage 5 ----

@test "stage 5: what runs print" {
    [ -e "$BIN/stage5" ] || skip "needs stage5"
    page=stage5_epoll/README.md
    try "$page" './stage5 -n 9000 >/dev/null' 's/9000/300/'
    try "$page" "./stage5 -n 1 --explain 2>&1 >/dev/null | grep -E 'REACTOR|client 1'" 's/-n 1/& -d 0.3/'
    do_it './stage5 --timeline' 's/$/ -d 0.1/'
}

@test "stage 5: 102 calls of epoll_ctl for 100 clients" {
    need strace
    [ -e "$BIN/stage5" ] || skip "needs stage5"
    command='strace -c -U name,calls -e trace=epoll_ctl,epoll_wait ./stage5 -n 100 -r none >/dev/null'
    do_it "$command"
    grep -qE '^epoll_ctl +102$' "$out" || fail "$(cat "$out")"
    grep -qE '^epoll_wait +[0-9]+$' "$out"
    shown stage5_epoll/README.md "$command" | grep -qE '^epoll_ctl +102$'
}

@test "stage 5: without EPOLLOUT all are answered, but only when their time is over" {
    [ -e "$BIN/stage5" ] || skip "needs stage5"
    changed stage5 stage5_epoll/reactor.c '/struct epoll_event event/ s/ | EPOLLOUT//'
    "$tree/stage5" -t 2 >"$BATS_TEST_TMPDIR/answer" 2>"$out"
    whole_answers 10 <"$BATS_TEST_TMPDIR/answer"
    below 1.999 "$(awk '/^  wall time/ { print $3 }' "$out")"
}
