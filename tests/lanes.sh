#!/bin/sh
# Runs the commands on stdin, one a line, two at a time, the first ones first. Says when
# one ends, and prints what they printed when all have ended. Exits 1 if one fails.
set -eu

LOGS=$(mktemp -d)
export LOGS
trap 'rm -rf "$LOGS"' EXIT
trap 'exit 1' INT TERM
status=0
# shellcheck disable=SC2016 # for the shells that xargs starts
xargs -P 2 -I '{}' sh -c '
    begin=$(date +%s)
    status=0
    eval "$1" >"$(mktemp "$LOGS/XXXXXX")" 2>&1 || status=1
    echo "# $(($(date +%s) - begin)) s, exit $status: $1"
    exit "$status"' - '{}' || status=1
cat "$LOGS"/*
exit "$status"
