"""A command in a terminal of its own: what it prints there, what is typed, how it ends."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

ROWS, COLUMNS = 30, 100
LIMIT = 30  # seconds, until a command hangs
QUIET = 0.5  # seconds without output: now somebody would type
PROMPT = b'(gdb) '
KEYS = {'Enter': b'\r', 'Ctrl-C': b'\x03', 'Ctrl-D': b'\x04', 'Ctrl-\\': b'\x1c', 'Space': b' '}
# What a make that runs us would tell those that a page runs, and what would change a picture.
HIDDEN = {'MAKEFLAGS', 'MFLAGS', 'MAKEOVERRIDES', 'MAKELEVEL', 'BIN', 'BUILD', 'TESTS', 'WORK',
          'NO_COLOR', 'COLUMNS', 'LINES', 'CDPATH', 'LANG'}


def environment(folder):
    kept = {name: value for name, value in os.environ.items()
            if name not in HIDDEN and not name.startswith(('LC_', 'BATS_'))}
    return {**kept, 'LC_ALL': 'C.UTF-8', 'TERM': 'xterm', 'HOME': folder, 'DEBUGINFOD_URLS': ''}


class Terminal:
    def __init__(self, command, folder):
        self.output = b''
        self.status = None
        self.is_reaped = False
        self.started = self.heard = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            self.become(command, folder)

    def become(self, command, folder):
        try:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', ROWS, COLUMNS, 0, 0))
            os.closerange(3, 256)  # else the first descriptor of a page would be another one
            os.chdir(folder)
            for one in (signal.SIGINT, signal.SIGQUIT):
                signal.signal(one, signal.SIG_DFL)  # a shell ignores them for what runs behind
            os.execvpe('bash', ['bash', '-c', command], environment(folder))
        except OSError as error:
            print(f'cannot start bash in {folder}: {error}')
        os._exit(127)

    def listen(self, seconds):
        """Reads what comes in so many seconds; returns at once with the first of it."""
        try:
            if select.select([self.fd], [], [], seconds)[0]:
                self.output += os.read(self.fd, 65536)
                self.heard = time.monotonic()
                return True
        except OSError:  # nobody has this terminal open any more
            time.sleep(seconds)
        return False

    def has_ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                self.is_reaped = True
                self.status = os.waitstatus_to_exitcode(status)
                while self.listen(0):
                    pass
        return self.status is not None

    def wait(self, is_enough=lambda: False):
        """Until the command ends, or that is true. Returns whether either came in time."""
        while not self.has_ended() and not is_enough():
            if time.monotonic() - self.started > LIMIT:
                return False
            self.listen(0.02)
        return True

    def is_quiet(self, seconds=QUIET):
        return time.monotonic() - self.heard > seconds

    def type(self, keys):
        for key in keys:
            self.wait(self.is_quiet)
            self.send(KEYS.get(key, key.encode()))
            self.heard = time.monotonic()

    def answer_prompts(self, lines):
        """Types each line when the prompt is there, and ends it at the next one."""
        for number, line in enumerate(lines, 1):
            self.wait_for_prompt(number)
            self.send(line.encode() + b'\n')
        self.wait_for_prompt(len(lines) + 1)
        self.status = 0 if self.status is None else self.status

    def wait_for_prompt(self, number):
        self.wait(lambda: self.output.count(PROMPT) >= number and self.output.endswith(PROMPT))

    def send(self, keys):
        try:
            os.write(self.fd, keys)
        except OSError as error:  # it has ended: its output will show why
            print(f'typed in vain: {error}', file=sys.stderr)

    def text(self):
        text = self.output.decode(errors='replace').replace('\r\n', '\n')
        text = re.sub(r'\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]', '', text)  # colours, and the like
        text = re.sub(r'\^[CD\\]', '', text)  # the echo of keys
        return re.sub(r'[^\n]*\r(?=[^\n])', '', text).replace('\r', '').removesuffix(PROMPT.decode())

    def close(self):
        """Ends it, and all that it has left in the background."""
        for end, which in [(os.killpg, self.pid)] + [(os.kill, one) for one in processes_of(self.pid)]:
            try:
                end(which, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass  # it is gone
        if not self.is_reaped:
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def processes_of(session):
    """Those that were started in this terminal, and still run."""
    found = []
    for name in filter(str.isdigit, os.listdir('/proc') if os.path.isdir('/proc') else []):
        try:
            if os.getsid(int(name)) == session:
                found.append(int(name))
        except (ProcessLookupError, PermissionError):
            pass
    return found
