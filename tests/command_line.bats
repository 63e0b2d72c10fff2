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
    refused "unknown option --clients-please; " --clients-please=3
    refused "accepts --clients, --delay, --host, --port, --timeout, --report, --explain, --step, --timeline, --trace, --echo, --bytes, --buffer, --sndbuf, --help, --version" -x
    refused "unknown option --clie" --clie 3
    refused "unknown option -x" -x
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

@test "a size that is not one is refused" {
    refused "--bytes accepts a size from 0 to 1024G, such as 4096, 64K, 1M or 1G, not '10Q'" copy --bytes 10Q
    for value in '' K 1KK 1k -1 1.5M 0x10 1025G 99999999999999999999; do
        refused "--bytes accepts" copy "--bytes=$value"
    done
    for value in 0 17M 1G; do
        refused "--buffer accepts a size from 1 to 16M" copy --buffer "$value"
    done
    refused "--sndbuf accepts a size from 1 to 1G" copy --sndbuf 0
    refused "--bytes needs a value" copy --bytes
}

@test "--echo is for serve, and with a message for client" {
    refused "--echo is for serve and client, not for demo" --echo
    refused "--echo is for serve and client, not for demo" demo --echo
    refused "--echo is for serve and client, not for copy" copy --echo
    refused "--echo of serve accepts no value" serve --echo=hello
    refused "--echo needs a value: it accepts a message to send" client --echo
    refused "--echo needs a value: it accepts a message to send" client --echo -n 3
    refused "--echo of client needs a message, as in client --echo MESSAGE" --echo client
    refused "a value of --explain, --timeline or --echo needs a =" --echo hello client
}

@test "copy has no timeline" {
    refused "--timeline draws clients, and copy has none; try --explain" copy --timeline
}

@test "an unknown mode and an extra operand are refused" {
    refused "unknown mode 'sevre'; " sevre
    refused "accepts demo, serve, client or copy" ''
    refused "unexpected operand 'client'" serve client
    refused "unexpected operand 'extra'" demo -n 3 extra
    refused "unknown mode '-n'" -- -n
}

@test "the option of another stage is refused" {
    for stage in $STAGES; do
        for option in --wake=all --trigger=edge; do
            case $stage$option in
            stage4--wake=all | stage5--trigger=edge) continue ;;
            esac
            run "$BIN/$stage" "$option"
            [ "$status" -eq 2 ]
            [ "${#lines[@]}" -eq 1 ]
            [[ "$output" == "$stage: unknown option ${option%=*}; $stage accepts --clients,"* ]]
        done
    done
}

@test "a stage's own option takes its two values and no other" {
    run "$BIN/stage4" --wake=some
    [ "$status" -eq 2 ]
    [ "$output" = "stage4: --wake accepts ready or all, not 'some'" ]
    [ -e "$BIN/stage5" ] || return 0
    run "$BIN/stage5" --trigger
    [ "$status" -eq 2 ]
    [ "$output" = "stage5: --trigger needs a value: it accepts edge or level" ]
}

@test "options come in any order, short and long, joined and apart" {
    for stage in $STAGES; do
        for words in "-n 2 -d 0 demo -r none" "--clients=2 demo --delay=0 --report none" \
            "demo -n2 -d0 -rnone" "--clients 2 --delay 0 -r none -- demo"; do
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
            --report -h, --help -V, --version --echo --bytes --buffer --sndbuf serve client demo copy; do
            grep -q -e "$word" "$BATS_TEST_TMPDIR/help" || fail "$stage: no $word"
        done
        awk 'length > 80 { exit 1 }' "$BATS_TEST_TMPDIR/help" || fail "$stage: too wide"
    done
    "$BIN/stage4" -h | grep -e '--wake' >/dev/null
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
