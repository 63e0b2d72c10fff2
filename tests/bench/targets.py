"""What stage 5 has to reach. A target is printed with its ratio, and marked if missed."""
import statistics

from results import in_short, print_table

MOST_MEMORY = 6656  # KiB, of the whole demo of 9000 clients
MOST_IDLE = 1536    # bytes a connection more than bare epoll has

# Who is compared with whom, in what, and the limit; 'at least' for what should be large.
AGAINST_BARE_EPOLL = [
    ('demo', 'CPU, s', 'at most', 1.10),
    ('echo', 'replies/s', 'at least', 0.88),
]
CPU_OF_DEMO = {1000: 1.08, 9000: 1.08}  # the limit for these n
AGAINST_PEERS = [
    ('demo', 'CPU, s', 'at most', 1),
    ('demo', 'memory, KiB', 'at most', 1),
    ('echo', 'replies/s', 'at least', 1),
    ('echo', 'CPU a reply, us', 'at most', 1),
    ('echo', 'memory, KiB', 'at most', 1),
    ('copy', 'GB/s', 'at least', 1),
    ('copy', 'CPU, s', 'at most', 1),
    ('idle', 'bytes a connection', 'at most', 1),
    ('idle', 'CPU, ms', 'at most', 1),
]
MEMORY = ['memory, KiB', 'bytes a connection']
MEMORY_OF_LIBEV = 1.60  # who can be read has tasks and futures, where libev has one struct
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


def limit_for(workload, metric, n, other, limit):
    if other == 'libev' and metric in MEMORY:
        return MEMORY_OF_LIBEV
    if other == 'bare_epoll' and workload == 'demo':
        return CPU_OF_DEMO.get(n, limit)
    return limit


def against(others, targets, results):
    rows = [['n', 'stage 5 / other', *others, 'target']]
    for workload, metric, which, usual in targets:
        for n in results.sizes(workload):
            limits_of = [limit_for(workload, metric, n, other, usual) for other in others]
            cells = [verdict(results.ratios('stage5', other, workload, n, metric), which, limit)
                     for other, limit in zip(others, limits_of)]
            rows.append([str(n), f'{workload}: {metric}', *cells,
                         in_words(which, others, limits_of)])
    if len(rows) > 1:
        print_table(rows)


def in_words(which, others, limits_of):
    """Most have the same limit; who has another is named."""
    usual = max(limits_of, key=limits_of.count)
    words = [f'{other} {limit:.2f}' for other, limit in zip(others, limits_of) if limit != usual]
    return f'{which} {usual:.2f}' + (f" ({', '.join(words)})" if words else '')


def limits(results):
    rows = [['n', 'stage 5', 'measured', 'target']]
    if results.sizes('demo'):
        n = results.sizes('demo')[-1]
        memory = results.median('demo', 'stage5', n, 'memory, KiB')
        rows.append([str(n), 'demo: memory, KiB', up_to(memory, MOST_MEMORY),
                     f'at most {MOST_MEMORY}'])
    if results.sizes('idle'):
        n = results.sizes('idle')[-1]
        mine, bare = (results.median('idle', program, n, 'bytes a connection')
                      for program in ('stage5', 'bare_epoll'))
        more = mine - bare if mine and bare is not None else None
        rows.append([str(n), 'idle: bytes a connection more than bare_epoll',
                     up_to(more, MOST_IDLE), f'at most {MOST_IDLE}'])
    rows.extend(flatness(results))
    rows.extend(copy_by_futures(results))
    if len(rows) > 1:
        print_table(rows)


def up_to(value, most):
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
