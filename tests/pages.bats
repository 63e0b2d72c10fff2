#!/usr/bin/env bats
# What the pages say is so: tests/pages.py runs what they show, and knows which forms there are.

load helpers

pages() {
    need python3 git
    git rev-parse --git-dir >/dev/null 2>&1 || skip "needs git"
    run env TMPDIR="$BATS_TEST_TMPDIR" BIN="$BIN" BUILD="$BUILD" python3 -B tests/pages.py "$@"
}

# planted SED: a page that is right but for that change, and what the test of pages says.
planted() {
    printf '%s\n' '```' "\$ ./stage4 -n 2 -d 0.1" 'start 1' 'start 2' 'end 1' 'end 2' '...' \
        '  clients        2 of 2' '...' "\$ ./stage4 -n 0" 'stage4: ...' '...' '(exit status 2)' '```' \
        'See `common/core/io.c`: `operation_poll`, and `make replays`.' >"$BATS_TEST_TMPDIR/right.md"
    sed "$1" "$BATS_TEST_TMPDIR/right.md" >"$BATS_TEST_TMPDIR/page.md"
    if [ -n "$1" ]; then
        ! cmp -s "$BATS_TEST_TMPDIR/right.md" "$BATS_TEST_TMPDIR/page.md" || fail "nothing is planted"
    fi
    pages "$2" "$BATS_TEST_TMPDIR/page.md"
}

@test "what pages show is what their commands do; what is not run is said" {
    [ "$(uname -s)" = Linux ] || skip "needs Linux"
    pages run
    grep -E '^(not run|again|lacks)' <<<"$output" | sed 's/^/# /' >&3 || true
    [ "$status" -eq 0 ] || fail "$output"
    lacks=$(sed -n 's/^lacks [^ ]* //p' <<<"$output" | head -n 1)
    [ -z "$lacks" ] || skip "needs $lacks"
}

@test "every file, function, option and target of make that a page names is there" {
    pages names
    [ "$status" -eq 0 ] || fail "$output"
    [[ "$output" == *" pages" ]]
}

@test "a page that is right passes" {
    planted '' run
    [ "$status" -eq 0 ] || fail "$output"
    planted '' names
    [ "$status" -eq 0 ] || fail "$output"
}

@test "a wrong number in a page is found" {
    planted 's/2 of 2/3 of 3/' run
    [ "$status" -eq 1 ]
    [[ "$output" == *"page.md:1: line 2: "*"not there:   clients        3 of 3"* ]] || fail "$output"
}

@test "a line that a page leaves out is found" {
    planted '/^end 1/d' run
    [ "$status" -eq 1 ]
    [[ "$output" == *"not there: "* ]] || fail "$output"
}

@test "a wrong exit status is found" {
    planted 's/status 2/status 1/' run
    [ "$status" -eq 1 ]
    [[ "$output" == *"exit status 2"* ]] || fail "$output"
    planted '/exit status/d' run
    [ "$status" -eq 1 ]
}

@test "a wrong path is found, in a command and in the text" {
    planted 's,[.]/stage4 -n 2,./stage6 -n 2,' run
    [ "$status" -eq 1 ]
    planted 's,core/io[.]c,core/oi.c,' names
    [ "$status" -eq 1 ]
    [[ "$output" == *"page.md:15: there is no file common/core/oi.c"* ]] || fail "$output"
}

@test "a wrong function, a wrong target of make and a command outside of a block are found" {
    planted 's/operation_poll/operation_pool/' names
    [[ "$output" == *"there is no operation_pool in common/core/io.c"* ]] || fail "$output"
    planted 's/make replays/make replay/' names
    [[ "$output" == *"there is no make replay"* ]] || fail "$output"
    planted 's,`make replays`,`./stage4 -n 7`,' names
    [ "$status" -eq 1 ]
    [[ "$output" == *"./stage4 -n 7 stands in no block that is run"* ]] || fail "$output"
}

@test "a block that is not run is counted: 15 commands at most, those for a Mac only in SETUP.md" {
    planted '1s/$/long/' run
    [ "$status" -eq 0 ]
    [[ "$output" == *"not run (long) "*"page.md:2: ./stage4 -n 2"* ]] || fail "$output"
    planted '1s/$/macos/' run
    [ "$status" -eq 1 ]
    [[ "$output" == *"only in SETUP.md"* ]] || fail "$output"
    printf '%s\n' '```root' >"$BATS_TEST_TMPDIR/many.md"
    printf '$ true %s\n' {1..16} >>"$BATS_TEST_TMPDIR/many.md"
    pages run "$BATS_TEST_TMPDIR/many.md"
    [ "$status" -eq 1 ]
}

@test "README.md is under 180 lines, and what is no table fits 100 columns in all pages of the stages" {
    [ "$(wc -l <README.md)" -lt 180 ]
    for page in README.md stage?_*/README.md classroom/GUIDE.md; do
        # some awks count bytes
        sed 's/█/#/g; s/→/>/g' "$page" | awk '!/^[|!]/ && length > 102 { print FNR; bad = 1 } END { exit bad }' >&2 ||
            fail "$page: too long"
    done
}

@test "the diff of the reactors fits 100 columns" {
    wide=$( (diff -up stage4_poll/reactor.c stage5_epoll/reactor.c || true) | awk 'length > 100')
    [ -z "$wide" ] || fail "$wide"
}

@test "the set-up line asks for a fresh list of packages before it installs" {
    grep -qxF "\$ sudo apt-get update && sudo apt-get install -y build-essential bats && make demo" README.md
}

@test "the plans for the class are within their minutes" {
    run make -s schedule
    [ "$status" -eq 0 ] || fail "$output"
    [ "$(grep -c ' minutes of ' <<<"$output")" -eq 7 ] || fail "$output"
}

@test "a plan that is over its minutes is found" {
    awk '/^\| *[0-9]+ \|/ && !done { sub(/[0-9]+/, "95"); done = 1 } { print }' classroom/GUIDE.md >"$BATS_TEST_TMPDIR/guide.md"
    run awk -f tests/schedule.awk "$BATS_TEST_TMPDIR/guide.md"
    [ "$status" -eq 1 ]
    [[ "$output" == *"too long"* ]] || fail "$output"
}

@test "each Predict and each Change of a stage has an answer, which is folded away and is run" {
    for page in stage?_*/README.md; do
        awk '
            /^## / { part = $2 }
            /^<details><summary>Answer<\/summary>/ { answers[part]++; open = 1 }
            open && /^[$] / { shown++ }
            /^<\/details>/ { open = 0; if (!shown) bad = "an answer without a command"; shown = 0 }
            END { if (!answers["Predict"] || answers["Change"] < 2) bad = "a question without an answer"
                  if (bad) { print FILENAME ": " bad; exit 1 } }' "$page" >&2 || fail "$page"
    done
}

@test "the exam has twenty questions, with answers, and its points add up to what the guide says" {
    awk '
        /^Twenty questions, [0-9]+ points/ { said = $3 }
        /^[*][*][0-9]+[*][*] [(][0-9]+ points[)]/ { questions++; sub(/^[^(]*[(]/, ""); points += $1 }
        /^# The exam/ { exam = 1 }
        exam && /<summary>Answer/ { answers++ }
        END { exit !(questions == 20 && answers == 20 && points == said) }' classroom/GUIDE.md
}
