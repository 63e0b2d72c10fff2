"""Whether what a page names is there: files, functions, options, targets of make."""

import functools
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SUFFIX = r'(c|h|md|sh|bats|bash|py|awk|svg|png|js|css|yml|json|html)'
# What a page may name, and our code does not: calls and programs of the system.
FOREIGN = {'io_uring', 'clock_nanosleep'}
# What runs write: no file of ours.
WRITTEN = r'(build|work)/|/?(result|results|trace|run)\.(json|html)$'
COMMAND = r'(\./stage[1-5]|build/\S+|strace|nc|gdb|ps|top|sudo|diff|[(]ulimit)( \S+)+'


def read(name):
    with open(os.path.join(ROOT, name), encoding='utf-8', errors='replace') as file:
        return file.read()


@functools.lru_cache(None)
def files():
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout
    return [name for name in listed.splitlines() if os.path.exists(os.path.join(ROOT, name))]


@functools.lru_cache(None)
def code():
    """All words of what is no page."""
    ours = [name for name in files() if re.search(r'(\.(c|h|sh|bats|bash|py|awk|js)|Makefile)$', name)]
    return set(re.findall(r'\w+', '\n'.join(map(read, ours))))


@functools.lru_cache(None)
def targets():
    rules = ''.join(read(name) for name in files() if re.search(r'(^|/)Makefile$|\.mk$', name))
    found = re.findall(r'^([\w. -]+?)\s*:(?!=)', rules, re.M)
    return set(' '.join(found).split()) | {'stage' + number for number in '12345'}


def paths(name, page):
    """The files that a page means by that name."""
    beside = os.path.normpath(os.path.join(os.path.dirname(page), name))
    return [file for file in files() if file in (name, beside) or file.endswith('/' + name)]


def words_of(paths_):
    return set(re.findall(r'\w+', '\n'.join(map(read, paths_))))


class Page:
    def __init__(self, page):
        self.page = page
        self.faults = []
        text = read(page)
        self.blocks = re.findall(r'^ *```.*?^ *```', text, re.M | re.S)
        # Blocks become empty lines, so that the numbers of the others stay right.
        self.text = re.sub(r'^ *```.*?^ *```', lambda m: '\n' * m[0].count('\n'), text, flags=re.M | re.S)

    def fault(self, position, words):
        self.faults.append(f'{self.page}:{self.text.count(chr(10), 0, position) + 1}: {words}')

    def check(self):
        self.links()
        self.spans()
        self.functions_of_files()
        self.targets()
        self.commands()
        return self.faults

    def links(self):
        for link in re.finditer(r'\]\(([^)#: ]+)(#[^)]*)?\)', self.text):
            if not os.path.exists(os.path.join(ROOT, os.path.dirname(self.page), link[1])):
                self.fault(link.start(), f'there is no {link[1]}')

    def spans(self):
        for span in re.finditer(r'`([^`\n]+)`', self.text):
            word = span[1]
            if re.fullmatch(r'[\w./-]+\.' + SUFFIX, word):
                if not paths(word.removeprefix('./'), self.page) and not re.match(WRITTEN, word):
                    self.fault(span.start(), f'there is no file {word}')
            elif re.fullmatch(r'(common|classroom|stage\d_\w+|tests)/[\w/-]*', word):
                if not any(name.startswith(word.rstrip('/') + '/') for name in files()):
                    self.fault(span.start(), f'there is no folder {word}')
            elif re.fullmatch(r'--[a-z-]+(=\S*)?', word):
                self.option(span, re.match('--[a-z-]+', word)[0])
            elif re.fullmatch(r'[a-z]+(_[a-z0-9]+)+(\(\))?', word) and not self.is_in_table(span.start()):
                if word.removesuffix('()') not in code() | FOREIGN:
                    self.fault(span.start(), f'nothing is named {word}')

    def option(self, span, option):
        parts = re.findall('[a-z]+', option)
        if not set(parts) <= code():
            self.fault(span.start(), f'there is no option {option}')

    def is_in_table(self, position):
        """There are names of other languages there; ours stand behind their file."""
        start = self.text.rfind('\n', 0, position) + 1
        return self.text[start] == '|'

    def functions_of_files(self):
        """`io.c`: operation_poll, `read_some`; `task.c`: wake"""
        name = r'`?(?:struct )?[a-z]\w*`?'
        names = '(' + name + '(?:,? (?:and )?' + name + ')*)'
        for pair in re.finditer(r'`([\w./-]+\.(?:c|h|js))`: ' + names, self.text):
            there = words_of(paths(pair[1].removeprefix('./'), self.page))
            for word in re.findall(r'`(\w+)`|(\w+_\w+)', pair[2]):
                if (word[0] or word[1]) not in there:
                    self.fault(pair.start(), f'there is no {word[0] or word[1]} in {pair[1]}')

    def targets(self):
        inline = re.finditer(r'`make ([a-z][\w-]*)', self.text)
        for use in inline:
            if use[1] not in targets():
                self.fault(use.start(), f'there is no make {use[1]}')
        shown = '\n'.join(self.commands_shown())
        for use in re.finditer(r'\bmake (?:-s )?(?!-)([a-z][\w-]*)(?=[ \n;&|])', shown):
            if use[1] not in targets():
                self.faults.append(f'{self.page}: there is no make {use[1]}')

    def commands_shown(self):
        lines = '\n'.join(self.blocks).split('\n')
        return [line[2:] + '\n' for line in lines if line.startswith('$ ')]

    def commands(self):
        """They stand in blocks that are run; the text may only name what is in one."""
        shown = ''.join(self.commands_shown())
        for span in re.finditer(r'`([^`\n]+)`', self.text):
            if re.fullmatch(COMMAND, span[1]) and span[1] not in shown:
                self.fault(span.start(), f'{span[1]} stands in no block that is run')
        for line in re.finditer(r'\n\n {4}(make|' + COMMAND.split('( ')[0] + r')\b.*', self.text):
            self.fault(line.start() + 2, f'{line[0].strip()} stands in no block that is run')


def check(pages):
    faults = [fault for page in pages for fault in Page(page).check()]
    print('\n'.join(faults + [f'{len(pages)} pages']))
    return bool(faults)
