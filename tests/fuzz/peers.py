"""Thirty peers that misbehave, for some seconds, at a server of each stage.

    peers.py FOLDER [SECONDS]     the programs are in FOLDER; 3

At each stage's serve, and serve --echo. Afterwards its descriptors and its memory are back
where they were, and the next client is served. Prints a line for each, as TAP."""
import os, random, socket, struct, subprocess, sys, threading, time

PEERS = 30
SEED = 14
GROWTH_KIB = 6144  # that libc may keep: stacks and arenas of threads; a sanitizer keeps more


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=2)


def reset(peer, chance):
    peer.sendall(b"x" * chance.randint(0, 100000))
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def half_close(peer, chance):
    peer.sendall(b"x" * chance.randint(0, 1000))
    peer.shutdown(socket.SHUT_WR)
    while peer.recv(65536):
        pass


def silent(peer, chance):
    time.sleep(chance.random())


def garbage(peer, chance):
    peer.settimeout(0.3)
    for _ in range(chance.randint(1, 50)):  # and reads nothing of what comes back
        peer.sendall(chance.randbytes(chance.randint(1, 100000)))


def one_byte_at_a_time(peer, chance):
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(chance.randint(1, 100)):
        peer.sendall(b"y")
        time.sleep(0.003)


MANNERS = [reset, half_close, silent, garbage, one_byte_at_a_time]


def misbehave(port, number, until):
    chance = random.Random(f"{SEED} {number}")
    while time.monotonic() < until:
        try:
            with connect(port) as peer:
                MANNERS[number % len(MANNERS)](peer, chance)
        except OSError:
            time.sleep(0.01)  # in stage 1 most wait in the queue, which may be full


def misbehave_together(port, seconds):
    until = time.monotonic() + seconds
    peers = [threading.Thread(target=misbehave, args=(port, i, until)) for i in range(PEERS)]
    for peer in peers:
        peer.start()
    for peer in peers:
        peer.join()


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def wait_for_descriptors(pid, number):
    until = time.monotonic() + 30
    while descriptors(pid) > number:
        assert time.monotonic() < until, f"{descriptors(pid)} descriptors are open, not {number}"
        time.sleep(0.05)


def next_client_is_served(port, echo):
    with connect(port) as peer:
        peer.settimeout(30)
        if echo:
            peer.sendall(b"hello\n")
            peer.shutdown(socket.SHUT_WR)
        answer = b""
        while part := peer.recv(1000):
            answer += part
    lines = answer.split(b"\n")
    right = answer == b"hello\n" if echo else lines[0][:6] + lines[1][:4] == b"start end "
    assert right, f"the next client got {answer!r}"


def try_server(program, echo, seconds):
    options = ["--echo"] if echo else ["-d", "0.02"]
    server = subprocess.Popen(
        [program, "serve", "-p", "0", "-r", "none"] + options, stderr=subprocess.PIPE, text=True)
    try:
        port = int(server.stderr.readline().rpartition(":")[2])
        before = descriptors(server.pid)
        misbehave_together(port, seconds / 3)  # after that it has all that it wants to keep
        wait_for_descriptors(server.pid, before)
        memory = memory_kib(server.pid)
        misbehave_together(port, seconds)
        next_client_is_served(port, echo)
        wait_for_descriptors(server.pid, before)
        grown = memory_kib(server.pid) - memory
        assert grown < GROWTH_KIB, f"its memory has grown by {grown} KiB"
        server.terminate()
        assert server.wait(30) == 0, f"exit {server.returncode}: {server.stderr.read()[-2000:]}"
    finally:
        server.kill()
        server.communicate()


def main():
    folder = sys.argv[1]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 3
    programs = [f"{folder}/stage{i}" for i in range(1, 6) if os.path.exists(f"{folder}/stage{i}")]
    failed = 0
    for program in programs:
        for echo in (False, True):
            name = f"{os.path.basename(program)} serve{' --echo' if echo else ''} bears {PEERS} peers that misbehave"
            try:
                try_server(program, echo, seconds)
                print(f"ok {name}", flush=True)
            except (AssertionError, OSError, ValueError) as error:
                failed += 1
                print(f"not ok {name}\n# {error}", flush=True)
    return failed > 0


sys.exit(main())
