#!/bin/sh
# Runs the stages one after the other, and compares what each has cost.
#     demo.sh CLIENTS DELAY PROGRAM...
# STAGE6: that of them which a student has made. It may fail, or hang: its row says so.
set -eu

clients=$1
delay=$2
shift 2

reports=$(mktemp -d)
# shellcheck disable=SC2317 # is for trap
end() {
    if [ -s "$reports/pid" ]; then
        kill -KILL "$(cat "$reports/pid")" 2>/dev/null || true
    fi
    rm -rf "$reports"
}
trap end EXIT
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

# run PROGRAM: its report, and what it says; its exit status goes to $reports/status.
run() {
    status=0
    "$1" --clients="$clients" --delay="$delay" --report=json 2>"$reports/$name" || status=$?
    echo "$status" >"$reports/status"
}

# run_with_limit PROGRAM: as run; after 10 s more than it should take it is killed.
run_with_limit() {
    tenths=$(LC_ALL=C awk -v delay="$delay" 'BEGIN { printf "%d", 10 * (delay + 10) }')
    rm -f "$reports/status"
    {
        "$1" --clients="$clients" --delay="$delay" --report=json 2>"$reports/$name" &
        echo $! >"$reports/pid"
        status=0
        wait $! || status=$?
        rm -f "$reports/pid"
        echo "$status" >"$reports/status"
    } 2>/dev/null &
    until [ -s "$reports/status" ] || [ "$tenths" -eq 0 ]; do
        tenths=$((tenths - 1))
        sleep 0.1
    done
    if [ ! -s "$reports/status" ]; then
        kill -KILL "$(cat "$reports/pid")" 2>/dev/null || true
        echo "$name: does not end, and was killed" >>"$reports/$name"
    fi
    wait
}

# why_it_failed: the last that it has said, as a part of its row.
why_it_failed() {
    if [ -x "$program" ]; then
        { grep -v '^{' "$reports/$name" || echo "exit status $(cat "$reports/status")"; } |
            tail -n 1 | sed "s/^$name: //" | cut -c 1-100
    else
        echo "it does not compile"
    fi
}

# shellcheck source=common/view/bars.sh
. "$(dirname "$0")/bars.sh"

student_failed=0
for program; do
    name=$(basename "$program")
    echo 1 >"$reports/status"
    how=$("$program" --help 2>/dev/null | sed -n '1s/^[^:]*: \(.*\)\.$/\1/p')
    printf '%s  %-21s ' "$name" "$how"
    if [ "$program" != "${STAGE6:-}" ]; then
        run "$program" | show_progress
    elif [ -x "$program" ]; then
        run_with_limit "$program" | show_progress
    fi
    echo
    printf '%s|%s|' "$name" "$how" >>"$reports/all"
    if [ "$(cat "$reports/status")" -eq 0 ]; then
        cat "$reports/$name" >>"$reports/all"
    elif [ "$program" = "${STAGE6:-}" ]; then
        echo "failed: $(why_it_failed)" >>"$reports/all"
        student_failed=1
    else
        grep -v '^{' "$reports/$name" >&2 || true
        echo "demo: $name failed, so there is nothing to compare" >&2
        exit 1
    fi
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
    if ($3 ~ /^failed: /) {
        failed[NR] = $3
        next
    }
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
        if (i in failed)
            printf "%-7s%-21s  %s\n", stage[i], how[i], failed[i]
        else
            printf "%-7s%-21s%6.2f%s%6.3f%s%6.1f%8d%8s%7s\n", stage[i], how[i], wall[i], bar(wall[i], most_wall),
            cpu[i], bar(cpu[i], most_cpu), 100 * cpu[i] / wall[i], threads[i], polls[i], waits[i]
    if (wall[1] < 2 * wall[2])
        print "\nWhat to see: little, with so few clients or so short a delay. Take more."
    else
        printf "\nWhat to see: stage 1 pays for waiting with time (%.1f s), stage 2 with threads\n" \
               "(%d), stage 3 with CPU (%.0f %%), and %s with none of these.\n",
            wall[1], threads[2], 100 * cpu[3] / wall[3], (NR > 4 ? "stages 4 and 5" : "stage 4")
}' "$reports/all"
exit "$student_failed"
