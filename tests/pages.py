#!/usr/bin/env python3
"""Runs the pages of this project: what they say is so.

    tests/pages.py run [PAGE...]     executes what they show, and compares
    tests/pages.py names [PAGE...]   whether all that they name is there

Without a PAGE: all that git knows. BIN and BUILD say where the programs are. Each page is run
in a fresh copy of the tree, where these are ./stage1 ... and build/. These forms there are:

- A fenced block with lines that begin with `$ ` is executed, each such line in a terminal of
  its own (100 columns, 30 rows). A \\ at its end: the next line belongs to it, too. Below it
  stands all that it prints, in this order. A line `...` stands for any lines, `...` in a line
  for any words. `(exit status 1)` at the end: it does not exit with 0. What varies is compared
  by its kind: see KINDS. What threads print at the same time may come in any order.
- What differs is tried a second time, and that is said (`again`): a machine may be busy.
- A command with `# in a second terminal` (or third, ...) begins when the one before has said
  something and waits; that one runs on, and gets Ctrl-C at the end of the block.
- `# type a, Enter, Ctrl-C` says what is typed, each key when the terminal is quiet. Below
  gdb, what stands behind its prompt, `(gdb) `, is typed, and its answers are shortened.
- A fenced block `diff` is a change: `FILE: where` on its first line, then lines that begin
  with -, + or a blank. It is made in a copy, for the blocks up to the next heading or the end
  of the answer in which it stands.
- Where no command of a block shows anything, it is a list: only how they end is compared.
- Port 8000 of a page is any free one here.
- A block that begins with `$ ` and is marked root, macos, windows, long or suite (behind the
  fence) is not run, and that is said.
- All other blocks are pictures, or code. Commands do not stand there.
"""

import concurrent.futures
import ctypes
import errno
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

import names
from terminal import Terminal

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NOT_RUN = ('root', 'macos', 'windows', 'long', 'suite')
AT_ONCE = 3  # pages; most of what they run sleeps
TOOLS = ('strace', 'gdb', 'nc', 'ps', 'top', 'lsof', 'script', 'curl', 'gcc', 'clang')
# What waits with threads: they print at the same time.
THREADED = r'stage[12]\b'
# Of a machine so busy that a poll was interrupted: left out, but where a page shows it.
OF_LOAD = r'\w+: blocked: a poll of '

# Where it is allowed, a ring without entries is an invalid argument; else ENOSYS, or EPERM.
LIBC = ctypes.CDLL(None, use_errno=True)
IO_URING = sys.platform == 'linux' and LIBC.syscall(425, 0, 0) == -1 and ctypes.get_errno() in (
    errno.EINVAL, errno.EFAULT)

# ---- what varies ----

def many_or_few(match):
    """In a row of make demo: the polls, of which there are few or many, and the waits."""
    return re.sub(r'(\d+|-) +\d+$', lambda m: ('MANY' if len(m[1]) > 3 else m[1]) + ' SOME', match[0])


# Each kind once: what it is, how it looks, and what stands for it when lines are compared.
KINDS = (
    ('the time of a step', r'^ *\d+\.\d{3} \d{3}(?=  )', 'TIME'),
    ('a duration', r'\b\d+(\.\d+)? (ms|us|ns)\b', 'TIME'),
    ('a time-out of poll(2)', r'(?<=, )\d{3,}(?=\) = )|(?<=timeout=)\d+', 'TIME'),
    ('seconds', r'\b\d+\.\d+ s\b', 'SECONDS'),
    ('a share', r'\b\d+(\.\d+)? ?%', 'SHARE'),
    ('memory, or a speed', r'\b\d+(\.\d+)? ([KMG]i?B|kB)(/s)?\b', 'MEMORY'),
    ('a descriptor', r'\b(fd[ =]|nfds=)\d+', 'DESCRIPTOR'),
    ('an address', r'\b0x[0-9a-f]+', 'ADDRESS'),
    ('a port', r'(?<=\d:)\d{4,5}\b|(?<=port )\d{4,5}\b', 'PORT'),
    ('polls, if they are many', r'.*\bpolls\b.*', lambda m: re.sub(r'\d[\d,]{2,}\d', 'MANY', m[0])),
    ('would-blocks, if they are many', r'(?<=^  would-blocks   )\d{3,}', 'MANY'),
    ('waits', r'(?<=^  reactor waits  )\d+', 'SOME'),
    ('polls and waits in a row of make demo', r'^stage[1-5] .* (\d+|-) +\d+$', many_or_few),
    ('reactor_waits in JSON', r'(?<="reactor_waits" )\d+', 'SOME'),
    ('failed calls, if they are many', r'^ *\d{4,}(?= \w+$)', 'MANY'),
    ('calls that strace times', r'^ *\d+\.\d+ +\d+\.\d+ +\d+', 'TIME'),
    ('calls of a wait', r'^(epoll_wait|poll|io_uring_enter|total) +\d+$', 'SOME'),
    ('what io_uring saves', r'^\d+ requests in \d+ calls$', 'SOME requests'),
    ('a process', r'^ *\d+ +stage[1-5] +[\w.-]+', 'PROCESS'),
    ('what was measured', r'\b\d+\.\d+\b', 'MEASURED'),
)


def shape(line):
    """The line with all that varies as its kind, without bars, and with single blanks."""
    line = re.sub('[█▌▏▎▍▋▊▉]', '', line)
    for _, pattern, name in KINDS:
        line = re.sub(pattern, name, line)
    return ' '.join(line.split())


def seconds(line):
    """What a sleep or a run has taken: no machine is faster than a sleep."""
    return [] if 'CPU' in line else [float(n) for n in re.findall(r'\b(\d+\.\d+) s\b', line)]


def is_like(shown, line):
    pattern = '.*'.join(re.escape(part) for part in shape(shown).split('...'))
    if not re.fullmatch(pattern.replace(r'\ .*', r'\ ?.*'), shape(line)):
        return False
    return '...' in shown or all(is_ >= 0.7 * said for said, is_ in zip(seconds(shown), seconds(line)))


def find(part, lines, start):
    """Where these lines stand, one below the other, from start on; -1: nowhere."""
    for at in range(start, len(lines) - len(part) + 1):
        if all(map(is_like, part, lines[at:])):
            return at
    return -1


def difference(shown, lines, in_any_order):
    """What of it is not there, as words; None: all is."""
    if in_any_order:
        return difference_in_any_order(shown, lines)
    parts = [[]]
    for line in shown:
        if line.strip() == '...':
            parts.append([])
        else:
            parts[-1].append(line)
    at = 0
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1 and part
        start = max(at, len(lines) - len(part)) if is_last else at
        found = find(part, lines, start)
        if found < 0 or (number == 0 and found > 0):
            return f'not there: {first_odd(part, lines, at)}'
        at = found + len(part)
    if len(parts) == 1 and at < len(lines):
        return f'more than is shown: {lines[at]}'
    return None


def first_odd(part, lines, start):
    return next((line for line in part if find([line], lines, start) < 0), ' / '.join(part[:2]))


def difference_in_any_order(shown, lines):
    left = list(lines)
    for line in shown:
        if line.strip() == '...':
            continue
        found = next((other for other in left if is_like(line, other)), None)
        if found is None:
            return f'not there: {line}'
        left.remove(found)
    if left and all(line.strip() != '...' for line in shown):
        return f'more than is shown: {left[0]}'
    return None


# ---- a page ----


@dataclass
class Command:
    line: int
    text: str
    shown: list = field(default_factory=list)
    is_compared: bool = False
    shown_near: bool = False  # by it, or by another one of its block

    def is_elsewhere(self):
        return re.search(r'# in (a|another) (second|third|fourth|other)?\b', self.text)

    def keys(self):
        typed = re.search(r'#.*\btype (.*)', self.text)
        return re.split(', *', typed[1].strip()) if typed else []

    def answers(self):
        return [line[6:] for line in self.shown if line.startswith('(gdb) ')]

    def status(self):
        last = re.fullmatch(r'\(exit status (\d+)\)', self.shown[-1]) if self.shown else None
        return int(last[1]) if last else 0

    def output(self):
        lines = [line for line in self.shown if not re.fullmatch(r'\(exit status \d+\)', line)]
        while lines and not lines[-1].strip():
            lines.pop()
        gaps = ['...'] if self.answers() else []
        return gaps + [part for line in lines for part in [line, *gaps]]

    def lacks(self, folder):
        words = re.findall(r'[\w./-]+', self.text.split('#')[0])
        missing = [word for word in words if word in TOOLS and not shutil.which(word)]
        stage5 = [word[2:] for word in words
                  if word == './stage5' and not os.path.exists(os.path.join(folder, word))]
        io_uring = ['io_uring'] if 'io_uring' in self.text and not IO_URING else []
        return (missing + stage5 + io_uring + [''])[0]


@dataclass
class Block:
    line: int
    mark: str
    lines: list = field(default_factory=list)

    def is_run(self):
        return any(line.startswith('$ ') for line in self.lines)

    def commands(self):
        found = []
        goes_on = False
        for number, line in enumerate(self.lines, self.line + 1):
            if goes_on:
                found[-1].text += '\n' + line
            elif line.startswith('$ '):
                found.append(Command(number, line[2:]))
            elif found:
                found[-1].shown.append(line)
            goes_on = (goes_on or line.startswith('$ ')) and re.search(r'(?<!Ctrl-)\\$', line)
        for command in found:
            command.shown_near = any(one.shown for one in found)
        return found


def parts(page):
    """Its blocks, and None where a change ends: at a heading, or at the end of an answer."""
    found = []
    block = None
    indent = ''
    with open(page, encoding='utf-8') as file:
        text = file.read().splitlines()
    for number, line in enumerate(text, 1):
        fence = re.match(r'( *)(```+)(.*)', line)
        if fence and block is None:
            indent = fence[1]
            block = Block(number, fence[3].strip())
        elif fence:
            found.append(block)
            block = None
        elif block is not None:
            block.lines.append(line.removeprefix(indent))
        elif line.startswith('#') or '</details>' in line:
            found.append(None)
    return found if block is None else found + [block]


# ---- a copy of the tree ----


def git_files(pattern=()):
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '-z', *pattern], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split('\0') if name and os.path.exists(os.path.join(ROOT, name))]


def copy(name, to):
    os.makedirs(os.path.dirname(to), exist_ok=True)
    if os.path.isdir(name):
        shutil.copytree(name, to, symlinks=True)
    elif os.path.exists(name):
        shutil.copy2(name, to)


def make_copy(folder):
    """What git knows, and what was built from it, as if it had been built there."""
    for name in git_files():
        copy(os.path.join(ROOT, name), os.path.join(folder, name))
    programs = os.path.join(ROOT, os.environ.get('BIN', '.'))
    build = os.environ.get('BUILD', 'build')
    for number in '12345':
        copy(os.path.join(programs, 'stage' + number), os.path.join(folder, 'stage' + number))
    built = os.path.join(ROOT, build)
    for name in os.listdir(built):
        if re.fullmatch(r'common|stage\d_\w+|classroom|futures', name):
            copy(os.path.join(built, name), os.path.join(folder, 'build', name))
    for path, _, files in os.walk(os.path.join(folder, 'build')):
        for name in files:
            if name.endswith('.d'):
                rename_in(os.path.join(path, name), build + '/', 'build/')


def rename_in(path, old, new):
    """Keeps its time: make looks at it."""
    times = os.stat(path)
    with open(path, encoding='utf-8') as file:
        text = file.read()
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text.replace(old, new))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


# ---- a run ----


class Fault(Exception):
    pass


def free_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return str(one.getsockname()[1])


class Run:
    """Of one page."""

    def __init__(self, page, tree, scratch):
        self.page = page
        self.own = os.path.join(scratch, 'tree')
        shutil.copytree(tree, self.own, symlinks=True)
        self.changed = os.path.join(scratch, 'changed')
        self.port = free_port()
        self.said = []
        self.faults = 0

    def folder(self):
        return self.changed if os.path.exists(self.changed) else self.own

    def say(self, what, line, words):
        self.said.append(f'{what} {self.page}:{line}: {words}')

    def go(self):
        for part in parts(os.path.join(ROOT, self.page)):
            if part is None:
                shutil.rmtree(self.changed, ignore_errors=True)
                continue
            try:
                self.do(part)
            except Fault as fault:
                self.faults += 1
                self.say('wrong', part.line, fault)
        return self

    def do(self, block):
        if block.mark == 'diff':
            self.change(block)
        elif not block.is_run():
            return
        elif block.mark in NOT_RUN:
            for command in block.commands():
                self.say(f'not run ({block.mark})', command.line, command.text)
        elif block.mark not in ('', 'sh', 'console'):
            raise Fault(f'what does {block.mark} mean? known are: {", ".join(NOT_RUN)}')
        else:
            self.execute(block)

    def execute(self, block):
        commands = block.commands()
        for command in commands:
            if command.lacks(self.folder()):
                self.say('lacks', command.line, command.lacks(self.folder()))
                return
        try:
            self.try_once(commands)
        except Fault as fault:  # a machine may be so busy that a picture is another one, once
            self.say('again', block.line, fault)
            try:
                self.try_once(commands)
            except Fault:
                raise fault from None

    def try_once(self, commands):
        open_ones = []
        for command in commands:
            command.is_compared = False
        try:
            for number, command in enumerate(commands):
                terminal = Terminal(command.text.replace('8000', self.port), self.folder())
                open_ones.append((command, terminal))
                self.drive(terminal, command, commands[number + 1:number + 2])
            for command, terminal in reversed(open_ones):
                self.finish(command, terminal)
        finally:
            for _, terminal in open_ones:
                terminal.close()

    def drive(self, terminal, command, following):
        if command.answers():
            terminal.answer_prompts(command.answers())
        terminal.type(command.keys())
        if command.is_elsewhere() or (following and following[0].is_elsewhere()):
            terminal.wait(lambda: terminal.is_quiet() and terminal.output)
        elif terminal.wait():
            self.compare(command, terminal)
        else:
            raise Fault(f'line {command.line}: {command.text}: it does not end\n{terminal.text()}')

    def finish(self, command, terminal):
        """It was left running, and is ended when it has said all."""
        if command.is_compared:
            return
        while terminal.listen(0):
            pass  # what came while another one was read; Ctrl-C would throw it away
        limit = 6 if command.is_elsewhere() else 2  # the first one waits for the others
        terminal.wait(lambda: terminal.is_quiet(limit) or
                      terminal.is_quiet() and not self.odd_of(command, terminal))
        if not terminal.has_ended():
            terminal.send(b'\x03')
            terminal.wait()
            terminal.status = command.status()  # that of Ctrl-C is nobody's
        self.compare(command, terminal)

    def compare(self, command, terminal):
        command.is_compared = True
        if terminal.status == command.status() and not command.shown_near:
            return
        odd = self.odd_of(command, terminal)
        if terminal.status != command.status():
            odd = f'exit status {terminal.status}'
        if odd:
            raise Fault(f'line {command.line}: {command.text}: {odd}\n' +
                        '\n'.join('    ' + line for line in self.lines_of(command, terminal)[-60:]))

    def lines_of(self, command, terminal):
        output = terminal.text().replace(self.port, '8000').splitlines()
        if not any(re.match(OF_LOAD, line) for line in command.shown):
            output = [line for line in output if not re.match(OF_LOAD, line)]
        while output and not output[-1].strip():
            output.pop()
        return output

    def odd_of(self, command, terminal):
        return difference(command.output(), self.lines_of(command, terminal),
                          re.search(THREADED, command.text))

    def change(self, block):
        if self.folder() == self.own:
            shutil.copytree(self.own, self.changed, symlinks=True)
        name = block.lines[0].split(':')[0]
        path = os.path.join(self.changed, name)
        if not os.path.exists(path):
            raise Fault(f'there is no {name} to change')
        lines = block.lines[1:]
        old = ''.join(line[1:] + '\n' for line in lines if line[:1] in ' -')
        new = ''.join(line[1:] + '\n' for line in lines if line[:1] in ' +')
        with open(path, encoding='utf-8') as file:
            text = file.read()
        if text.count(old) != 1:
            raise Fault(f'the lines to change are {text.count(old)} times in {name}, not once')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text.replace(old, new))


def run_page(page, tree):
    with tempfile.TemporaryDirectory(prefix='page.') as scratch:
        return Run(page, tree, scratch).go()


def run(pages):
    with tempfile.TemporaryDirectory(prefix='pages.') as tree:
        make_copy(tree)
        with concurrent.futures.ProcessPoolExecutor(AT_ONCE) as pool:
            runs = list(pool.map(run_page, pages, [tree] * len(pages)))
    said = [line for one in runs for line in one.said]
    print('\n'.join(said + [f'{len(pages)} pages']))
    return too_much_is_left_out(said) or any(one.faults for one in runs)


def too_much_is_left_out(said):
    left_out = [line for line in said if line.startswith('not run')]
    elsewhere = [line for line in left_out if re.match(r'not run \((macos|windows)\) (?!\S*SETUP\.md)', line)]
    for line in elsewhere:
        print(f'only in SETUP.md: {line}')
    if len(left_out) > 15:
        print(f'{len(left_out)} commands are not run, more than 15')
    return bool(elsewhere) or len(left_out) > 15


def main():
    pages = sys.argv[2:] or sorted(git_files(['*.md']), key=lambda page: -os.path.getsize(page))
    if sys.argv[1:2] == ['run']:
        return run(pages)
    if sys.argv[1:2] == ['names']:
        return names.check(pages)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main())
