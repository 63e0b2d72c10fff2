'use strict';
/* The page of --replay. In this order: the run; apply, the one place that turns events into
 * a state; draw, the one place that shows a state; tokens that move; how one goes from step
 * to step; predict; the start. */

// ======== the run ========

/* As enum event_kind in common/base/trace.h. */
const KINDS = [
    'EXEC_TURN', 'EXEC_SPAWN', 'EXEC_WAKE', 'EXEC_INBOX', 'EXEC_POLL', 'EXEC_PENDING',
    'EXEC_WASTED', 'EXEC_DONE', 'EXEC_CANCEL', 'EXEC_STUCK',
    'FUTURE_READY', 'FUTURE_WAITS', 'FUTURE_SLEEPS', 'FUTURE_JOINS', 'FUTURE_ASKS',
    'REACTOR_WATCH', 'REACTOR_FORGET', 'REACTOR_TIMER', 'REACTOR_UNTIMER', 'REACTOR_WAIT',
    'REACTOR_READY', 'REACTOR_TIME', 'REACTOR_WAITED', 'REACTOR_WASTED',
    'OS_START', 'OS_CALL', 'OS_THREAD', 'OS_EXIT',
];
const FIELDS = ['kind', 'time', 'fd', 'number', 'actor', 'other', 'word', 'where', 'sentence'];

let run; // what the program has written: events, sources, ...
const $ = id => document.getElementById(id);

function readRun() {
    run = JSON.parse($('run').textContent);
    run.events = run.events.map(array => {
        const event = Object.fromEntries(array.map((value, i) => [FIELDS[i], value]));
        event.kind = KINDS[event.kind];
        event.role = event.kind.split('_')[0];
        return event;
    });
    run.total = run.events.length > 0 ? run.events[run.events.length - 1].time : 0;
}

// ======== events become a state ========

/* What the four bands show after so many events. It knows only these. */
function newState() {
    return {
        step: 0, time: 0, turn: 0,
        isPartial: false,        // events before this one are left out
        polled: '',              // the task that is polled now
        queue: [],               // tasks that will be polled, in this order
        left: 0,                 // so many of them in this turn
        tasks: new Map(),        // or threads: name -> see newTask
        watches: new Map(),      // fd -> whose waker is kept: {readable, writable}
        deadlines: new Map(),    // number -> {at, task}
        coming: null,            // a waker that has just left its place: {task, from}
        inbox: 0,                // wakes that other threads have left
        waiting: null,           // the reactor waits: {fds, most, since}; over: and slept
        descriptors: new Map(),  // fd -> {owner, what, readable, writable}: true, false, null
        listener: 0,
        backlog: [],             // who has connected, and is not accepted yet
        early: 0,                // accepted, and have not said yet that they have connected
        accepted: null,          // the last connection: {fd, by}
        call: null,              // the last system call, an event
        sums: {tasks: 0, threads: 0, polls: 0, vain: 0, slept: 0},
    };
}

function newTask(name, step) {
    return {
        name, status: 'new', waits: [], says: '', asks: '', joiner: '', polls: 0, vain: 0,
        call: null, // that a thread is in: {word, fd}
        last: step, // when it was last heard of
        heard: '',  // the kind of that event
    };
}

function taskOf(state, name) {
    if (!state.tasks.has(name))
        state.tasks.set(name, newTask(name, state.step));
    return state.tasks.get(name);
}

function enqueue(state, name) {
    if (!state.queue.includes(name))
        state.queue.push(name);
}

function leaveQueue(state, name) {
    const i = state.queue.indexOf(name);
    if (i < 0)
        return;
    state.queue = state.queue.filter(other => other !== name);
    if (i < state.left)
        state.left--;
}

function descriptorOf(state, fd) {
    if (!state.descriptors.has(fd))
        state.descriptors.set(fd, {owner: '', what: '', readable: null, writable: null});
    return state.descriptors.get(fd);
}

const isAlive = task => !['done', 'cancelled', 'ended'].includes(task.status);

function endTask(state, name, status) {
    const task = taskOf(state, name);
    if (task.joiner !== '')
        state.coming = {task: task.joiner, from: 'the end of ' + name};
    Object.assign(task, {status, joiner: '', asks: '', waits: []});
    if (state.polled === name)
        state.polled = '';
    leaveQueue(state, name);
}

/* A task that is gone has no waker; the drop of its future should have taken all back. */
function removeStaleWakers(state) {
    const isGone = name => name !== '' && state.tasks.has(name) && !isAlive(state.tasks.get(name));
    for (const [fd, row] of state.watches)
        for (const word of ['readable', 'writable'])
            if (isGone(row[word]))
                takeWaker(state, fd, word);
    for (const [number, deadline] of state.deadlines)
        if (isGone(deadline.task))
            state.deadlines.delete(number);
    for (const task of state.tasks.values())
        if (isGone(task.joiner))
            task.joiner = '';
}

function takeWaker(state, fd, word) {
    const row = state.watches.get(fd);
    if (row === undefined)
        return;
    row[word] = '';
    if (row.readable === '' && row.writable === '')
        state.watches.delete(fd);
}

/* Each of so many tasks at the head of the queue was polled, and is at its end again. */
function applyPollsInVain(state, event) {
    const length = state.queue.length;
    state.turn += event.fd;
    state.sums.polls += event.number;
    state.sums.vain += event.number;
    if (length === 0)
        return;
    state.left = Math.max(0, Math.min(length, state.left + event.fd * length - event.number));
    state.queue.forEach((name, i) => {
        const polls = Math.floor(event.number / length) + (i < event.number % length ? 1 : 0);
        const task = taskOf(state, name);
        task.polls += polls;
        task.vain += polls;
    });
    const first = event.number % length;
    state.queue = state.queue.slice(first).concat(state.queue.slice(0, first));
}

function endPoll(state, event) {
    const task = taskOf(state, event.actor);
    if (event.kind === 'EXEC_WASTED') {
        task.vain++;
        state.sums.vain++;
    }
    task.status = state.queue.includes(event.actor) ? 'queued' : 'PENDING';
    state.polled = '';
}

/* What the event's task says that it waits for. */
const WAITS_FOR = {
    FUTURE_WAITS: event => `fd ${event.fd} ${event.word}`,
    FUTURE_SLEEPS: () => 'a deadline', // how long, the reactor shows
    FUTURE_JOINS: event => `the end of ${event.other || 'a task'}`,
    FUTURE_ASKS: event => event.word,
};

function wait(state, event) {
    if (event.actor !== '')
        taskOf(state, event.actor).waits.push(WAITS_FOR[event.kind](event));
}

// ---- what a call says of descriptors ----

const wouldBlock = event => event.number === -run.errors.EAGAIN;
const hasBegun = event => event.number === 0 || event.number === -run.errors.EINPROGRESS;

function noteConnect(state, event) {
    if (state.listener === 0 || !hasBegun(event))
        return;
    if (state.early > 0)
        state.early--;
    else
        state.backlog.push(event.actor);
}

function noteAccept(state, event) {
    descriptorOf(state, event.fd).readable = wouldBlock(event) ? false : null;
    if (event.number < 0)
        return;
    state.descriptors.set(event.number,
        {owner: event.actor, what: 'connection', readable: null, writable: null});
    state.accepted = {fd: event.number, by: event.actor};
    if (state.backlog.length > 0)
        state.backlog.shift();
    else
        state.early++;
}

const CALLS = {
    listen(state, event) {
        state.listener = event.fd;
        Object.assign(descriptorOf(state, event.fd), {what: 'listener', owner: 'server'});
    },
    socket(state, event) {
        if (event.number >= 0)
            Object.assign(descriptorOf(state, event.number), {what: 'socket', owner: event.actor});
    },
    accept: noteAccept,
    connect: noteConnect,
    close(state, event) {
        state.descriptors.delete(event.fd);
    },
    read(state, event) {
        descriptorOf(state, event.fd).readable = wouldBlock(event) ? false : null;
    },
    write(state, event) {
        descriptorOf(state, event.fd).writable = wouldBlock(event) ? false : null;
    },
};

function noteOwner(state, event) {
    const fd = state.descriptors.get(event.fd);
    if (fd !== undefined && fd.what !== 'listener' && event.actor !== '' && event.actor !== 'reactor')
        fd.owner = event.actor;
}

function applyCall(state, event) {
    state.call = event;
    if (event.fd > 0 && event.fd < 3)
        return; // stdin and so on: not ours
    if (event.word in CALLS)
        CALLS[event.word](state, event);
    noteOwner(state, event);
}

function noteThatWaitIsOver(state) {
    if (state.waiting === null || state.waiting.isOver)
        return;
    Object.assign(state.waiting, {isOver: true, slept: state.time - state.waiting.since});
    if (run.how.startsWith('sleeps') && state.waiting.most !== 0)
        state.sums.slept += state.waiting.slept;
}

function endWait(state) {
    noteThatWaitIsOver(state);
    Object.assign(state, {waiting: null, inbox: 0});
}

// ---- a function for each kind ----

const APPLY = {
    EXEC_TURN(state) {
        state.turn++;
        state.left = state.queue.length;
        removeStaleWakers(state);
    },
    EXEC_SPAWN(state, event) {
        state.tasks.delete(event.actor); // one that had its name, and is gone
        state.tasks.set(event.actor, newTask(event.actor, state.step));
        enqueue(state, event.actor);
        state.sums.tasks++;
        if (state.accepted !== null && state.accepted.by === event.other) {
            descriptorOf(state, state.accepted.fd).owner = event.actor;
            state.accepted = null;
        }
    },
    EXEC_WAKE(state, event) {
        const task = taskOf(state, event.actor);
        if (task.status !== 'polled')
            task.status = 'queued';
        if (event.other !== 'reactor')
            task.asks = '';
        enqueue(state, event.actor);
        state.coming = null;
    },
    EXEC_INBOX(state) {
        state.inbox++;
    },
    EXEC_POLL(state, event) {
        const task = taskOf(state, event.actor);
        leaveQueue(state, event.actor);
        state.polled = event.actor;
        task.polls++;
        state.sums.polls++;
        Object.assign(task, {status: 'polled', waits: [], asks: ''});
    },
    EXEC_PENDING: endPoll,
    EXEC_WASTED(state, event) {
        (event.actor === '' ? applyPollsInVain : endPoll)(state, event);
    },
    EXEC_DONE(state, event) {
        endTask(state, event.actor, 'done');
    },
    EXEC_CANCEL(state, event) {
        endTask(state, event.actor, 'cancelled');
    },
    FUTURE_WAITS: wait,
    FUTURE_SLEEPS: wait,
    FUTURE_JOINS(state, event) {
        wait(state, event);
        if (event.other !== '')
            taskOf(state, event.other).joiner = event.actor;
    },
    FUTURE_ASKS(state, event) {
        wait(state, event);
        if (event.actor !== '')
            taskOf(state, event.actor).asks = event.word;
    },
    REACTOR_WATCH(state, event) {
        takeWaker(state, event.fd, event.word);
        if (event.other === '')
            return;
        if (!state.watches.has(event.fd))
            state.watches.set(event.fd, {readable: '', writable: ''});
        state.watches.get(event.fd)[event.word] = event.other;
        descriptorOf(state, event.fd)[event.word] = false;
        noteOwner(state, event);
    },
    REACTOR_FORGET(state, event) {
        state.watches.delete(event.fd);
    },
    /* Between the look at the clock and the event a little time goes by: so the earliest
     * that was heard is the best. */
    REACTOR_TIMER(state, event) {
        const old = state.deadlines.get(event.fd);
        const at = event.time + event.number;
        state.deadlines.set(event.fd,
            {task: event.other, at: old === undefined ? at : Math.min(at, old.at)});
    },
    REACTOR_UNTIMER(state, event) {
        state.deadlines.delete(event.fd);
    },
    REACTOR_WAIT(state, event) {
        state.waiting = {fds: event.fd, most: event.number, since: event.time, isOver: false};
    },
    REACTOR_READY(state, event) {
        noteThatWaitIsOver(state);
        takeWaker(state, event.fd, event.word);
        if (run.how.startsWith('sleeps'))
            descriptorOf(state, event.fd)[event.word] = true;
        if (event.other !== '')
            state.coming = {task: event.other, from: `fd ${event.fd} ${event.word}`};
    },
    REACTOR_TIME(state, event) {
        noteThatWaitIsOver(state);
        state.deadlines.delete(event.fd);
        if (event.other !== '')
            state.coming = {task: event.other, from: `deadline ${event.fd}`};
    },
    REACTOR_WAITED: endWait,
    REACTOR_WASTED: endWait,
    OS_START(state, event) {
        if (event.actor === '' || run.has_tasks)
            return;
        Object.assign(taskOf(state, event.actor),
            {status: 'inside', call: {word: event.word, fd: event.fd}});
    },
    OS_CALL(state, event) {
        if (event.actor !== '' && !run.has_tasks)
            Object.assign(taskOf(state, event.actor), {status: 'runs', call: null});
        applyCall(state, event);
    },
    OS_THREAD(state, event) {
        state.sums.threads++;
        if (event.actor !== '')
            state.tasks.set(event.actor,
                Object.assign(newTask(event.actor, state.step), {status: 'runs'}));
    },
    OS_EXIT(state, event) {
        if (event.actor !== '')
            Object.assign(taskOf(state, event.actor), {status: 'ended', call: null});
    },
};

/* A waker that has left its place is on its way until then. */
const ENDS_COMING = ['EXEC_POLL', 'EXEC_TURN', 'REACTOR_READY', 'REACTOR_TIME', 'REACTOR_WAITED', 'REACTOR_WASTED'];

/* Each thread that has not ended is inside a call. */
function allSleep(state) {
    const threads = [...state.tasks.values()].filter(isAlive);
    return threads.length > 0 && threads.every(task => task.call !== null);
}

/* Nothing is known of what happened in the gap: only that all may have changed. */
function forgetAll(state) {
    Object.assign(state, newState(), {isPartial: true, step: state.step, turn: NaN});
}

function apply(state, event) {
    if (run.left_out > 0 && state.step === run.gap)
        forgetAll(state);
    if (!run.has_tasks && allSleep(state))
        state.sums.slept += event.time - state.time;
    state.step++;
    state.time = event.time;
    if (ENDS_COMING.includes(event.kind))
        state.coming = null;
    if (event.kind in APPLY)
        APPLY[event.kind](state, event);
    const task = state.tasks.get(event.actor);
    if (task !== undefined) {
        task.says = event.kind in WAITS_FOR ? `waits: ${WAITS_FOR[event.kind](event)}` : event.sentence.split('; ')[0];
        Object.assign(task, {last: state.step, heard: event.kind});
    }
}

/* Every so many steps the state is kept: from the nearest one it is not far to any step. */
const KEEP_EVERY = 200;
const kept = [];
let now; // the state that is shown

function stateAt(step) {
    if (kept.length === 0)
        kept.push(newState());
    const nearest = Math.min(Math.floor(step / KEEP_EVERY), kept.length - 1);
    const isNear = now !== undefined && now.step <= step && now.step >= nearest * KEEP_EVERY;
    const state = isNear ? now : structuredClone(kept[nearest]);
    while (state.step < step) {
        apply(state, run.events[state.step]);
        if (state.step === kept.length * KEEP_EVERY)
            kept.push(structuredClone(state));
    }
    return state;
}

// ---- where wakers are, as plain data ----

const inOrder = deadlines => [...deadlines].map(([number, {at, task}]) => ({number, at, task}))
    .sort((one, other) => one.at - other.at || one.number - other.number);

/* All that is kept for someone: [task, place]. */
function wakersOf(state) {
    const all = [];
    for (const [fd, row] of state.watches)
        for (const word of ['readable', 'writable'])
            if (row[word] !== '')
                all.push([row[word], `fd ${fd} ${word}`]);
    for (const {number, task} of inOrder(state.deadlines))
        all.push([task, `deadline ${number}`]);
    for (const task of state.tasks.values()) {
        if (task.joiner !== '')
            all.push([task.joiner, `the end of ${task.name}`]);
        if (task.asks !== '')
            all.push([task.name, `asked: ${task.asks}`]);
    }
    for (const name of state.queue)
        all.push([name, 'run queue']);
    return all;
}

function plainState(state) {
    const wakers = wakersOf(state);
    return {
        step: state.step, time: state.time, turn: state.turn, polled: state.polled,
        isPartial: state.isPartial, queue: [...state.queue], waiting: state.waiting,
        tasks: [...state.tasks.values()].map(task => ({
            name: task.name, status: task.status, polls: task.polls, vain: task.vain,
            says: sayingOf(task), call: task.call,
            wakers: wakers.filter(([name]) => name === task.name).map(([, place]) => place),
        })),
        watches: [...state.watches].map(([fd, row]) => ({fd, ...row})).sort((a, b) => a.fd - b.fd),
        deadlines: inOrder(state.deadlines),
        descriptors: [...state.descriptors].map(([fd, row]) => ({fd, ...row})),
        backlog: [...state.backlog],
        call: state.call === null ? '' : state.call.sentence,
    };
}

// ======== a state is drawn ========

/* An element: what it shows is text, whatever is in it. */
function element(tag, attributes, ...children) {
    const result = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
        if (value !== undefined && value !== false)
            result.setAttribute(name, value === true ? '' : value);
    result.append(...children);
    return result;
}

const PALETTE = ['#5b6270', '#7a6a4f', '#c8324a', '#1f7ba6', '#2c8540', '#b06000', '#8a4fbf', '#00808a', '#ad3c86', '#4a63c9', '#6b7a12', '#a04a2a'];
const colours = new Map();

function colourOf(name) {
    if (!colours.has(name))
        colours.set(name, PALETTE[colours.size % PALETTE.length]);
    return colours.get(name);
}

/* In the order of the run, so that they do not depend on where one begins. */
function chooseColours() {
    for (const event of run.events)
        for (const name of [event.actor, event.other])
            if (name !== '' && name !== 'reactor')
                colourOf(name);
}

/* "client 3": c3. */
function shortName(name) {
    const number = name.match(/\d+$/);
    return name.slice(0, number === null ? 2 : 1) + (number === null ? '' : number[0]);
}

const style = name => `--mine:${colourOf(name)}`;

/* A waker that is kept is a disc. What it wakes is a square: a task in the queue, or polled.
 * Where it is tells its key, by which it is found again. */
function token(name, place, leaves) {
    return element('span', {
        class: leaves ? 'token waker leaves' : 'token waker', style: style(name),
        'data-task': name, 'data-place': place, title: `the waker of ${name}: ${place}`,
    }, shortName(name));
}

function square(name, place) {
    return element('span', {class: 'token', style: style(name), 'data-task': name, 'data-place': place,
        title: `${name}: ${place}`}, shortName(name));
}

function chip(name, place, isNow) {
    return element('span', {class: isNow ? 'chip now' : 'chip', style: style(name)},
        square(name, place), element('span', {class: 'name'}, name));
}

const soft = text => element('span', {class: 'soft'}, text);
const ms = ns => (ns / 1e6).toFixed(1) + ' ms';
const count = (number, what) => `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;

function fill(band, title, ...children) {
    $(band).querySelector('h2').textContent = title;
    $(band).querySelector('.content').replaceChildren(...children);
}

const CHIPS = 3;
const SQUARES = 24;

/* `turnEnds`: after so many names; what follows is polled in the next turn. */
function queueChips(names, place, turnEnds = names.length) {
    const all = [];
    names.slice(0, SQUARES).forEach((name, i) => {
        if (i === turnEnds && i > 0)
            all.push(element('span', {class: 'soft'}, '¦ next turn:'));
        all.push(i < CHIPS - (now.polled !== '') ? chip(name, place) : square(name, place));
    });
    return all;
}

/* As many as there is room for; of the rest, how many. */
function fitQueue(names) {
    const line = $('executor').querySelector('.content');
    const end = line.getBoundingClientRect().right;
    const edges = [...line.children].map(child => child.getBoundingClientRect().right);
    const isLong = names.length > SQUARES || edges.some(edge => edge > end);
    const fit = isLong ? edges.filter(edge => edge < end - 7 * rem()).length : edges.length;
    [...line.children].slice(fit).forEach(child => child.remove());
    const rest = names.length - [...line.children].filter(isQueued).length;
    if (rest > 0)
        line.append(soft(`and ${rest.toLocaleString('en')} more`));
}

const isQueued = child => [child, child.firstElementChild].some(
    one => one !== null && ['run queue', 'runs'].includes(one.dataset.place));

// ---- executor ----

function executorSays(state) {
    if (state.polled !== '')
        return [soft('polls now'), chip(state.polled, 'polled', true),
            soft(state.queue.length > 0 ? 'then' : 'then nobody: the run queue is empty')];
    if (state.queue.length > 0)
        return [soft(state.waiting === null ? 'will poll, in this order' : 'can poll, in this order')];
    if (isAsleep(state))
        return [element('b', {class: 'large'}, `asleep: ${count(aliveIn(state).length, 'task')} wait, 0 polls`)];
    if (state.waiting !== null && state.waiting.isOver)
        return [soft(`nobody could run for ${ms(state.waiting.slept)}; now a waker is called`)];
    return [soft('nobody can run')];
}

const aliveIn = state => [...state.tasks.values()].filter(isAlive);
const reactorSleeps = () => run.how.startsWith('sleeps');
const isInWait = state => reactorSleeps() && state.waiting !== null && !state.waiting.isOver;
const isAsleep = state => isInWait(state) && state.waiting.most !== 0 && state.queue.length === 0;

/* What the whole run was. */
function endSays({sums, time}) {
    const whole = Math.round(time / 1e6);
    const slept = `${Math.round(sums.slept / 1e6)} of ${whole} ms`;
    if (run.left_out > 0)
        return `The end, after ${whole} ms.`;
    if (!run.has_tasks)
        return `The end. ${count(sums.threads, 'thread')}; for ${slept} all of them slept in calls.`;
    const vain = sums.vain > 0 ? ` (${sums.vain.toLocaleString('en')} in vain)` : '';
    return `The end. ${count(sums.tasks, 'task')}, ${count(1 + sums.threads, 'thread')}, ${count(sums.polls, 'poll')}${vain}, `
        + (reactorSleeps() ? `asleep ${slept}.` : `never asleep in ${whole} ms.`);
}

/* The first band: `words` and who is queued, or, at the end, what it was. */
function fillExecutor(title, state, words, names, ...more) {
    const isEnd = state.step === run.events.length;
    fill('executor', title, ...(isEnd ? [element('b', {class: 'large'}, endSays(state))] : [...words, ...more]));
    $('executor').classList.toggle('asleep', !isEnd && (run.has_tasks ? isAsleep(state) : allSleep(state)));
    if (!isEnd)
        fitQueue(names);
}

function drawExecutor(state) {
    const turn = Number.isNaN(state.turn) ? 'a turn' : `turn ${state.turn.toLocaleString('en')}`;
    const lost = state.isPartial ? [soft('· of before the gap nothing is known')] : [];
    fillExecutor(`Executor · ${state.turn === 0 ? 'before the first turn' : turn}`, state, executorSays(state),
        state.queue, ...queueChips(state.queue, 'run queue', state.left), ...lost);
}

function drawKernel(state) {
    const running = [...state.tasks.values()].filter(task => task.status === 'runs').map(task => task.name);
    const words = running.length > 0 ? soft('can run now')
        : element('b', {class: 'large'}, `asleep: ${count(aliveIn(state).length, 'thread')}, each inside a call`);
    fillExecutor('No executor · the kernel runs threads', state, [words], running, ...queueChips(running, 'runs'));
}

// ---- tasks ----

function sayingOf(task) {
    if (task.call !== null)
        return `sleeps in ${task.call.word}${task.call.fd > 0 ? ` on fd ${task.call.fd}` : ''}`;
    const isPending = task.status === 'PENDING' || ['EXEC_PENDING', 'EXEC_WASTED'].includes(task.heard);
    if (isPending && task.waits.length > 0)
        return 'waits: ' + [...new Set(task.waits)].sort((a, b) => (a === 'a deadline') - (b === 'a deadline')).join(', or ');
    return task.says;
}

/* Who promised to call it, if it is PENDING? */
function isForgotten(state, task) {
    return task.status === 'PENDING' && !state.isPartial && !wakersOf(state).some(([name]) => name === task.name)
        && !(state.coming !== null && state.coming.task === task.name);
}

function countsOf(task) {
    if (!run.has_tasks)
        return task.call !== null ? 'in the kernel' : '';
    if (task.polls === 0)
        return 'not polled yet';
    if (task.vain >= 100) // there is no room for both
        return `${task.vain < 1000 ? task.vain : (task.vain / 1000).toFixed(task.vain < 10000 ? 1 : 0) + 'k'} polls in vain`;
    return count(task.polls, 'poll') + (task.vain > 0 ? `, ${task.vain.toLocaleString('en')} in vain` : '');
}

/* On its card: whose waker it has got, and its own, if whom it asked has it. */
function tokensOn(state, task) {
    if (task.joiner !== '')
        return [element('span', {title: `its end wakes ${task.joiner}`}, '→ '), token(task.joiner, `the end of ${task.name}`)];
    if (task.asks !== '')
        return [element('span', {class: 'words'}, 'lent '), token(task.name, `asked: ${task.asks}`)];
    return isForgotten(state, task) ? [element('span', {class: 'bad'}, 'nobody has its waker')] : [];
}

const STATUS = {inside: 'sleeps', queued: 'queued', polled: 'polled'};

function card(state, task) {
    const isNow = state.step > 0 && run.events[state.step - 1].actor === task.name;
    const name = element('b', {},
        element('span', {class: 'token', style: style(task.name), 'data-home': task.name}, shortName(task.name)),
        element('span', {class: 'name'}, task.name),
        element('span', {class: 'state'}, STATUS[task.status] || task.status));
    return element('button', {
        class: `card${isNow ? ' now' : ''}${isAlive(task) ? '' : ' gone'}`, 'data-card': task.name,
        title: `to the next event of ${task.name}`,
    }, name, element('span', {class: 'says'}, sayingOf(task)),
    element('span', {class: 'counts'}, countsOf(task), element('span', {}, ...tokensOn(state, task))));
}

/* If there is no room for all: those alive, and of these the ones heard of last. */
function chosenTasks(state, room) {
    const all = [...state.tasks.values()];
    if (all.length <= room)
        return all;
    const chosen = new Set([...all]
        .sort((a, b) => isAlive(b) - isAlive(a) || b.last - a.last).slice(0, room - 1));
    return all.filter(task => chosen.has(task));
}

function drawTasks(state) {
    const few = state.tasks.size <= 8;
    const chosen = chosenTasks(state, few ? 8 : 12);
    const rest = state.tasks.size - chosen.length;
    const done = [...state.tasks.values()].filter(task => !isAlive(task)).length;
    fill('tasks', `${run.has_tasks ? 'Tasks and their futures' : 'Threads, each with its stack'} · click: its next event`,
        ...chosen.map(task => card(state, task)),
        ...(rest > 0 ? [element('span', {class: 'more'}, `and ${rest} more; ${done} of all are done`)] : []));
    $('tasks').querySelector('.content').classList.toggle('many', !few);
}

// ---- reactor ----

function table(heads, rows, room, widths) {
    const more = rows.length > room ? rows.length - room + 1 : 0;
    const shown = more > 0 ? rows.slice(0, room - 1) : rows;
    const current = rows.find(row => row.isNow);
    if (current !== undefined && !shown.includes(current))
        shown[shown.length - 1] = current;
    const body = shown.map(({cells, isNow}) => element('tr', {class: isNow && 'now'},
        ...cells.map(cell => element('td', {}, ...[cell].flat()))));
    if (more > 0)
        body.push(element('tr', {}, element('td', {colspan: heads.length, class: 'soft'}, `and ${more} more`)));
    return element('table', {},
        element('colgroup', {}, ...widths.map(width => element('col', {style: `width:${width}%`}))),
        element('thead', {}, element('tr', {}, ...heads.map(head => element('th', {}, head)))),
        element('tbody', {}, ...body));
}

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

function roomFor(band) {
    return Math.max(3, Math.floor(($(band).clientHeight / rem() - 4.6) / 1.72));
}

function fdName(state, fd) {
    const descriptor = state.descriptors.get(fd);
    if (descriptor === undefined || (descriptor.owner === '' && descriptor.what === ''))
        return `fd ${fd}`;
    return `fd ${fd} · ${descriptor.what === 'listener' ? 'the listener' : descriptor.owner || descriptor.what}`;
}

/* With the words, if there is room for them. */
const mayFit = (what, words) => element('div', {class: 'fit'}, what, ' ', element('span', {}, words));

/* A token, or the place that one has just left. */
function keptCell(state, name, place) {
    if (name !== '')
        return mayFit(token(name, place), name);
    if (state.coming !== null && state.coming.from === place)
        return mayFit(token(state.coming.task, place, true), 'is woken');
    return [soft('–')];
}

function watchRows(state) {
    const event = run.events[state.step - 1];
    const rows = new Map(state.watches);
    const left = state.coming === null ? null : state.coming.from.match(/^fd (\d+) /);
    if (left !== null && !rows.has(+left[1]))
        rows.set(+left[1], {readable: '', writable: ''});
    return [...rows].sort(([a], [b]) => a - b).map(([fd, row]) => ({
        isNow: event !== undefined && event.role === 'REACTOR' && event.fd === fd && event.word !== '',
        cells: [fdName(state, fd), keptCell(state, row.readable, `fd ${fd} readable`),
            keptCell(state, row.writable, `fd ${fd} writable`)],
    }));
}

function deadlineRows(state) {
    const event = run.events[state.step - 1];
    const rows = inOrder(state.deadlines).map(({number, at, task}) => ({
        isNow: event !== undefined && event.kind === 'REACTOR_TIMER' && event.fd === number,
        cells: [at > state.time ? `in ${ms(at - state.time)}` : 'has come', keptCell(state, task, `deadline ${number}`)],
    }));
    if (state.coming !== null && state.coming.from.startsWith('deadline'))
        rows.unshift({isNow: true, cells: ['has come', keptCell(state, '', state.coming.from)]});
    return rows;
}

function reactorSays(state) {
    if (state.waiting === null)
        return ' · the discs are wakers that it keeps';
    if (state.waiting.isOver)
        return ' · comes back, and wakes';
    return state.waiting.most === 0 ? ' · only looks, for somebody can run' : ` · asleep, ${mostOf(state.waiting)}`;
}

const mostOf = ({most}) => most === 0 ? 'only looks' : most < 0 ? 'no limit' : `at most ${ms(most)}`;

function drawReactor(state) {
    const room = roomFor('reactor');
    const sleeps = reactorSleeps();
    const inbox = state.inbox > 0 ? ` · ${count(state.inbox, 'wake')} from other threads` : '';
    const watches = sleeps
        ? table(['who waits for', 'to read', 'to write'], watchRows(state), room, [38, 31, 31])
        : element('p', {class: 'soft'}, 'It keeps no waker: it wakes at once whoever comes, ready or not. So each poll is tried again and again.');
    fill('reactor', `Reactor${sleeps ? reactorSays(state) : ' · never sleeps'}${inbox}`,
        element('div', {class: 'tables'}, watches,
            table(['deadline', 'wakes'], deadlineRows(state), room, [50, 50])));
    $('reactor').classList.toggle('asleep', isAsleep(state));
}

/* In stages 1 and 2: the kernel knows who waits for what. */
function drawSleepers(state) {
    const rows = [...state.tasks.values()].filter(task => task.call !== null)
        .sort((a, b) => b.last - a.last).map(task => ({
            isNow: run.events[state.step - 1].actor === task.name,
            cells: [`${task.call.word}${task.call.fd > 0 ? ` on ${fdName(state, task.call.fd)}` : ''}`,
                mayFit(square(task.name, 'inside'), task.name)],
        }));
    fill('reactor', 'No reactor · who sleeps in which call, the kernel knows',
        table(['the call that has not returned', 'the thread inside'], rows, roomFor('reactor'), [55, 45]));
}

// ---- operating system ----

const FDS = 9;

/* `isShort`: there is no room for words; its frame says whether it is ready. */
function fdChip(state, fd, descriptor, isShort) {
    const ready = ['readable', 'writable'].filter(word => descriptor[word] === true);
    const event = run.events[state.step - 1];
    const isNow = event !== undefined && event.kind === 'OS_CALL' && event.fd === fd;
    return element('span', {class: `fd${ready.length > 0 ? ' ready' : ''}${isNow ? ' now' : ''}`},
        fdName(state, fd) + (ready.length > 0 && !isShort ? ': ' + ready.join(', ') : ''));
}

function backlogSays(state) {
    if (state.listener === 0)
        return [];
    if (state.backlog.length === 0)
        return [soft(' · nobody in the listener’s queue')];
    const some = state.backlog.slice(0, 5);
    const rest = state.backlog.length - some.length;
    return [soft(' · in the listener’s queue: '), some.join(', ') + (rest > 0 ? ` and ${rest} more` : '')];
}

/* "in poll(2), on 4 descriptors, at most 199.9 ms", if the process is in there. */
function callSays(state) {
    if (isInWait(state))
        return [soft('now in '), element('b', {}, run.how.replace('sleeps in ', '')),
            `, on ${count(state.waiting.fds, 'descriptor')}, ${mostOf(state.waiting)}`];
    if (state.call === null)
        return [soft('last call: none yet')];
    return [soft('last call: '), element('b', {}, state.call.sentence), state.call.actor === '' ? '' : ` (${state.call.actor})`];
}

/* As few words as it takes to fit: no width tells it, for names and words differ. */
function drawOs(state) {
    const fds = [...state.descriptors].filter(([fd]) => fd > 2).sort(([a], [b]) => a - b);
    const some = fds.slice(0, fds.length > FDS ? FDS - 1 : FDS);
    const more = fds.length > FDS ? [soft(`and ${fds.length - some.length} more`)] : [];
    const chips = element('div', {class: 'fds'});
    fill('os', 'Operating system', element('p', {}, ...callSays(state), ...backlogSays(state)), chips);
    for (const isShort of [false, true]) {
        chips.replaceChildren(...some.map(([fd, descriptor]) => fdChip(state, fd, descriptor, isShort)), ...more);
        if (chips.scrollHeight <= chips.clientHeight)
            break;
    }
}

// ---- sentences ----

const BEFORE = 6;
const AFTER = 5;

function clockText(ns) {
    const us = Math.floor(ns / 1000);
    return `${Math.floor(us / 1e6)}.${String(Math.floor(us / 1000) % 1000).padStart(3, '0')} ${String(us % 1000).padStart(3, '0')}`;
}

function sentenceLine(step) {
    const event = run.events[step - 1];
    const who = event.actor === '' || event.actor === 'reactor' ? '' : event.actor + ' ';
    const className = step === now.step ? 'now' : step > now.step ? 'after' : undefined;
    return element('li', {class: className, 'data-step': step, 'aria-current': step === now.step && 'step'},
        element('span', {class: 'soft'}, clockText(event.time)),
        element('span', {class: `role ${event.role}`}, event.role),
        element('span', {}, who, event.sentence));
}

function gapLine() {
    return element('li', {class: 'gap'}, element('span', {},
        `here ${run.left_out.toLocaleString('en')} events are left out`));
}

/* First of those before, then of those after, so that this one stays near its place. */
function leaveOutWhatHasNoRoom() {
    const list = $('sentences');
    list.classList.toggle('asks', predict.isOn);
    while (list.scrollHeight > list.clientHeight && list.children.length > 1) {
        const at = [...list.children].findIndex(line => line.classList.contains('now'));
        list.children[at > 4 || at === list.children.length - 1 ? 0 : list.children.length - 1].remove();
    }
}

function drawSentences() {
    const lines = [];
    const end = predict.isOn ? now.step : Math.min(run.events.length, now.step + AFTER);
    for (let step = Math.max(1, now.step - BEFORE); step <= end; step++) {
        if (run.left_out > 0 && step === run.gap + 1)
            lines.push(gapLine());
        lines.push(sentenceLine(step));
    }
    $('sentences').replaceChildren(...lines);
    leaveOutWhatHasNoRoom();
}

// ---- source ----

function sourceOf(event) {
    const [, file, line] = event.where.match(/^(.*):(\d+)$/) || [null, '', '0'];
    return {file, line: Number(line)};
}

/* From the comment before the function, or the last empty line, to its closing brace. */
function functionAround(lines, line) {
    let from = line - 1;
    while (from > 0 && !/^[A-Za-z_][^;]*$/.test(lines[from]))
        from--;
    const name = lines.slice(from, from + 3).join(' ').match(/([A-Za-z_]\w*)\s*\(/);
    while (from > 0 && lines[from - 1].trim() !== '')
        from--;
    let to = line - 1;
    while (to < lines.length - 1 && !lines[to].startsWith('}'))
        to++;
    return {from, to, name: name === null ? '' : name[1]};
}

/* A line that only tells the log of it; but called(...) does what it tells of. */
const TELLS = /\b(trace|trace_tell|ready|pending|say_pending)\(/;

let shownWhere; // so that what is scrolled stays

function whyNoSource(file, text) {
    if (file === '')
        return 'No line of this program caused it.';
    return text === 1
        ? `${file} has been changed since the program was built, so it is not shown. Build it again.`
        : `${file} was not found when this page was written, so it is not shown. Run the program in the folder it was built from.`;
}

function drawSource(event) {
    const {file, line} = sourceOf(event);
    if (shownWhere === event.where)
        return;
    shownWhere = event.where;
    const text = run.sources[file];
    if (typeof text !== 'string') {
        $('file').textContent = event.where;
        $('source').replaceChildren(element('p', {}, whyNoSource(file, text)));
        return;
    }
    const lines = text.split('\n');
    const {from, to, name} = functionAround(lines, line);
    const tells = TELLS.test(lines[line - 1]);
    $('file').textContent = `${event.where} · ${name}${tells ? ' · the marked line tells of what its neighbours do' : ''}`;
    $('source').replaceChildren(...lines.slice(from, to + 1).map((content, i) =>
        element('span', {class: from + i + 1 === line && (tells ? 'now tells' : 'now'), style: `--indent:${content.search(/\S|$/)}`},
            content === '' ? ' ' : content)));
    const marked = $('source').querySelector('.now');
    $('source').scrollTop = marked === null ? 0 : marked.offsetTop - $('source').offsetTop - $('source').clientHeight * 0.7;
    $('source').scrollLeft = 0;
}

// ---- the bar ----

function drawBar() {
    const canvas = $('roles');
    const width = canvas.width = Math.round(canvas.clientWidth * devicePixelRatio) || 600;
    const context = canvas.getContext('2d');
    const css = getComputedStyle(document.documentElement);
    const end = predict.isOn ? now.step : run.events.length;
    canvas.height = 20;
    context.fillStyle = css.getPropertyValue('--line');
    context.fillRect(0, 0, width, 20);
    for (let x = 0; x < width; x++) {
        const i = Math.floor(x / width * run.events.length);
        if (i >= end)
            break;
        context.fillStyle = css.getPropertyValue('--' + run.events[i].role);
        context.fillRect(x, 0, 1, 20);
    }
    drawWaits(end);
}

/* Where much time goes by after an event: [the event, how long]. */
function waitsUntil(end) {
    const all = [];
    for (let i = 1; i < end; i++) {
        const long = run.events[i].time - run.events[i - 1].time;
        if (long > Math.max(run.total / 20, 1e6))
            all.push([i, long]);
    }
    return all;
}

/* What goes on meanwhile. */
function waitSays([step, long]) {
    const isAsleep = !run.has_tasks || (reactorSleeps() && run.events[step - 1].kind === 'REACTOR_WAIT');
    const isBusy = run.events[step].kind === 'EXEC_WASTED' && run.events[step].actor === '';
    return `${(long / 1e6).toFixed(0)} ms${isAsleep ? ' asleep' : isBusy ? ' of polls in vain' : ''}`;
}

/* A slit each; the longest has its words beside it. */
function drawWaits(end) {
    const waits = waitsUntil(end);
    const longest = longestOf(waits);
    $('slits').replaceChildren(...waits.map(wait => element('button', {
        class: wait[0] > run.events.length / 2 ? 'slit right' : 'slit', 'data-step': wait[0], tabindex: -1,
        style: `left:${wait[0] / run.events.length * 100}%`, title: `after event ${wait[0]}: ${waitSays(wait)}`,
    }, ...(wait === longest ? [element('span', {}, waitSays(wait))] : []))));
}

const longestOf = waits => waits.reduce((one, other) => other[1] > one[1] ? other : one, waits[0]);

function drawFooter() {
    const event = run.events[now.step - 1];
    $('number').value = now.step;
    $('bar').value = now.step;
    $('bar').setAttribute('aria-valuetext', `event ${now.step}: ${event.sentence}`);
    drawClock(event.time);
}

function drawClock(time) {
    $('clock').textContent = `${clockText(time)} of ${(run.total / 1e9).toFixed(3)} s`;
}

// ---- all of it ----

function drawBands() {
    if (run.has_tasks) {
        drawExecutor(now);
        drawTasks(now);
        drawOs(now);
        drawReactor(now);
    } else {
        drawKernel(now);
        drawTasks(now);
        drawOs(now);
        drawSleepers(now);
    }
}

/* What has the focus, by a key that outlives a redrawing. */
function keepFocus(body) {
    const name = document.activeElement.dataset === undefined ? undefined : document.activeElement.dataset.card;
    body();
    const again = name === undefined ? null : document.querySelector(`[data-card="${CSS.escape(name)}"]`);
    if (again !== null)
        again.focus();
}

function draw() {
    const event = run.events[now.step - 1];
    keepFocus(drawBands);
    drawSentences();
    drawSource(event);
    drawFooter();
    if (predict.isOn)
        drawBar();
    hideAnswer();
    $('spoken').textContent = spokenSentence(event);
}

function spokenSentence(event) {
    return `${event.role} ${event.actor === 'reactor' ? '' : event.actor} ${event.sentence}`.replace(/ +/g, ' ');
}

// ======== tokens move ========

function tokensShown() {
    const all = new Map();
    for (const element of document.querySelectorAll('[data-place]')) {
        const key = element.dataset.task + '|' + element.dataset.place;
        all.set(key, {task: element.dataset.task, element, box: element.getBoundingClientRect()});
    }
    return all;
}

function homeOf(task) {
    const home = document.querySelector(`[data-home="${CSS.escape(task)}"]`);
    return home === null ? null : home.getBoundingClientRect();
}

const MOVE = {duration: 420, easing: 'cubic-bezier(.3,.1,.3,1)'};

function glide(element, from, to, then) {
    const start = `translate(${from.left - to.left}px, ${from.top - to.top}px) scale(1.25)`;
    element.style.position = element.style.position || 'relative';
    element.style.zIndex = '9';
    element.animate([{transform: start}, {transform: 'none'}], MOVE).onfinish = () => {
        element.style.removeProperty('z-index');
        element.style.removeProperty('position');
        then();
    };
}

/* One that has given its waker back: it goes home, and is seen on its way only. */
function glideHome(old, home) {
    const ghost = old.element.cloneNode(true);
    delete ghost.dataset.place;
    $('ghosts').append(ghost);
    ghost.style.position = 'absolute';
    ghost.style.left = home.left + 'px';
    ghost.style.top = home.top + 'px';
    glide(ghost, old.box, home, () => ghost.remove());
}

/* From where it was to where it is; one that is new comes from its task. */
function moveTokens(before) {
    const after = tokensShown();
    const gone = [...before].filter(([key]) => !after.has(key)).map(([, old]) => old);
    for (const [key, {task, element, box}] of after) {
        if (before.has(key))
            continue;
        const i = gone.findIndex(old => old.task === task);
        const from = i >= 0 ? gone.splice(i, 1)[0].box : homeOf(task);
        if (from !== null)
            glide(element, from, box, () => {});
    }
    for (const old of gone) {
        const home = homeOf(old.task);
        if (home !== null)
            glideHome(old, home);
    }
}

const wantsMotion = () => !matchMedia('(prefers-reduced-motion: reduce)').matches;

// ======== from step to step ========

/* `moves`: a person looks on. */
function go(step, moves) {
    const target = Math.max(1, Math.min(run.events.length, Math.round(step) || 1));
    const isNear = now !== undefined && Math.abs(target - now.step) === 1;
    const before = moves && isNear && question.step === 0 && wantsMotion() ? tokensShown() : null;
    $('ghosts').replaceChildren();
    $('opening').hidden = true;
    now = stateAt(target);
    closeQuestion();
    draw();
    if (before !== null)
        moveTokens(before);
    noteAddress();
}

let addressTimer;

function noteAddress() {
    clearTimeout(addressTimer);
    addressTimer = setTimeout(() => history.replaceState(null, '', addressOf(now.step)), 300);
}

function addressOf(step) {
    const seed = predict.isOn ? `&seed=${predict.seed}` : '';
    return `#step=${step}${seed}`;
}

/* "#step=42&seed=7", or "#answers". */
function readAddress() {
    const words = new URLSearchParams(location.hash.slice(1));
    if (words.has('seed'))
        predict.seed = Math.abs(Math.floor(Number(words.get('seed')))) || 0;
    if (words.has('seed') || words.has('predict'))
        setPredict(true);
    const isFirst = now === undefined && !words.has('step') && !words.has('answers');
    go(Number(words.get('step')) || (now === undefined ? 1 : now.step), false);
    if (words.has('answers'))
        showAnswers();
    else if (isFirst)
        showOpening();
}

/* Until one goes somewhere. */
function showOpening() {
    clearTimeout(addressTimer);
    $('opening').replaceChildren(...story(), element('p', {},
        element('button', {'data-step': 2}, '→ begins'), soft(' space plays, ? shows this again')));
    $('opening').hidden = false;
}

// ---- one event, one turn ----

const forward = () => predict.isOn && asks(now.step + 1) ? ask(now.step + 1) : go(now.step + 1, true);
const back = () => go(now.step - 1, true);

/* Where there are no turns: where another thread acts. */
function startsTurn(step) {
    const event = run.events[step - 1];
    if (run.has_tasks)
        return event.kind === 'EXEC_TURN' || (event.kind === 'EXEC_WASTED' && event.actor === '');
    return step === 1 || event.actor !== run.events[step - 2].actor;
}

/* One goes to the last event of a turn: there all that it did has happened. */
const endsTurn = step => step >= run.events.length || startsTurn(step + 1);

function turnForward() {
    let step = now.step;
    do {
        if (predict.isOn && asks(step + 1)) {
            go(step, false);
            ask(step + 1);
            return;
        }
        step++;
    } while (!endsTurn(step));
    go(step, false);
}

function turnBack() {
    let step = now.step - 1;
    while (step > 1 && !endsTurn(step))
        step--;
    go(step, false);
}

/* From here on, and then from the beginning. */
function nextWhere(matches) {
    const length = run.events.length;
    for (let i = 0; i < length; i++) {
        const step = (now.step + i) % length + 1;
        if (matches(run.events[step - 1]))
            return step;
    }
    return 0;
}

const isAbout = name => event => event.actor === name || event.other === name;

function nextOfTask(name) {
    const step = nextWhere(isAbout(name));
    if (step > 0)
        go(step, true);
}

function search() {
    const wanted = $('search').value.trim().toLowerCase();
    $('found').textContent = '';
    if (wanted === '')
        return;
    const found = [];
    run.events.forEach((event, i) => spokenSentence(event).toLowerCase().includes(wanted) && found.push(i + 1));
    const step = found.find(one => one > now.step) || found[0];
    $('found').textContent = step === undefined ? 'not found' : `${found.indexOf(step) + 1} of ${found.length}`;
    if (step !== undefined)
        go(step, false);
}

// ---- play ----

const SPEEDS = [0.5, 1, 2, 4, 8];
let speed = 1;
let player; // a timer; undefined: it pauses

function play() {
    const isOver = now.step >= run.events.length;
    clearTimeout(player);
    player = undefined;
    if (isOver || document.hidden) {
        showPlaying();
        return;
    }
    const from = run.events[now.step - 1].time;
    const long = run.events[now.step].time - from;
    const wait = (long > 1e7 ? 2600 : 1300) / speed; // it is shortened
    if (long > 1e7)
        runClock(from, long, wait);
    player = setTimeout(() => {
        forward();
        if (question.step === 0)
            play();
        else
            pause();
    }, wait);
    showPlaying();
}

/* While nothing happens the clock shows how the time goes by. */
function runClock(from, long, wait) {
    const begin = performance.now();
    const step = now.step;
    const tick = () => {
        if (player === undefined || now.step !== step)
            return;
        drawClock(from + long * Math.min(1, (performance.now() - begin) / wait));
        requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
}

function pause() {
    clearTimeout(player);
    player = undefined;
    drawClock(now.time);
    showPlaying();
}

function showPlaying() {
    $('play').textContent = player === undefined ? '▶ play' : '❚❚ pause';
}

function togglePlay() {
    if (player !== undefined)
        pause();
    else {
        if (now.step >= run.events.length)
            go(1, false);
        play();
    }
}

function changeSpeed() {
    speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
    $('speed').textContent = `${speed}×`;
}

// ======== predict ========

const predict = {isOn: false, seed: 1, right: 0, wrong: 0, plans: new Map()};
const question = {step: 0}; // that is asked now: before this step; 0: none

/* A number from 0 to 1 that depends on nothing but these (mulberry32). */
function random(seed, step, salt) {
    let a = Math.imul(seed + 1, 2654435761) ^ Math.imul(step + 1, 40503) ^ Math.imul(salt + 1, 97);
    a = a + 0x6D2B79F5 | 0;
    let t = Math.imul(a ^ a >>> 15, 1 | a);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4294967296;
}

function shuffled(list, step) {
    return list.map((item, i) => [random(predict.seed, step, i), item])
        .sort((one, other) => one[0] - other[0]).map(([, item]) => item);
}

/* The right answer, and up to three of the others that are not the same. */
function answersOf(right, others, step) {
    const wrong = shuffled([...new Set(others)].filter(other => other !== right && other !== ''), step).slice(0, 3);
    return wrong.length === 0 ? null : {right, answers: shuffled([right, ...wrong], step + 0.5)};
}

const alive = state => aliveIn(state).map(task => task.name);

/* The first event from this one on that `matches`; undefined: there is none. */
const eventFrom = (step, matches) => run.events.slice(step - 1).find(matches);

/* Each of these gets the state before an event that is worth a question, and that event;
 * `hides`: what on the page would tell the answer. null: there is nothing to ask. */
function askNext(state, event, step) {
    const made = state.queue[0] === event.actor && state.queue.length > 1
        ? answersOf(event.actor, state.queue, step) : null;
    return made && {...made, text: 'Which task is polled next?', hides: '#executor .content',
        why: 'It is the first in the run queue: tasks are polled in the order in which they were woken, or spawned.'};
}

function askResult(state, event, step) {
    const ends = ['EXEC_PENDING', 'EXEC_WASTED', 'EXEC_DONE'];
    const end = eventFrom(step, other => other.actor === event.actor && (ends.includes(other.kind) || other.kind === 'EXEC_CANCEL'));
    if (end === undefined || !ends.includes(end.kind))
        return null;
    const isDone = end.kind === 'EXEC_DONE';
    const wait = run.events.slice(step, run.events.indexOf(end)).reverse().find(other => other.actor === event.actor && other.kind in WAITS_FOR);
    const goal = wait === undefined ? '' : ` This time: ${WAITS_FOR[wait.kind](wait)}.`;
    return {...answersOf(isDone ? 'READY' : 'PENDING', ['READY', 'PENDING'], step),
        text: `${event.actor} is polled now. What will this poll return?`,
        why: isDone ? 'It has nothing left to wait for: its outermost future is ready, and the task is done.'
            : `It goes on until it has to wait again, leaves its waker, and returns.${goal}`};
}

const OUTCOMES = {
    accept: ['a new descriptor', 'EAGAIN', 'an error'],
    connect: ['0: connected', 'EINPROGRESS', 'an error'],
    read: ['some bytes', '0, end of stream', 'EAGAIN', 'an error'],
};

/* One of these. */
function outcomeOf(event) {
    if (event.number < 0)
        return wouldBlock(event) ? 'EAGAIN' : hasBegun(event) ? 'EINPROGRESS' : 'an error';
    return OUTCOMES[event.word][event.word === 'read' && event.number === 0 ? 1 : 0];
}

function askCall(state, event, step) {
    const made = event.actor !== '' && event.word in OUTCOMES ? answersOf(outcomeOf(event), OUTCOMES[event.word], step) : null;
    return made && {...made, text: `${event.actor} calls ${event.word} on fd ${event.fd}. What does it return?`,
        hides: '#os .fd', why: whyCall(event)};
}

function whyCall(event) {
    if (wouldBlock(event))
        return 'There is nothing yet, and the descriptor does not block: so the kernel says EAGAIN at once. Now its task leaves its waker, and is PENDING.';
    if (event.number < 0 && !hasBegun(event))
        return 'The kernel cannot do it, and says why; no wait would help.';
    if (event.word === 'connect')
        return event.number === 0 ? 'The call has blocked until there was a connection.'
            : 'It only begins: once the descriptor is writable, either there is a connection, or the kernel says why there is none.';
    if (event.word === 'accept')
        return 'A client has connected, and waited in the queue of the listener. accept takes it out: a new descriptor.';
    return event.number === 0 ? 'The other side has closed: there will be no more.' : 'These bytes had come: the other side has written them.';
}

/* In stages 1 and 2. */
function askReturns(state, event, step) {
    const inside = [...state.tasks.values()].filter(task => task.call !== null).map(task => task.name);
    const made = inside.includes(event.actor) ? answersOf(event.actor, inside, step) : null;
    return made && {...made, text: 'Each of these threads is inside a call. Whose call returns next?',
        why: `It was in ${event.word}, and what it waited for is there: so the kernel lets it run again.`};
}

function mayWait(most) {
    return most === 0 ? 'not at all: it only looks' : most < 0 ? 'without a limit' : `at most ${ms(most)}`;
}

function askLimit(state, event, step) {
    if (!reactorSleeps())
        return null;
    const others = inOrder(state.deadlines).map(({at}) => mayWait(Math.max(1, at - event.time)))
        .filter(other => event.number <= 0 || other !== mayWait(event.number)).slice(1);
    const made = answersOf(mayWait(event.number), [mayWait(0), mayWait(-1), ...others], step);
    return made && {...made, text: 'How long may the reactor sleep, if nothing becomes ready?', why: whyLimit(event)};
}

function whyLimit(event) {
    if (event.number === 0)
        return 'Somebody is in the run queue, and must not wait. So the reactor only looks what is ready.';
    return event.number < 0 ? 'Nobody can run, and there is no deadline. Only a descriptor can wake anyone.'
        : 'Nobody can run. Until the earliest deadline there is nothing to do, unless a descriptor is ready before.';
}

/* "the end of client 1": who keeps a waker there? */
function keeperOf(place) {
    const joined = place.match(/^the end of (.*)$/);
    return joined ? `the task ${joined[1]}, for its end`
        : `the reactor, for ${place.startsWith('deadline') ? 'a deadline' : place}`;
}

function askKeeper(state, event, step) {
    const kept = wakersOf(state).filter(([, place]) => !place.startsWith('asked') && place !== 'run queue');
    const single = kept.filter(([name]) => wakersOf(state).filter(([other]) => other === name).length === 1);
    if (single.length === 0)
        return null;
    const [name, place] = shuffled(single, step)[0];
    return {...answersOf(keeperOf(place), ['nobody', ...kept.map(([, other]) => keeperOf(other))], step), of: name,
        text: `${name} waits. Who keeps its waker?`, hides: '#reactor tbody td, #tasks .says, #tasks .counts',
        why: 'It left its waker there when it returned PENDING; where there is no disc, nobody would call.'};
}

function askWoken(state, event, step) {
    const others = [...new Set(wakersOf(state).map(([name]) => name))];
    const what = event.kind === 'REACTOR_TIME' ? 'The earliest deadline has come.' : `fd ${event.fd} is ${event.word}.`;
    const made = event.other === '' || !reactorSleeps() ? null
        : answersOf(event.other, [...others, ...alive(state)], step);
    return made && {...made, text: `${what} Who is woken now?`, hides: '#reactor tbody td, #os .fd',
        why: 'Its waker was kept there. Whoever keeps a waker calls it, and nobody else.'};
}

function askJoined(state, event, step) {
    if (state.coming === null || !state.coming.from.startsWith('the end') || state.coming.task !== event.actor)
        return null;
    const made = answersOf(event.actor, alive(state), step);
    return made && {...made, text: `Here is ${state.coming.from}. Who is woken now?`,
        why: 'It has joined that task: it left its waker there.'};
}

/* Is a task that is woken polled at once? */
function askNow(state, event, step) {
    if (event.other !== 'reactor')
        return null;
    const next = run.events[step];
    const isPolled = next !== undefined && next.kind === 'EXEC_POLL' && next.actor === event.actor;
    return {...answersOf(isPolled ? 'yes, at once' : 'no, it is only queued', ['yes, at once', 'no, it is only queued'], step),
        text: `The reactor calls the waker of ${event.actor}. Is ${event.actor} polled now?`,
        why: 'A waker only puts its task into the run queue. The executor polls it when its turn comes.'};
}

/* Or one that comes while another is polled? */
function askTurn(state, event, step) {
    const poll = eventFrom(step, other => other.kind === 'EXEC_POLL' && other.actor === event.actor);
    if (state.polled === '' || poll === undefined)
        return null;
    const isLater = run.events.slice(step, run.events.indexOf(poll)).some((other, i) => startsTurn(step + 1 + i));
    return {...answersOf(isLater ? 'in the next turn' : 'in this turn', ['in this turn', 'in the next turn'], step),
        text: `${event.actor} is ${event.kind === 'EXEC_SPAWN' ? 'spawned' : 'woken'} while ${state.polled} is polled. When will it be polled?`,
        why: 'A turn polls those who were queued when it began. So whoever comes later cannot keep the reactor from being asked.'};
}

const ASK = {
    EXEC_POLL: {next: askNext, result: askResult}, EXEC_SPAWN: {turn: askTurn},
    EXEC_WAKE: {joined: askJoined, now: askNow, turn: askTurn},
    OS_CALL: {call: askCall, returns: askReturns},
    REACTOR_WAIT: {limit: askLimit, keeper: askKeeper},
    REACTOR_READY: {woken: askWoken}, REACTOR_TIME: {woken: askWoken},
};

/* All that could be asked before this event. It depends on the events before, and on the
 * seed. */
function questionsBefore(state, step) {
    const event = run.events[step - 1];
    return Object.entries(ASK[event.kind] || {})
        .map(([kind, make]) => [kind, make(state, event, step)])
        .filter(([, made]) => made !== null && made.answers !== undefined)
        .map(([kind, made]) => ({kind, step, ...made}));
}

/* One out of these: of a kind that was seldom asked, and not what was asked just before. */
function chosenQuestion(possible, asked, last) {
    const times = kind => asked.filter(other => other.kind === kind).length;
    const rank = ({kind, step}) => times(kind) + (last.kind === kind) + random(predict.seed, step, 7);
    return possible.filter(({kind, right}) => kind !== last.kind || right !== last.right)
        .sort((one, other) => rank(one) - rank(other))[0];
}

/* So many questions at most, one in each of as many equal parts of the run. */
const ABOUT = 24;

function planQuestions() {
    const parts = Math.min(ABOUT, Math.ceil(run.events.length / 8));
    const asked = [];
    const state = newState();
    let possible = [];
    run.events.forEach((event, i) => {
        possible.push(...questionsBefore(state, i + 1));
        apply(state, event);
        if (Math.floor((i + 1) / run.events.length * parts) === Math.floor(i / run.events.length * parts))
            return;
        asked.push(...[chosenQuestion(possible, asked, asked[asked.length - 1] || {})].filter(Boolean));
        possible = [];
    });
    return new Map(asked.map(one => [one.step, one]));
}

function plan() {
    if (!predict.plans.has(predict.seed))
        predict.plans.set(predict.seed, planQuestions());
    return predict.plans.get(predict.seed);
}

const asks = step => plan().has(step);
const questionAt = step => plan().get(step);
const allQuestions = () => [...plan().values()]; // for teachers

/* What would tell the answer, while it is asked. */
function hideAnswer() {
    const hides = question.step > 0 ? questionAt(question.step).hides : undefined;
    if (hides !== undefined)
        document.querySelectorAll(hides).forEach(element => element.replaceChildren('?'));
}

function ask(step) {
    const {text, answers} = questionAt(step);
    question.step = step;
    hideAnswer();
    $('question').replaceChildren(element('p', {}, element('b', {}, text)),
        element('div', {class: 'answers'}, ...answers.map((answer, i) =>
            element('button', {'data-answer': answer}, `${i + 1}  ${answer}`))));
    $('question').hidden = false;
    $('spoken').textContent = text;
    $('question').querySelector('button').focus();
}

function answer(given) {
    const step = question.step;
    const {text, right, why} = questionAt(step);
    const isRight = given === right;
    predict[isRight ? 'right' : 'wrong']++;
    go(step, true);
    $('question').replaceChildren(element('p', {}, text), element('p', {},
        element('span', {class: isRight ? 'good' : 'bad'}, isRight ? 'Right: ' : `Not ${given}, but `),
        element('b', {}, right), '. ', why),
    element('p', {class: 'soft'}, '→ goes on'));
    $('question').hidden = false;
    showScore();
    $('forward').focus();
}

function closeQuestion() {
    question.step = 0;
    $('question').hidden = true;
}

function showScore() {
    $('score').hidden = !predict.isOn;
    $('score').textContent = `${predict.right} right, ${predict.wrong} wrong`;
}

function setPredict(isOn) {
    predict.isOn = isOn;
    $('predict').setAttribute('aria-pressed', isOn);
    showScore();
    if (now !== undefined) {
        closeQuestion();
        draw();
        drawBar();
        noteAddress();
    }
}

function showAnswers() {
    const rows = allQuestions().map(({step, text, right}) => element('tr', {'data-question': step},
        element('td', {}, `event ${step}`), element('td', {}, text), element('td', {}, element('b', {}, right))));
    showAbout(`The answers, with seed ${predict.seed}`,
        element('table', {}, element('tbody', {}, ...rows)));
}

// ======== words about the page ========

const THREADS = {
    executor: ['Who runs?', 'In this stage there is no executor in the program: each client has a thread, and the kernel decides which thread runs.', 'A thread that is inside a call that blocks does not run; when the call can return, the kernel lets it run again.', 'So the kernel is their executor, and the price of each wait is a whole thread.'],
    tasks: ['Threads', 'A card for each thread: what it does, or the call that it sleeps in.', 'What outlives a wait is on its stack, which is why a thread needs much more memory than a task.', 'Click on a card to go to the next event of that thread.'],
    reactor: ['Who waits for what?', 'No reactor of ours: the kernel itself keeps for each call which thread sleeps in it.', 'When the bytes come, or the time has gone, it lets that thread run: its waker is inside the kernel.', 'Stages 4 and 5 have this table in the program, where one can see it.'],
};

const ABOUTS = {
    executor: ['The executor', 'To poll a task is to call the function of its future. (poll(2) is another thing: the system call in which the reactor sleeps.)', 'It polls the tasks in the run queue, the squares, in the order in which they were woken or spawned; a turn polls all that were queued when it began, then the reactor is asked what has become ready.', 'It never polls a task that nobody has woken: so whoever waits costs nothing.'],
    tasks: ['Tasks and their futures', 'A task is something to be done: a card, and a square with its name. It is made of futures, one inside the other: functions that remember how far they have come.', 'Polled, a future goes on until a system call would block; then it leaves a waker with someone, and returns PENDING. When an inner future is ready the task goes on; when the outermost is READY the task is done.', 'A poll in vain is one in which nothing had become ready; an arrow and a disc on a card: whom its end wakes. Click on a card to go to the next event of that task.'],
    reactor: ['The reactor', 'A waker, a disc, says which task to put into the run queue. Here you see who keeps one.', 'A task that has to wait leaves its waker in the row of a descriptor, or with a deadline; when that is ready, or has come, the reactor calls it, once, and the disc becomes a square in the queue. A task may leave its waker in two places: the first that calls it wins, and the task takes the other one back.', 'Where there is no disc, nobody will call.'],
    os: ['The operating system', 'The last system call, and what it returned: EAGAIN means that it would have had to wait, and has not. While the reactor waits: the call that it is in.', 'Below, each open descriptor and whose it is; a green frame says that it is known to be ready.', 'Who connects stands in the queue of the listener, in the kernel, until accept takes it out.'],
};

const KEYS = [['→ ←', 'one event on, or back'], ['↓ ↑', 'to the end of this turn of the executor, or of the one before'], ['space', 'play, or pause; waits are shortened, the clock shows the real time'], ['Home End', 'first, last event'], ['t', 'the next event of the task that acts now'], ['/', 'search in the sentences; Enter: the next'], ['g', 'the number of an event to go to'], ['p', 'predict, on and off: it asks you what comes next; 1 to 4 answer'], ['s', 'how fast it plays'], ['a', 'the answers, for teachers'], ['Tab', 'to the cards of tasks, and to all the rest; Enter on a card: its next event']];

function showAbout(title, ...content) {
    pause();
    $('about').querySelector('h2').textContent = title;
    $('about').querySelector('.content').replaceChildren(...content);
    if (!$('about').open)
        $('about').showModal();
}

function showBandAbout(band) {
    const [title, ...sentences] = (!run.has_tasks && THREADS[band]) || ABOUTS[band];
    showAbout(title, ...sentences.map(sentence => element('p', {}, sentence)));
}

// ---- what one looks at, before anything has happened ----

const seconds = ns => `${Number((ns / 1e9).toPrecision(2))} s`;
const clientsOf = () => [...colours.keys()].filter(name => name.startsWith('client ')).length;

/* How long a response waits between its two lines; 0: it does not. */
function delayOf() {
    const sleeps = run.events.find(event => event.kind === 'FUTURE_SLEEPS' && event.actor.startsWith('response'));
    const begins = run.events.findIndex(event => event.kind === 'OS_START' && event.word === 'nanosleep');
    if (sleeps !== undefined || begins < 0)
        return sleeps === undefined ? 0 : sleeps.number;
    const {actor, time} = run.events[begins];
    const ends = run.events.slice(begins + 1).find(event => event.actor === actor);
    return ends === undefined ? 0 : ends.time - time;
}

function work() {
    const names = [...colours.keys()];
    const clients = clientsOf();
    if (run.mode === 'serve')
        return 'A server, and whoever connects to it.';
    if (clients === 0)
        return `${count(names.length, run.has_tasks ? 'task' : 'thread')}: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : '.'}`;
    const delay = delayOf();
    const lines = delay > 0 ? `gets a line, and ${seconds(delay)} later another` : 'gets two lines';
    return `${count(clients, 'client')} connect${clients === 1 ? 's' : ''} to a server; each ${lines}.`;
}

const to = step => element('button', {'data-step': step}, `event ${step}`);

/* One waker, from the task to the reactor, and back. */
function walkOfWaker() {
    const kept = run.events.findIndex(event => event.kind === 'REACTOR_WATCH' && event.other !== '');
    if (kept < 0)
        return null;
    const {fd, word, other} = run.events[kept];
    const called = run.events.findIndex((event, i) => i > kept && event.kind === 'REACTOR_READY'
        && event.fd === fd && event.word === word && event.other === other);
    return element('p', {}, 'Look at one disc: at ', to(kept + 1), ' ', element('span', {class: 'token waker', style: style(other)}, shortName(other)), ` of ${other} moves to the reactor, for fd ${fd} is not ${word} yet`,
        ...(called < 0 ? ['.'] : ['; at ', to(called + 1), ' it is, and the reactor calls the waker.']));
}

/* Where most of the time goes by. */
function walkOfTime() {
    const waits = waitsUntil(run.events.length);
    const longest = longestOf(waits);
    return waits.length === 0 ? null : element('p', {}, 'Look where the time goes: after ', to(longest[0]), ` come ${waitSays(longest)}.`);
}

const WORDS = [
    ['task', 'something to be done, such as a client: a card, and a square with its name'],
    ['future', 'what a task is made of: a function that goes on where it had to wait'],
    ['to poll', 'to call that function; it returns READY, or PENDING (poll(2) is another thing: a system call)'],
    ['waker', 'a disc; it says which task to poll again. Whoever keeps it calls it, once'],
    ['executor', 'polls the tasks that were woken, one after the other'],
    ['reactor', 'keeps wakers, asks the kernel what is ready, and calls them'],
];

/* In a few lines: what happens in this run, its words, and where to look. */
function story() {
    const words = WORDS.flatMap(([word, what]) => [element('dt', {}, word), element('dd', {}, what)]);
    return [
        element('p', {class: 'large'}, element('b', {}, work(), run.has_tasks
            ? ' All of it in one thread. See how one thread waits for all.'
            : ' All in threads. See which of them sleeps, in which call, and how long.')),
        ...(run.has_tasks ? [element('dl', {}, ...words)] : []),
        ...[reactorSleeps() ? walkOfWaker() : null, walkOfTime()].filter(Boolean),
    ];
}

function showHelp() {
    const keys = KEYS.map(([key, what]) => element('tr', {},
        element('td', {}, ...key.split(' ').flatMap(one => [element('kbd', {}, one), ' '])), element('td', {}, what)));
    showAbout(`A real run of ${run.name}, step by step`, ...story(),
        element('p', {}, 'Each step is an event that the program has logged. On the right: its sentence, and the line of code that tells of it; what it tells of is done by the lines around. On the left: what is so after it, in four bands that have the colours of the four roles.'),
        element('table', {}, element('tbody', {}, ...keys)),
        element('p', {class: 'soft'}, `A link to this place: add ${addressOf(now.step)} to the name of the file. With #seed=7 predict is on from the start, and asks all the same questions; p turns it off.`));
}

// ======== keys, clicks, start ========

const KEY = {
    ArrowRight: forward, ArrowLeft: back, ArrowDown: turnForward, ArrowUp: turnBack,
    Home: () => go(1, false), End: () => go(run.events.length, false), ' ': togglePlay,
    p: () => setPredict(!predict.isOn), s: changeSpeed, '?': showHelp, a: showAnswers,
    t: () => nextOfTask(run.events[now.step - 1].actor),
    g: () => $('number').select(), '/': () => $('search').focus(),
};

const isTyping = target => target.matches('input:not([type=range])');
const isPressed = (target, key) => key === ' ' && target.matches('button') && target.id !== 'play';

function pressAnswer(key) {
    const buttons = $('question').querySelectorAll('[data-answer]');
    const button = question.step > 0 ? buttons[Number(key) - 1] : undefined;
    if (button !== undefined)
        answer(button.dataset.answer);
}

function onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || $('about').open)
        return;
    if (event.key === 'Escape')
        document.activeElement.blur();
    if (isTyping(event.target) || isPressed(event.target, event.key))
        return;
    if (/^[1-4]$/.test(event.key))
        pressAnswer(event.key);
    if (!(event.key in KEY))
        return;
    event.preventDefault();
    if (event.key !== ' ' && event.key !== 's')
        pause();
    KEY[event.key]();
}

function onClick(event) {
    const near = selector => event.target.closest(selector);
    if (near('.why'))
        showBandAbout(near('.why').dataset.about);
    else if (near('[data-card]'))
        nextOfTask(near('[data-card]').dataset.card);
    else if (near('[data-answer]'))
        answer(near('[data-answer]').dataset.answer);
    else if (near('[data-step]')) {
        pause();
        $('about').close();
        go(Number(near('[data-step]').dataset.step), true);
    }
}

function listen() {
    const buttons = {first: KEY.Home, last: KEY.End, back, forward, 'turn-back': turnBack, 'turn-forward': turnForward,
        play: togglePlay, speed: changeSpeed, predict: KEY.p, help: showHelp};
    for (const [id, action] of Object.entries(buttons))
        $(id).addEventListener('click', () => {
            if (!['play', 'speed'].includes(id))
                pause();
            action();
        });
    document.addEventListener('keydown', onKey);
    document.addEventListener('click', onClick);
    $('bar').addEventListener('input', () => go(Number($('bar').value), false));
    $('number').addEventListener('change', () => go(Number($('number').value), false));
    $('search').addEventListener('input', () => { $('found').textContent = ''; });
    $('search').addEventListener('keydown', event => event.key === 'Enter' && search());
    addEventListener('hashchange', readAddress);
    addEventListener('resize', () => { draw(); drawBar(); });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawBar);
}

function whatItIs() {
    const clients = clientsOf();
    const parts = [run.how, run.mode, clients > 0 ? count(clients, 'client') : '', `${(run.total / 1e9).toFixed(1)} s`];
    if (run.left_out > 0)
        parts.push(`${run.left_out.toLocaleString('en')} events left out`);
    return parts.filter(part => part !== '').join(' · ');
}

function start() {
    readRun();
    chooseColours();
    document.title = `${run.name}, replay`;
    $('name').textContent = run.name;
    $('what').textContent = whatItIs();
    if (run.events.length === 0) {
        $('what').textContent = 'nothing has happened in this run';
        return;
    }
    $('number').max = $('bar').max = run.events.length;
    $('of').textContent = `of ${run.events.length.toLocaleString('en')}`;
    listen();
    readAddress();
    drawBar();
    window.replay = {
        length: run.events.length,
        get step() { return now.step; },
        go: step => go(step, false),
        state: () => plainState(now),
        sentence: () => run.events[now.step - 1].sentence,
        source: () => sourceOf(run.events[now.step - 1]),
        event: () => ({...run.events[now.step - 1]}),
        questions: allQuestions,
    };
}

document.addEventListener('DOMContentLoaded', start);
