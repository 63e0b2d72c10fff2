"""Random command lines for the five programs, always the same ones.

    command_lines.py FOLDER [HOW MANY]     the programs are in FOLDER; 300

Each must exit with 0, 1 or 2, and not by a signal; soon after its --timeout; after exit 1
or 2 it has said why, with 2 in one line. No name is looked up: hosts are addresses. Files
go to a temporary folder."""
import concurrent.futures, os, random, resource, shutil, signal, subprocess, sys, tempfile

SEED = 14
AT_ONCE = 6
HANGS = 60  # seconds: the longest --timeout below, and much patience

ODD = ["", " ", "\n", "\x1b[31m", "%s%n", "\udcff\udcfe", "\u00fc", "x" * 5000, "'", '"', "=", "-", "--", "\\", "*",
       "-1", "007", "0x10", "1e3", "nan", "0,5", "1..2", "5 ", "+5", "1000001", "99999999999999999999"]
FILES = ["a.json", "a.svg", "a.html", "a b", "\udcff", "no/such/folder", ".", "/dev/full"]

# Its letter, its name, values that are right (None: it has none), and the modes that use it.
OPTIONS = [
    ("n", "clients", ["1", "2", "10", "50", "1000000"], ["demo", "client"]),
    ("d", "delay", ["0", "0.01", "0.05", ".02", "1000000"], ["demo", "serve"]),
    ("p", "port", ["0", "0", "0", "1", "65535"], ["demo", "serve", "client"]),
    ("r", "report", ["text", "json", "none"], ["demo", "serve", "client"]),
    (None, "explain", ["exec", "os,exec", "future,reactor"], ["demo", "serve", "client"]),
    (None, "timeline", FILES, ["demo", "serve", "client"]),
    (None, "trace", FILES, ["demo", "serve", "client"]),
    (None, "replay", FILES, ["demo", "serve", "client"]),
    (None, "step", None, ["demo"]),
    (None, "echo", None, ["serve"]),
    ("h", "help", None, []),
    ("V", "version", None, []),
]
VALUE_NEEDS_EQUALS = ["explain", "timeline"]
GONE = ["--wake=all", "--trigger=level", "--bytes=1M", "--buffer", "--sndbuf=4096", "copy", "--echo=hello"]
HOSTS = ["127.0.0.1", "127.0.0.2", "127.1", "0.0.0.0", "::1", "::"]
TIMEOUTS = ["0.001", "0.2", "0.5", "1"]


def with_value(chance, letter, name, value):
    if letter is not None and chance.random() < 0.4:
        if value is None:
            return ["-" + letter]
        return ["-" + letter + value] if chance.random() < 0.5 else ["-" + letter, value]
    # abbreviated now and then; but `--h` might be --host
    short = chance.random() < 0.3 and name != "help"
    word = "--" + (name[: chance.randint(1, len(name))] if short else name)
    if value is None:
        return [word]
    if name in VALUE_NEEDS_EQUALS or chance.random() < 0.5:
        return [word + "=" + value]
    return [word, value]


def random_option(chance, mode, is_odd):
    fitting = [option for option in OPTIONS if is_odd or mode in option[3]]
    letter, name, values, _ = chance.choice(fitting)
    value = None if values is None else chance.choice(values)
    if name == "delay" and mode == "serve" and value == "1000000":
        value = "0"  # a client of another line may have found it, and it would be served to the end
    if is_odd:
        value = chance.choice([value, None, chance.choice(ODD), chance.choice(ODD)])
    return with_value(chance, letter, name, value)


def random_junk(chance):
    if chance.random() < 0.5:
        return [chance.choice(GONE)]
    odd = "".join(chance.choice("-=abxyzNQ0 \n\t%\udcff") for _ in range(chance.randint(1, 6)))
    return [chance.choice(["-", "--", ""]) + odd]


def random_words(chance):
    """Pieces in any order; what an option and its value are stays together."""
    mode = chance.choice(["demo", "demo", "serve", "client"])
    pieces = [["-H", chance.choice(HOSTS)]]
    if mode != "serve" or chance.random() < 0.05:
        pieces.append(["-t", chance.choice(TIMEOUTS)])
    if mode != "demo" or chance.random() < 0.5:
        pieces.append([mode])
    is_odd = chance.random() < 0.4
    pieces += [random_option(chance, mode, False) for _ in range(chance.randint(0, 4))]
    pieces += [random_option(chance, mode, True) for _ in range(chance.randint(0, 2) if is_odd else 0)]
    if is_odd and chance.random() < 0.3:
        pieces.append(random_junk(chance))
    if chance.random() < 0.03:
        pieces.append(["--"])
    chance.shuffle(pieces)
    return [word for piece in pieces for word in piece]


def run(program, words, folder):
    """Returns what is wrong, or None."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [os.fsencode(word) for word in [program] + words], cwd=folder, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        told = False
        for _ in range(2 * HANGS):
            try:
                process.wait(0.5)
                return judge(process.returncode, os.pread(said.fileno(), 1 << 30, 0))
            except subprocess.TimeoutExpired:
                if not told and b": listening on " in os.pread(said.fileno(), 1 << 20, 0):
                    process.send_signal(signal.SIGINT)
                    told = True  # a second one would end it at once
        process.kill()
        process.wait()
        return "hangs"


def judge(status, said):
    if status not in (0, 1, 2):
        return f"exit {status}: {said[-2000:]!r}"
    if status != 0 and not said:
        return f"exit {status}, and not a word"
    if status == 2 and (said.count(b"\n") != 1 or not said.endswith(b"\n")):
        return f"exit 2, and not one line: {said[-2000:]!r}"
    return None


def main():
    programs = os.path.abspath(sys.argv[1])
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    stages = sorted(name for name in os.listdir(programs) if name in ("stage1", "stage2", "stage3", "stage4", "stage5"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))  # else a million clients would start
    chance = random.Random(SEED)
    folder = tempfile.mkdtemp()
    statuses = {}
    failed = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            lines = [(stages[i % len(stages)], random_words(chance)) for i in range(number)]
            runs = [pool.submit(run, os.path.join(programs, stage), words, folder) for stage, words in lines]
            for (stage, words), future in zip(lines, runs):
                wrong = future.result()
                if wrong is not None:
                    failed += 1
                    print(f"{stage} {[word[:100] for word in words]}: {wrong}")
    finally:
        shutil.rmtree(folder)
    print(f"{number} command lines, {failed} of them failed")
    return failed > 0


sys.exit(main())
