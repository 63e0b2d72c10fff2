#!/bin/sh
# Is a copy by futures as fast as one by threads? Runs stages 2 to 5 in turn, and compares their
# bytes per second; exits 1 if stage 4 or 5 has less than 0.9 of stage 2.
#     [BENCH_ROUNDS=21] tests/bench/copy.sh [SIZE]
# BIN (.) says where the programs are.
set -eu

rounds=${BENCH_ROUNDS:-21}
size=${1:-1G}
stages='stage2 stage3 stage4 stage5'
export LC_ALL=C # awk would read and write decimal commas
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# measure STAGE: prints its name and bytes per second.
measure() {
    "${BIN:-.}/$1" copy --bytes "$size" -r json 2>"$scratch/report" || {
        echo "copy.sh: $1 failed: $(head -n 1 "$scratch/report")" >&2
        exit 1
    }
    sed -n "s/.*\"bytes_per_s\":\([0-9]*\).*/$1 \1/p" "$scratch/report"
}

round=0
while [ "$round" -le "$rounds" ]; do
    echo "copy of $size, round $round of $rounds" >&2
    for stage in $stages; do
        measure "$stage" >>"$scratch/round$round"
    done
    round=$((round + 1))
done
rm "$scratch/round0" # the warm-up

# median STAGE
median() {
    cat "$scratch"/round* | awk -v stage="$1" '$1 == stage { print $2 }' | sort -n |
        awk '{ value[NR] = $1 } END { print (value[int((NR + 1) / 2)] + value[int((NR + 2) / 2)]) / 2 }'
}

status=0
echo "copy of $size, 64 KiB at once (medians)"
for stage in $stages; do
    awk -v stage="$stage" -v speed="$(median "$stage")" -v blocking="$(median stage2)" 'BEGIN {
        missed = (stage == "stage4" || stage == "stage5") && speed < 0.9 * blocking
        printf "%s  %5.2f GB/s  %4.2f times stage 2%s\n", stage, speed / 1e9, speed / blocking,
            missed ? "  MISSED: at least 0.9" : ""
        exit missed
    }' || status=1
done
exit "$status"
