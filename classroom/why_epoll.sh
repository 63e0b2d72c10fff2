#!/bin/sh
# Why epoll, and why not just threads: what an event costs among idle connections, and what
# each of these costs. BIN says where the stages are, BENCH where growth and idle are.
set -eu
unset CDPATH # else cd may go elsewhere
cd "$(dirname "$0")/.."

# shellcheck source=common/view/bars.sh
. common/view/bars.sh

# shellcheck disable=SC3045 # every sh of Linux has it
hard_limit=$(ulimit -H -n)
results=$(mktemp -d)
servers=
end_all() {
    # after the first signal a server waits for its responses, but not after another one
    for server in $servers; do
        kill -INT "$server" && kill -TERM "$server" && wait "$server"
    done 2>/dev/null || true
    rm -rf "$results"
}
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# at_most COUNT EACH: COUNT, or as many as have EACH descriptors within the limit.
at_most() {
    if [ "$hard_limit" = unlimited ] || [ "$hard_limit" -ge $(($1 * $2 + 100)) ]; then
        echo "$1"
    else
        echo $(((hard_limit - 100) / $2))
    fi
}

thousands() {
    echo "$1" | sed 's/\([0-9]\)\([0-9]\{3\}\)$/\1,\2/'
}

say_if_fewer() { # TAKEN WANTED
    [ "$1" -eq "$2" ] ||
        echo "(This system allows a process $hard_limit descriptors, see ulimit -Hn: so $(thousands "$1"), and not $(thousands "$2").)"
}

# draw TITLE, of lines "group|name|value|unit": in a locale with a decimal comma, awk would
# read 0.5 as 0.
draw() {
    LC_ALL=C awk -F'|' -v bars="$bars" '
    function bar(value, text, i) {
        if (bars == "no") return ""
        for (i = 1; i <= int(40 * value / most + 0.5); i++) text = text (bars == "utf-8" ? "█" : "#")
        return "  " text
    }
    { group[NR] = $1; name[NR] = $2; value[NR] = $3; unit[NR] = $4; if ($3 + 0 > most) most = $3 + 0 }
    END {
        for (i = 1; i <= NR; i++)
            printf "  %-13s %-17s %7.1f %s%s\n", group[i] == group[i - 1] ? "" : group[i], name[i],
                value[i], unit[i], bar(value[i])
    }'
}

field() {
    sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"
}

# ---- one busy connection among idle ones ----

among() { # IDLE
    for stage in stage4 stage5; do
        us=$("$BENCH/growth_$stage" "$1" 20000 | field ns_per_event | LC_ALL=C awk '{ printf "%.1f", $1 / 1000 }')
        case $stage in stage4) how='stage4, poll(2)' ;; *) how='stage5, epoll(7)' ;; esac
        echo "$(thousands "$1") idle|$how|$us|us" >>"$results/events"
    done
}

echo 'One busy connection among idle ones: time for each byte that arrives'
most=$(at_most 9000 2) # the other ends are here, too
for idle in 10 100 1000; do
    [ "$idle" -ge "$most" ] || among "$idle"
done
among "$most"
draw <"$results/events"
say_if_fewer "$most" 9000
LC_ALL=C awk -F'|' '{ before = last; last = $3 }
    END { printf "What to see: with %s an event takes %.1f times as long in stage 4 as in stage 5, since each\n" \
                 "wait looks at every descriptor. In stage 5 it does not matter how many are idle.\n", $1, before / last }' \
    "$results/events"

# ---- what each costs ----

is_listening() {
    grep -q 'listening on' "$results/$1"
}

# start STAGE: a server whose responses take their time; sets server and port.
start() {
    "$BIN/$1" serve -p 0 -d 60 2>"$results/$1" &
    server=$!
    servers="$servers $server"
    tries=100
    until is_listening "$1"; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ] || ! kill -0 "$server" 2>/dev/null; then
            cat "$results/$1" >&2
            echo "why_epoll: $1 serve did not start, so there is nothing to measure" >&2
            exit 1
        fi
        sleep 0.05
    done
    port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$results/$1")
}

kernel_stacks() {
    sed -n 's/^KernelStack: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

echo
echo 'And what does a connection cost whose response waits?'
connections=$(at_most 1000 1)
for stage in stage2 stage5; do
    start "$stage"
    before=$(kernel_stacks)
    # Whoever cannot have so many threads answers one after the other: not in this time.
    if ! timeout 10 "$BENCH/idle" "$connections" 0.5 1 "$port" "$server" >"$results/idle"; then
        cat "$results/$stage" >&2
        echo "why_epoll: $stage did not take $connections connections; raise ulimit -n and -u" >&2
        exit 1
    fi
    # the connections are closed now, but their responses go on
    [ "$stage" != stage2 ] || stack=$((($(kernel_stacks) - before + connections / 2) / connections))
    case $stage in stage2) how='stage2, a thread' ;; *) how='stage5, a future' ;; esac
    bytes=$(field bytes_per_connection <"$results/idle")
    echo "each of $(thousands "$connections")|$how|$bytes|bytes" >>"$results/memory"
done
draw <"$results/memory"
say_if_fewer "$connections" 1000
echo "Beside that, the kernel keeps a stack for each thread: here $stack KiB."
