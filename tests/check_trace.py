"""Checks a file of --trace: check_trace.py FILE [REPORT.json]

Prints its lanes, a line each: the name. Fails with what is wrong. It is an array, whose end may
be missing: then the program was killed, and what was under way has no end either."""

import collections
import json
import sys

KEYS = {
    "M": {"ph", "name", "pid", "tid", "ts", "args"},
    "X": {"ph", "name", "pid", "tid", "ts", "dur", "args"},
    "i": {"ph", "name", "pid", "tid", "ts", "s"},
    "C": {"ph", "name", "pid", "tid", "ts", "args"},
    "s": {"ph", "name", "pid", "tid", "ts", "cat", "id"},
    "f": {"ph", "name", "pid", "tid", "ts", "cat", "id", "bp"},
}

text = open(sys.argv[1], encoding="utf-8").read()
whole = text.endswith("\n]\n")
events = json.loads(text if whole else text + "]", object_pairs_hook=lambda pairs: dict(pairs))
report = json.loads(open(sys.argv[2]).read()) if len(sys.argv) > 2 else None

assert whole or report is None, "the end is missing"
assert events, "no events"
by_phase = collections.defaultdict(list)
for event in events:
    by_phase[event["ph"]].append(event)
    wanted = KEYS[event["ph"]] - ({"ts"} if event["name"] == "process_name" else set())
    assert set(event) == wanted, event
    assert event["pid"] == 1

lanes = {}
for event in by_phase["M"]:
    if event["name"] == "thread_name":
        assert event["tid"] not in lanes, event
        lanes[event["tid"]] = event["args"]["name"]
assert len(set(lanes.values())) == len(lanes), "two lanes of one name"
for event in by_phase["X"] + by_phase["i"] + by_phase["s"] + by_phase["f"]:
    assert event["tid"] in lanes, event

# Slices of one lane nest: each begins after its parent, and ends before it.
slices = collections.defaultdict(list)
for event in by_phase["X"]:
    assert event["ts"] >= 0 and event["dur"] >= 0, event
    slices[event["tid"]].append((round(event["ts"] * 1000), round((event["ts"] + event["dur"]) * 1000)))
for tid, spans in slices.items():
    open_ends = []
    for begin, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        while open_ends and open_ends[-1] <= begin:
            open_ends.pop()
        assert not open_ends or end <= open_ends[-1], f"slices of {lanes[tid]} cross"
        open_ends.append(end)


def in_slice(event):
    time = round(event["ts"] * 1000)
    return any(begin <= time <= end for begin, end in slices[event["tid"]])


# Each arrow has both ends, in slices, and goes forward in time, to a poll.
ends = {event["id"]: event for event in by_phase["f"]}
begins = {event["id"]: event for event in by_phase["s"]}
assert len(ends) == len(by_phase["f"]) and len(begins) == len(by_phase["s"]), "an id twice"
assert set(ends) == set(begins) or not whole, "an arrow with one end"
polls = {(event["tid"], event["ts"]) for event in by_phase["X"] if event["name"] == "poll"}
for number in set(begins) & set(ends):
    begin, end = begins[number], ends[number]
    assert begin["ts"] <= end["ts"] and begin["cat"] == end["cat"] and begin["name"] == end["name"]
    assert end["bp"] == "e" and ((end["tid"], end["ts"]) in polls or not whole), end
for event in by_phase["s"][:2000]:
    assert in_slice(event) or not whole, event

for event in by_phase["C"]:
    assert event["name"] == "run queue" and event["args"]["tasks"] >= 0, event

if report is not None and report["polls"] is not None:
    assert len([e for e in by_phase["X"] if e["name"] == "poll"]) == report["polls"]
    cancelled = [e for e in by_phase["i"] if e["name"].startswith("cancelled")]
    assert report["wakes"] - len(cancelled) <= len(begins) <= report["wakes"], "arrows are not wakes"
    waits = [e for e in by_phase["X"] if lanes[e["tid"]] == "reactor"]
    assert len(waits) == report["reactor_waits"]
    assert by_phase["C"], "no run queue"

print("\n".join(lanes.values()))
