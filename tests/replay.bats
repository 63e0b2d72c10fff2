#!/usr/bin/env bats
# --replay=FILE: a page in which one walks through a run. What it shows is looked at in
# Chromium, by tests/replay/check.js.

load helpers

setup() {
    page=$BATS_TEST_TMPDIR/page.html
}

need_browser() {
    local browser
    need node
    browser=$(command -v chromium chromium-browser google-chrome | head -n 1) || true
    [ -n "$browser" ] || skip "needs chromium"
    NODE_PATH=$ROOT/build/node_modules:${NODE_PATH:-} node -e 'require("playwright-core")' 2>/dev/null ||
        skip "needs playwright-core"
    export CHROMIUM=$browser
}

# look CHECK PAGE ARGUMENT... [-- CHECK PAGE ...]
look() {
    [ "$1" != -- ] || shift
    run timeout 300 node tests/replay/check.js "$@"
    [ "$status" -eq 0 ] || fail "$output"
}

# How many events are in $page.
events() {
    sed -n '/^"events"/,/^"sources"/p' "$page" | grep -c '^\['
}

# replayed STAGE OPTION...: writes $page, which is another one for each stage; what --explain
# says is in $page.explain.
replayed() {
    page=$BATS_TEST_TMPDIR/$1.html
    "$BIN/$1" -r none --replay="$page" --explain "${@:2}" 2>"$page.explain" >/dev/null
}

# dumped STAGE OPTION...: the same; what the tables really held is in $page.dump.
dumped() {
    page=$BATS_TEST_TMPDIR/$1.html
    REPLAY_DUMP=$page.dump "$BUILD/replay/$1" -r none --replay="$page" "${@:2}" >/dev/null
}

# What runs.c does; it ends stuck, and so with 1.
run_of_tests() {
    page=$BATS_TEST_TMPDIR/runs_$1.html
    run env REPLAY_DUMP="$page.dump" "$BUILD/replay/runs${1#stage}" "$page"
    [ "$status" -eq 1 ]
}

# ---- without a browser ----

@test "a page is one file that names no other: no link, no script, no picture from elsewhere" {
    for stage in $STAGES; do
        replayed "$stage" -n 3 -d 0.02
        [ "$(head -n 1 "$page")" = '<!DOCTYPE html>' ]
        [ "$(tail -n 1 "$page")" = '</html>' ]
        # but for words: comments in the sources that are shown
        [ "$(sed '/^"sources"/,$d' "$page" | grep -ciE 'https?:|src=|@import|url\(|<link|<img|<iframe')" -eq 0 ]
        [ "$(grep -c '</script>' "$page")" -eq 2 ]
        [ ! -e "$page.tmp" ]
    done
}

@test "it is written in any mode" {
    for stage in $STAGES; do
        [ "$stage" != stage3 ] || continue # which needs a whole CPU meanwhile
        start_server "$stage" -d 0.02 -r none --replay="$BATS_TEST_TMPDIR/server.html"
        "$BIN/$stage" client -n 2 -p "$port" -r none --replay="$page" >/dev/null
        stop_server
        start_server "$stage" -r none --echo --replay="$BATS_TEST_TMPDIR/echo.html"
        stop_server
        for file in server page echo; do
            [ "$(tail -n 1 "$BATS_TEST_TMPDIR/$file.html")" = '</html>' ] || fail "$stage: $file"
        done
    done
}

@test "lessons take it, too" {
    for lesson in join select cancel dance channel; do
        "$BUILD/futures/$lesson" --replay="$page" 0.02 >/dev/null
        [ "$(events)" -gt 30 ] || fail "$lesson"
        grep -q "\"name\":\"$lesson\"" "$page"
    done
    run "$BUILD/futures/join" --replay=
    [ "$status" -eq 2 ]
    [[ "$output" == *"--replay accepts the name of an HTML file, not ''"* ]]
}

@test "a full disk, and a file that cannot be made: exit 1, one line, and no half page" {
    [ -c /dev/full ] || skip "needs /dev/full"
    for stage in $STAGES; do
        run bash -c '"$1" -n 2 -d 0 --replay=/dev/full >/dev/null' - "$BIN/$stage"
        [ "$status" -eq 1 ]
        [ "$output" = "$stage: cannot write /dev/full: No space left on device; is the disk full?" ]
        [ -c /dev/full ]
        run "$BIN/$stage" --replay="$BATS_TEST_TMPDIR/none/page.html"
        [ "$status" -eq 1 ]
        [ "$output" = "$stage: cannot make $BATS_TEST_TMPDIR/none/page.html: No such file or directory; give --replay a file that can be written" ]
    done
    run bash -c 'ulimit -f 20; "$1" -n 2 -d 0 -r none --replay="$2" >/dev/null' - "$BIN/stage4" "$page"
    [ "$status" -eq 1 ]
    [[ "$output" == "stage4: cannot write $page: File too large; "* ]]
    [ "${#lines[@]}" -eq 1 ]
    [ -z "$(ls "$BATS_TEST_TMPDIR")" ]
}

@test "a page that was there stays until the new one is whole" {
    echo old >"$page"
    run bash -c 'ulimit -f 20; "$1" -n 2 -d 0 -r none --replay="$2" >/dev/null' - "$BIN/stage4" "$page"
    [ "$(cat "$page")" = old ]
    "$BIN/stage4" -n 2 -d 0 -r none --replay="$page" >/dev/null
    grep -q '^<!DOCTYPE html>' "$page"
}

@test "--replay, --trace and --timeline need a file each" {
    for other in trace timeline; do
        run "$BIN/stage4" --replay="$page" --$other="$page"
        [ "$status" -eq 2 ]
        [[ "$output" == *" need a file each, not both '$page'" ]]
    done
}

@test "a run of more than 10,000 events says how many it leaves out, and takes less than 64 MiB" {
    "$BIN/stage4" -n 1000 -d 0.2 -r json --replay="$page" 2>"$BATS_TEST_TMPDIR/err" >/dev/null
    grep -qE '^stage4: --replay leaves out [0-9,]+ events: it keeps the first and the last 5000; ' "$BATS_TEST_TMPDIR/err"
    [ "$(events)" -eq 10000 ]
    is_sanitized || [ "$(field max_rss_kib <"$BATS_TEST_TMPDIR/err")" -lt 65536 ]
}

@test "polls in vain are one step: a busy run of a second is a small page" {
    replayed stage3 -n 3 -d 1
    [ "$(events)" -lt 400 ]
    grep -qE '"[0-9,]{5,} polls in vain: nothing has changed"' "$page"
}

@test "replay.js knows the kinds of events in their order" {
    sed -n '/^enum event_kind/,/EVENT_KINDS/s/^    \([A-Z]*_[A-Z]*\),.*/\1/p' common/base/trace.h >"$BATS_TEST_TMPDIR/c"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/c")" -gt 20 ]
    sed -n '/^const KINDS/,/^\]/p' common/view/replay.js | grep -oE "[A-Z]+_[A-Z]+" | diff "$BATS_TEST_TMPDIR/c" -
}

@test "make replays writes a page for each stage, and an index" {
    make -s BUILD="$BUILD" BIN="$BIN" replays >/dev/null
    for stage in $STAGES; do
        [ "$(tail -n 1 "$BUILD/replays/$stage.html")" = '</html>' ]
        grep -q "href=\"$stage.html\"" "$BUILD/replays/index.html"
    done
}

# ---- in a browser ----

@test "no request leaves a page, nothing is in the console; forwards, back or at once, a step is the same" {
    need_browser
    for stage in $STAGES; do
        replayed "$stage" -n 3 -d 0.02
        set -- "$@" -- document "$page"
    done
    start_server stage4 -r none --echo --replay="$BATS_TEST_TMPDIR/server.html"
    echo hello >"/dev/tcp/127.0.0.1/$port"
    sleep 0.1
    stop_server
    look "$@" -- document "$BATS_TEST_TMPDIR/server.html"
}

@test "each line of --explain is the sentence of an event, and says the same" {
    need_browser
    for stage in $STAGES; do
        replayed "$stage" -n 3 -d 0.02
        set -- "$@" -- sentences "$page" "$page.explain"
    done
    look "$@"
}

@test "the state is true: at each turn it is what the tables hold, and whoever wakes had the waker" {
    need_browser
    for stage in $FUTURE_STAGES; do
        dumped "$stage" -n 3 -d 0.05
        set -- "$@" -- truth "$page" "$page.dump"
        run_of_tests "$stage"
        set -- "$@" -- truth "$page" "$page.dump"
    done
    look "$@"
    dumped stage4 -n 12 -d 0.05
    look truth "$page" "$page.dump"
}

@test "that test notices when any one spawn, wake or watch is missing" {
    need_browser
    dumped stage4 -n 3 -d 0.05
    look mutations "$page" "$page.dump" EXEC_SPAWN EXEC_WAKE REACTOR_WATCH
}

@test "in stages 1 and 2 each thread is inside of the call that it sleeps in" {
    need_browser
    for stage in stage1 stage2; do
        replayed "$stage" -n 3 -d 0.05
        set -- "$@" -- threads "$page" "$page.explain"
    done
    look "$@"
}

@test "the source of each event is the line that causes it, and every kind has been seen" {
    need_browser
    for stage in $STAGES; do
        replayed "$stage" -n 3 -d 0.02
        set -- "$@" -- sources "$page"
    done
    for stage in $FUTURE_STAGES; do
        run_of_tests "$stage"
        set -- "$@" -- sources "$page"
    done
    look "$@"
    sed -n '/^enum event_kind/,/EVENT_KINDS/s/^    \([A-Z]*_[A-Z]*\),.*/\1/p' common/base/trace.h | sort |
        diff - <(sort -u <<<"$output")
}

@test "without the sources, or with newer ones, a page says so and does without" {
    need_browser
    mkdir -p "$BATS_TEST_TMPDIR/apart"
    cp "$BIN/stage4" "$BATS_TEST_TMPDIR/apart"
    (cd "$BATS_TEST_TMPDIR/apart" && ./stage4 -n 1 -d 0 -r none --replay="$page" >/dev/null)
    look no_sources "$page" 'was not found when this page was written'
    cp -r common stage3_busy stage4_poll "$BATS_TEST_TMPDIR/apart"
    find "$BATS_TEST_TMPDIR/apart" -name '*.[ch]' -exec touch -d '1 hour' {} +
    (cd "$BATS_TEST_TMPDIR/apart" && ./stage4 -n 1 -d 0 -r none --replay="$page" >/dev/null)
    look no_sources "$page" 'has been changed since the program was built'
}

@test "all works by keys alone, and a link opens at its step" {
    need_browser
    replayed stage4 -n 3 -d 0.05
    look keys "$page"
    look address "$page"
}

@test "a waker that is left moves from its task to the reactor" {
    need_browser
    replayed stage4 -n 3 -d 0.02
    look tokens_move "$page"
}

@test "it begins with what one sees; it ends with the numbers of the run; the sleep cannot be missed" {
    need_browser
    for stage in $STAGES; do
        replayed "$stage" -n 3 -d 0.1
        set -- "$@" -- opening "$page" -- ending "$page"
    done
    look "$@"
}

@test "predict: a seed asks the same questions; one answer is right, and is what the run did; they are spread" {
    need_browser
    for stage in $STAGES; do
        replayed "$stage" -n 3 -d 0.02
        set -- "$@" -- predictions "$page"
    done
    look "$@"
}

@test "at 1024, 1280 and 1920 pixels nothing overlaps, and nothing is cut off" {
    need_browser
    for stage in $STAGES; do
        replayed "$stage" -n 3 -d 0.02
        set -- "$@" -- boxes "$page" 1024x720 1280x720 1920x1080
    done
    look "$@"
    replayed stage4 -n 120 -d 0.02 # names of three digits
    look boxes "$page" 1024x720 1280x720
}

@test "10,000 events: a step takes at most 3 times one among a hundred" {
    need_browser
    "$BIN/stage4" -n 1 -d 0.02 -r none --replay="$BATS_TEST_TMPDIR/small.html" >/dev/null
    "$BIN/stage4" -n 300 -d 0.2 -r none --replay="$page" 2>/dev/null >/dev/null
    look large "$page" "$BATS_TEST_TMPDIR/small.html" 10000
    echo "# $output" >&3
}

@test "50,000 events: the first and the last are there, and it is said how many are not" {
    need_browser
    "$BIN/stage4" -n 800 -d 0.2 -r none --replay="$page" 2>"$BATS_TEST_TMPDIR/err" >/dev/null
    left_out=$(sed -n 's/.*leaves out \([0-9,]*\) events.*/\1/p' "$BATS_TEST_TMPDIR/err" | tr -d ,)
    [ "$left_out" -gt 40000 ]
    look left_out "$page" "$left_out"
}

@test "a run that is killed leaves a page that opens" {
    need_browser
    for stage in $STAGES; do
        for signal in INT TERM; do
            page=$BATS_TEST_TMPDIR/$stage$signal.html
            for seconds in 0.5 5; do # or it had not begun, on a busy machine
                run timeout -s "$signal" "$seconds" "$BIN/$stage" -n 3 -d 30 -r none --replay="$page"
                [ "$status" -eq 124 ] # of timeout: it was killed
                [ ! -s "$page" ] || break
            done
            set -- "$@" -- opens "$page" 20
        done
    done
    look "$@"
}

@test "awkward names are text" {
    need_browser
    name=$'<img src=x onerror=evil=1> "\'&\u2028</'
    mkdir -p "$BATS_TEST_TMPDIR/$name"
    ln -s "$(cd "$BIN" && pwd)/stage4" "$BATS_TEST_TMPDIR/$name"'script><script>evil=1<'
    page=$BATS_TEST_TMPDIR/$name'script><script>evil=2<.html'
    program=$BATS_TEST_TMPDIR/$name'script><script>evil=1<'
    "$program" -n 1 -d 0 -r none --replay="$page" >/dev/null
    cp "$page" "$BATS_TEST_TMPDIR/page.html"
    look text "$BATS_TEST_TMPDIR/page.html" 'script><script>evil=1<'
}
