#!/usr/bin/env bash
# Judges the claims of a grade.bats, as bats does, but without its second for each file:
#     judge.bash GRADE.BATS
# Writes TAP: what a claim that fails has printed follows it as comments.

unset CDPATH # else cd may go elsewhere
BATS_FILE_TMPDIR=$(mktemp -d) || exit 1
trap 'rm -rf "$BATS_FILE_TMPDIR"' EXIT
trap 'exit 1' HUP INT TERM
claims=$1

# shellcheck disable=SC2317 # the claims call it
load() {
    # shellcheck disable=SC1090 # which one, the claims say
    . "$(dirname "$claims")/$1"
}

# shellcheck disable=SC2317 # the same
bats_require_minimum_version() {
    : # it is us
}

titles=()
# Each claim becomes a function: claim_1, ...
awk '/^@test ".*" \{$/ {
        title = substr($0, 8, length - 10)
        gsub(/\047/, "\047\\\\\047\047", title)
        print "titles+=(\047" title "\047); claim_" ++n "() {"
        next
    }
    { print }' "$claims" >"$BATS_FILE_TMPDIR/claims" || exit 1
# shellcheck disable=SC1091 # just written
. "$BATS_FILE_TMPDIR/claims" || exit 1

echo "1..${#titles[@]}"
all=0
for ((number = 1; number <= ${#titles[@]}; number++)); do
    BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR/$number
    mkdir "$BATS_TEST_TMPDIR" || exit 1
    # (No || and no if: in those, bash does not end at a command that fails.)
    (
        set -e
        "claim_$number"
        does_not_spin
    ) >"$BATS_FILE_TMPDIR/said" 2>&1
    status=$?
    verdict=ok
    [ "$status" -eq 0 ] || verdict="not ok"
    echo "$verdict $number ${titles[number - 1]}"
    [ "$status" -eq 0 ] || sed 's/^/# /' "$BATS_FILE_TMPDIR/said"
    [ "$status" -eq 0 ] || all=1
done
exit "$all"
