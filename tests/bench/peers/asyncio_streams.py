"""The same work with Python's asyncio, by its streams. No checksums, as in node."""
import asyncio
import json
import os
import platform
import resource
import signal
import sys
import time

AT_ONCE = 250
BACKLOG = 4096  # asyncio's own is 100: the connects of thousands would be lost


class Run:
    clients = 0
    completed = 0
    arrived = 0
    number = 0
    start = 0.0


async def listen(handler, limit=65536):
    server = await asyncio.start_server(handler, '127.0.0.1', 0, backlog=BACKLOG,
                                        limit=limit)
    return server, server.sockets[0].getsockname()[1]


# ---- the demo ----

async def demo(clients, delay):
    limit = delay + 30

    async def respond(_, writer):
        Run.number += 1
        number = Run.number
        writer.write(b'start %d\n' % number)
        await writer.drain()
        await asyncio.sleep(delay)
        writer.write(b'end %d\n' % number)
        await writer.drain()
        writer.close()

    async def client(port):
        async with asyncio.timeout(limit):
            reader, writer = await asyncio.open_connection('127.0.0.1', port)
            lines = 0
            while data := await reader.read(32):
                os.write(1, data)
                lines += data.count(b'\n')
        writer.close()
        Run.completed += lines == 2

    server, port = await listen(respond)
    tasks = []
    for i in range(clients):
        if i > 0 and i % AT_ONCE == 0:
            await asyncio.sleep(0)
        tasks.append(asyncio.create_task(client(port)))
    await asyncio.gather(*tasks)
    server.close()


# ---- echo and copy ----

async def copy_all(reader, writer, size):
    try:
        while data := await reader.read(size):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    except ConnectionError:
        writer.close()


async def echo():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, 0)
    server, port = await listen(lambda reader, writer: copy_all(reader, writer, 1024))
    print(f'asyncio: listening on 127.0.0.1:{port}', file=sys.stderr, flush=True)
    await server.serve_forever()


async def send(writer, wanted, size):
    piece = b'x' * size
    while wanted > 0:
        piece = piece[:wanted]
        writer.write(piece)
        await writer.drain()
        wanted -= len(piece)
    writer.close()


async def copy(wanted, size):
    accepted = asyncio.Queue()

    async def keep(reader, writer):
        await accepted.put((reader, writer))

    server, port = await listen(keep, limit=size)

    async def pair():
        end = await asyncio.open_connection('127.0.0.1', port, limit=size)
        return end, await accepted.get()

    sender, copier_in = await pair()
    copier_out, receiver = await pair()
    Run.start = time.monotonic()
    sending = asyncio.create_task(send(sender[1], wanted, size))
    copying = asyncio.create_task(copy_all(copier_in[0], copier_out[1], size))
    while data := await receiver[0].read(size):
        Run.arrived += len(data)
    await asyncio.gather(sending, copying)
    server.close()


# ---- main ----

def status_of(name):
    with open('/proc/self/status', encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name))


def report():
    wall = time.monotonic() - Run.start
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        'peer': 'asyncio', 'clients': Run.clients, 'completed': Run.completed,
        'bytes': Run.arrived, 'wall_s': wall, 'max_rss_kib': status_of('VmHWM:'),
        'threads': status_of('Threads:'), 'voluntary_switches': usage.ru_nvcsw,
    }), file=sys.stderr)


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main():
    raise_descriptor_limit()
    Run.start = time.monotonic()
    wanted = 0
    match sys.argv[1:]:
        case ['version']:
            asyncio.timeout  # there since Python 3.11, and needed
            print(platform.python_version())
            return 0
        case ['echo']:
            asyncio.run(echo())
        case ['demo', clients, delay]:
            Run.clients = int(clients)
            asyncio.run(demo(Run.clients, float(delay)))
        case ['copy', size, buffer]:
            wanted = int(size)
            asyncio.run(copy(wanted, int(buffer)))
        case _:
            print('usage: version | demo N SECONDS | echo | copy BYTES BUFFER',
                  file=sys.stderr)
            return 2
    report()
    return 0 if (Run.completed, Run.arrived) == (Run.clients, wanted) else 1


sys.exit(main())
