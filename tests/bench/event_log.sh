#!/bin/sh
# What does the event log cost? Runs two programs in turn, and compares their CPU time:
# stage5 with one that was built without the event log; stage5 that writes a trace with one
# that does not. Exits 1 if one of them takes more than it may.
#     [BENCH_CLIENTS='1000 9000'] [BENCH_ROUNDS=21] tests/bench/event_log.sh
# BIN (.) and BUILD (build) say where the programs are.
set -eu

clients=${BENCH_CLIENTS:-1000 9000}
rounds=${BENCH_ROUNDS:-21}
most=${clients##* }
least=${clients%% *}
export LC_ALL=C # awk would read and write decimal commas
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
    echo "event_log.sh: $*" >&2
    exit 1
}

# start PROGRAM CLIENTS: ends with a line of JSON on stderr.
start() {
    case $1 in
    stage5) "${BIN:-.}/stage5" -n "$2" -d 1 -r json ;;
    no_log) "${BUILD:-build}/without_log/stage5" -n "$2" -d 1 -r json ;;
    trace) "${BIN:-.}/stage5" -n "$2" -d 1 -r json --trace="$scratch/trace" ;;
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

# median PROGRAM COLUMN: of what measure printed in all rounds of this comparison.
median() {
    awk -v program="$1" -v column="$2" '$1 == program { print $column }' "$scratch/results" |
        median_of_lines
}

# ratio A B: the CPU time of A to that of B, each compared with its neighbour in time: the
# median of all rounds. (The ratio of the medians would let in what the machine did else.)
ratio() {
    awk -v a="$1" -v b="$2" '{ time[$1] = $3 } NR % 2 == 0 { print time[a] / time[b] }' \
        "$scratch/results" | median_of_lines
}

row() {
    printf '%7s  %-9s  %6.3f s  %6.3f s  %6.0f KiB\n' "$2" "$1" \
        "$(median "$1" 3)" "$(median "$1" 4)" "$(median "$1" 5)"
}

# compare A B CLIENTS TARGET: in turn, so that whatever else the machine does hits both, and
# each is first as often as second.
compare() {
    echo "warm-up: $1 and $2, $3 clients" >&2
    measure "$1" "$3" >/dev/null
    measure "$2" "$3" >/dev/null
    round=0
    while [ "$round" -lt "$rounds" ]; do
        round=$((round + 1))
        echo "round $round of $rounds: $1 and $2, $3 clients" >&2
        if [ $((round % 2)) -eq 0 ]; then
            measure "$1" "$3"
            measure "$2" "$3"
        else
            measure "$2" "$3"
            measure "$1" "$3"
        fi
    done >"$scratch/results"
    row "$1" "$3"
    row "$2" "$3"
    verdict=$(awk -v ratio="$(ratio "$1" "$2")" -v target="$4" \
        'BEGIN { print sprintf("%.3f", ratio), (ratio <= target ? "ok" : "MISSED") }')
    echo "         CPU time, $1 / $2: $verdict (at most $4)"
    case $verdict in *MISSED*) missed=1 ;; esac
}

[ "$rounds" -gt 0 ] 2>/dev/null || fail "BENCH_ROUNDS is '$rounds', not 1 or more"
for program in "${BIN:-.}/stage5" "${BUILD:-build}/without_log/stage5"; do
    [ -x "$program" ] || fail "there is no $program; run make bench-log"
done

echo 'clients  program    CPU time  wall time      memory  (medians)'
missed=0
compare stage5 no_log "$most" 1.03
compare trace stage5 "$least" 2
exit "$missed"
