#!/bin/sh
# Is a copy by futures as fast as one by threads? Runs stages 2 to 5 in turn, and compares their
# bytes per second; exits 1 if stage 4 or 5 has less than 0.9 of stage 2.
#     [BENCH_ROUNDS=21] tests/bench/copy.sh [SIZE...]
# BIN (.) says where the programs are.
set -eu

rounds=${BENCH_ROUNDS:-21}
stages='stage2 stage3 stage4 stage5'
export LC_ALL=C # awk would read and write decimal commas
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# measure STAGE SIZE: prints its name and bytes per second.
measure() {
    "${BIN:-.}/$1" copy --bytes "$2" -r json 2>"$scratch/report" || {
        echo "copy.sh: $1 failed: $(head -n 1 "$scratch/report")" >&2
        exit 1
    }
    sed -n "s/.*\"bytes_per_s\":\([0-9]*\).*/$1 \1/p" "$scratch/report"
}

# median STAGE
median() {
    awk -v stage="$1" '$1 == stage { print $2 }' "$scratch/results" | sort -n |
        awk '{ value[NR] = $1 } END { print (value[int((NR + 1) / 2)] + value[int((NR + 2) / 2)]) / 2 }'
}

# compare SIZE TARGET: the stages in turn; the first round is a warm-up.
compare() {
    round=0
    while [ "$round" -le "$rounds" ]; do
        echo "copy of $1, round $round of $rounds" >&2
        [ "$round" -gt 1 ] || : >"$scratch/results"
        for stage in $stages; do
            measure "$stage" "$1" >>"$scratch/results"
        done
        round=$((round + 1))
    done
    echo "copy of $1, 64 KiB at once (medians)"
    for stage in $stages; do
        awk -v stage="$stage" -v speed="$(median "$stage")" -v blocking="$(median stage2)" -v least="$2" 'BEGIN {
            missed = (stage == "stage4" || stage == "stage5") && speed < least * blocking
            printf "%s  %5.2f GB/s  %4.2f times stage 2%s\n", stage, speed / 1e9, speed / blocking,
                missed ? "  MISSED: at least " least : ""
            exit missed
        }' || status=1
    done
}

status=0
if [ $# -eq 0 ]; then
    compare 1M 0 # short as it is, starting threads counts: no target
    compare 1G 0.9
fi
for size in "$@"; do
    compare "$size" 0.9
done
exit "$status"
