#!/bin/sh
# Runs the stages one after the other, and compares what each has cost.
#     demo.sh CLIENTS DELAY PROGRAM...
set -eu

clients=$1
delay=$2
shift 2

reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A dot for each client that is done; for more than 40 clients, 40 dots in all.
show_progress() {
    done=0
    dots=0
    while read -r word _; do
        [ "$word" = end ] || continue
        done=$((done + 1))
        while [ $((dots * clients)) -lt $((done * (clients < 40 ? clients : 40))) ]; do
            printf .
            dots=$((dots + 1))
        done
    done
}

# shellcheck source=common/view/bars.sh
. "$(dirname "$0")/bars.sh"

for program; do
    name=$(basename "$program")
    how=$("$program" --help | sed -n '1s/^[^:]*: \(.*\)\.$/\1/p')
    printf '%s  %-21s ' "$name" "$how"
    {
        status=0
        "$program" --clients="$clients" --delay="$delay" --report=json 2>"$reports/$name" || status=$?
        echo "$status" >"$reports/status"
    } | show_progress
    echo
    if [ "$(cat "$reports/status")" -ne 0 ]; then
        grep -v '^{' "$reports/$name" >&2 || true
        echo "demo: $name failed, so there is nothing to compare" >&2
        exit 1
    fi
    printf '%s|%s|' "$name" "$how" >>"$reports/all"
    cat "$reports/$name" >>"$reports/all"
done

echo
# In a locale with a decimal comma, awk would read 0.5 as 0.
LC_ALL=C awk -F'|' -v bars="$bars" '
function field(name, value) {
    value = $3
    if (!sub(".*\"" name "\":", "", value)) return "-"
    sub(/[,}].*/, "", value)
    return value == "null" ? "-" : value
}
function bar(value, most, full, text, i) {
    if (bars == "no") return ""
    full = most > 0 ? int(4 * value / most + 0.5) : 0
    for (i = 1; i <= 4; i++)
        text = text (i <= full ? (bars == "utf-8" ? "█" : "#") : " ")
    return " " text
}
{
    stage[NR] = $1
    how[NR] = $2
    wall[NR] = field("wall_s") + 0 # a number, or awk compares letters
    cpu[NR] = field("user_s") + field("sys_s")
    threads[NR] = field("peak_threads")
    polls[NR] = field("polls")
    waits[NR] = field("reactor_waits")
    if (wall[NR] > most_wall) most_wall = wall[NR]
    if (cpu[NR] > most_cpu) most_cpu = cpu[NR]
}
END {
    gap = bars == "no" ? "" : "     "
    printf "%-7s%-21s%6s%s%6s%s%6s%8s%8s%7s\n", "stage", "how it waits", "wall s", gap, "CPU s", gap,
        "CPU %", "threads", "polls", "waits"
    for (i = 1; i <= NR; i++)
        printf "%-7s%-21s%6.2f%s%6.3f%s%6.1f%8d%8s%7s\n", stage[i], how[i], wall[i], bar(wall[i], most_wall),
            cpu[i], bar(cpu[i], most_cpu), 100 * cpu[i] / wall[i], threads[i], polls[i], waits[i]
    if (wall[1] < 2 * wall[2])
        print "\nWhat to see: little, with so few clients or so short a delay. Take more."
    else
        printf "\nWhat to see: stage 1 pays for waiting with time (%.1f s), stage 2 with threads\n" \
               "(%d), stage 3 with CPU (%.0f %%), and %s with none of these.\n",
            wall[1], threads[2], 100 * cpu[3] / wall[3], (NR > 4 ? "stages 4 and 5" : "stage 4")
}' "$reports/all"
