#!/bin/sh
# Runs the tests that do not measure under AddressSanitizer with UndefinedBehaviorSanitizer,
# and those that have threads under ThreadSanitizer. Whatever a sanitizer finds ends the
# program with status 99.
set -eu
unset CDPATH # else cd may go elsewhere
cd "$(dirname "$0")/.."

with_threads='tests/unit.bats tests/demo.bats tests/serve.bats tests/echo.bats tests/futures.bats
    tests/fuzz.bats'
all="$with_threads tests/bad_days.bats tests/command_line.bats tests/explain.bats tests/step.bats
    tests/timeline.bats tests/injected.bats tests/copy.bats"

# ThreadSanitizer of gcc 12 fails where addresses are randomised by 32 bits.
fixed_addresses=
if command -v setarch >/dev/null && setarch -R true 2>/dev/null; then
    fixed_addresses='setarch -R'
fi

# build_with FOLDER FLAG...
build_with() {
    folder=build/$1
    shift
    make -s -j2 BUILD="$folder" BIN="$folder" CFLAGS="-O1 -g -fno-omit-frame-pointer $*" all futures units
}

# run_in FOLDER FILE...: the commands that do.
run_in() {
    folder=build/$1
    shift
    printf "BUILD=$folder BIN=$folder $fixed_addresses tests/run.sh %s\n" "$@"
}

export ASAN_OPTIONS=exitcode=99:detect_leaks=1:abort_on_error=0
export UBSAN_OPTIONS=halt_on_error=1:exitcode=99:print_stacktrace=1
export TSAN_OPTIONS=exitcode=99:halt_on_error=1

build_with asan -fsanitize=address,undefined -fno-sanitize-recover=all
build_with tsan -fsanitize=thread
# (strace would count the system calls of ThreadSanitizer's own thread: so injected.bats and
# copy.bats are not for it.)
# shellcheck disable=SC2086 # several words
{
    run_in asan $all
    run_in tsan $with_threads
} | tests/lanes.sh
