"""One SVG plot for each workload, by gnuplot. Readable on light and on dark pages."""
import re
import shutil
import subprocess
import sys

from results import rank

# Plot: its panels, of (metric, label). `lines` have n on the x axis; `dots` the metric, and a
# row for each program. It is that of the workload with its name, and of all programs, unless
# it is among OTHERS.
PANELS = {
    'demo': ('lines', [('CPU, s', 'CPU, s'), ('memory, KiB', 'peak memory, KiB')]),
    'echo': ('dots', [('CPU a reply, us', 'CPU a reply, µs'), ('p99, us', 'p99 latency, µs')]),
    'copy': ('dots', [('time, s', 'time, s'), ('CPU, s', 'CPU, s')]),
    'idle': ('dots', [('bytes a connection', 'bytes a connection'), ('CPU, ms', 'CPU, ms')]),
    'growth': ('lines', [('in the reactor, us', 'in the reactor, µs an event'),
                         ('polls an event', 'polls (and wakes) an event'),
                         ('time an event, us', 'in all, µs an event')]),
    'reactors': ('lines', [('time an event, us', 'µs an event'),
                           ('system calls an event', 'system calls an event')]),
}
OTHERS = {
    'growth': ('growth', ['stage3', 'stage4', 'stage5']),
    'reactors': ('growth', ['stage_select', 'stage4', 'stage5', 'stage_io_uring']),
}
NAMES = {'stage_select': 'select', 'stage4': 'poll', 'stage5': 'epoll', 'stage_io_uring': 'io_uring'}
X_LABEL = {'demo': 'clients', 'growth': 'idle connections beside the busy one'}

COLORS = {
    'stage1': '#7a8fa6', 'stage2': '#8aa5c2', 'stage3': '#38b6d8', 'stage4': '#7fb2ff',
    'stage5': '#0b5fd7', 'stage_select': '#c94b4b', 'stage_io_uring': '#2d9d4f',
    'bare_epoll': 'black', 'bare_poll': '#808080',
    'libuv': '#2d9d4f', 'libev': '#7bab26', 'libevent': '#b08b00', 'go': '#16a3a3',
    'node': '#d0763a', 'asyncio': '#c94b4b', 'tokio': '#9a5fc9',
}

DASHED = ['stage2', 'stage3', 'stage4', 'stage_io_uring']

HEAD = """
set terminal svg size {width},{height} dynamic font 'sans-serif,13' noenhanced
set output '{path}'
set multiplot layout 1,{count} margins {margins} spacing {spacing}
set border 3 lc rgb '#808080'
set grid lc rgb '#808080' dt 3
set tics nomirror
set format '%.10g'
set logscale {axes}
"""


def style(program):
    """The stages before the last are dashed: where they are level with it, one sees both."""
    width = 3 if program in ('stage5', 'bare_epoll') else 1.5
    if program in DASHED:
        return f"lw 2 dt '-' pt 4 ps 0.6 lc rgb '{COLORS[program]}'"
    return f"lw {width} pt {4 + rank(program)[0] * 3} ps 0.6 lc rgb '{COLORS[program]}'"


def block(name, rows):
    return [f'${name} << EOD', *(' '.join(map(str, row)) for row in rows), 'EOD']


def plot(curves):
    """A panel in which nothing is above 0 stays empty: its scale is logarithmic."""
    return 'plot ' + ', '.join(curves) if curves else 'set multiplot next'


def programs_of(results, plot_name, workload):
    some = OTHERS.get(plot_name, (workload, None))[1]
    return [p for p in results.programs(workload)[::-1] if some is None or p in some]


def lines_panel(results, plot_name, workload, metric, label, key):
    script, curves = [], []
    for i, program in enumerate(programs_of(results, plot_name, workload)):
        name = NAMES.get(program, program) if plot_name == 'reactors' else program
        medians = [(n, results.median(workload, program, n, metric))
                   for n in results.sizes(workload)]
        rows = [(n, value) for n, value in medians if value]
        if rows:
            script += block(f'd{i}', rows)
            curves.append(f"$d{i} using 1:2 with linespoints {style(program)} "
                          f"title '{name}'")
    # (of what is everywhere the same, a logarithmic scale would be empty)
    script += ['set yrange [1:10]' if metric.startswith('system calls') else 'set yrange [*:*]',
               f"set title '{label}'", f"set xlabel '{X_LABEL[workload]}'",
               'set key outside right center invert' if key else 'unset key',
               plot(curves)]
    return script


def dots_panel(results, plot_name, workload, metric, label, _):
    n = results.sizes(workload)[-1]
    programs = programs_of(results, plot_name, workload)
    script, curves, values = [], [], []
    for i, program in enumerate(programs):
        value = results.median(workload, program, n, metric)
        if value is not None:
            values.append(value)
            script += block(f'd{i}', [(value, i)])
            curves.append(f'$d{i} using 1:2 with points pt 7 ps 1 '
                          f"lc rgb '{COLORS[program]}' notitle")
    least, most = min(values), max(values)
    if least > 0:
        script.append(f'set xrange [{least / 1.5}:{1.5 * most}]')
    else:
        script += ['unset logscale x', f'set xrange [0:{1.1 * most or 1}]']
    names = ', '.join(f"'{program}' {i}" for i, program in enumerate(programs))
    script += [f"set title '{label}'", f'set ytics ({names})',
               f'set yrange [-1:{len(programs)}]', plot(curves)]
    return script


def for_both_pages(path):
    """What gnuplot draws in black becomes the colour of the text of the page."""
    with open(path, encoding='utf-8') as file:
        svg = re.sub(r'black|rgb\( *0, *0, *0\)', 'currentColor', file.read())
    page = ('<style>svg { color: #1f2328 } '
            '@media (prefers-color-scheme: dark) { svg { color: #e6edf3 } }</style>')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(re.sub(r'<title>.*?</desc>', page, svg, count=1, flags=re.DOTALL))


def draw(folder, workload, results):
    """The plot of this workload, and others of it."""
    for name in dict.fromkeys([workload, *OTHERS]):
        if OTHERS.get(name, (name, None))[0] == workload:
            draw_one(folder, name, workload, results)


def draw_one(folder, name, workload, results):
    if shutil.which('gnuplot') is None:
        print('no plot: it needs gnuplot (package gnuplot-nox)', file=sys.stderr)
        return
    if not results.sizes(workload):
        return
    kind, panels = PANELS[name]
    path = f'{folder}/{name}.svg'
    script = [HEAD.format(path=path, width=960, height=380, count=len(panels),
                          spacing=0.11 if len(panels) == 2 else 0.07,
                          axes='xy' if kind == 'lines' else 'x',
                          margins='0.08,0.84,0.18,0.88' if kind == 'lines'
                          else '0.12,0.97,0.12,0.88')]
    for i, (metric, label) in enumerate(panels):
        panel = lines_panel if kind == 'lines' else dots_panel
        script += panel(results, name, workload, metric, label, i == len(panels) - 1)
    subprocess.run(['gnuplot'], input='\n'.join(script), text=True, check=True)
    for_both_pages(path)
