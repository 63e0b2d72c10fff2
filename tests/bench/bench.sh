#!/bin/sh
# What do futures cost? Runs stage5 and raw_epoll, the same work on bare epoll, in turn,
# and compares the CPU time. Exits 1 if stage5 takes more than 1.15 times as much.
#     [BENCH_CLIENTS='1000 9000'] [BENCH_ROUNDS=15] tests/bench/bench.sh
# BIN (.) and BUILD (build) say where the programs are.
set -eu

clients=${BENCH_CLIENTS:-1000 9000}
rounds=${BENCH_ROUNDS:-15}
target=1.15
export LC_ALL=C # awk would read and write decimal commas
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
    echo "bench.sh: $*" >&2
    exit 1
}

# start PROGRAM CLIENTS: ends with a line of JSON on stderr.
start() {
    case $1 in
    stage5) "${BIN:-.}/stage5" -n "$2" -d 1 -r json ;;
    raw_epoll) "${BUILD:-build}/raw_epoll" "$2" 1 ;;
    esac
}

# number NAME: its value in the last report.
number() {
    sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" "$scratch/report"
}

# measure PROGRAM CLIENTS: prints the two, CPU seconds, wall seconds and KiB of memory.
measure() {
    start "$1" "$2" >/dev/null 2>"$scratch/report" ||
        fail "$1 failed with $2 clients: $(head -n 1 "$scratch/report")"
    [ "$(number completed)" = "$2" ] ||
        fail "$1 completed '$(number completed)' of $2 clients"
    echo "$1 $2 $(number user_s) $(number sys_s) $(number wall_s) $(number max_rss_kib)" |
        awk '{ print $1, $2, $3 + $4, $5, $6 }'
}

median_of_lines() {
    sort -n | awk '{ value[NR] = $1 }
        END { print (value[int((NR + 1) / 2)] + value[int((NR + 2) / 2)]) / 2 }'
}

# median PROGRAM CLIENTS COLUMN: of what measure printed in all rounds.
median() {
    awk -v program="$1" -v clients="$2" -v column="$3" \
        '$1 == program && $2 == clients { print $column }' "$scratch/results" | median_of_lines
}

# ratio CLIENTS: stage5's CPU time to raw_epoll's, each compared with its neighbour in time:
# the median of all rounds. (The ratio of the medians would let in what the machine did else.)
ratio() {
    awk -v clients="$1" '$2 != clients { next }
        $1 == "stage5" { stage5 = $3 }
        $1 == "raw_epoll" { print stage5 / $3 }' "$scratch/results" | median_of_lines
}

row() {
    printf '%7s  %-9s  %6.3f s  %6.3f s  %6.0f KiB\n' "$2" "$1" \
        "$(median "$1" "$2" 3)" "$(median "$1" "$2" 4)" "$(median "$1" "$2" 5)"
}

[ "$rounds" -gt 0 ] 2>/dev/null || fail "BENCH_ROUNDS is '$rounds', not 1 or more"
for program in "${BIN:-.}/stage5" "${BUILD:-build}/raw_epoll"; do
    [ -x "$program" ] || fail "there is no $program; run make bench"
done

# The warm-up, which is not counted. All of it first: if there are too few descriptors for
# the most clients, this is the time to notice.
for n in $clients; do
    echo "warm-up: $n clients" >&2
    measure stage5 "$n" >/dev/null
    measure raw_epoll "$n" >/dev/null
done

# In turn, so that whatever else the machine does hits both.
for n in $clients; do
    round=0
    while [ "$round" -lt "$rounds" ]; do
        round=$((round + 1))
        echo "round $round of $rounds: $n clients" >&2
        measure stage5 "$n"
        measure raw_epoll "$n"
    done
done >"$scratch/results"

# verdict CLIENTS: the ratio, and whether it is small enough.
verdict() {
    awk -v ratio="$(ratio "$1")" -v target="$target" \
        'BEGIN { print sprintf("%.3f", ratio), ratio <= target ? "ok" : "MISSED" }'
}

echo 'clients  program    CPU time  wall time      memory  (medians)'
missed=0
for n in $clients; do
    row stage5 "$n"
    row raw_epoll "$n"
    verdict=$(verdict "$n")
    echo "         CPU time, stage5 / raw_epoll: $verdict (at most $target)"
    case $verdict in *MISSED*) missed=1 ;; esac
done
exit "$missed"
