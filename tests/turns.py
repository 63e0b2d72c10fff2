"""Steps through a run on a terminal of its own: turns.py ROWS COLUMNS COMMAND...

Types Enter until the program ends, and prints for each turn how many rows it took, a line
each: from one prompt to the next one, or to the end. The screen is on stderr."""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios

PROMPT = b"q: end "
rows, columns = int(sys.argv[1]), int(sys.argv[2])
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])


def one_turn():
    """Up to the next prompt; None: the program has ended before."""
    screen = b""
    while not screen.endswith(PROMPT):
        if not select.select([terminal], [], [], 20)[0]:
            sys.exit(f"{screen.decode()}\n--- nothing comes")
        try:
            screen += os.read(terminal, 4096)
        except OSError:
            return screen.decode(), True
    return screen.decode(), False


def rows_of(line):
    return max(1, -(-len(re.sub("\x1b\\[[0-9;]*m", "", line)) // columns))


has_ended = False
while not has_ended:
    screen, has_ended = one_turn()
    lines = screen.replace("\r", "").lstrip("\n").splitlines()
    print(sum(map(rows_of, lines)))
    print(screen, file=sys.stderr)
    if not has_ended:
        os.write(terminal, b"\n")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
