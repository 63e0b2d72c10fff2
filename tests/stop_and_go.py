"""Runs a program with --step in a shell on a terminal of its own: stop_and_go.py PROGRAM OPTION...

Types Enter, Ctrl-Z, looks whether the shell has its terminal back, types fg, and looks whether
single keys work again. The screen is on stdout; fails with what is wrong."""

import os
import pty
import select
import shlex
import sys
import termios
import time

PROMPT = b"q: end "
child, terminal = pty.fork()
if child == 0:
    os.environ["PS1"] = "ready> "
    os.environ.pop("ENV", None)
    os.execvp("sh", ["sh", "-i"])
screen = b""


def wait_for(words, times=1):
    """Until they are on the screen so many times."""
    global screen
    deadline = time.monotonic() + 10
    while screen.count(words) < times:
        if time.monotonic() > deadline:
            sys.exit(f"{screen.decode()}\n--- in vain: {words} for the {times}. time")
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                screen += os.read(terminal, 4096)
            except OSError:
                sys.exit(f"{screen.decode()}\n--- the shell has ended")


def wait_for_mode(wanted, otherwise):
    """Lines with an echo (ICANON and ECHO), or single keys (0)."""
    deadline = time.monotonic() + 10
    while termios.tcgetattr(terminal)[3] & (termios.ICANON | termios.ECHO) != wanted:
        if time.monotonic() > deadline:
            sys.exit(f"{screen.decode()}\n--- {otherwise}")
        time.sleep(0.01)


wait_for(b"ready> ")
os.write(terminal, shlex.join(sys.argv[1:]).encode() + b"\n")
wait_for(PROMPT)
os.write(terminal, b"\n")
wait_for(PROMPT, 2)
for round in (1, 2):
    wait_for_mode(0, "keys need Enter")
    os.write(terminal, b"\x1a")
    wait_for(b"ready> ", 2 * round)
    wait_for_mode(termios.ICANON | termios.ECHO, "the shell has no echo")
    os.write(terminal, b"echo it is $((40 + %d))\n" % round)
    wait_for(b"it is %d" % (40 + round))
    wait_for(b"ready> ", 2 * round + 1)
    os.write(terminal, b"fg\n")
    wait_for(PROMPT, 2 + round)
wait_for_mode(0, "keys need Enter")
os.write(terminal, b"c")
wait_for(b"ready> ", 6)
os.write(terminal, b"echo status $?\n")
wait_for(b"status 0")
os.write(terminal, b"exit\n")
os.waitpid(child, 0)
print(screen.decode())
