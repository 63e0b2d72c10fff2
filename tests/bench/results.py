"""What was measured: kept, summed up, printed, written down."""
import csv
import math
import statistics


class Results:
    def __init__(self):
        self.rows = []  # (workload, program, n, round, metric, value)

    def add(self, workload, program, n, number, measured):
        for metric, value in measured.items():
            self.rows.append((workload, program, n, number, metric, value))

    def values(self, workload, program, n, metric):
        """{round: value}"""
        return {row[3]: row[5] for row in self.rows
                if row[:3] == (workload, program, n) and row[4] == metric}

    def median(self, workload, program, n, metric):
        values = self.values(workload, program, n, metric)
        return statistics.median(values.values()) if values else None

    def ratios(self, a, b, workload, n, metric):
        """For each round a's value to b's. (The ratio of the medians would let in what else
        the machine did from round to round.)"""
        values = self.values(workload, a, n, metric)
        others = self.values(workload, b, n, metric)
        return [ratio(values[r], others[r]) for r in values if r in others]

    def distinct(self, workload, column):
        return list(dict.fromkeys(row[column] for row in self.rows if row[0] == workload))

    def programs(self, workload):
        return sorted(self.distinct(workload, 1), key=rank)

    def sizes(self, workload):
        return sorted(self.distinct(workload, 2))

    def metrics(self, workload):
        return self.distinct(workload, 4)

    def table(self, workload):
        """Rows of text; the first is the heading."""
        metrics = self.metrics(workload)
        rows = [['n', 'program', *metrics]]
        for n in self.sizes(workload):
            for program in self.programs(workload):
                cells = [in_short(self.median(workload, program, n, m)) for m in metrics]
                if set(cells) != {'-'}:
                    rows.append([str(n), program, *cells])
        return rows

    def summary(self, columns):
        """A row for each program, with these (workload, metric), each at its largest n."""
        columns = [(w, m) for w, m in columns if self.sizes(w)]
        rows = [['program', *(f'{w}: {m}' for w, m in columns)]]
        for program in sorted({row[1] for row in self.rows}, key=rank):
            rows.append([program, *(in_short(self.median(w, program, self.sizes(w)[-1], m))
                                    for w, m in columns)])
        return rows

    def write_csv(self, path):
        with open(path, 'w', newline='', encoding='ascii') as file:
            writer = csv.writer(file)
            writer.writerow(['workload', 'program', 'n', 'round', 'metric', 'value'])
            writer.writerows(self.rows)


def ratio(a, b):
    if a == b:  # both may be 0
        return 1
    return a / b if b else math.inf


def rank(program):
    """Stages first, then the least that the kernel allows, then the others."""
    return (not program.startswith('stage'), not program.startswith('bare'), program)


def in_short(value):
    if value is None:
        return '-'
    if value >= 100 or value == int(value):
        return f'{value:.0f}'
    return f'{value:.3g}' if value >= 0.1 else f'{value:.4f}'


def print_table(rows, names=1):
    """`names`: the column that has them; all others have numbers."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    rule = ['-' * (width - 1) + ('-' if i == names else ':')
            for i, width in enumerate(widths)]
    for row in [rows[0], rule, *rows[1:]]:
        print('| ' + ' | '.join(
            cell.ljust(width) if i == names else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))) + ' |')
    print(flush=True)
