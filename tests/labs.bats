#!/usr/bin/env bats
# The labs: each can be started, each is solved by the product's own code. (That wrong
# solutions fail, each in its own way: make labs-check.)

load helpers

setup() {
    work=$BATS_TEST_TMPDIR/work
}

labs() {
    make -s BUILD="$BUILD" BIN="$BIN" WORK="$work" "$@"
}

numbers() {
    for folder in classroom/labs/[0-9][0-9]_*; do
        folder=${folder##*/}
        echo "${folder%%_*}"
    done
}

# grade FILE: lab 03, with this in the place of the student's file.
grade() {
    labs grade N=03 FILE="$1"
}

@test "each start compiles without a warning, and the product's own code scores full" {
    run labs labs-check QUICK=1 REPEAT=1
    [ "$status" -eq 0 ] || fail "$(grep -v '^ok' <<<"$output")"
    for number in $(numbers); do
        [[ "$output" == *"lab $number: product scores full (10/10)"* ]] || fail "lab $number is not judged"
    done
}

@test "make lab prints the task, the file to edit and what comes next; begun work stays" {
    run labs lab N=3
    [ "$status" -eq 0 ]
    [[ "$output" == *"# Lab 03: write_all"*"edit:  $work/03_write_all/io.c"*"then:  make grade N=03"* ]]
    [ "$(find "$work" -type f)" = "$work/03_write_all/io.c" ]
    echo '/* mine */' >>"$work/03_write_all/io.c"
    [[ "$(labs lab N=03)" == *"stays as it is"* ]]
    grep -q '^/\* mine \*/' "$work/03_write_all/io.c"
    labs lab N=03 AGAIN=1 >/dev/null
    grep -q '^/\* mine \*/' "$work/03_write_all/io.c.1"
    ! grep '^/\* mine \*/' "$work/03_write_all/io.c" || fail "it did not begin anew"
}

@test "make labs lists what is started, with its score; the solution comes after full score" {
    labs lab N=03 >/dev/null
    [[ "$(labs labs)" == *"03   write_all "*" started"* ]]
    run labs grade N=03
    [ "$status" -ne 0 ]
    [[ "$output" == *"score 0/10"* ]]
    [[ "$output" == *"what holds: "*"expected: "*"got: "*"the log of main"*"read:       write_all_attempt in $work/03_write_all/io.c"*"again:      $work/03_write_all/send "* ]]
    run labs solution N=03
    [ "$status" -ne 0 ]
    [[ "$output" == *"after full score"* ]]
    cp common/core/io.c "$work/03_write_all/io.c"
    echo >>"$work/03_write_all/io.c"
    run labs grade N=03
    [ "$status" -eq 0 ]
    [[ "$(labs labs)" == *"03   write_all "*" 10/10"* ]]
    [[ "$(labs solution N=03)" == *"@@ "* ]]
    "$work/03_write_all/send" 5000 --explain 2>&1 | grep 'write on fd' >/dev/null
}

@test "three hints, and then the last one again" {
    labs lab N=03 >/dev/null
    for hint in 1 2 3 3; do
        [[ "$(labs hint N=03)" == "hint $hint of 3:"* ]]
    done
}

@test "two graders at once do not meet, and each judges its own file" {
    labs lab N=03 >/dev/null
    labs grade N=03 >"$BATS_TEST_TMPDIR/start" 2>&1 3>&- &
    grade common/core/io.c >"$BATS_TEST_TMPDIR/product"
    wait $! && fail "the start scores full"
    grep -q '^score 0/10' "$BATS_TEST_TMPDIR/start"
    grep -q '^score 10/10' "$BATS_TEST_TMPDIR/product"
    [ ! -e "$BUILD/labs/lock" ]
    [ -z "$(find "$BUILD/labs" -name 'judged.*')" ]
}

@test "what does not compile scores nothing, and the compiler says why" {
    echo 'int x = ;' >"$BATS_TEST_TMPDIR/io.c"
    run grade "$BATS_TEST_TMPDIR/io.c"
    [ "$status" -ne 0 ]
    [[ "$output" == *"io.c:1:9: error: "*"FAIL  0/10  it compiles and links"*"score 0/10"* ]]
}

@test "make grade-json writes result.json, and that points are missing is no failure" {
    need python3
    cp -R Makefile classroom common stage?_* tests "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR" || return 1
    make -s BUILD="$BUILD" lab N=01 >/dev/null
    ASSIGNMENT='one "two"' make -s BUILD="$BUILD" grade-json
    python3 - <<-'END'
	import json
	result = json.load(open("result.json"))
	assert result["schema"] == "classroom50/result/v1" and result["assignment"] == 'one "two"', result
	assert (result["score"], result["max-score"]) == (0, 10), result
	assert [test["max-score"] for test in result["tests"]] == [3, 4, 3], result
	assert not any(test["passed"] for test in result["tests"]), result
	END
}

@test "LAB_OUTPUT=hide leaves out what was expected" {
    labs lab N=01 >/dev/null
    run env LAB_OUTPUT=hide make -s BUILD="$BUILD" WORK="$work" grade N=01
    [[ "$output" == *"got: "* ]]
    [[ "$output" != *"expected: "* ]]
}

@test "a lab that is not there, and one that is not started, are said in one line" {
    for command in "lab N=99" "lab" "hint N=03" "solution N=03" "grade N=03" "grade" "bug N=03" "grade FILE=x.c"; do
        # shellcheck disable=SC2086 # several words
        run labs $command
        [ "$status" -ne 0 ]
        [ "$(grep -c '^labs: ' <<<"$output")" -eq 1 ] || fail "$command: $output"
    done
}

# replaced TEXTS: in a small file.
replaced() {
    printf '/* One. */\nstatic int one(int a,\n               int b)\n{\n    return a + b;\n}\n\nint two(void)\n{\n    return 2;\n}\n' \
        >"$BATS_TEST_TMPDIR/product.c"
    printf '%b' "$1" >"$BATS_TEST_TMPDIR/texts.c"
    awk -f classroom/labs/replace.awk "$BATS_TEST_TMPDIR/texts.c" "$BATS_TEST_TMPDIR/product.c"
}

@test "the text of a function takes the place of another, with the comment above it" {
    run replaced '/* It adds. */\nstatic int one(int a, int b)\n{\n    return 0;\n}\n'
    [ "$status" -eq 0 ]
    [ "$output" = $'/* It adds. */\nstatic int one(int a, int b)\n{\n    return 0;\n}\n\nint two(void)\n{\n    return 2;\n}' ]
    run replaced 'static int one(int a, int b)\n{\n}\n'
    [ "${lines[0]}" = '/* One. */' ] # it has none of its own
}

@test "a function that is not there, or twice, or text that is none, is refused" {
    run replaced 'int three(void)\n{\n}\n'
    [ "$status" -eq 1 ]
    [[ "$output" == *"three of "*"texts.c is not in "*"product.c" ]]
    run replaced 'int two(void)\n{\n}\n\nint two(void)\n{\n}\n'
    [ "$status" -eq 1 ]
    [[ "$output" == *"two is there twice"* ]]
    run replaced 'int x;\n\nint two(void)\n{\n}\n'
    [ "$status" -eq 1 ]
    [[ "$output" == *"neither a function nor a comment: int x;"* ]]
    run replaced '/* nothing */\n'
    [ "$status" -eq 1 ]
}
