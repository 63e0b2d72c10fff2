"""What stage 5 has to reach. A target is printed with its ratio, and marked if missed."""
import statistics

from results import in_short, print_table

MOST_MEMORY = 4096  # KiB, of the whole demo of 9000 clients
MOST_IDLE = 1536    # bytes a connection more than bare epoll has

# Who is compared with whom, in what, and the limit; 'at least' for what should be large.
AGAINST_BARE_EPOLL = [
    ('demo', 'CPU, s', 'at most', 1.10),
    ('echo', 'replies/s', 'at least', 0.95),
]
AGAINST_PEERS = [
    ('demo', 'CPU, s', 'at most', 1),
    ('demo', 'memory, KiB', 'at most', 1),
    ('echo', 'replies/s', 'at least', 1),
    ('echo', 'CPU a reply, us', 'at most', 1),
    ('echo', 'memory, KiB', 'at most', 1),
    ('copy', 'GB/s', 'at least', 1),
    ('copy', 'CPU, s', 'at most', 1),
    ('copy', 'memory, KiB', 'at most', 1),
    ('idle', 'bytes a connection', 'at most', 1),
    ('idle', 'CPU, ms', 'at most', 1),
]
LIBRARIES = ['libuv', 'libev', 'libevent', 'go', 'node', 'asyncio', 'tokio']

missed = 0
unsure = 0


def keeps(value, which, limit):
    """It is rounded before: 1.004 is level."""
    return round(value, 2) <= limit if which == 'at most' else round(value, 2) >= limit


def verdict(ratios, which, limit):
    """Their median, with a mark: ! if more than three of four rounds miss, ~ if more than
    one of four does, for then another run may well say the opposite."""
    global missed, unsure
    if not ratios:
        return '-'
    median = statistics.median(ratios)
    bad = statistics.mean(not keeps(ratio, which, limit) for ratio in ratios)
    mark = '!' if bad > 0.75 else '~' if bad > 0.25 else ' '
    missed += mark == '!'
    unsure += mark == '~'
    return f'{median:.2f} {mark}'


def against(others, targets, results):
    rows = [['n', 'stage 5 / other', *others, 'target']]
    for workload, metric, which, limit in targets:
        for n in results.sizes(workload):
            cells = [verdict(results.ratios('stage5', other, workload, n, metric),
                             which, limit) for other in others]
            rows.append([str(n), f'{workload}: {metric}', *cells, f'{which} {limit:.2f}'])
    if len(rows) > 1:
        print_table(rows)


def limits(results):
    rows = [['n', 'stage 5', 'measured', 'target']]
    if results.sizes('demo'):
        n = results.sizes('demo')[-1]
        memory = results.median('demo', 'stage5', n, 'memory, KiB')
        rows.append([str(n), 'demo: memory, KiB', limit(memory, MOST_MEMORY),
                     f'at most {MOST_MEMORY}'])
    if results.sizes('idle'):
        n = results.sizes('idle')[-1]
        mine, bare = (results.median('idle', program, n, 'bytes a connection')
                      for program in ('stage5', 'bare_epoll'))
        more = mine - bare if mine and bare is not None else None
        rows.append([str(n), 'idle: bytes a connection more than bare_epoll',
                     limit(more, MOST_IDLE), f'at most {MOST_IDLE}'])
    rows.extend(flatness(results))
    rows.extend(copy_by_futures(results))
    if len(rows) > 1:
        print_table(rows)


def limit(value, most):
    global missed
    if value is None:
        return '-'
    missed += value > most
    return in_short(value) + (' !' if value > most else '  ')


def flatness(results):
    """The cost of an event with n idle descriptors, compared with the fewest."""
    sizes = results.sizes('growth')
    for metric in ('time an event, us', 'in the reactor, us'):
        few = results.values('growth', 'stage5', sizes[0], metric) if sizes else {}
        for n in sizes[1:]:
            many = results.values('growth', 'stage5', n, metric)
            yield [str(n), f'growth: {metric}, to that of n = {sizes[0]}',
                   verdict([many[r] / few[r] for r in many if r in few], 'at most', 1.20),
                   'at most 1.20']


def copy_by_futures(results):
    for stage in ('stage4', 'stage5'):
        for n in results.sizes('copy'):
            ratios = results.ratios(stage, 'stage2', 'copy', n, 'GB/s')
            yield [str(n), f'copy: GB/s, {stage} to stage2',
                   verdict(ratios, 'at least', 0.90), 'at least 0.90']


def print_all(results):
    """Returns how many were missed."""
    print('targets, medians of the rounds (! is missed, by over three quarters of the '
          'rounds; ~ is in doubt: missed by over one quarter)\n')
    limits(results)
    against(['bare_epoll'], AGAINST_BARE_EPOLL, results)
    present = [p for p in LIBRARIES
               if any(p in results.distinct(w, 1) for w in ('demo', 'echo', 'copy', 'idle'))]
    if present:
        against(present, AGAINST_PEERS, results)
    print(f'{missed or "none is"} missed' + (f', and {unsure} in doubt' if unsure else ''))
    return missed
