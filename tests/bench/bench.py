#!/usr/bin/env python3
"""Compares the stages with the least that the kernel allows, and with what people use.

    [BENCH_ROUNDS=5] [BENCH_TIME=480] [BENCH_CLIENTS='10 100 1000 5000 9000']
    [BENCH_SECONDS=3] [BENCH_BYTES=1073741824]
    [BENCH_WORKLOADS='demo echo copy idle growth'] [BENCH_PROGRAMS='stage5 libuv'] bench.py

Runs all programs in turn, round after round, so that whatever else the machine does hits
all of them. A round that would not end within BENCH_TIME seconds is not begun; but there
is always one. Prints medians and targets; writes results.csv and a plot for each workload
to BENCH (build/bench), where the peers are, too. BIN (.) is where the stages are. Exits 1 if
a program fails, or stage 5 misses a target. `bench.py settings` only looks at the settings.
"""
import json
import os
import random
import re
import resource
import selectors
import signal
import statistics
import subprocess
import sys
import time

import plots
import targets
from results import Results, print_table

BIN = os.environ.get('BIN', '.')
BENCH = os.environ.get('BENCH', 'build/bench')


def setting(name, default, fits, what):
    """The words of an environment variable. Exits 2 if one of them does not fit."""
    words = os.environ.get(name, default).split()
    for word in words or ['']:
        if not fits(word):
            print(f"bench.py: {name}: '{word}' is not {what}", file=sys.stderr)
            sys.exit(2)
    return words


def is_count(word):
    return word.isdecimal() and 0 < int(word) <= 2**40


def is_time(word):
    return re.fullmatch(r'[0-9]+(\.[0-9]+)?', word) and float(word) > 0


ALL_WORKLOADS = 'demo echo copy idle growth'
WORKLOADS = setting('BENCH_WORKLOADS', ALL_WORKLOADS, ALL_WORKLOADS.split().__contains__,
                    f'one of {ALL_WORKLOADS}')
ROUNDS = int(setting('BENCH_ROUNDS', '5', is_count, 'a whole number, 1 or more')[0])
TIME = float(setting('BENCH_TIME', '480', is_time, 'a number of seconds')[0])
CLIENTS = sorted(int(n) for n in setting('BENCH_CLIENTS', '10 100 1000 5000 9000', is_count,
                                         'a whole number, 1 or more'))
SECONDS = setting('BENCH_SECONDS', '3', is_time, 'a number of seconds')[0]
BYTES = int(setting('BENCH_BYTES', str(2**30), is_count, 'a whole number, 1 or more')[0])

PEERS = {  # name: (command, what it needs)
    'bare_epoll': ([f'{BENCH}/bare_epoll'], 'Linux'),
    'bare_poll': ([f'{BENCH}/bare_poll'], 'a C compiler'),
    'libuv': ([f'{BENCH}/libuv'], 'libuv1-dev'),
    'libev': ([f'{BENCH}/libev'], 'libev-dev'),
    'libevent': ([f'{BENCH}/libevent'], 'libevent-dev'),
    'go': ([f'{BENCH}/go'], 'golang-go'),
    'node': (['node', 'tests/bench/peers/node.js'], 'nodejs'),
    'asyncio': (['python3', 'tests/bench/peers/asyncio_streams.py'], 'python3, 3.11 or later'),
    'tokio': ([f'{BENCH}/tokio'], 'cargo and librust-tokio-dev'),
}
STAGES = ['stage2', 'stage3', 'stage4', 'stage5']
REACTORS = ['stage_select', 'stage_io_uring']  # others, from classroom: growth only
EVERYBODY = [*STAGES, *REACTORS, *PEERS]
PROGRAMS = setting('BENCH_PROGRAMS', ' '.join(EVERYBODY), EVERYBODY.__contains__,
                   f"one of {', '.join(EVERYBODY)}")
SUMMARY = [('demo', 'CPU, s'), ('demo', 'memory, KiB'), ('echo', 'replies/s'),
           ('echo', 'CPU a reply, us'), ('copy', 'GB/s'), ('idle', 'bytes a connection')]
MOST_THREADS = 1000  # clients of stage 2: each has two threads
MOST_SELECTED = 1000  # idle descriptors of select, which has room for 1,024

started = time.monotonic()
results = Results()
failures = []
failed = set()  # (workload, program)


def say(text):
    print(f'{time.monotonic() - started:4.0f} s  {text}', file=sys.stderr, flush=True)


# ---- running a program ----

class Failure(Exception):
    pass


# What may go wrong with a program, and with what it prints.
FAILURES = (Failure, OSError, ValueError, LookupError, subprocess.SubprocessError)


def run(command, stdout=subprocess.DEVNULL):
    """Returns its report, with the CPU seconds of the whole process and the SYNs that the
    kernel sent again meanwhile."""
    retries, cpu = syn_retries(), cpu_of_children()
    done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True,
                          timeout=120, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    report = json.loads((done.stdout or done.stderr).splitlines()[-1])
    report['cpu_s'] = cpu_of_children() - cpu
    report['syn_retries'] = syn_retries() - retries
    return report


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def syn_retries():
    with open('/proc/net/netstat', encoding='ascii') as file:
        names, values = [line.split() for line in file if line.startswith('TcpExt')][:2]
    return int(values[names.index('TCPSynRetrans')])


class Server:
    """An echo server that listens, until it is stopped."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        try:
            self.port = self.read_port(command)
        except BaseException:
            self.stop()
            raise
        self.pid = str(self.process.pid)

    def read_port(self, command):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stderr, selectors.EVENT_READ)
            line = self.process.stderr.readline() if selector.select(20) else 'says nothing'
        port = re.search(r'listening on .*:(\d+)', line)
        if port is None:
            raise Failure(f"{' '.join(command)}: {line.strip()}")
        return port.group(1)

    def memory_kib(self):
        """The most that it ever had."""
        with open(f'/proc/{self.pid}/status', encoding='ascii') as file:
            return next(int(line.split()[1]) for line in file if line.startswith('VmHWM'))

    def stop(self):
        self.process.terminate()
        try:
            self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


# ---- the workloads: each returns what was measured ----

def is_stage(program):
    return program in STAGES


def path(program):
    return [f'{BIN}/{program}'] if is_stage(program) else PEERS[program][0]


def demo_delay(clients):
    """Long enough for all clients to be there at the same time, unless they start slowly."""
    return 0.5 if clients > 1000 else 0.1 if clients > 100 else 0.03


def demo(program, clients):
    """Short ones are noisy: the mean of some."""
    runs = [demo_once(program, clients) for _ in range(3 if clients <= 1000 else 1)]
    return {metric: statistics.mean(run[metric] for run in runs) for metric in runs[0]}


def demo_once(program, clients):
    delay = demo_delay(clients)
    if is_stage(program):
        options = ['-n', str(clients), '-d', str(delay), '-r', 'json']
    else:
        options = [str(clients), str(delay)]
    report = run([*path(program), 'demo', *options])
    if report['completed'] != clients:
        raise Failure(f"{program} completed {report['completed']} of {clients} clients")
    return {
        'wall beyond delay, ms': 1000 * (report['wall_s'] - delay),
        'CPU, s': report['cpu_s'],
        'memory, KiB': report['max_rss_kib'],
        'threads': report.get('peak_threads') or report['threads'],
        'switches': report['voluntary_switches'],
        'SYN retries': report['syn_retries'],
    }


def copy(program, size):
    report = run(copy_command(program, str(size)), subprocess.PIPE)
    if report['bytes'] != size:
        raise Failure(f"{program} copied {report['bytes']} of {size} bytes")
    seconds = report['wall_s'] if 'wall_s' in report else size / report['MB_per_s'] / 1e6
    return {'GB/s': size / seconds / 1e9, 'time, s': seconds, 'CPU, s': report['cpu_s']}


def copy_command(program, size):
    """With buffers of 64 KiB. The lesson does it by futures, with each reactor; its threads
    stand for stage 2."""
    if program == 'stage2':
        return [f'{BENCH}/copy_stage4', '--threads', size]
    if is_stage(program):
        return [f'{BENCH}/copy_{program}', '--futures', size]
    return [*path(program), 'copy', size, '65536']


def echo_command(program):
    options = ['serve', '--echo', '--port', '0'] if is_stage(program) else ['echo']
    return [*path(program), *options]


def tool(*command):
    """Runs one of ours, that prints a line of JSON for each server."""
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          timeout=300 + 2 * ROUNDS * float(SECONDS))
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def echo(program, connections):
    server = Server(echo_command(program))
    try:
        load = tool(f'{BENCH}/load', server.port, str(connections), '64', SECONDS,
                    server.pid)[0]
        memory = server.memory_kib()
    finally:
        server.stop()
    return {
        'replies/s': load['replies_per_s'],
        'CPU a reply, us': 1e6 * load['server_cpu_s'] / load['replies'],
        'p50, us': load['p50_us'],
        'p99, us': load['p99_us'],
        'memory, KiB': memory,
        'server, % of a core': 100 * load['server_cpu_s'] / load['seconds'],
        'generator, % of a core': 100 * load['cpu_s'] / load['seconds'],
    }


def growth(program, idle):
    report = tool(f'{BENCH}/growth_{program}', str(idle), '20000')[0]
    return {
        'time an event, us': report['ns_per_event'] / 1000,
        'in the reactor, us': report['reactor_ns_per_event'] / 1000,
        'wakes an event': report['wakes_per_event'],
        'polls an event': report['polls_per_event'],
        'system calls an event': report['system_calls_per_event'],
    }


def idle_together(programs, connections):
    """All servers idle side by side, so that all of them meet the same machine. What they
    take of memory does not change any more: the first round has it."""
    servers = {}
    try:
        for program in programs:
            try:
                servers[program] = Server(echo_command(program))
            except FAILURES as failure:
                note_failure(f'idle, {program}: {failure}')
        if not servers:
            return
        ports = [word for server in servers.values() for word in (server.port, server.pid)]
        reports = tool(f'{BENCH}/idle', str(connections), SECONDS, str(ROUNDS), *ports)
    finally:
        for server in servers.values():
            server.stop()
    for i, report in enumerate(reports):
        program, number = list(servers)[i % len(servers)], 1 + i // len(servers)
        if number == 1:
            results.add('idle', program, connections, number,
                        {'bytes a connection': report['bytes_per_connection']})
        results.add('idle', program, connections, number, {'CPU, ms': 1000 * report['cpu_s']})


# ---- the rounds ----

def one_round(number, workload, function, programs, sizes, warm_up):
    """Each round has an order of its own (in each run the same), so that nobody always comes
    after one who has left the machine hot, or cold. Round 0 is the warm-up."""
    say(f'{workload}, ' + (f'round {number} of {ROUNDS}' if number else 'warm-up'))
    for n in sizes if number else warm_up:
        able = [p for p in programs if is_able(p, workload, n)]
        for program in random.Random(number).sample(able, len(able)):
            attempt(workload, function, program, n, number)


def is_able(program, workload, n):
    if program == 'stage2' and workload != 'copy':
        return n <= MOST_THREADS
    return program != 'stage_select' or n <= MOST_SELECTED


def all_rounds(servers):
    """Each workload has as many as fit into the time; but idle, whose connections take most
    of its time, has all of them after the first."""
    workloads = {  # function, programs, sizes, and those of the warm-up
        'demo': (demo, servers, CLIENTS, CLIENTS[:1]),
        'echo': (echo, servers, [50], []),  # each has its own
        'copy': (copy, servers, [BYTES], [BYTES // 16]),
        'growth': (growth, chosen(STAGES[1:], reactors_present()), CLIENTS, CLIENTS[:1]),
    }
    longest = 0
    for number in range(ROUNDS + 1):
        began = time.monotonic()
        if number > 1 and began - started + longest > TIME:
            print(f'{number - 1} of {ROUNDS} rounds: another would take {longest:.0f} s, '
                  f'and not end within BENCH_TIME={TIME:g} s')
            return
        for workload in WORKLOADS:
            if workload in workloads:
                one_round(number, workload, *workloads[workload])
        if number > 0:
            longest = max(longest, time.monotonic() - began)
        if number == 1 and 'idle' in WORKLOADS:
            all_at_once(servers, CLIENTS[-1])


def attempt(workload, function, program, n, number):
    """Once failed, a program is left out: a time-out for each round would be too long."""
    if (workload, program) in failed:
        return
    try:
        measured = function(program, n)
    except FAILURES as failure:
        failed.add((workload, program))
        note_failure(f'{workload}, {program}, n = {n}: {failure}')
        return
    if number > 0:
        results.add(workload, program, n, number, measured)


def note_failure(text):
    say(f'FAILED: {text}')
    failures.append(text)


def all_at_once(programs, connections):
    say(f'idle, {connections} connections to each of {len(programs)} servers')
    try:
        idle_together(programs, connections)
    except FAILURES as failure:
        note_failure(f'idle: {failure}')


# ---- what there is ----

def machine():
    with open('/proc/cpuinfo', encoding='ascii') as file:
        model = next((line.split(':')[1].strip() for line in file
                      if line.startswith('model name')), os.uname().machine)
    system = os.uname()
    with open('/proc/sys/net/ipv4/tcp_congestion_control', encoding='ascii') as file:
        congestion = file.read().strip()
    return f'{model}, {os.cpu_count()} cores, {system.sysname} {system.release}, ' + \
        f'TCP congestion control {congestion}, ' + time.strftime('%Y-%m-%d')


def peers_present():
    """Those that were built and run; says what the others would need."""
    present = []
    for peer, (command, needs) in PEERS.items():
        try:
            done = subprocess.run([*command, 'version'], capture_output=True, text=True,
                                  check=True, timeout=20)
            print(f'{peer:10} {done.stdout.strip()}')
            present.append(peer)
        except (OSError, subprocess.SubprocessError):
            print(f'{peer:10} left out: not built or not running; it needs {needs}')
    return present


def reactors_present():
    """io_uring may be refused, by a kernel or a container."""
    present = []
    for program in REACTORS if 'growth' in WORKLOADS else []:
        try:
            subprocess.run([f'{BENCH}/growth_{program}', '1', '1'], capture_output=True,
                           check=True, timeout=20)
            present.append(program)
        except (OSError, subprocess.SubprocessError):
            print(f'{program} is left out of growth: not built, or the system refuses it')
    return present


def chosen(*lists):
    return [p for programs in lists for p in programs if p in PROGRAMS]


def raise_descriptor_limit():
    """For those who do not do it themselves: children inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def measure(peers):
    """Returns the exit status so far. Whoever interrupts it gets what was measured by then."""
    try:
        all_rounds(chosen(STAGES, peers))
    except KeyboardInterrupt:
        note_failure('interrupted before the end')
        return 130
    return 1 if failures else 0


def draw(workload):
    try:
        plots.draw(BENCH, workload, results)
    except FAILURES as failure:
        note_failure(f'plot of {workload}: {failure}')


def print_report():
    """Returns how many targets were missed."""
    for workload in WORKLOADS:
        rounds = len(results.distinct(workload, 3))
        print(f'\n{workload}: medians of {rounds} round' + ('\n' if rounds == 1 else 's\n'))
        print_table(results.table(workload))
    results.write_csv(f'{BENCH}/results.csv')
    print('in short: each workload with its largest n\n')
    print_table(results.summary(SUMMARY), names=0)
    missed = targets.print_all(results)
    for workload in WORKLOADS:
        draw(workload)
    say(f'wrote {BENCH}/results.csv and the plots beside it')
    return missed


def main():
    if sys.argv[1:] == ['settings']:
        return 0 # they are good, or we would not have come so far
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop the servers, too
    raise_descriptor_limit()
    print(machine())
    peers = peers_present()
    print('stage 1 is left out: it serves one connection after the other; stage 2 is in demos '
          f'of up to {MOST_THREADS} clients', flush=True)
    status = measure(peers)
    missed = print_report()
    for failure in failures:
        print(f'failed: {failure}')
    return status or (1 if missed or failures else 0)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say('interrupted before the end')
        sys.exit(130)
