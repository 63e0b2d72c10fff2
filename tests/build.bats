#!/usr/bin/env bats
# What is promised of the sources and of make.

load helpers

COMMON_FLAGS="-std=c11 -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 -Icommon -pthread -fsyntax-only
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Werror"

compiles_with() {
    # shellcheck disable=SC2086 # several words
    printf '%s\n' common/*/*.c stage*/*.c classroom/*/*.c tests/*/*.c |
        xargs -n 12 -P 2 "$@" $COMMON_FLAGS -Iclassroom/futures -Itests/unit -idirafter tests/reactors
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

@test "gcc compiles everything for 32 bits without a warning" {
    need gcc
    [ "$(uname -m)" = x86_64 ] || skip "needs x86_64"
    # Only the headers of 64 bits are there: they do, but for a file that is empty.
    mkdir "$BATS_TEST_TMPDIR/gnu"
    touch "$BATS_TEST_TMPDIR/gnu/stubs-32.h"
    compiles_with gcc -m32 -I"$BATS_TEST_TMPDIR" -isystem "/usr/include/$(gcc -print-multiarch)"
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

@test "make install and make uninstall respect DESTDIR and PREFIX, and spaces in them" {
    mkdir "$BATS_TEST_TMPDIR/install"
    make -s BUILD="$BUILD" BIN="$BIN" install DESTDIR="$BATS_TEST_TMPDIR/install/a b" PREFIX="/my opt"
    [ "$(cd "$BATS_TEST_TMPDIR/install" && find . -type d)" = $'.\n./a b\n./a b/my opt\n./a b/my opt/bin' ]
    for stage in $STAGES; do
        "$BATS_TEST_TMPDIR/install/a b/my opt/bin/$stage" --version
    done
    make -s BUILD="$BUILD" BIN="$BIN" uninstall DESTDIR="$BATS_TEST_TMPDIR/install/a b" PREFIX="/my opt"
    [ -z "$(ls "$BATS_TEST_TMPDIR/install/a b/my opt/bin")" ]
}

@test "each recipe quotes what a user may set" {
    unquoted=$(awk '/^\t/ { gsub(/"[^"]*"|\047[^\047]*\047/, ""); print FNR ": " $0 }' Makefile |
        grep -E '\$[({](DESTDIR|PREFIX)[)}]') || true
    [ -z "$unquoted" ] || fail "$unquoted"
}

@test "make prints one short line for each file; V=1 shows the commands, and -s nothing" {
    object=$BATS_TEST_TMPDIR/build/common/cli/tally.o
    unset MAKEFLAGS MAKELEVEL # of a make that is silent, and runs these tests
    [ "$(make BUILD="$BATS_TEST_TMPDIR/build" "$object")" = '  cc common/cli/tally.c' ]
    [[ "$(make -B V=1 BUILD="$BATS_TEST_TMPDIR/build" "$object")" == *" -std=c11 "*" -c -o "* ]]
    [ -z "$(make -B -s BUILD="$BATS_TEST_TMPDIR/build" "$object")" ]
}

@test "make help names every target that a person would call" {
    help=$(make -s help)
    for target in demo test bench figures lint sanitize format install uninstall clean; do
        [[ "$help" == *"make $target"* ]] || fail "$target is not there"
    done
}

@test "make clean leaves what git knows, and no more" {
    setup_copy
    find . -type f | sort >"$BATS_TEST_TMPDIR/before"
    make -s -j2 CFLAGS=-O0 stage1 stage4 build/futures/lazy
    make -s clean
    find . -type f | sort | diff "$BATS_TEST_TMPDIR/before" -
}

# ---- make demo ----

@test "make demo runs all stages, shows dots, one table and one sentence" {
    run env -u MAKEFLAGS -u MAKELEVEL make demo DELAY=0.05 CLIENTS=4 # as one types it
    [ "$status" -eq 0 ]
    [[ "$output" != *"Entering directory"* ]]
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

@test "figures have a point in any locale: in reports, pictures, traces, and the table of make demo" {
    make_locale de_DE.UTF-8
    run make -s BUILD="$BUILD" BIN="$BIN" demo DELAY=0.05 CLIENTS=4
    [ "$status" -eq 0 ]
    for stage in $STAGES; do
        [ "$(grep -cE "^$stage .* 0\.[0-9]{2} +[0-9]+\.[0-9]{3} +[0-9.]+ " <<<"$output")" -eq 1 ] || fail "$output"
        "$BIN/$stage" -n 2 -d 0.05 --timeline="$BATS_TEST_TMPDIR/svg" --trace="$BATS_TEST_TMPDIR/trace" \
            2>"$BATS_TEST_TMPDIR/text" >/dev/null
        "$BIN/$stage" -n 2 -d 0.05 -r json 2>"$BATS_TEST_TMPDIR/json" >/dev/null
        [ "$(grep -cE '^  .*[0-9],[0-9]' "$BATS_TEST_TMPDIR/text")" -eq 0 ]
        grep -q '"delay_s":0.05,"wall_s":0.[0-9]*,' "$BATS_TEST_TMPDIR/json"
        [ "$(grep -c '="[0-9]*,[0-9]*"' "$BATS_TEST_TMPDIR/svg")" -eq 0 ]
        [ "$(grep -cE '"(ts|dur)": ?[0-9]+,[0-9]+[,}]' "$BATS_TEST_TMPDIR/trace")" -eq 0 ]
    done
}

@test "these tests compare numbers in any locale, and refuse what is none" {
    make_locale de_DE.UTF-8
    below 0.450 0.54
    between 0.5 0.45 0.6
    for wrong in "below 0.54 0.450" "below 0,54 0.450" "below 0.450 0,54" "below nan 1" "below '' 1" \
        "between 0.7 0.45 0.6" "between 0.5 0,45 0.6" "between - 0 1"; do
        run eval "$wrong"
        [ "$status" -ne 0 ] || fail "$wrong passes"
    done
}

@test "make demo says which stage failed, and exits with an error" {
    run make -s demo CLIENTS=100000000
    [ "$status" -ne 0 ]
    [[ "$output" == *"stage1: --clients accepts a whole number from 1 to 1000000, not '100000000'"* ]]
    [[ "$output" == *"demo: stage1 failed, so there is nothing to compare"* ]]
}

# ---- CDPATH ----

@test "scripts go where they say, whatever CDPATH is" {
    mkdir -p "$BATS_TEST_TMPDIR/elsewhere/tests" "$BATS_TEST_TMPDIR/elsewhere/.ci" "$BATS_TEST_TMPDIR/bin"
    # stand for bats and make, and say where they are
    printf '#!/bin/sh\n[ "$1" != --version ] || echo Bats 1.10.0\npwd\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/bats"
    printf '#!/bin/sh\npwd\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/make"
    chmod +x "$BATS_TEST_TMPDIR"/bin/*
    for script in tests/run.sh tests/sanitize.sh; do
        run env CDPATH="$BATS_TEST_TMPDIR/elsewhere" PATH="$BATS_TEST_TMPDIR/bin:$PATH" "$script"
        [ "${lines[-1]}" = "$ROOT" ] || fail "$script: $output"
    done
    scripts=$(grep -rl 'cd "$(dirname' --include='*.sh' --include='*.bash' --include=run --exclude-dir=build .)
    [ "$(wc -w <<<"$scripts")" -ge 5 ]
    for script in $scripts; do
        grep -q '^ *unset CDPATH' "$script" || fail "$script"
    done
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
