#!/bin/sh
# What make labs, lab, grade, hint, solution, bug, grade-json and labs-check do; README.md
# says how a lab is made. From make: MAKE CC BUILD WORK, and N FILE AGAIN REPEAT.
set -eu
unset CDPATH # else cd may go elsewhere
cd "$(dirname "$0")/../.."

LABS=classroom/labs
BUILD=${BUILD:-build} WORK=${WORK:-work} CC=${CC:-cc} MAKE=${MAKE:-make}
N=${N:-} FILE=${FILE:-} AGAIN=${AGAIN:-} REPEAT=${REPEAT:-}
CHECK_SCALE=${CHECK_SCALE:-1}
SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all'
export BUILD LC_ALL=C CHECK_SCALE
unset MAKEFLAGS MAKELEVEL MFLAGS # of the make that calls us

usage() {
    echo "labs: $*" >&2
    exit 2
}

fail() {
    echo "labs: $*" >&2
    exit 1
}

# ---- a lab ----

# the_lab NUMBER: sets lab (its folder), name, number, product (its file), student (that of
# the student), and home, where that is.
the_lab() {
    [ -n "$1" ] || usage "which lab? Say N=03, for example; make labs lists them"
    number=$(printf '%s' "$1" | sed 's/^[0-9]$/0&/')
    lab=
    for folder in "$LABS/$number"_*; do
        [ ! -f "$folder/lab" ] || lab=$folder
    done
    [ -n "$lab" ] || usage "there is no lab $1; make labs lists them"
    name=${lab##*/}
    product=$(about file)
    home=$WORK/$name
    student=$home/${product##*/}
}

# about WORD: what the file `lab` says of it, a line each.
about() {
    sed -n "s/^$1  *//p" "$lab/lab"
}

all_numbers() {
    for file in "$LABS"/[0-9][0-9]_*/lab; do
        folder=${file%/lab}
        folder=${folder##*/}
        echo "${folder%%_*}"
    done
}

started_numbers() {
    for number in $(all_numbers); do
        the_lab "$number"
        [ ! -f "$student" ] || echo "$number"
    done
}

is_bug() {
    [ "${number#0}" -ge 13 ]
}

# with_texts TEXTS: the product's file with these functions.
with_texts() {
    awk -f "$LABS/replace.awk" "$1" "$product"
}

# ---- build ----

# Two graders may come at once: one builds the product, the other waits.
take_lock() {
    lock=$BUILD/labs/lock
    mkdir -p "$BUILD/labs"
    until mkdir "$lock" 2>/dev/null; do
        owner=$(cat "$lock/pid" 2>/dev/null || true)
        if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
            rm -rf "$lock" # it was killed
        fi
        sleep 0.1
    done
    echo $$ >"$lock/pid"
}

give_lock_back() {
    rm -rf "$lock"
}

can_sanitize() {
    if [ ! -f "$BUILD/labs/sanitize" ]; then
        mkdir -p "$BUILD/labs/probe.$$"
        echo 'int main(void) { return 0; }' >"$BUILD/labs/probe.$$/probe.c"
        # shellcheck disable=SC2086 # several words
        if $CC $SANITIZE -o "$BUILD/labs/probe.$$/probe" "$BUILD/labs/probe.$$/probe.c" 2>/dev/null &&
            "$BUILD/labs/probe.$$/probe" 2>/dev/null; then
            echo yes >"$BUILD/labs/sanitize"
        else
            echo no >"$BUILD/labs/sanitize"
        fi
        rm -rf "$BUILD/labs/probe.$$"
    fi
    [ "$(cat "$BUILD/labs/sanitize")" = yes ]
}

# All objects that are the product's. None of them is built with a sanitizer: what the
# student's file does is what is looked at.
build_product() {
    [ -z "${LABS_ARE_BUILT:-}" ] || return 0
    take_lock
    trap give_lock_back EXIT
    trap 'exit 1' HUP INT TERM
    "$MAKE" -s -j2 BUILD="$BUILD" labs-objects >&2
    can_sanitize || echo "labs: $CC has no sanitizers here, so none looks on" >&2
    trap - EXIT
    give_lock_back
}

# own_objects_of PROGRAM: of all files of the lab but start.c, and the mains of others.
own_objects_of() {
    for source in "$lab"/*.c; do
        file=${source##*/}
        [ "$file" != start.c ] || continue
        [ "$file" = "$1.c" ] || ! about program | grep "^${file%.c}\( \|\$\)" >/dev/null || continue
        printf ' %s' "$objects/${source%.c}.o"
    done
}

# objects_of PROGRAM [STAGE]: those it is linked of. A stage; or a program of the lab's own,
# with the reactor of that stage (4).
objects_of() {
    case $1 in
    stage*) eval "echo \"\$$1 \$futures \$witness\"" ;;
    *) eval "echo \"\$${2:-stage4} \$core $(own_objects_of "$1")\"" ;;
    esac
}

# build_programs FILE FOLDER [OPTIONS]: the lab's programs with this file in the place of
# the product's.
build_programs() {
    objects=$BUILD
    # shellcheck disable=SC1091 # is written by labs.mk
    . "$BUILD/labs/settings"
    mkdir -p "$2"
    # shellcheck disable=SC2086,SC2154 # several words, of settings
    $compile -I"${product%/*}" ${3:-} -c -o "$2/object.o" "$1" || return 1
    about program | while read -r program stage; do
        needed=$(objects_of "$program" "$stage" | tr ' ' '\n' | grep -v "^$BUILD/${product%.c}\.o$")
        # shellcheck disable=SC2086,SC2154 # several words
        $link ${3:-} -o "$2/$program.$$" $needed "$2/object.o" && mv "$2/$program.$$" "$2/$program" || exit 1
    done || return 1
    rm -f "$2/object.o"
}

# ---- grade ----

# A bats that runs us, as our tests do, has put its own things in the environment.
leave_outer_bats() {
    PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v -e '/bats-core$' -e '/bats/bin$' | tr '\n' ':' | sed 's/:$//')
    for variable in $(env | sed -n 's/^\(BATS_[A-Z_0-9]*\)=.*/\1/p'); do
        unset "$variable"
    done
}

find_bats() {
    leave_outer_bats
    bats=$(command -v bats || true)
    [ -n "$bats" ] || bats=build/node_modules/.bin/bats
    command -v "$bats" >/dev/null ||
        fail "to grade needs bats 1.7 or newer: apt-get install bats, brew install bats-core, or npm install --prefix build bats"
}

# build FILE FOLDER: what is judged, to FOLDER/judged: with sanitizers, if there are any.
# Its compiler's messages: FOLDER/build.log.
build() {
    rm -rf "$2"
    mkdir -p "$2"
    sanitize=
    ! can_sanitize || sanitize="-O1 $SANITIZE"
    build_programs "$1" "$2/judged" "$sanitize" >"$2/build.log" 2>&1
}

# judge FILE FOLDER PROGRAMS: fills FOLDER: tap, and score ("7 10"). PROGRAMS: where the
# student finds the programs. Returns whether it is the full score.
judge() {
    points=$(sed -n 's/^@test .*(\([0-9]*\) points*)" {$/\1/p' "$lab/grade.bats" | awk '{ n += $1 } END { print n }')
    echo "not ok 1 it compiles and links ($points points)" >"$2/tap"
    if [ -n "$(ls "$2/judged")" ] && [ ! -f "$2/judged/object.o" ]; then
        PROGRAMS=$3 JUDGED=$2/judged PEER=$BUILD/labs/peer LAB=$lab STUDENT=$1 \
            "$bats" -F tap "$lab/grade.bats" >"$2/tap" 2>"$2/bats.err" </dev/null || true
        grep '^1\.\.' "$2/tap" >/dev/null || cat "$2/bats.err" >&2
    fi
    awk -v most="$points" '/^ok / && match($0, /\([0-9]+ points?\)$/) { n += substr($0, RSTART + 1) + 0 }
        END { print n + 0, most }' "$2/tap" >"$2/score"
    [ "$(cut -d' ' -f1 "$2/score")" -eq "$points" ]
}

# show FOLDER: what judge found, for a person.
show() {
    awk '
    /^(not )?ok / {
        points = 0
        title = $0
        sub(/^(not )?ok [0-9]* */, "", title)
        if (match(title, / \([0-9]+ points?\)$/)) {
            points = substr(title, RSTART + 2) + 0
            title = substr(title, 1, RSTART - 1)
        }
        good = $1 == "ok"
        printf "%s  %d/%d  %s\n", good ? "ok  " : "FAIL", good ? points : 0, points, title
        next
    }
    /^# [( ](from function|in test file)|^#   `/ { next }
    /^#/ { sub(/^# ?/, "      "); print }' "$1/tap"
    awk '{ print "score " $1 "/" $2 }' "$1/score"
}

# grade_one FILE: judges the lab; keeps the programs in home, and the score.
grade_one() {
    echo "lab $number: ${name#*_} ($1)"
    mkdir -p "$home"
    folder=$BUILD/labs/judged.$$/$number
    full=0
    build "$1" "$folder" || true
    cat "$folder/build.log" >&2
    ! build_programs "$1" "$folder/plain" -w 2>/dev/null || mv "$folder"/plain/* "$home/"
    judge "$1" "$folder" "$home" || full=1
    show "$folder"
    cp "$folder/score" "$home/.score.$$" && mv "$home/.score.$$" "$home/.score"
    echo "programs: $(about program | sed "s|^\([^ ]*\).*|$home/\1|" | tr '\n' ' ')(they take --explain, --step, --replay=FILE)"
    [ "$full" -ne 0 ] || echo "All points. Now: make solution N=$number$(work_word)"
    json_tests "$folder" >>"$BUILD/labs/judged.$$/json"
    return $full
}

work_word() {
    [ "$WORK" = work ] || echo " WORK=$WORK"
}

# json_tests FOLDER: its claims, as objects with a comma before each.
json_tests() {
    awk -v lab="$number" '
    /^(not )?ok / {
        points = match($0, /\([0-9]+ points?\)$/) ? substr($0, RSTART + 1) + 0 : 0
        good = $1 == "ok"
        sub(/^(not )?ok [0-9]* */, "")
        gsub(/\\/, "&&")
        gsub(/"/, "\\\"")
        printf ",\n  {\"test-name\":\"%s %s\",\"passed\":%s,\"score\":%d,\"max-score\":%d}",
            lab, $0, good ? "true" : "false", good ? points : 0, points
    }' "$1/tap"
}

grade() {
    find_bats
    [ -z "$FILE" ] || [ -n "$N" ] || usage "FILE=$FILE is of which lab? Say N=03, for example"
    numbers=$N
    [ -n "$N" ] || numbers=$(started_numbers)
    [ -n "$numbers" ] || fail "no lab is started in $WORK; begin with make lab N=01"
    build_product
    mkdir -p "$BUILD/labs/judged.$$"
    : >"$BUILD/labs/judged.$$/json"
    trap 'rm -rf "$BUILD/labs/judged.$$"' EXIT
    trap 'exit 1' HUP INT TERM
    all_full=0
    for each in $numbers; do
        the_lab "$each"
        [ -f "${FILE:-$student}" ] || fail "there is no ${FILE:-$student}; make lab N=$number starts it"
        grade_one "${FILE:-$student}" || all_full=1
    done
    return $all_full
}

# result.json, in the schema of Classroom 50. That points are missing is no failure.
grade_json() {
    grade >&2 || true
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    [ -d "$BUILD/labs/judged.$$" ] || exit 1
    awk -v now="$now" '
    function quoted(name,    text) {
        text = ENVIRON[name]
        gsub(/\\/, "&&", text)
        gsub(/"/, "\\\"", text)
        return "\"" text "\""
    }
    { tests = tests $0 "\n" }
    match($0, /"score":[0-9]+/) { score += substr($0, RSTART + 8, RLENGTH - 8) }
    match($0, /"max-score":[0-9]+/) { most += substr($0, RSTART + 12, RLENGTH - 12) }
    END {
        sub(/^,\n/, "", tests)
        print "{\"schema\":\"classroom50/result/v1\",\"classroom\":" quoted("CLASSROOM") ","
        print "\"assignment\":" quoted("ASSIGNMENT") ",\"submission\":" quoted("SUBMISSION_TAG") ","
        print "\"commit\":" quoted("COMMIT_URL") ",\"release\":" quoted("RELEASE_URL") ","
        print "\"review\":" quoted("REVIEW_URL") ",\"datetime\":\"" now "\","
        printf "\"score\":%d,\"max-score\":%d,\n\"tests\":[\n%s]}\n", score, most, tests
    }' "$BUILD/labs/judged.$$/json" >result.json.$$
    mv result.json.$$ result.json
    echo "wrote result.json" >&2
}

# ---- what a student does ----

list() {
    printf '%-4s %-24s %8s  %s\n' lab name minutes score
    for each in $(all_numbers); do
        the_lab "$each"
        state="not started"
        [ ! -f "$student" ] || state=started
        [ ! -f "$student" ] || [ ! -f "$home/.score" ] || state=$(tr ' ' / <"$home/.score")
        printf '%-4s %-24s %8s  %s\n' "$number" "${name#*_}" "$(about minutes)" "$state"
    done
    echo "begin with: make lab N=01"
}

# start_lab: puts the file there, but not over work.
start_lab() {
    the_lab "$N"
    if [ -f "$student" ] && [ "$AGAIN" != 1 ]; then
        echo "$student is there, and stays as it is; AGAIN=1 begins anew, and keeps it as $student.1"
    else
        mkdir -p "$home"
        with_texts "$lab/start.c" >"$student.new.$$" || exit 1
        [ ! -f "$student" ] || mv "$student" "$student.1"
        mv "$student.new.$$" "$student"
        rm -f "$home/.score" "$home/.hint"
    fi
    echo
    cat "$lab/README.md"
    echo
    echo "edit:  $student"
    echo "then:  make grade N=$number$(work_word)"
}

# bug: builds it, and says what can be seen.
bug() {
    the_lab "$N"
    is_bug || usage "lab $number is no bug; those begin at 13"
    build_product
    folder=$BUILD/labs/$number
    mkdir -p "$folder"
    with_texts "$lab/start.c" >"$folder/${product##*/}.$$" || exit 1
    mv "$folder/${product##*/}.$$" "$folder/${product##*/}"
    build_programs "$folder/${product##*/}" "$folder"
    rm -f "$folder/${product##*/}" # the bug is to be found by its symptom
    sed -n '/^## Symptom/,/^## [^S]/p' "$lab/README.md" | sed '/^## /d'
    about program | sed "s|^\([^ ]*\).*|built: $folder/\1|"
}

# The paragraphs of `hints`, one more at each call.
hint() {
    the_lab "$N"
    [ -f "$student" ] || fail "lab $number is not started: make lab N=$number"
    next=$(($(cat "$home/.hint" 2>/dev/null || echo 0) + 1))
    most=$(awk -v RS= 'END { print NR }' "$lab/hints")
    [ "$next" -le "$most" ] || next=$most
    echo "$next" >"$home/.hint"
    echo "hint $next of $most:"
    awk -v RS= -v n="$next" 'NR == n' "$lab/hints"
}

solution() {
    the_lab "$N"
    [ -f "$student" ] || fail "lab $number is not started: make lab N=$number"
    score=$(cat "$home/.score" 2>/dev/null || echo '0 1')
    [ "${score% *}" = "${score#* }" ] ||
        fail "the solution is shown after full score: make grade N=$number, or make hint N=$number"
    if diff -u "$student" "$product"; then
        echo "yours is the product's, to the letter"
    fi
}

# ---- labs-check ----

# Each prints "ok lab 03: ..." or "not ok ..."; the caller numbers them.
say() {
    [ "$1" = ok ] || grep '^#' "$folder/tap" 2>/dev/null | head -n 40 || true
    echo "$1 - lab $number: $2"
}

# is_full WHAT FILE: REPEAT times.
is_full() {
    folder=$scratch/$1
    build "$2" "$folder" || true
    time=0
    while [ $((time += 1)) -le "$REPEAT" ]; do
        verdict=ok
        judge "$2" "$folder" "$home" 2>&1 || verdict="not ok"
        say "$verdict" "$1 scores full ($(tr ' ' / <"$folder/score"))"
    done
}

# fails WHAT FILE TEXTS: it does, and says what the first line of the texts promises; what
# ends early, hangs or lies gets no point. REPEAT times.
fails() {
    folder=$scratch/$1
    message=$(sed -n '1s|^/\* expects: \(.*\) \*/$|\1|p' "$3")
    build "$2" "$folder" || true
    time=0
    while [ $((time += 1)) -le "$REPEAT" ]; do
        verdict=ok
        ! judge "$2" "$folder" "$home" 2>&1 || verdict="not ok"
        sed -n 's/^# *//p' "$folder/tap" | grep -F -e "$message" >/dev/null || verdict="not ok"
        [ -n "$message" ] || [ "$1" = start ] || verdict="not ok"
        ! grep '^/\* no points \*/$' "$3" >/dev/null || [ "$(cut -d' ' -f1 "$folder/score")" -eq 0 ] || verdict="not ok"
        say "$verdict" "$1 fails${message:+, and says: $message} ($(tr ' ' / <"$folder/score"))"
    done
}

compiles_silently() {
    for compiler in gcc clang; do
        command -v "$compiler" >/dev/null || { say ok "$2 compiles with $compiler # skip needs $compiler"; continue; }
        # shellcheck disable=SC1091,SC2086 # is written by labs.mk; several words
        if (. "$BUILD/labs/settings" && ${compiler} ${compile#* } -Werror -fsyntax-only -I"${product%/*}" "$1") \
            >"$scratch/tap" 2>&1; then
            say ok "$2 compiles with $compiler without a warning"
        else
            sed 's/^/# /' "$scratch/tap"
            say "not ok" "$2 compiles with $compiler without a warning"
        fi
    done
}

# claim WHAT CONDITION...
claim() {
    what=$1
    verdict=ok
    shift
    "$@" || verdict="not ok"
    say "$verdict" "$what"
}

check_files() {
    odd=$(cd "$lab" && find . -type f | sed 's|^\./||' | grep -v -E -e '^(README\.md|start\.c|lab|hints|grade\.bats|wrong/[a-z0-9_]+\.c|[a-z0-9_]+\.[ch])$') || true
    for file in README.md start.c lab hints grade.bats; do
        [ -s "$lab/$file" ] || odd="$odd $file is missing"
    done
    claim "no file is missing or unexpected${odd:+: $odd}" [ -z "$odd" ]
    claim "it has three hints" [ "$(awk -v RS= 'length > 20 { n++ } END { print n + 0 }' "$lab/hints")" -eq 3 ]
    wrong=$(find "$lab/wrong" -name '*.c' | wc -l)
    least=3
    ! is_bug || least=1
    claim "it has $least wrong solutions or more" [ "$wrong" -ge "$least" ]
}

# check_lab NUMBER: with QUICK=1 only what must be good.
check_lab() {
    the_lab "$1"
    find_bats
    home=$CHECKED/work/$name
    scratch=$CHECKED/$number
    folder=$scratch
    mkdir -p "$scratch" "$home"
    check_files
    with_texts "$lab/start.c" >"$home/start.c"
    compiles_silently "$home/start.c" start
    compiles_silently "$product" "the product's file"
    is_full product "$product"
    [ "${QUICK:-}" != 1 ] || return 0
    fails start "$home/start.c" "$lab/start.c"
    for texts in "$lab"/wrong/*.c; do
        wrong=${texts##*/}
        if with_texts "$texts" >"$home/$wrong"; then
            fails "${wrong%.c}" "$home/$wrong" "$texts"
        else
            say "not ok" "$texts has functions of $product"
        fi
    done
}

labs_check() {
    find_bats
    build_product
    REPEAT=${REPEAT:-2}
    CHECKED=$(mktemp -d)
    trap 'rm -rf "$CHECKED"' EXIT
    trap 'exit 1' HUP INT TERM
    # shellcheck disable=SC2030 # for xargs
    export BUILD WORK CC MAKE REPEAT CHECKED LABS_ARE_BUILT=1
    # Hangs are waited for: so more at once than there are processors.
    { if [ -n "$N" ]; then echo "$N"; else all_numbers; fi; } |
        xargs -n 1 -P "${LABS_AT_ONCE:-3}" sh -c '"$0" check-lab "$1" >"$CHECKED/$1.log" 2>&1; cat "$CHECKED/$1.log"' "$LABS/labs.sh" |
        awk '/^ok / { print "ok " ++n substr($0, 3); next }
            /^not ok / { print "not ok " ++n substr($0, 7); bad = 1; next }
            !/^#/ { $0 = "# " $0 }
            { print }
            END { print "1.." n + 0; exit bad || n == 0 }'
}

case ${1:-} in
list) list ;;
lab) start_lab ;;
bug) bug ;;
grade) grade ;;
grade-json) grade_json ;;
hint) hint ;;
solution) solution ;;
labs-check) labs_check ;;
check-lab) check_lab "$2" ;;
*) usage "use make labs, lab, grade, hint, solution, bug or labs-check" ;;
esac
