#!/usr/bin/env bats
# What the class needs: make why-epoll, make check-setup, and the words.

load helpers

# ---- make why-epoll ----

# costs NAME: the numbers in the rows of that name, one below the other.
costs() {
    sed -nE "s/.* $1 +([0-9.]+) (us|bytes)$/\1/p" <<<"$output"
}

@test "make why-epoll: in stage 4 an event costs more the more are idle, in stage 5 it does not" {
    [ "$(uname -s)" = Linux ] || skip "needs Linux"
    [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 18100 ] || skip "needs 18100 descriptors"
    ! is_sanitized || skip "measures"
    run make -s BUILD="$BUILD" BIN="$BIN" why-epoll
    [ "$status" -eq 0 ] || fail "$output"
    poll=$(costs 'stage4, poll\(2\)')
    epoll=$(costs 'stage5, epoll\(7\)')
    [ "$(wc -l <<<"$poll") $(wc -l <<<"$epoll")" = "4 4" ] || fail "$output"
    [[ "$output" != *█* ]] && [[ "$output" != *'##'* ]]
    # with 9,000: each wait looks at all of them, or at what is ready
    below "$(($(head -n 1 <<<"$poll" | cut -d. -f1) * 5))" "$(tail -n 1 <<<"$poll")"
    below "$(($(tail -n 1 <<<"$epoll" | cut -d. -f1) * 5))" "$(tail -n 1 <<<"$poll")"
    # the pages of a stack that it has touched, or a struct
    below "$(($(costs 'stage5, a future' | cut -d. -f1) * 5))" "$(costs 'stage2, a thread')"
    [ "$(LC_ALL=C awk 'length > 100' <<<"$output")" = "" ]
}

@test "make why-epoll draws bars on a terminal, and takes fewer where the descriptors do not suffice, and says so" {
    [ "$(uname -s)" = Linux ] || skip "needs Linux"
    need script pgrep
    ! is_sanitized || skip "measures"
    run env NO_COLOR= TERM=xterm LC_ALL=C.UTF-8 \
        script -qec "ulimit -n 500; make -s BUILD=$BUILD BIN=$BIN why-epoll" /dev/null </dev/null
    [ "$status" -eq 0 ] || fail "$output"
    [[ "$output" == *█* ]]
    [[ "$output" == *"  200 idle "* ]] && [[ "$output" != *" 1,000 idle"* ]]
    [[ "$output" == *"allows a process 500 descriptors, see ulimit -Hn: so 200, and not 9,000."* ]]
    [[ "$output" == *"so 400, and not 1,000."* ]]
    [ -z "$(pgrep -f "^$BIN/stage[25] serve -p 0 -d 60")" ]
}

@test "make why-epoll says what another system lacks: exit 1, one line" {
    run make -s SYSTEM=Darwin why-epoll
    [ "$status" -ne 0 ]
    [[ "${lines[0]}" == "make why-epoll needs Linux: "*"; what it prints stands in stage4_poll/README.md." ]]
}

# ---- make check-setup ----

# A folder of what check_setup.sh needs, to be PATH: what is not there, is lacking. Fakes go there.
setup_fakes() {
    fakes=$BATS_TEST_TMPDIR/fakes
    mkdir "$fakes"
    local program
    for program in sh uname sed head mktemp rm cat tr grep dirname bash env cut; do
        ln -s "$(command -v "$program")" "$fakes/$program"
    done
    fake cc 'for word; do [ "$before" != -o ] || printf "#!/bin/sh\n" >"$word"; before=$word; done; chmod +x "$4"'
    ln -s "$(command -v chmod)" "$fakes/chmod"
    fake make 'echo GNU Make 4.3'
    fake bats 'echo Bats 1.10.0'
    fake strace true
    fake nc 'echo "	-N		Shutdown the network socket after EOF on stdin"'
    fake gdb true
    fake ps true
}

# fake PROGRAM COMMANDS
fake() {
    rm -f "$fakes/$1"
    printf '#!/bin/sh\n%s\n' "$2" >"$fakes/$1"
    chmod +x "$fakes/$1"
}

check() {
    run env PATH="$fakes" CC="${CC:-cc}" "$@" sh classroom/check_setup.sh
}

# lacks STATUS WHAT WHY REMEDY: that line is there, with one remedy, and it exits so.
lacks() {
    [ "$status" -eq "$1" ] || fail "exit $status: $output"
    word=lacks
    [ "$1" -eq 0 ] || word=MUST
    grep -A1 -E "^  $word +$2 +.*$3" <<<"$output" >"$BATS_TEST_TMPDIR/lack" || fail "no line '$word $2 $3': $output"
    grep -E "^ +-> .*$4" "$BATS_TEST_TMPDIR/lack" >/dev/null || fail "no remedy '$4': $output"
    [ "$(LC_ALL=C awk 'length > 100' <<<"$output")" = "" ] || fail "too long: $output"
}

@test "make check-setup: a line for each need, and exit 0, where all is there" {
    setup_fakes
    check
    [ "$status" -eq 0 ] || fail "$output"
    for need in 'a C compiler' 'GNU make 3.81' 'ends of lines' 'bats 1.7' 'strace' 'nc -N' 'gdb' 'ps'; do
        [ "$(grep -cE "^  ok +$need " <<<"$output")" -eq 1 ] || fail "$need: $output"
    done
    [ "$(grep -cE '^  (ok|lacks) +(descriptors|IPv6) ' <<<"$output")" -eq 2 ]
    [[ "$output" == *"The toolkit can be built."* ]]
    run make -s check-setup
    [ "$status" -eq 0 ] || fail "$output"
}

@test "check-setup: without a compiler that works, or GNU make 3.81, exit 1, and what to install" {
    setup_fakes
    check CC=no-such-compiler
    lacks 1 'a C compiler' 'there is no no-such-compiler' 'apt-get install -y build-essential'
    fake cc 'echo "stdio.h: No such file" >&2; exit 1'
    check
    lacks 1 'a C compiler' 'cannot build a program of three lines: stdio.h' 'build-essential'
    [ "$(grep -c MUST <<<"$output")" -eq 1 ]
    fake make 'echo GNU Make 3.80'
    check
    lacks 1 'GNU make 3.81' 'make is 3.80' 'install'
    [[ "$output" == *"2 of these must be there"* ]]
    fake make 'echo usage >&2; exit 2'
    check
    lacks 1 'GNU make 3.81' 'is not there, or is another one' 'install'
}

@test "check-setup: lines that end with CRLF: exit 1" {
    setup_fakes
    mkdir -p "$BATS_TEST_TMPDIR/tree/tests"
    printf 'all:\r\n\ttrue\r\n' >"$BATS_TEST_TMPDIR/tree/Makefile"
    check SETUP_ROOT="$BATS_TEST_TMPDIR/tree"
    lacks 1 'ends of lines' 'Makefile has those of Windows' 'core.autocrlf input'
}

@test "check-setup: WSL1 and a drive of Windows are told from WSL2 and a drive of Linux" {
    setup_fakes
    mkdir -p "$BATS_TEST_TMPDIR/proc" "$BATS_TEST_TMPDIR/drives/c/class"
    echo 'Linux version 4.4.0-19041-Microsoft' >"$BATS_TEST_TMPDIR/proc/version"
    wsl() {
        check SETUP_PROC="$BATS_TEST_TMPDIR/proc" SETUP_DRIVES="$(cd "$BATS_TEST_TMPDIR/drives" && pwd -P)" "$@"
    }
    wsl
    lacks 0 WSL2 'this is WSL1' 'wsl --set-version'
    echo 'Linux version 5.15.90.1-microsoft-standard-WSL2' >"$BATS_TEST_TMPDIR/proc/version"
    wsl
    [ "$(grep -cE '^  ok +(WSL2|a drive of Linux) ' <<<"$output")" -eq 2 ] || fail "$output"
    wsl SETUP_ROOT="$BATS_TEST_TMPDIR/drives/c/class"
    lacks 0 'a drive of Linux' 'on a drive of Windows' 'clone into your home folder'
}

@test "check-setup: what only lessons and tests need is lacking: exit 0, and a remedy for each" {
    setup_fakes
    fake bats 'echo Bats 1.2.1'
    rm "$fakes/gdb" "$fakes/ps" "$fakes/nc"
    fake strace 'echo "ptrace: Operation not permitted" >&2; exit 1'
    fake bash 'exit 1'
    check
    lacks 0 'bats 1.7' 'bats is 1.2, and no npm' 'apt-get install -y bats'
    lacks 0 strace 'not allowed to look' '--cap-add=SYS_PTRACE'
    lacks 0 'nc -N' 'no nc that can half-close' 'netcat-openbsd'
    lacks 0 gdb 'there is none' 'apt-get install -y gdb'
    lacks 0 ps 'there is none' 'procps'
    lacks 0 IPv6 '::1' 'disable_ipv6=0'
    rm "$fakes/bats" "$fakes/strace"
    check
    lacks 0 'bats 1.7' 'there is none, and no npm' 'apt-get install -y bats'
    lacks 0 strace 'there is none' 'apt-get install -y strace'
}

@test "check-setup: 500 descriptors are too few" {
    setup_fakes
    run bash -c 'ulimit -n 500; PATH=$1 CC=cc exec sh classroom/check_setup.sh' - "$fakes"
    lacks 0 descriptors '500 at most' '--ulimit nofile=20000'
}

@test "check-setup on a Mac names what stands for strace and nc, and Homebrew" {
    setup_fakes
    fake uname 'echo Darwin'
    fake nc 'exit 1'
    rm "$fakes/gdb"
    check
    lacks 0 strace 'it is of Linux' 'SETUP.md says what stands for it'
    lacks 0 gdb 'there is none' 'brew install gdb'
    [ "$(grep -cE '^  ok +nc -N ' <<<"$output")" -eq 1 ]
    check CC=no-such-compiler
    lacks 1 'a C compiler' 'there is no' 'xcode-select --install'
}

# ---- the words ----

# places PAGE: a line "file name" for each `file`: name.
places() {
    grep -oE '`[a-z0-9_/.]+\.[ch]`: [A-Za-z_]+' "$1" | tr -d '`:'
}

# not_there PAGE: the places whose file does not define that name, at the beginning of a line.
not_there() {
    places "$1" | while read -r file name; do
        grep -qE '^(#define |[a-z].*[ *]|)'"$name"'([^a-z_]|$)' "$file" 2>/dev/null || echo "$file: $name"
    done
}

# lines_not_there PAGE: lines of C that are in no such file.
lines_not_there() {
    grep -oE '`[^`]+` in `[a-z0-9_/.]+\.[ch]`' "$1" | while IFS='`' read -r _ line _ file _; do
        grep -qF -e "$line" "$file" 2>/dev/null || echo "$file: $line"
    done
}

@test "each place that WORDS.md names is there, and each line of C that it compares" {
    page=classroom/WORDS.md
    [ "$(places "$page" | wc -l)" -gt 40 ]
    [ "$(grep -cE '` in `[a-z0-9_/.]+\.[ch]`' "$page")" -gt 25 ]
    [ -z "$(not_there "$page")" ] || fail "$(not_there "$page")"
    [ -z "$(lines_not_there "$page")" ] || fail "$(lines_not_there "$page")"
    # a word, a sentence, a place
    odd=$(sed -n '/^## What each thing is/,/^## What it is called/p' "$page" | grep '^|' | sed 1,2d |
        grep -vE '^\| [^|]+ \| [A-Z"].*[.")] \| `[a-z0-9_/.]+\.[ch]`: [A-Za-z_]+ \|$') || true
    [ -z "$odd" ] || fail "$odd"
}

@test "a place, or a line of C, that is not there is found" {
    sed -e 's/: run_turn/: run_turns/' -e 's/wake(task->joiner);/wake(task->joined);/' classroom/WORDS.md >"$BATS_TEST_TMPDIR/page.md"
    [[ "$(not_there "$BATS_TEST_TMPDIR/page.md")" == *"common/core/task.c: run_turns"* ]]
    [[ "$(lines_not_there "$BATS_TEST_TMPDIR/page.md")" == *"common/core/task.c: wake(task->joined);"* ]]
}

@test "the words are in the order of the alphabet" {
    sed -n '/^## What each thing is/,/^## What it is called/p' classroom/WORDS.md | grep '^|' | sed 1,2d |
        cut -d'|' -f2 | tr '[:upper:]' '[:lower:]' >"$BATS_TEST_TMPDIR/words"
    LC_ALL=C sort -c "$BATS_TEST_TMPDIR/words"
}

# ---- the container ----

@test "the container installs what README.md and SETUP.md ask for" {
    for package in build-essential bats gdb strace netcat-openbsd procps; do
        grep -qw -e "$package" .devcontainer/Dockerfile || fail "$package"
        grep -qw -e "$package" README.md classroom/SETUP.md || fail "$package"
    done
}

@test "lines end with LF, whatever git is told" {
    need git
    git rev-parse --git-dir >/dev/null 2>&1 || skip "needs git"
    [ "$(git check-attr eol Makefile tests/run.sh | grep -c ': eol: lf$')" -eq 2 ]
}
