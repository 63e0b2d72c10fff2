# shellcheck shell=sh
# A handout: the tree for graded homework, in which what the labs ask for is empty. Above, how
# it is made; below, what is different in it. Part of labs.sh.

# In a handout: a line for each lab that is given, in an order in which they can be done: its
# number, its file, the numbers of those that it needs.
GIVEN=$LABS/given

# ---- make one ----

# The functions of these texts, a line each.
functions_of() {
    sed -n 's/^[a-z].*[ *]\([a-z_0-9]*\)(.*/\1/p' "$1"
}

# one_of: the lines as a regular expression.
one_of() {
    tr '\n' '|' | sed 's/|$//'
}

# needs A B: whether the product's code for lab A still scores full where lab B is empty.
needs() {
    the_lab "$2"
    emptied=$scratch/$2.c
    with_texts "$lab/start.c" >"$emptied"
    file=$product
    the_lab "$1"
    OTHERS="$file $emptied
"
    judged=$product
    if [ "$file" = "$product" ]; then
        OTHERS=
        judged=$emptied
    fi
    build "$judged" "$scratch/needs" || true
    ! judge "$judged" "$scratch/needs" "$WORK"
}

# find_order NUMBERS: writes the lines of GIVEN to $scratch/given, whoever is needed first.
find_order() {
    : >"$scratch/given"
    for one in $1; do
        needed=
        for two in $1; do
            [ "$one" = "$two" ] || ! needs "$one" "$two" || needed="$needed $two"
        done
        the_lab "$one"
        echo "$one $product$needed" >>"$scratch/unordered"
    done
    awk '{ line[$1] = $0; left[++n] = $1 }
        END {
            while (placed < n) {
                before = placed
                for (i = 1; i <= n; i++) {
                    fields = split(line[left[i]], field, " ")
                    ready = !(left[i] in done)
                    for (j = 3; j <= fields; j++)
                        ready = ready && field[j] in done
                    if (ready) {
                        print line[left[i]]
                        done[left[i]]
                        placed++
                    }
                }
                if (placed == before)
                    exit 1
            }
        }' "$scratch/unordered" >"$scratch/given" ||
        fail "labs $1 need each other, so none of them can be done first; make a handout of each"
}

# What goes into it: what git knows; without git, all that was not built. Not: what is of no
# use there, or for teachers.
tree_files() {
    if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ]; then
        git ls-files
        unknown=$(git ls-files -o --exclude-standard | wc -l)
        [ "$unknown" -eq 0 ] || echo "labs: $((unknown)) files are left out, for git does not know them" >&2
    else
        find . -type f | sed 's|^\./||' | grep -v -E -e "^(\.git|build|work|$BUILD|$WORK)/" -e '^(stage[1-5]|result\.json)$'
    fi | grep -v -E -e '^\.(ci|git|github)/' -e '^classroom/GUIDE\.md$' -e '^tests/(labs|pages)\.bats$' |
        while read -r file; do
            [ ! -f "$file" ] || echo "$file"
        done
}

# leave_out_others: folders of labs, which are not given, whose texts have a function of this.
leave_out_others() {
    functions=$(functions_of "$lab/start.c" | one_of)
    for other in "$tree/$LABS"/[0-9][0-9]_*; do
        grep -q "^file  *$product\$" "$other/lab" || continue
        ! grep "^${other##*/}\$" "$scratch/names" >/dev/null || continue # it is given, too
        ! grep -q -E "^[a-z].*[ *]($functions)\(" "$other"/start.c "$other"/wrong/*.c 2>/dev/null || rm -rf "$other"
    done
}

# words_of: how answers name the functions of the lab, as a regular expression.
words_of() {
    functions_of "$lab/start.c" | while read -r function; do
        short=$(echo "$function" | sed -e 's/_attempt$//' -e 's/_poll$//')
        case $short in
        *_*) printf '%s\n' "$function" "$short" ;;
        *) printf '%s\n' "\`$function\`" "${function}[(]" ;; # else it is a word of every day
        esac
    done | one_of
}

# leave_out_answers PAGE ALL: those that name one of the functions (or all: 1); and changes to
# the file.
leave_out_answers() {
    awk -v words="$(words_of)" -v file="$product" -v all="$2" '
    function end_it() {
        if (open == "answer" && (all || named))
            text = "<details><summary>Answer</summary>\n\nIt is left out of this handout.\n\n</details>\n"
        if (open == "block" && changes)
            text = ""
        printf "%s", text
        text = open = ""
        named = changes = 0
    }
    BEGIN { words = "(^|[^a-z_])(" words ")([^a-z_]|$)" }
    !open && /^ *<details>/ { open = "answer" }
    !open && /^ *```/ { open = "block"; text = $0 "\n"; next }
    !open { print; next }
    {
        text = text $0 "\n"
        named = named || $0 ~ words || index($0, file ":") == 1
        changes = changes || index($0, file ":") == 1
    }
    open == "answer" ? /<\/details>/ : /^ *```/ { end_it() }
    END { printf "%s", text }' "$1" >"$scratch/page" && cat "$scratch/page" >"$1"
}

# empty_lab: in the tree of the handout.
empty_lab() {
    with_texts "$lab/start.c" "$tree/$product" >"$scratch/emptied.c"
    cat "$scratch/emptied.c" >"$tree/$product"
    find "$tree" -name '*.md' | while read -r page; do
        leave_out_answers "$page" "$([ "$page" != "$tree/$lab/README.md" ] || echo 1)"
    done
    leave_out_others
    rm -rf "${tree:?}/$lab/wrong" "$tree/$lab/start.c"
}

handout() {
    [ -n "$N" ] || usage "a handout of which labs? Say N=\"03 08\", for example"
    numbers=$(for each in $N; do the_lab "$each" && echo "$number"; done | sort -u | tr '\n' ' ')
    [ -n "$numbers" ] || exit 2
    build_product
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 1' HUP INT TERM
    find_order "${numbers% }"
    tree=$scratch/handout
    mkdir "$tree"
    tree_files >"$scratch/files"
    tar -cf - -T "$scratch/files" | (cd "$tree" && tar -xf -)
    for each in $numbers; do the_lab "$each" && echo "$name"; done >"$scratch/names"
    for each in $numbers; do
        the_lab "$each"
        [ -f "$tree/$product" ] || fail "git does not know $product: commit it first"
        empty_lab
    done
    cp "$scratch/given" "$tree/$GIVEN"
    result=$BUILD/labs/handout_$(echo "${numbers% }" | tr ' ' '_').tar
    (cd "$scratch" && tar -cf - handout) >"$result.$$" && mv "$result.$$" "$result"
    echo "wrote $result; to be done in this order: $(cut -d' ' -f1 "$scratch/given" | tr '\n' ' ')" | sed 's/ $//'
}

# ---- in one ----

given() {
    cut -d' ' -f1 "$GIVEN" 2>/dev/null || true
}

# given_in FILE: those of that file.
given_in() {
    awk -v file="$1" '$2 == file { print $1 }' "$GIVEN"
}

is_given() {
    given | grep "^$number\$" >/dev/null
}

# solution_of NUMBER: the student's file, as it scored full.
solution_of() {
    set -- "$WORK/$1"_*/.full.c
    [ ! -f "$1" ] || echo "$1"
}

# Of the lab. Of one that is not given nobody knows, so all that its programs are linked of.
needed_labs() {
    if is_given; then
        sed -n "s/^$number [^ ]* *//p" "$GIVEN"
        return
    fi
    objects=$BUILD
    # shellcheck disable=SC1091 # is written by labs.mk
    . "$BUILD/labs/settings"
    about program | while read -r program stage; do
        objects_of "$program" "$stage"
    done | tr ' ' '\n' | awk -v build="$BUILD/" 'NR == FNR { linked[$0]; next }
        { object = $2; sub(/c$/, "o", object) } (build object) in linked { print $1 }' - "$GIVEN"
}

# what_comes_first NUMBERS: of these and those that they need, the one to begin with; nothing, if
# all are solved.
what_comes_first() {
    for needed in $1; do
        [ -z "$(solution_of "$needed")" ] || continue
        the_lab "$needed"
        earlier=$(what_comes_first "$(needed_labs)")
        echo "${earlier:-$needed}"
        return
    done
}

# merge BASE OTHER FILE: what OTHER changed in BASE is changed in FILE, too.
merge() {
    command -v diff3 >/dev/null || fail "several labs share $1: install diff3 (package diffutils)"
    if ! diff3 -m "$3" "$1" "$2" >"$3.merged"; then
        rm -f "$3.merged"
        fail "$3 and $2 both change the same lines of $1; change only what the lab asks for"
    fi
    mv "$3.merged" "$3"
}

# filled FILE TO [LAB]: writes to TO the file with all solutions in it that there are (but that
# of LAB), beginning with what TO has.
filled() {
    [ -f "$2" ] || cp "$1" "$2"
    for each_given in $(given_in "$1"); do
        theirs=$(solution_of "$each_given")
        [ "$each_given" = "${3:-}" ] || [ -z "$theirs" ] || merge "$1" "$theirs" "$2"
    done
}

# others_in FOLDER: sets OTHERS, for build_programs: the files that are empty, filled as far as
# they can be.
others_in() {
    OTHERS=
    for each_given in $(given); do
        file=$(sed -n "s/^$each_given \([^ ]*\).*/\1/p" "$GIVEN")
        [ "$file" != "$product" ] || continue
        filled_file=$1/others/$file
        mkdir -p "${filled_file%/*}"
        rm -f "$filled_file"
        filled "$file" "$filled_file"
        OTHERS="$OTHERS$file $filled_file
"
    done
}

# fill FILE: of make. Prints the name of what is to be compiled in its place.
fill() {
    first=$(what_comes_first "$(given_in "$1")")
    [ -z "$first" ] || fail "lab $first comes first, for $1 is empty: make lab N=$first$(work_word)"
    result=$BUILD/labs/filled/$1
    mkdir -p "${result%/*}"
    rm -f "$result.$$"
    filled "$1" "$result.$$"
    mv "$result.$$" "$result"
    echo "$result"
}

# keep_solution FILE FULL: for what is built from now on. FULL is 0 if it scored full.
keep_solution() {
    if [ "$2" -eq 0 ]; then
        cp "$1" "$home/.full.c"
    else
        rm -f "$home/.full.c" "$BUILD/${product%.c}.o"
    fi
}
