#!/usr/bin/env bats
# What the command line accepts, and what it says to what it does not.

load helpers

# refused WORDS OPTION...: each stage exits 2, with one line that holds the words.
refused() {
    local words=$1 stage
    shift
    for stage in $STAGES; do
        run "$BIN/$stage" "$@"
        [ "$status" -eq 2 ] || fail "$stage $*: exit $status"
        [ "${#lines[@]}" -eq 1 ] || fail "$stage $*: ${#lines[@]} lines"
        [[ "$output" == "$stage: "*"$words"* ]] || fail "$stage $*: $output"
    done
}

@test "an unknown option is refused, with the names of those that are known" {
    refused "unknown or ambiguous option --clients-please; " --clients-please=3
    refused "accepts --clients, --delay, --host, --port, --timeout, --report, --explain, --step, --timeline, --trace, --replay, --echo, --help, --version" -x
    refused "option -x; " -x
    refused "option -?; " '-?'
    refused "option -:; " -:
    refused "option -x; " -rnone -xn3 serve
    refused "option -\\x02; " $'-\x02'
}

@test "the beginning of a name will do, if it is that of one option only" {
    for stage in $STAGES; do
        "$BIN/$stage" --cl=2 --del 0 --repo=none | whole_answers 2
    done
    refused "unknown or ambiguous option --ti; " --ti=3
    refused "unknown or ambiguous option --t; " --t 3
    refused "--clients accepts a whole number" --clie 0
}

@test "a number of clients must be a whole one from 1 to 1000000" {
    for value in 0 1e9 10x -1 1000001 99999999999999999999 '' ' 5' 5.5 0x10 +3 nan; do
        refused "--clients accepts a whole number from 1 to 1000000, not '$value'" -n "$value"
        refused "--clients accepts a whole number from 1 to 1000000, not '$value'" "--clients=$value"
    done
}

@test "a delay must be seconds from 0 to 1000000" {
    for value in -1 nan inf 1e3 0x1 '' . 1.2.3 1000001 3s ' 1' 0,5; do
        refused "--delay accepts seconds from 0 to 1000000" -d "$value"
    done
}

@test "a timeout must be seconds from 0.001 to 1000000" {
    for value in 0 -1 nan 0.0001 x 1e6; do
        refused "--timeout accepts seconds from 0.001 to 1000000, not '$value'" --timeout "$value"
    done
}

@test "a port must be a whole number from 0 to 65535, and a client's must not be 0" {
    for value in 70000 -1 http 8000x ''; do
        refused "--port accepts a whole number from 0 to 65535, not '$value'" -p "$value"
    done
    refused "--port of a client accepts a whole number from 1 to 65535" client -p 0
}

@test "a report is text, json or none" {
    refused "--report accepts text, json or none, not 'xml'" --report=xml
}

@test "a host must have a name" {
    refused "--host accepts a name or an address, not ''" --host=
}

@test "a missing value is said to be missing" {
    refused "--clients needs a value" -n
    refused "--delay needs a value" --delay
    refused "--host needs a value" serve -H
}

@test "a value where none is wanted is refused" {
    refused "--help accepts no value, not 'me'" --help=me
}

@test "an option that the mode does not use is refused, and so is one that another option rules out" {
    refused "--clients is of no use to serve" serve -n 3
    refused "--timeout is of no use to serve" --timeout 3 serve
    refused "--delay is of no use to client" client -d 0
    refused "--echo is of no use to demo" --echo
    refused "--echo is of no use to demo" demo --echo
    refused "--delay is of no use to serve --echo" serve --echo -d 1
    refused "--echo accepts no value, not 'hello'" serve --echo=hello
}

@test "an option or a mode that is gone names the lesson that has it" {
    local option
    refused "copy is gone: the lesson copy shows it now; run make futures, and then build/futures/copy" copy
    for option in --bytes --buffer --sndbuf; do
        refused "$option is gone: the lesson copy shows it now" "$option=4K"
        refused "$option is gone: the lesson copy shows it now" copy "$option" 4K
    done
    refused "--wake is gone: the lesson herd shows it now" --wake=all
    refused "--trigger is gone: the lesson edge_level shows it now" --trigger level
    refused "--echo is of no use to client; nc -N HOST PORT is the client of an echo server" client --echo hello
    refused "--echo is of no use to client; nc -N HOST PORT is the client of an echo server" --echo client
}

@test "an unknown mode and an extra operand are refused" {
    refused "unknown mode 'sevre'; " sevre
    refused "accepts demo, serve or client" ''
    refused "unexpected operand 'client'" serve client
    refused "unexpected operand 'extra'" demo -n 3 extra
    refused "unknown mode '-n'" -- -n
    refused "a value of --explain or --timeline needs a =" --timeline out.svg
    refused "a value of --explain or --timeline needs a =" --explain exec
}

@test "roles that are none are refused" {
    for value in '' , exec, exec,os,x EXEC; do
        refused "--explain accepts roles out of exec, future, reactor, os, not '$value'" "--explain=$value"
    done
}

@test "--trace and --timeline to the same file are refused, by one name or by two, and nothing is written" {
    BIN=$(cd "$BIN" && pwd)
    cd "$BATS_TEST_TMPDIR"
    local words="--trace and --timeline need a file each"
    refused "$words, not both 'x'" --trace=x --timeline=x
    [ ! -e x ]
    refused "$words" --timeline=/dev/stdout --trace=/dev/stdout
    echo old >one
    ln one two
    ln -s one three
    refused "$words" --trace=one --timeline=./one
    refused "$words" --trace=one --timeline=two
    refused "$words" --trace=three --timeline=two
    [ "$(cat one)" = old ]
}

@test "--step is for those stages that have an executor" {
    for stage in stage1 stage2; do
        run "$BIN/$stage" --step
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 1 ]
        [[ "$output" == "$stage: --step stops before each turn of an executor; "* ]]
    done
}

@test "control characters of a value are shown as escapes, in one line" {
    refused "--clients accepts a whole number from 1 to 1000000, not 'a\\x0ab\\x1b[1m'" -n $'a\nb\x1b[1m'
    refused "unknown mode 'a\\x0db'" $'a\rb'
    refused "unknown or ambiguous option --a\\x0ab; " $'--a\nb'
    refused "unexpected operand 'a\\x0ab'" serve $'a\nb'
}

@test "a number has a point in any locale" {
    localedef -i de_DE -f UTF-8 "$BATS_TEST_TMPDIR/de_DE.UTF-8" 2>/dev/null ||
        locale -a 2>/dev/null | grep -qi '^de_DE.utf-*8' || skip "needs a locale with a decimal comma"
    export LC_ALL=de_DE.UTF-8
    [ ! -e "$BATS_TEST_TMPDIR/$LC_ALL" ] || export LOCPATH=$BATS_TEST_TMPDIR
    for stage in $STAGES; do
        "$BIN/$stage" -n 1 -d 0.01 -r json 2>&1 >/dev/null | grep -q '"delay_s":0.01,' || fail "$stage"
    done
    refused "--delay accepts seconds from 0 to 1000000, such as 0.2, not '0,01'" -d 0,01
}

@test "POSIXLY_CORRECT changes nothing" {
    for stage in $STAGES; do
        POSIXLY_CORRECT=1 "$BIN/$stage" demo -n 2 -d 0 -r none | whole_answers 2
    done
}

@test "a program answers to the name that it was started by" {
    ln -s "$(cd "$BIN" && pwd)/stage4" "$BATS_TEST_TMPDIR/my stage"
    run "$BATS_TEST_TMPDIR/my stage" -x
    [ "$status" -eq 2 ]
    [[ "$output" == "my stage: unknown or ambiguous option -x; my stage accepts "* ]]
    run bash -c 'exec -a "$(printf "a%.0s" {1..3000})" "$1" -n 0' - "$BIN/stage4"
    [ "$status" -eq 2 ]
    [[ "$output" == aaaa*"a: --clients accepts a whole number from 1 to 1000000, not '0'" ]] || fail "$output"
}

@test "options come in any order, short and long, joined and apart" {
    for stage in $STAGES; do
        for words in "-n 2 -d 0 demo -r none" "--clients=2 demo --delay=0 --report none" \
            "demo -n2 -d0 -rnone" "--clients 2 --delay 0 -r none -- demo" "demo -n2 -d0 -r none --"; do
            # shellcheck disable=SC2086 # several words
            "$BIN/$stage" $words | whole_answers 2
        done
    done
}

@test "the last of two equal options counts" {
    "$BIN/stage4" -n 5 -n 2 -d 0 -r none | whole_answers 2
}

@test "--help is on stdout, names every option and the defaults, and exits 0" {
    for stage in $STAGES; do
        "$BIN/$stage" --help >"$BATS_TEST_TMPDIR/help" 2>"$BATS_TEST_TMPDIR/err"
        [ ! -s "$BATS_TEST_TMPDIR/err" ]
        for word in "$stage" -n, --clients -d, --delay -H, --host -p, --port -t, --timeout -r, \
            --report -h, --help -V, --version --echo --explain --step --timeline --trace serve client demo; do
            grep -q -e "$word" "$BATS_TEST_TMPDIR/help" || fail "$stage: no $word"
        done
        awk 'length > 80 { exit 1 }' "$BATS_TEST_TMPDIR/help" || fail "$stage: too wide"
    done
}

@test "--version is on stdout, names the program, and exits 0" {
    for stage in $STAGES; do
        run "$BIN/$stage" -V
        [ "$status" -eq 0 ]
        [[ "$output" =~ ^$stage\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    done
}

@test "--help to a full disk exits 1 and says so" {
    [ -c /dev/full ] || skip "needs /dev/full"
    for stage in $STAGES; do
        run bash -c '"$1" --help >/dev/full' - "$BIN/$stage"
        [ "$status" -eq 1 ]
        [ "$output" = "$stage: cannot write to stdout: No space left on device" ]
    done
}
