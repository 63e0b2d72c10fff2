#!/usr/bin/env bats
# What is promised of the sources and of make.

load helpers

COMMON_FLAGS="-std=c11 -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 -Icommon -pthread -fsyntax-only
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Werror"

compiles_with() {
    # shellcheck disable=SC2086 # several words
    printf '%s\n' common/*/*.c stage*/*.c classroom/*/*.c tests/*/*.c |
        xargs -n 12 -P 2 "$1" $COMMON_FLAGS -Iclassroom/futures -Itests/unit
}

# The objects that make would link stage $1 from, a line each, without its reactor.
objects_of() {
    make -n -B "$1" | sed -n "s/.*-o $1 //p" | tr ' ' '\n' | grep -v '/reactor\.o$' | sort
}

@test "gcc compiles everything without a warning" {
    need gcc
    compiles_with gcc
}

@test "clang compiles everything without a warning" {
    need clang
    compiles_with clang
}

@test "musl-gcc compiles everything without a warning, and its programs work" {
    need musl-gcc
    make -s -j2 CC=musl-gcc CFLAGS=-O0 WERROR=-Werror BUILD="$BATS_TEST_TMPDIR/musl" BIN="$BATS_TEST_TMPDIR/musl"
    for stage in $STAGES; do
        "$BATS_TEST_TMPDIR/musl/$stage" -d 0.02 -r none | whole_answers 10
    done
}

@test "only the reactor of stage 5 asks for more than POSIX" {
    files=$(grep -lE '_GNU_SOURCE|_DEFAULT_SOURCE|_BSD_SOURCE|<sys/(epoll|eventfd|syscall|prctl)\.h>|<getopt\.h>' \
        common/*/*.[ch] stage*/*.c)
    [ "$files" = stage5_epoll/reactor.c ] || fail "$files"
}

@test "stages 3, 4 and 5 are the same objects but for reactor.o" {
    objects_of stage3 >"$BATS_TEST_TMPDIR/stage3"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/stage3")" -gt 10 ]
    for stage in stage4 stage5; do
        objects_of "$stage" | diff "$BATS_TEST_TMPDIR/stage3" - || fail "$stage differs"
    done
}

@test "the core includes nothing of app or view, and no stage another" {
    files=$(grep -lE '#include "(app|view|stage)' common/core/*.[ch]) || true
    [ -z "$files" ] || fail "$files"
    files=$(grep -lE '#include ".*(stage[1-5]_|\.\.)' common/*/*.[ch] stage*/*.c) || true
    [ -z "$files" ] || fail "$files"
}

@test "reactors define the same functions in the same order" {
    contract() {
        sed -n 's/^[a-z].*\(reactor_[a-z]*\)(.*/\1/p' "$1"
    }
    for stage in stage3_busy stage4_poll stage5_epoll; do
        diff <(contract common/core/reactor.h) <(contract "$stage/reactor.c") || fail "$stage"
    done
}

@test "no function is longer than a projected page, and no line wider" {
    need ctags
    long=$(ctags --fields=+ne -o - --kinds-C=f common/*/*.[ch] stage*/*.c | awk -F'\t' '{
        for (i = 4; i <= NF; i++) { if ($i ~ /^line:/) s = substr($i, 6); if ($i ~ /^end:/) e = substr($i, 5) }
        if (e - s + 1 > 40) print $2, $1, e - s + 1 }')
    [ -z "$long" ] || fail "$long"
    wide=$(awk 'length > 90 { print FILENAME ":" FNR }' common/*/*.[ch] stage*/*.c tests/*/*.c tests/bench/peers/*.[ch])
    [ -z "$wide" ] || fail "$wide"
}

# ---- READMEs ----

@test "every file and function in the README's index is there" {
    index=$(sed -n '/^| idea/,/^$/p' README.md | awk -F'|' 'NR > 2 { print $4 }')
    files=$(grep -oE '`[a-z_/]+\.[ch]`' <<<"$index" | tr -d '`' | sort -u)
    functions=$(awk '{ gsub(/`[^`]*`/, ""); print }' <<<"$index" | grep -oE '[a-z_]+' | grep -vE '^(struct|future|waker|event|three|times)$' | sort -u)
    [ "$(wc -w <<<"$files")" -gt 8 ]
    [ "$(wc -w <<<"$functions")" -gt 20 ]
    for file in $files; do
        find common stage?_* -path "*$file" | grep . >/dev/null || fail "no $file"
    done
    for function in $functions; do
        grep -rE "(^|[^a-z_])${function}[(]" common stage?_* >/dev/null || fail "no function $function"
    done
}

@test "every option that a README uses is known" {
    options=$(grep -ohE '\./stage[0-9][^|)]*' README.md stage*/README.md | grep -oE -e ' --[a-z]+' | sort -u)
    [ "$(wc -w <<<"$options")" -gt 3 ]
    for option in $options; do
        { "$BIN/stage4" --help; "$BIN/stage5" --help; } | grep -e "$option" >/dev/null || fail "$option"
    done
}

# ---- make ----

# A fresh copy of the sources, without what was built.
setup_copy() {
    mkdir "$BATS_TEST_TMPDIR/copy"
    cp -R Makefile classroom common stage?_* tests "$BATS_TEST_TMPDIR/copy"
    cd "$BATS_TEST_TMPDIR/copy" || return 1
}

@test "make stage4 builds one stage" {
    setup_copy
    make -s -j2 CFLAGS=-O0 stage4
    [ "$(echo stage[1-5])" = stage4 ]
    ./stage4 -d 0 -r none | whole_answers 10
}

@test "make respects CC, CFLAGS and LDFLAGS, and says nothing of its own when it is silent" {
    setup_copy
    run make -s -j2 CC=cc CFLAGS='-O1 -DPROBE' LDFLAGS=-Wl,-s
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    run make -n -B CC=some-cc CFLAGS=-O7 LDFLAGS=-Lsomewhere stage1
    [[ "$output" == *"some-cc "*" -O7 "* ]]
    [[ "$output" == *"-Lsomewhere"* ]]
}

@test "make install and make uninstall respect DESTDIR and PREFIX" {
    make -s install DESTDIR="$BATS_TEST_TMPDIR" PREFIX=/opt
    for stage in $STAGES; do
        "$BATS_TEST_TMPDIR/opt/bin/$stage" --version
    done
    make -s uninstall DESTDIR="$BATS_TEST_TMPDIR" PREFIX=/opt
    [ -z "$(ls "$BATS_TEST_TMPDIR/opt/bin")" ]
}

@test "make help names every target that a person would call" {
    for target in demo test bench figures lint sanitize format install uninstall clean; do
        make -s help | grep "make $target" >/dev/null || fail "$target is not there"
    done
}

@test "make clean leaves what git knows, and no more" {
    setup_copy
    find . -type f | sort >"$BATS_TEST_TMPDIR/before"
    make -s -j2 CFLAGS=-O0 all futures
    make -s clean
    find . -type f | sort | diff "$BATS_TEST_TMPDIR/before" -
}

# ---- make demo ----

@test "make demo runs all stages, shows dots, one table and one sentence" {
    run make -s demo DELAY=0.05 CLIENTS=4
    [ "$status" -eq 0 ]
    [[ "$output" != *$'\e'* ]]
    [[ "$output" != *█* ]]
    for stage in $STAGES; do
        [ "$(grep -cE "^$stage .*\.\.\.\.$" <<<"$output")" -eq 1 ]
        [ "$(grep -cE "^$stage .* [0-9]+\.[0-9]{2} +[0-9]+\.[0-9]{3} +[0-9.]+ +[0-9]+ +[0-9-]+ +[0-9-]+$" <<<"$output")" -eq 1 ]
    done
    [ "$(grep -c '^stage  how it waits' <<<"$output")" -eq 1 ]
    [ "$(grep -c '^What to see: ' <<<"$output")" -eq 1 ]
}

@test "make demo draws bars on a terminal, unless NO_COLOR or TERM say no" {
    need script
    demo_on_terminal() {
        script -qec "make -s demo DELAY=0.02 CLIENTS=2" /dev/null </dev/null
    }
    TERM=xterm LC_ALL=C.UTF-8 demo_on_terminal | grep '█' >/dev/null
    TERM=xterm LC_ALL=C demo_on_terminal | grep '####' >/dev/null
    [ "$(TERM=dumb LC_ALL=C.UTF-8 demo_on_terminal | grep -c '█')" -eq 0 ]
    [ "$(TERM=xterm NO_COLOR=1 LC_ALL=C.UTF-8 demo_on_terminal | grep -c '█')" -eq 0 ]
}

@test "make demo says which stage failed, and exits with an error" {
    run make -s demo CLIENTS=100000000
    [ "$status" -ne 0 ]
    [[ "$output" == *"stage1: --clients accepts a whole number from 1 to 1000000, not '100000000'"* ]]
    [[ "$output" == *"demo: stage1 failed, so there is nothing to compare"* ]]
}

# ---- make test ----

@test "make test without bats, and without npm, says how to get bats" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    for program in sh dirname sed; do
        ln -s "$(command -v "$program")" "$BATS_TEST_TMPDIR/bin"
    done
    setup_copy
    run env PATH="$BATS_TEST_TMPDIR/bin" tests/run.sh
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ "$output" == *"apt-get install bats"* ]]
}

@test "make test does not take a bats that is too old" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    for program in sh dirname sed; do
        ln -s "$(command -v "$program")" "$BATS_TEST_TMPDIR/bin"
    done
    printf '#!/bin/sh\necho Bats 1.2.1\n' >"$BATS_TEST_TMPDIR/bin/bats"
    chmod +x "$BATS_TEST_TMPDIR/bin/bats"
    setup_copy
    run env PATH="$BATS_TEST_TMPDIR/bin" tests/run.sh
    [ "$status" -eq 1 ]
    [[ "$output" == *"bats 1.7 or newer"* ]]
}
