#!/usr/bin/env bats
# --timeline: a picture of who waited, and who was served, when.

load helpers

# draw COLUMNS STAGE OPTION...: the picture on a terminal of that width, in ASCII.
draw() {
    local columns=$1
    shift
    LC_ALL=C script -qec "stty cols $columns; exec $BIN/$1 --timeline -r none ${*:2} >/dev/null" /dev/null \
        </dev/null | tr -d '\r' >"$BATS_TEST_TMPDIR/picture"
}

# lanes N: there are so many, and they begin and end as they must in a picture of WIDTH columns.
# Prints the first and the last column of each '#', a line for each lane.
lanes() {
    grep -E '^client [0-9]+ ' "$BATS_TEST_TMPDIR/picture" >"$BATS_TEST_TMPDIR/lanes" || true
    [ "$(wc -l <"$BATS_TEST_TMPDIR/lanes")" -eq "$1" ] || fail "$(cat "$BATS_TEST_TMPDIR/picture")"
    awk -v wide="$2" '{
        lane = substr($0, 11)
        if (length($0) > wide || lane !~ /^ *\.*#+$/) { print "odd: " $0; exit 1 }
        print index(lane, "#"), length(lane)
    }' "$BATS_TEST_TMPDIR/lanes"
}

@test "stage 1 is a staircase: each step begins where the one above it ends, in 80 and 40 columns" {
    need script
    for columns in 80 40; do
        draw "$columns" stage1 -d 0.15
        lanes 10 "$columns" | awk -v cells=$((columns - 20)) '
            NR == 1 && $1 > 2 + cells / 6 { bad = 1 } # it takes a moment to start
            NR > 1 && ($1 < last || $1 > last + 2) { bad = 1 }
            { last = $2 }
            END { exit bad || last < cells * 3 / 4 }' || fail "$(cat "$BATS_TEST_TMPDIR/picture")"
    done
}

@test "stages 2 to 5 are a block: all begin at the left, all end at the right, in 80 and 40 columns" {
    need script
    for stage in $STAGES; do
        [ "$stage" != stage1 ] || continue
        for columns in 80 40; do
            draw "$columns" "$stage" -d 0.6
            lanes 10 "$columns" | awk -v cells=$((columns - 20)) '
                $1 > 1 + cells / 4 || $2 < cells * 3 / 4 { bad = 1 }
                END { exit bad }' || fail "$stage: $(cat "$BATS_TEST_TMPDIR/picture")"
        done
    done
}

@test "without a terminal it is 80 columns wide, with a title, a key and an axis in seconds" {
    LC_ALL=C "$BIN/stage4" -n 3 -d 0.2 --timeline -r none 2>"$BATS_TEST_TMPDIR/picture" | whole_answers 3
    [ "$(sed -n 1p "$BATS_TEST_TMPDIR/picture")" = 'stage4: a lane for each of 3 clients' ]
    [ "$(sed -n 2p "$BATS_TEST_TMPDIR/picture")" = '. waits to be accepted  # is served' ]
    [ "$(awk 'length > widest { widest = length } END { print widest }' "$BATS_TEST_TMPDIR/picture")" -le 80 ]
    grep -qE '^ +\|( +\|)+$' "$BATS_TEST_TMPDIR/picture"
    tail -n 1 "$BATS_TEST_TMPDIR/picture" | grep -qE '^ +0 s( +0\.[0-9]+ s){2,}$'
}

@test "in UTF-8 it has blocks" {
    run env LC_ALL=C.UTF-8 "$BIN/stage4" -n 3 -d 0.1 --timeline -r none
    [[ "$output" == *███* ]]
    [[ "$output" != *'#'* ]]
}

@test "more than 40 clients share lanes, and it says so" {
    "$BIN/stage4" -n 40 -d 0.05 --timeline -r none 2>&1 >/dev/null | grep -c '^client ' | grep -qx 40
    LC_ALL=C "$BIN/stage1" -n 60 -d 0.015 --timeline -r none 2>"$BATS_TEST_TMPDIR/picture" >/dev/null
    [ "$(sed -n 1p "$BATS_TEST_TMPDIR/picture")" = 'stage1: 60 clients in the order served, 2 share a lane' ]
    [ "$(grep -cE '^[0-9]+(-[0-9]+)? [ .]*#[ .#]*$' "$BATS_TEST_TMPDIR/picture")" -eq 30 ]
    grep -E '#' "$BATS_TEST_TMPDIR/picture" | sed 1d | awk '{ at = index($0, "#") } at < last { exit 1 } { last = at }'
}

@test "clients see how long they waited, and servers whom they served" {
    for stage in stage1 stage5; do
        [ -e "$BIN/$stage" ] || continue
        LC_ALL=C start_server "$stage" -d 0.5 --timeline -r none
        LC_ALL=C "$BIN/stage2" client -n 4 -p "$port" --timeline -r none 2>"$BATS_TEST_TMPDIR/picture" >/dev/null
        stop_server
        grep -q 'a lane for each of 4 connections$' "$BATS_TEST_TMPDIR/server.err"
        [ "$(grep -cE '^connection [1-4] +#+$' "$BATS_TEST_TMPDIR/server.err")" -eq 4 ]
        [ "$(grep -cE '^client [1-4] +\.{12,}#+$' "$BATS_TEST_TMPDIR/picture")" -eq "$([ "$stage" = stage1 ] && echo 3 || echo 0)" ]
    done
}

@test "a client that nobody serves has waited to the end" {
    need python3
    python3 - >"$BATS_TEST_TMPDIR/port" 3>&- <<'PYTHON' &
import socket, time
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
time.sleep(60)
PYTHON
    helper=$!
    wait_until 5 test -s "$BATS_TEST_TMPDIR/port"
    for stage in stage2 stage4; do
        run env LC_ALL=C "$BIN/$stage" client -n 2 -H 127.0.0.1 -p "$(cat "$BATS_TEST_TMPDIR/port")" -t 0.5 --timeline
        [ "$status" -eq 1 ]
        [ "$(grep -cE '^client [12] +\.{40,}$' <<<"$output")" -eq 2 ] || fail "$output"
    done
}

# ---- SVG ----

@test "the SVG is well-formed XML, complete in itself, and its lanes are those of the trace" {
    need python3
    for stage in stage1 stage2 "${STAGES##* }"; do
        "$BIN/$stage" -n 6 -d 0.05 -r none --timeline="$BATS_TEST_TMPDIR/picture.svg" \
            --trace="$BATS_TEST_TMPDIR/trace.json" | whole_answers 6
        python3 - "$BATS_TEST_TMPDIR/picture.svg" "$BATS_TEST_TMPDIR/trace.json" <<'PYTHON'
import json, re, sys
import xml.etree.ElementTree as tree

text = open(sys.argv[1], encoding="utf-8").read()
assert "http" not in text.replace("http://www.w3.org/2000/svg", "") and "prefers-color-scheme: dark" in text
root = tree.fromstring(text)
assert root.tag == "{http://www.w3.org/2000/svg}svg"
drawn = {}
for lane in root.iter("{http://www.w3.org/2000/svg}g"):
    title = lane.find("{http://www.w3.org/2000/svg}title").text
    name, served, to = re.fullmatch(r"(client \d): from [\d.]+ s, served from ([\d.]+) s to ([\d.]+) s", title).groups()
    drawn[name] = [float(served), float(to)]
    assert "served" in [bar.get("class") for bar in lane.iter("{http://www.w3.org/2000/svg}rect")]

events = json.load(open(sys.argv[2]))
names = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
traced = {}
for e in sorted((e for e in events if "ts" in e), key=lambda e: e["ts"]):
    name = names.get(e["tid"], "")
    words = e.get("args", {}).get("event", e["name"])
    if not name.startswith("client") or e["ph"] not in "Xi":
        continue
    if re.match(r"read on fd \d+ .* bytes$", words):
        traced.setdefault(name, [(e["ts"] + e.get("dur", 0)) / 1e6, None])
    if words.startswith("close on fd"):
        traced[name][1] = e["ts"] / 1e6
assert sorted(drawn) == sorted(traced) == [f"client {k}" for k in range(1, 7)], (drawn, traced)
for name in drawn:
    assert all(abs(a - b) < 2e-6 for a, b in zip(drawn[name], traced[name])), (name, drawn[name], traced[name])
PYTHON
    done
}

@test "a browser shows the SVG without an error" {
    browser=$(command -v chromium chromium-browser google-chrome | head -n 1) || true
    [ -n "$browser" ] || skip "needs chromium"
    "$BIN/stage4" -n 10 -d 0.05 -r none --timeline="$BATS_TEST_TMPDIR/picture.svg" >/dev/null
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$BATS_TEST_TMPDIR/chromium" \
        --dump-dom "file://$BATS_TEST_TMPDIR/picture.svg" >"$BATS_TEST_TMPDIR/dom" 2>/dev/null
    grep -q '^<svg ' "$BATS_TEST_TMPDIR/dom"
    [ "$(grep -c 'parsererror' "$BATS_TEST_TMPDIR/dom")" -eq 0 ]
    [ "$(grep -c '<g class="lane">' "$BATS_TEST_TMPDIR/dom")" -eq 10 ]
}

@test "an SVG on a full disk, or where none can be made: exit 1, one line" {
    [ -c /dev/full ] || skip "needs /dev/full"
    for stage in $STAGES; do
        run bash -c '"$1" -n 2 -d 0 --timeline=/dev/full >/dev/null' - "$BIN/$stage"
        [ "$status" -eq 1 ]
        [ "$output" = "$stage: cannot write /dev/full: No space left on device; is the disk full?" ]
        run "$BIN/$stage" --timeline="$BATS_TEST_TMPDIR/none/file.svg"
        [ "$status" -eq 1 ]
        [ "$output" = "$stage: cannot make $BATS_TEST_TMPDIR/none/file.svg: No such file or directory; give --timeline a file that can be written" ]
    done
}
