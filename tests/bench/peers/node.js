// The same work in node, with its net module. No checksums, which are slow there: in its favour.
'use strict';
const fs = require('fs');
const net = require('net');
const { pipeline } = require('stream');

const AT_ONCE = 250; // connects that are not yet accepted: node takes one a turn of its loop
const BACKLOG = 4096; // node's own is 511: the connects of thousands would be lost

let clients = 0;
let completed = 0;
let arrived = 0;

function die(error) {
  process.stderr.write(`node: ${error.message}\n`);
  process.exit(1);
}

function listen(onConnection, options, then) {
  const server = net.createServer(options, onConnection);
  server.on('error', die);
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => then(server));
}

// ---- the demo ----

function demo(delay) {
  let server;
  let started = 0;
  let number = 0;
  let ended = 0;
  const limit = (delay + 30) * 1000;
  const start = process.hrtime.bigint();

  function respond(socket) {
    const k = ++number;
    socket.on('error', die);
    socket.resume();
    socket.write(`start ${k}\n`);
    setTimeout(() => socket.end(`end ${k}\n`), delay * 1000);
    if (started < clients) startClient();
  }

  function startClient() {
    let lines = 0;
    started++;
    const socket = net.connect(server.address().port, '127.0.0.1');
    socket.on('error', die);
    const timer = setTimeout(() => die(new Error('no answer in time')), limit);
    socket.on('data', (bytes) => {
      fs.writeSync(1, bytes); // process.stdout would do, but may wait
      for (const byte of bytes) if (byte === 10) lines++;
    });
    socket.on('close', () => {
      clearTimeout(timer);
      if (lines === 2) completed++;
      if (++ended < clients) return;
      server.close();
      report(start);
    });
  }

  listen(respond, {}, (listening) => {
    server = listening;
    while (started < Math.min(AT_ONCE, clients)) startClient();
  });
}

// ---- echo ----

function echo() {
  process.on('SIGTERM', () => process.exit(0));
  const pipe = (socket) => pipeline(socket, socket, () => {});
  listen(pipe, { allowHalfOpen: true }, (server) => {
    process.stderr.write(`node: listening on 127.0.0.1:${server.address().port}\n`);
  });
}

// ---- copy ----

// Writes until the socket's buffer is full, and goes on when it has drained.
function send(socket, wanted, size) {
  const piece = Buffer.alloc(size, 'x');
  let left = wanted;

  function more() {
    while (left > 0) {
      const part = left < size ? piece.subarray(0, left) : piece;
      left -= part.length;
      if (!socket.write(part)) {
        socket.once('drain', more);
        return;
      }
    }
    socket.end();
  }
  more();
}

function copy(wanted, size) {
  const accepted = [];
  const highWaterMark = size;

  function run(sender, copierOut) {
    const [copierIn, receiver] = accepted;
    const start = process.hrtime.bigint();
    send(sender, wanted, size);
    pipeline(copierIn, copierOut, (error) => error && die(error));
    receiver.on('data', (bytes) => { arrived += bytes.length; });
    receiver.on('end', () => report(start));
  }

  listen((socket) => accepted.push(socket), { highWaterMark }, (server) => {
    const connect = (then) => {
      const port = server.address().port;
      const socket = net.connect({ port, highWaterMark, noDelay: true });
      socket.on('error', die);
      socket.on('connect', () => setImmediate(then, socket));
    };
    connect((sender) => connect((copierOut) => {
      server.close();
      run(sender, copierOut);
    }));
  });
}

// ---- main ----

function report(start) {
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  const of = (name) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))[1]);
  const usage = process.resourceUsage();
  process.stderr.write(`${JSON.stringify({
    peer: 'node', clients, completed, bytes: arrived, wall_s: wall,
    max_rss_kib: of('VmHWM'), threads: of('Threads'),
    voluntary_switches: usage.voluntaryContextSwitches,
  })}\n`);
  process.exitCode = completed === clients && arrived === bytesWanted ? 0 : 1;
}

let bytesWanted = 0;
const [mode, first, second] = process.argv.slice(2);
if (mode === 'version') {
  process.stdout.write(`${process.versions.node}\n`);
} else if (mode === 'echo') {
  echo();
} else if (mode === 'demo' && second !== undefined) {
  clients = Number(first);
  demo(Number(second));
} else if (mode === 'copy' && second !== undefined) {
  bytesWanted = Number(first);
  copy(bytesWanted, Number(second));
} else {
  process.stderr.write('usage: node.js version | demo N SECONDS | echo | copy BYTES BUFFER\n');
  process.exitCode = 2;
}
