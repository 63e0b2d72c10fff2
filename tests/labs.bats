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

# A compiler that writes down what it made.
noting_compiler() {
    cat >"$BATS_TEST_TMPDIR/noting_cc" <<-END
	#!/bin/sh
	for word; do
	    [ "\${last:-}" != -o ] || case \$word in */judged*|*/probe*) ;; *) echo "\$word" >>"$BATS_TEST_TMPDIR/made" ;; esac
	    last=\$word
	done
	exec ${CC:-cc} "\$@"
	END
    chmod +x "$BATS_TEST_TMPDIR/noting_cc"
}

# copy_objects FOLDER: a build to begin with, as if make had built it there.
copy_objects() {
    mkdir -p "$1"
    cp -Rp "$BUILD"/common "$BUILD"/stage?_* "$BUILD"/classroom "$1"
}

# judged_beside FILE NAME: lab 03 in a folder that is not built, in the background.
judged_beside() {
    labs BUILD="$cold" CC="$BATS_TEST_TMPDIR/noting_cc" WORK="$work/$2" grade N=03 FILE="$1" >"$BATS_TEST_TMPDIR/$2" 2>&1 3>&- &
}

@test "two graders at once, where nothing is built: one builds, the other waits; each judges its own file" {
    labs lab N=03 >/dev/null
    cold=$BATS_TEST_TMPDIR/cold
    copy_objects "$cold"
    rm -f "$cold"/classroom/labs/*.o "$cold"/common/core/*.o
    noting_compiler
    mkdir -p "$cold/labs"
    ln -s $$ "$cold/labs/lock" # a third one builds
    judged_beside "$work/03_write_all/io.c" start
    helper=$!
    judged_beside common/core/io.c product
    helper="$helper $!"
    wait_until 60 grep -q 'I wait for it' "$BATS_TEST_TMPDIR/start"
    [ ! -e "$BATS_TEST_TMPDIR/made" ] || fail "built: $(cat "$BATS_TEST_TMPDIR/made")"
    ln -sf 999999999 "$cold/labs/lock" # and is killed
    wait "${helper% *}" && fail "the start scores full"
    wait "${helper#* }"
    helper=
    grep -q '^score 0/10' "$BATS_TEST_TMPDIR/start"
    grep -q '^score 10/10' "$BATS_TEST_TMPDIR/product"
    grep -q '/labs/peer$' "$BATS_TEST_TMPDIR/made"
    [ -z "$(sort "$BATS_TEST_TMPDIR/made" | uniq -d)" ] || fail "built twice: $(sort "$BATS_TEST_TMPDIR/made" | uniq -d)"
    [ -z "$(find "$cold/labs" -name 'judged.*' -o -name 'lock*' -o -name 'probe*')" ]
}

@test "what does not compile scores nothing, and the compiler says why" {
    echo 'int x = ;' >"$BATS_TEST_TMPDIR/io.c"
    run grade "$BATS_TEST_TMPDIR/io.c"
    [ "$status" -ne 0 ]
    [[ "$output" == *"io.c:1:9: error: "*"FAIL  0/10  it compiles and links"*"score 0/10"* ]]
}

@test "make grade judges all that are started; make grade-json writes that, and that points are missing is no failure" {
    need python3
    labs lab N=01 >/dev/null
    labs lab N=03 >/dev/null
    cp common/core/io.c "$work/03_write_all/io.c"
    ASSIGNMENT='one "two"' RESULT=$BATS_TEST_TMPDIR/result.json run labs grade-json
    [ "$status" -eq 0 ]
    [[ "$output" == *"score 0/10"*"score 10/10"*"in all: 10/20"* ]] || fail "$output"
    python3 - "$BATS_TEST_TMPDIR/result.json" <<-'END'
	import json, re, sys
	result = json.load(open(sys.argv[1]))
	assert list(result) == ["schema", "classroom", "assignment", "submission", "commit", "release", "review",
	                        "datetime", "score", "max-score", "tests"], result
	assert result["schema"] == "classroom50/result/v1" and result["assignment"] == 'one "two"', result
	assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result["datetime"]), result
	assert (result["score"], result["max-score"]) == (10, 20), result
	assert [test["max-score"] for test in result["tests"]] == [3, 4, 3, 4, 3, 3], result
	assert [test["passed"] for test in result["tests"]] == 3 * [False] + 3 * [True], result
	END
}

@test "LAB_OUTPUT=hide leaves out what was expected" {
    labs lab N=01 >/dev/null
    run env LAB_OUTPUT=hide make -s BUILD="$BUILD" WORK="$work" grade N=01
    [[ "$output" == *"got: "* ]]
    [[ "$output" != *"expected: "* ]]
}

@test "a lab that is not there, and one that is not started, are said in one line" {
    for command in "lab N=99" "lab" "hint N=03" "solution N=03" "grade N=03" "grade" "bug N=03" "grade FILE=x.c" "handout" "handout N=99"; do
        # shellcheck disable=SC2086 # several words
        run labs $command
        [ "$status" -ne 0 ]
        [ "$(grep -c '^labs: ' <<<"$output")" -eq 1 ] || fail "$command: $output"
    done
}

@test "the table for teachers has each lab, with its minutes" {
    for number in $(numbers); do
        lab=$(echo classroom/labs/"$number"_*)
        row="| $number ${lab#*/[0-9][0-9]_} | $(sed -n 's/^minutes  *//p' "$lab/lab") | "
        row=${row/classroom\/labs\/${number}_/}
        grep -qF "$row" classroom/labs/README.md || fail "no row begins with: $row"
    done
    [ "$(grep -c '^| [0-9][0-9] ' classroom/labs/README.md)" -eq "$(numbers | wc -l)" ]
}

# ---- homework ----

# solve NUMBER FILE: puts the product's functions there, and nothing else.
solve() {
    lab=$(echo classroom/labs/"$1"_*)
    product=$(sed -n 's/^file  *//p' "$lab/lab")
    awk -v only=1 -f classroom/labs/replace.awk "$lab/start.c" "$product" >"$BATS_TEST_TMPDIR/texts.c"
    awk -f classroom/labs/replace.awk "$BATS_TEST_TMPDIR/texts.c" "$2" >"$2.new"
    mv "$2.new" "$2"
}

# student WORK TARGET...: make, in the handout.
student() {
    make -s -C "$here" WORK="$1" "${@:2}"
}

# do_lab WORK NUMBER
do_lab() {
    student "$1" lab N="$2" >/dev/null
    solve "$2" "$(echo "$here/$1/$2"_*/*.c)"
    run student "$1" grade N="$2"
    [ "$status" -eq 0 ] || fail "$output"
    [[ "$output" == *"All points. Hand in: "* ]]
}

# says_first NUMBER TARGET...: make fails, and names the lab in one line.
says_first() {
    run student first "${@:2}"
    [ "$status" -ne 0 ] || fail "make ${*:2}: $output"
    [ "$(grep -c "^labs: lab $1 comes first, " <<<"$output")" -eq 1 ] || fail "make ${*:2}: $output"
}

@test "a handout goes from empty to whole, in both orders; the whole tree judges what comes back" {
    here=$BATS_TEST_TMPDIR/handout
    labs handout N="8 03"
    tar -xf "$BUILD/labs/handout_03_08.tar" -C "$BATS_TEST_TMPDIR"
    [ ! -e "$here/.git" ]
    [ -z "$(find "$here"/classroom/labs/0[38]_* -name start.c -o -name wrong)" ]
    grep -q 'TODO: nothing is written yet' "$here/common/core/io.c"
    ! grep -r 'self->left -= ' "$here" --include='*.md' || fail "it gives lab 03 away"
    ! grep -r '[*] expects: ' "$here"/classroom/labs/0[38]_* || fail "it has wrong solutions"
    copy_objects "$here/build"
    student none stage1 stage2 # what does not need it
    one=$(sed -n 's/ .*//p' "$here/classroom/labs/given" | head -n 1)
    two=$(sed -n 's/ .*//p' "$here/classroom/labs/given" | tail -n 1)
    says_first "[0-9][0-9]" stage4
    student first lab N="$two" >/dev/null
    if grep -q "^$two .* $one\$" "$here/classroom/labs/given"; then
        says_first "$one" grade N="$two"
        do_lab first "$one"
        do_lab first "$two"
    else
        do_lab first "$two"
        says_first "$one" stage4
        do_lab first "$one"
    fi
    student first stage4
    "$here/stage4" -n 2 -d 0.1 -r none | whole_answers 2
    do_lab second "$one"
    do_lab second "$two"
    for number in 03 08; do
        labs grade N=$number FILE="$(echo "$here/first/$number"_*/*.c)"
    done
    run student first solution N=03
    [[ "$output" == *"is not in this handout"* ]]
}

@test "a handout knows that a lab needs another one, in a file of its own" {
    labs handout N="06 08"
    tar -xOf "$BUILD/labs/handout_06_08.tar" handout/classroom/labs/given >"$BATS_TEST_TMPDIR/given"
    diff "$BATS_TEST_TMPDIR/given" - <<<$'08 common/core/task.c\n06 common/core/timer.c 08'
}

@test "a file with the start of another lab in it is judged as if it had the product's function there" {
    labs lab N=04 >/dev/null
    run grade "$work/04_operation_poll/io.c"
    [ "$status" -eq 0 ] || fail "$output"
    run labs grade N=04 FILE="$work/04_operation_poll/io.c"
    [ "$status" -ne 0 ] # but not its own
}

@test "labs that share a file are done one after the other, in a handout, too" {
    here=$BATS_TEST_TMPDIR/handout
    mkdir -p "$here"
    cp -Rp Makefile classroom common stage?_* tests "$here"
    printf '%s\n' '04 common/core/io.c' '03 common/core/io.c 04' >"$here/classroom/labs/given"
    for number in 03 04; do
        lab=$(echo classroom/labs/"$number"_*)
        awk -f classroom/labs/replace.awk "$lab/start.c" "$here/common/core/io.c" >"$BATS_TEST_TMPDIR/io.c"
        cp "$BATS_TEST_TMPDIR/io.c" "$here/common/core/io.c"
        rm "$here/$lab/start.c"
    done
    copy_objects "$here/build"
    student first lab N=03 >/dev/null
    says_first 04 grade N=03
    do_lab first 04
    do_lab first 03
    student first stage4
    "$here/stage4" -n 2 -d 0.1 -r none | whole_answers 2
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

@test "make demo N=12 has a sixth row, of the student's stage6; one that fails says why in it" {
    demo() {
        run labs demo N=12 CLIENTS=4 DELAY=0.05
        [ "$(grep -c '^stage[1-5] [a-z].* [0-9.]* .*[0-9-]$' <<<"$output")" -eq "$(wc -w <<<"$STAGES")" ] || fail "$output"
    }

    run labs demo N=12
    [ "$status" -ne 0 ]
    [[ "$output" == *"make lab N=12 starts it"* ]]
    mkdir -p "$work/12_select"
    cp classroom/reactors/select.c "$work/12_select/select.c"
    demo
    [ "$status" -eq 0 ]
    [ "$(grep -c '^stage6 sleeps in select(2)  *0\.[0-9]' <<<"$output")" -eq 1 ] || fail "$output"
    awk '{ print } /^void reactor_wait/ { getline; print; print "    fail(\"not yet\");" }' classroom/reactors/select.c \
        >"$work/12_select/select.c"
    demo
    [ "$status" -ne 0 ]
    [ "$(grep -c '^stage6 sleeps in select(2)  *failed: not yet$' <<<"$output")" -eq 1 ] || fail "$output"
    echo 'not C' >>"$work/12_select/select.c"
    demo
    [ "$status" -ne 0 ]
    [ "$(grep -c '^stage6  *failed: it does not compile$' <<<"$output")" -eq 1 ] || fail "$output"
}
