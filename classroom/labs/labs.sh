#!/bin/sh
# What make labs, lab, grade, hint, solution, bug, grade-json and labs-check do; README.md
# says how a lab is made. From make: MAKE CC BUILD WORK, and N FILE AGAIN REPEAT.
set -eu
unset CDPATH # else cd may go elsewhere
cd "$(dirname "$0")/../.."

LABS=classroom/labs
BUILD=${BUILD:-build} WORK=${WORK:-work} CC=${CC:-cc} MAKE=${MAKE:-make}
RESULT=${RESULT:-result.json}
N=${N:-} FILE=${FILE:-} AGAIN=${AGAIN:-} REPEAT=${REPEAT:-}
CHECK_SCALE=${CHECK_SCALE:-1}
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

# Whether it can be done here: "system Linux" in `lab`, for example.
is_for_us() {
    [ -z "$(about system)" ] || [ "$(about system)" = "$(uname -s)" ]
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

# with_texts TEXTS [FILE]: the product's file (or this) with these functions. In a handout there
# may be no text, for the file has it.
with_texts() {
    if is_given && [ ! -f "$1" ]; then
        cat "$product"
    else
        awk -f "$LABS/replace.awk" "$1" "${2:-$product}"
    fi
}

# ---- build ----

# Two graders may come at once: one builds the product, the other waits. The lock is a link to
# the number of who has it.
take_lock() {
    lock=$BUILD/labs/lock
    mkdir -p "$BUILD/labs"
    waited=0
    until ln -s $$ "$lock" 2>/dev/null; do
        owner=$(readlink "$lock" || true)
        [ -z "$owner" ] || kill -0 "$owner" 2>/dev/null || take_over "$owner"
        [ $((waited += 1)) -ne 50 ] || echo "labs: process $owner builds in $BUILD; I wait for it" >&2
        sleep 0.1
    done
}

# take_over OWNER: it was killed. (If another one was faster, the lock is that one's.)
take_over() {
    mv "$lock" "$lock.$$" 2>/dev/null || return 0
    [ "$(readlink "$lock.$$")" = "$1" ] || ln -s "$(readlink "$lock.$$")" "$lock" || true
    rm -f "$lock.$$"
}

give_lock_back() {
    rm -f "$lock"
}

# can_sanitize KIND: whether what it builds runs here.
can_sanitize() {
    known=$BUILD/labs/sanitize_$1
    if [ ! -f "$known" ]; then
        probe=$BUILD/labs/probe.$$
        mkdir -p "$probe"
        echo 'int main(void) { return 0; }' >"$probe/probe.c"
        # shellcheck disable=SC2046,SC2086 # several words
        if $CC $(sanitizers "$1") -o "$probe/probe" "$probe/probe.c" 2>/dev/null &&
            $(fixed_addresses "$1") "$probe/probe" 2>/dev/null; then
            echo yes >"$known.$$"
        else
            echo no >"$known.$$"
        fi
        mv "$known.$$" "$known"
        rm -rf "$probe"
    fi
    [ "$(cat "$known")" = yes ]
}

# Of the lab: thread, if its functions are called by several.
sanitizer_kind() {
    kind=$(about sanitizer)
    echo "${kind:-address}"
}

sanitizers() {
    case $1 in
    thread) echo "-fsanitize=thread" ;;
    *) echo "-fsanitize=address,undefined -fno-sanitize-recover=all" ;;
    esac
}

# ThreadSanitizer of gcc 12 fails where addresses are randomised by 32 bits.
fixed_addresses() {
    [ "$1" != thread ] || ! setarch -R true 2>/dev/null || echo "setarch -R"
}

# All objects that are the product's. None of them is built with a sanitizer: what the
# student's file does is what is looked at.
build_product() {
    [ -z "${LABS_ARE_BUILT:-}" ] || return 0
    [ -f "$BUILD/labs/settings" ] || echo "labs: builds what all labs share, which takes a while the first time" >&2
    take_lock
    trap give_lock_back EXIT
    trap 'exit 1' HUP INT TERM
    "$MAKE" -s -j2 BUILD="$BUILD" labs-objects >&2
    can_sanitize address || echo "labs: $CC has no sanitizers here, so none looks on" >&2
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
    stage2) eval "echo \"\$stage2 \$witness\"" ;;
    stage*) eval "echo \"\$$1 \$futures \$witness\"" ;;
    *) eval "echo \"\$${2:-stage4} \$core $(own_objects_of "$1")\"" ;;
    esac
}

# OTHERS: lines of a file of the product, and another that is to be compiled in its place.
OTHERS=

# build_others FOLDER: compiles those, and writes a script for sed that puts their objects in
# the place of the product's.
build_others() {
    printf '%s' "$OTHERS" | while read -r file other; do
        object=$1/$(echo "${file%.c}" | tr / _).other.o
        # shellcheck disable=SC2086,SC2154 # several words, of settings
        $compile -w -I"${file%/*}" -c -o "$object" "$other" || exit 1
        echo "s|^$BUILD/${file%.c}\.o\$|$object|"
    done
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
    build_others "$2" >"$2/places" || return 1
    about program | while read -r program stage; do
        needed=$(objects_of "$program" "$stage" | tr ' ' '\n' | grep -v "^$BUILD/${product%.c}\.o$" | sed -f "$2/places")
        # shellcheck disable=SC2086,SC2154 # several words
        $link ${3:-} -o "$2/$program.$$" $needed "$2/object.o" && mv "$2/$program.$$" "$2/$program" || exit 1
    done || return 1
    rm -f "$2"/*.o "$2/places"
}

# ---- grade ----

# build FILE FOLDER: what is judged, to FOLDER/judged: with sanitizers, if there are any.
# Its compiler's messages: FOLDER/build.log.
build() {
    rm -rf "$2"
    mkdir -p "$2"
    sanitize=
    ! can_sanitize "$(sanitizer_kind)" || sanitize="-O1 $(sanitizers "$(sanitizer_kind)")"
    build_programs "$1" "$2/judged" "$sanitize" >"$2/build.log" 2>&1
}

# judge FILE FOLDER PROGRAMS [STUDENT]: fills FOLDER: tap, and score ("7 10"). PROGRAMS, and
# STUDENT: where the student finds the programs, and the file. Returns whether all is well.
judge() {
    points=$(sed -n 's/^@test .*(\([0-9]*\) points*)" {$/\1/p' "$lab/grade.bats" | awk '{ n += $1 } END { print n }')
    echo "not ok 1 it compiles and links ($points points)" >"$2/tap"
    if [ -n "$(ls "$2/judged")" ] && [ ! -f "$2/judged/object.o" ]; then
        PROGRAMS=$3 JUDGED=$2/judged PEER=$BUILD/labs/peer LAB=$lab STUDENT=${4:-$1} \
            FIXED_ADDRESSES=$(fixed_addresses "$(sanitizer_kind)") \
            "$LABS/judge.bash" "$lab/grade.bats" >"$2/tap" </dev/null || true
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
    source=$BUILD/labs/judged.$$/${product##*/}
    full=0
    source_of "$1" "$source" || return 1
    build "$source" "$folder" || true
    sed "s|$source|$1|g" "$folder/build.log" >&2
    ! build_programs "$source" "$folder/plain" -w 2>/dev/null || mv "$folder"/plain/* "$home/"
    judge "$source" "$folder" "$home" "$1" || full=1
    show "$folder"
    cp "$folder/score" "$home/.score.$$" && mv "$home/.score.$$" "$home/.score"
    echo "programs: $(about program | sed "s|^\([^ ]*\).*|$home/\1|" | tr '\n' ' ')(they take --explain, --step, --replay=FILE)"
    ! is_given || keep_solution "$1" "$full"
    [ "$full" -ne 0 ] || what_next "$1"
    json_tests "$folder" >>"$BUILD/labs/judged.$$/json"
    return "$full"
}

what_next() {
    if is_given; then
        echo "All points. Hand in: $1"
    else
        echo "All points. Now: make solution N=$number$(work_word)"
    fi
}

# source_of FILE TO: what is compiled: the file. In a handout with all that is solved; else, if
# it comes from one, with the product's functions where it has the start of other labs.
source_of() {
    cp "$1" "$2"
    if [ -f "$GIVEN" ]; then
        others_in "${2%/*}"
        filled "$product" "$2" "$number"
    elif [ -n "$FILE" ]; then
        (fill_others_starts "$2" "$product" "$name")
    fi
}

# fill_others_starts FILE PRODUCT NAME: see source_of.
fill_others_starts() {
    functions=$(functions_of "$lab/start.c" | one_of)
    for each_other in $(all_numbers); do
        the_lab "$each_other"
        if [ "$product" != "$2" ] || [ "$name" = "$3" ]; then continue; fi
        ! grep -E "^[a-z].*[ *]($functions)\(" "$lab/start.c" >/dev/null || continue
        with_texts "$lab/start.c" >"$1.start"
        own_functions "$1.start" >"$1.theirs"
        own_functions "$1" 2>/dev/null | cmp -s - "$1.theirs" || continue
        own_functions "$product" >"$1.texts"
        awk -f "$LABS/replace.awk" "$1.texts" "$1" >"$1.new" && mv "$1.new" "$1"
    done
}

# own_functions FILE: those that the lab is about, as they stand there.
own_functions() {
    awk -v only=1 -f "$LABS/replace.awk" "$lab/start.c" "$1"
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

# comes_later: in a handout, whether another lab is to be done before this one; it is named.
comes_later() {
    [ -f "$GIVEN" ] || return 1
    first=$(what_comes_first "$(needed_labs)")
    [ -n "$first" ] || return 1
    echo "labs: lab $first comes first, for lab $number runs what is written there: make lab N=$first$(work_word)" >&2
}

grade() {
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
        ! comes_later || { all_full=1; continue; }
        grade_one "${FILE:-$student}" || all_full=1
    done
    [ "$(echo "$numbers" | wc -w)" -eq 1 ] || sum_up
    return "$all_full"
}

sum_up() {
    sed -n 's/.*"score":\([0-9]*\),"max-score":\([0-9]*\).*/\1 \2/p' "$BUILD/labs/judged.$$/json" |
        awk '{ score += $1; most += $2 } END { print "in all: " score + 0 "/" most + 0 }'
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
    }' "$BUILD/labs/judged.$$/json" >"$RESULT.$$"
    mv "$RESULT.$$" "$RESULT"
    echo "wrote $RESULT" >&2
}

# ---- what a student does ----

has_full_score() {
    score=$(cat "$home/.score" 2>/dev/null || echo '0 1')
    [ "${score% *}" = "${score#* }" ]
}

list() {
    next=
    printf '%-4s %-24s %8s  %s\n' lab name minutes score
    for each in $(all_numbers); do
        the_lab "$each"
        state="not started"
        [ ! -f "$student" ] || state=started
        [ ! -f "$student" ] || [ ! -f "$home/.score" ] || state=$(tr ' ' / <"$home/.score")
        [ -n "$next" ] || has_full_score || next=$number
        printf '%-4s %-24s %8s  %s\n' "$number" "${name#*_}" "$(about minutes)" "$state"
    done
    if [ -f "$GIVEN" ]; then
        echo "to be done in this order: $(given | tr '\n' ' ')"
    elif [ -n "$next" ]; then
        echo "begin with: make lab N=$next"
    else
        echo "all of them are done"
    fi
}

# start_lab: puts the file there, but not over work.
start_lab() {
    the_lab "$N"
    is_for_us || fail "lab $number needs $(about system): its file is not built on $(uname -s)"
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
    sed "/^<details>/,/^<.details>/d" "$lab/README.md" # it has the answer
    echo
    echo "edit:  $student"
    echo "then:  make grade N=$number$(work_word)"
}

# bug: builds it, and says what can be seen.
bug() {
    the_lab "$N"
    is_bug || usage "lab $number is no bug; those begin at 13"
    build_product
    ! comes_later || exit 1
    [ ! -f "$GIVEN" ] || others_in "$BUILD/labs/$number"
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
    ! is_given || fail "the solution of lab $number is not in this handout; ask who gave it to you"
    [ -f "$student" ] || fail "lab $number is not started: make lab N=$number"
    has_full_score ||
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

# A machine may be so busy that a short time is a long one: what is not as it should be is
# judged again, once, and that is said.
once_or_twice() {
    "$@" && return 0
    echo "# again: lab $number, $folder"
    "$@"
}

# is_full WHAT FILE: REPEAT times.
is_full() {
    folder=$scratch/$1
    build "$2" "$folder" || true
    time=0
    while [ $((time += 1)) -le "$REPEAT" ]; do
        verdict=ok
        once_or_twice judge "$2" "$folder" "$home" 2>&1 || verdict="not ok"
        say "$verdict" "$1 scores full ($(tr ' ' / <"$folder/score"))"
    done
}

# fails_as_it_should FILE TEXTS
fails_as_it_should() {
    ! judge "$1" "$folder" "$home" 2>&1 || return 1
    sed -n 's/^# *//p' "$folder/tap" | grep -F -e "$message" >/dev/null || return 1
    ! grep '^/\* no points \*/$' "$2" >/dev/null || [ "$(cut -d' ' -f1 "$folder/score")" -eq 0 ]
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
        [ -n "$message" ] || [ "$1" = start ] || verdict="not ok"
        once_or_twice fails_as_it_should "$2" "$3" || verdict="not ok"
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
    is_for_us || { say ok "it needs $(about system) # skip"; return 0; }
    home=$CHECKED/work/$name
    scratch=$CHECKED/$number
    folder=$scratch
    mkdir -p "$scratch" "$home"
    check_files
    with_texts "$lab/start.c" >"$home/start.c"
    compiles_silently "$home/start.c" start
    is_full product "$product"
    [ "${QUICK:-}" != 1 ] || return 0
    compiles_silently "$product" "the product's file"
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
    [ ! -f "$GIVEN" ] || fail "this is a handout, without the solutions; labs-check is for the whole tree"
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

# shellcheck disable=SC1091 # lint looks at it, too
. "$LABS/handout.sh"

case ${1:-} in
list) list ;;
lab) start_lab ;;
bug) bug ;;
grade) grade ;;
grade-json) grade_json ;;
hint) hint ;;
solution) solution ;;
handout)
    [ ! -f "$GIVEN" ] || fail "this is a handout itself; make handout is for the whole tree"
    handout
    ;;
fill) fill "$2" ;;
labs-check) labs_check ;;
check-lab) check_lab "$2" ;;
*) usage "use make labs, lab, grade, hint, solution, bug, handout or labs-check" ;;
esac
