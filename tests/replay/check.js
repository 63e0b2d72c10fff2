'use strict';
/* Opens pages of --replay in Chromium, without a network, and looks at them.
 *     check.js CHECK PAGE.html [ARGUMENT...] [-- CHECK PAGE.html ...]
 * prints what is wrong, a line each, and exits 1 if anything is. */
const fs = require('fs');
const path = require('path');

const ROOT = path.resolve(__dirname, '../..');
const places = [path.join(ROOT, 'build/node_modules'), ...(process.env.NODE_PATH || '').split(':')];
const {chromium} = require(require.resolve('playwright-core', {paths: places.filter(Boolean)}));

const wrong = [];
const check = (is, ...words) => is || wrong.push(words.join(' '));

// ---- a browser ----

const SWITCHES = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'];
let browser;

/* A page that is watched: each request but for itself, and each word in the console, is
 * wrong. */
async function open(file, {hash = '', width = 1280, height = 720} = {}) {
    browser = browser || await chromium.launch({executablePath: process.env.CHROMIUM, args: SWITCHES});
    const context = await browser.newContext({
        viewport: {width, height}, offline: true});
    const page = await context.newPage();
    const self = 'file://' + path.resolve(file);
    page.on('console', message => check(false, 'console:', message.text()));
    page.on('pageerror', error => check(false, 'error:', error.message, error.stack));
    page.on('request', request => check(request.url().split('#')[0] === self, 'request:', request.url()));
    await page.goto(self + hash);
    return page;
}

// ---- in the page ----

/* All that a person sees, as text. */
const look = () => ['header', 'main', 'footer'].map(tag => document.querySelector(tag).outerHTML).join('')
    + document.querySelector('#number').value + document.querySelector('#source').scrollTop;

/* Where only the state is looked at: drawing takes most of the time of a step. */
async function undrawn(page, inPage, argument) {
    await page.evaluate('window.drawn = draw; draw = () => {}');
    const result = await page.evaluate(inPage, argument);
    await page.evaluate('draw = drawn');
    return result;
}

const eventsOf = page => undrawn(page, () => {
    const all = [];
    for (let n = 1; n <= replay.length; n++) {
        replay.go(n);
        all.push({...replay.event(), source: replay.source(), sentence: replay.sentence(), step: replay.step});
    }
    return all;
});

/* Forwards, back, and at random: the same step is the same document, and the same state. */
async function document_(file) {
    const page = await open(file);
    const differ = await page.evaluate(lookText => {
        const lookNow = eval(lookText);
        const seen = [];
        const bad = new Set();
        const visit = n => {
            replay.go(n);
            const text = lookNow() + JSON.stringify(replay.state());
            if (seen[n] === undefined)
                seen[n] = text;
            else if (seen[n] !== text)
                bad.add(n);
        };
        for (let n = 1; n <= replay.length; n++)
            visit(n);
        for (let n = replay.length; n >= 1; n--)
            visit(n);
        for (let i = 0; i < 200; i++)
            visit(1 + i * 7919 % replay.length);
        return [...bad];
    }, look.toString());
    check(differ.length === 0, 'steps that differ:', differ.join(' '));
}

// ---- sentences ----

function explainedLines(text) {
    const lines = text.split('\n').map(line => line.match(/^ *(\d+\.\d{3} \d{3})  ([A-Z]+) +(.*)$/));
    return lines.filter(Boolean).map(([, time, role, rest]) => ({time, role, rest: rest.replace(/ {2,}/, ' ').trim()}));
}

/* Each line of --explain is an event of the page, in this order. */
async function sentences(file, explainFile) {
    const page = await open(file);
    const shown = await page.evaluate(() => run.events.map(event => ({
        time: clockText(event.time), role: event.role,
        rest: `${event.actor === 'reactor' ? '' : event.actor} ${event.sentence}`.trim()})));
    const lines = explainedLines(fs.readFileSync(explainFile, 'utf8'));
    let at = 0;
    check(lines.length > 20, 'only', lines.length, 'lines of --explain');
    for (const line of lines) {
        const found = shown.findIndex((event, i) => i >= at && event.time === line.time
            && event.role === line.role && event.rest === line.rest);
        check(found >= 0, 'not in the page:', JSON.stringify(line));
        at = found < 0 ? at : found + 1;
    }
}

// ---- the state is true ----

const readDumps = file => fs.readFileSync(file, 'utf8').trim().split('\n').map(line => JSON.parse(line));

/* Runs in the page: compares the state at each turn with what the tables really held, and
 * looks who wakes. Returns what is wrong. */
function truthInPage({dumps, limit}) {
    const bad = [];
    const byTurn = new Map(dumps.map(dump => [dump.turn, dump]));
    const sorted = list => JSON.stringify(list.map(entry => entry.join(' ')).sort());
    const same = (what, step, one, other) => {
        if (bad.length < limit && sorted(one) !== sorted(other))
            bad.push(`step ${step}, ${what}: ${sorted(one)} and really ${sorted(other)}`);
    };

    function compareTurn(state, dump, step) {
        same('tasks', step, state.tasks.filter(task => ['new', 'queued', 'polled', 'PENDING'].includes(task.status))
            .map(task => [task.name, state.queue.includes(task.name)]), dump.tasks);
        same('joiners', step, state.tasks.flatMap(task => task.wakers.filter(place => place.startsWith('the end of '))
            .map(place => [task.name, place.slice(11)])), dump.joiners);
        same('watches', step, state.watches.flatMap(({fd, readable, writable}) =>
            [[readable, fd, 'readable'], [writable, fd, 'writable']]).filter(([name]) => name !== ''), dump.watches);
        same('deadlines', step, state.deadlines.map(({task}) => [task]), dump.deadlines.map(([name]) => [name]));
        compareDeadlines(state, dump, step);
    }

    /* The time of the event is a little later than the look at the clock; if the machine is
     * busy, more than a little. */
    function compareDeadlines(state, dump, step) {
        const real = dump.deadlines.map(([task, left]) => ({task, at: left + dump.time})).sort((a, b) => a.at - b.at);
        state.deadlines.forEach(({task, at}, i) => {
            const near = real.some(other => other.task === task && Math.abs(other.at - at) < 200e6);
            const inOrder = real[i] !== undefined && (real[i].task === task || Math.abs(real[i].at - at) < 200e6);
            if (bad.length < limit && !(near && inOrder))
                bad.push(`step ${step}, a deadline of ${task} at ${at}: really ${JSON.stringify(real)}`);
        });
    }

    /* Who has a waker, and nobody else, wakes. */
    function compareWake(before, event, step) {
        const waker = before.wakers.get(event.actor) || [];
        const holds = event.other === 'reactor'
            ? before.left !== null && before.left.task === event.actor && before.left.wasThere
            : event.other === event.actor || spawners.get(event.actor) === event.other || waker.some(place => place === `the end of ${event.other}`
                || place.startsWith('asked'));
        if (bad.length < limit && !holds)
            bad.push(`step ${step}: ${event.actor} is woken by ${event.other || 'nobody'}, who has no waker`);
    }

    const placeOf = event => event.kind === 'REACTOR_TIME' ? `deadline ${event.fd}` : `fd ${event.fd} ${event.word}`;
    const before = {wakers: new Map(), left: null};
    const spawners = new Map(); // who gets the first waker of a task
    const turns = new Set();
    for (let step = 1; step <= replay.length; step++) {
        replay.go(step);
        const event = replay.event();
        const state = replay.state();
        if (event.kind === 'EXEC_WAKE')
            compareWake(before, event, step);
        if (event.kind === 'EXEC_SPAWN')
            spawners.set(event.actor, event.other);
        if (event.kind === 'EXEC_POLL' && before.queue[0] !== event.actor && bad.length < limit)
            bad.push(`step ${step}: ${event.actor} is polled, the first in the queue is ${before.queue[0]}`);
        if (event.kind === 'REACTOR_READY' || event.kind === 'REACTOR_TIME')
            before.left = {task: event.other,
                wasThere: run.how.startsWith('polls') || (before.wakers.get(event.other) || []).includes(placeOf(event))};
        if (event.kind === 'EXEC_TURN' && byTurn.has(state.turn)) {
            turns.add(state.turn);
            compareTurn(state, byTurn.get(state.turn), step);
        }
        if (event.kind !== 'EXEC_DONE' && event.kind !== 'EXEC_CANCEL') // its joiner is woken a little later
            before.wakers = new Map(state.tasks.map(task => [task.name, task.wakers]));
        else
            for (const task of state.tasks)
                if (task.name !== event.actor)
                    before.wakers.set(task.name, [...new Set([...task.wakers, ...(before.wakers.get(task.name) || [])])]);
        before.queue = state.queue;
    }
    return {bad, turns: turns.size};
}

async function truth(file, dumpFile) {
    const page = await open(file);
    const shown = new Set(await undrawn(page, () => {
        const all = [];
        for (let n = 1; n <= replay.length; n++) {
            replay.go(n);
            if (replay.event().kind === 'EXEC_TURN')
                all.push(replay.state().turn);
        }
        return all;
    }));
    const dumps = readDumps(dumpFile).filter(dump => shown.has(dump.turn)); // the rest is folded
    const {bad, turns} = await undrawn(page, truthInPage, {dumps, limit: 5});
    bad.forEach(line => check(false, line));
    check(turns >= 5, 'only', turns, 'turns');
}

/* Each event of a kind is taken out, one after the other; each time that must be noticed. */
async function mutations(file, dumpFile, ...kinds) {
    const page = await open(file);
    const dumps = readDumps(dumpFile);
    const events = await page.evaluate(() => run.events.map(({kind, other, actor}) => ({kind, other, actor})));
    await page.evaluate(`window.truthInPage = ${truthInPage}; window.draw = draw = () => {}`);
    for (const kind of kinds) {
        const places = events.map((event, i) => [event, i])
            .filter(([event]) => event.kind === kind && (kind !== 'REACTOR_WATCH' || event.other !== '')).map(([, i]) => i);
        check(places.length > 3, 'only', places.length, kind);
        const unnoticed = await page.evaluate(({all, dumps}) => all.filter(i => {
            const whole = run.events;
            run.events = whole.filter((_, j) => j !== i);
            replay.length = run.events.length;
            kept.length = 0;
            now = undefined;
            const {bad} = truthInPage({dumps, limit: 1});
            run.events = whole;
            return bad.length === 0;
        }), {all: places, dumps});
        check(unnoticed.length === 0, 'not noticed:', kind, 'at', unnoticed.join(' '));
    }
}

// ---- sources ----

/* In a line, or in those of one call, each event is caused. */
const CAUSE = /\b(trace|trace_tell|called|ready|pending|say_pending)\(/;

async function sources(file) {
    const page = await open(file);
    const kinds = new Set();
    for (const {kind, source, word, actor} of await eventsOf(page)) {
        kinds.add(kind);
        const text = fs.readFileSync(path.join(ROOT, source.file), 'utf8').split('\n').slice(source.line - 2, source.line + 2);
        check(CAUSE.test(text.join(' ')), kind, 'is not caused by', source.file, source.line);
        const folded = kind === 'EXEC_WASTED' && actor === ''; // by a poll, or by an empty turn
        const named = folded || text.join(' ').includes(kind) || /called|ready\(|pending|outcome|in_vain|trace\(event/.test(text.join(' '));
        check(named, kind, word, actor, 'is not', source.file, source.line);
    }
    const shown = await page.evaluate(() => {
        const bad = [];
        for (let n = 1; n <= replay.length; n++) {
            drawSource(run.events[n - 1]);
            const marked = document.querySelector('#source .now');
            const {file, line} = sourceOf(run.events[n - 1]);
            if (marked === null || marked.textContent !== String(run.sources[file]).split('\n')[line - 1])
                bad.push(n);
        }
        return bad;
    });
    check(shown.length === 0, 'the source is not marked at', shown.join(' '));
    console.log([...kinds].join('\n'));
}

/* Why there are none, is said. */
async function no_sources(file, words) {
    const page = await open(file);
    check((await page.textContent('#source')).includes(words), 'the page says:', await page.textContent('#source'));
}

// ---- keys, address, search ----

const step = page => page.evaluate(() => replay.step);

async function keys(file) {
    const page = await open(file);
    const length = await page.evaluate(() => replay.length);
    const after = async (key, wanted, what) => {
        await page.keyboard.press(key);
        const at = await step(page);
        check(at === wanted, key, 'leads to', at, 'and not', wanted, what || '');
    };
    await after('ArrowRight', 2);
    await after('ArrowRight', 3);
    await after('ArrowLeft', 2);
    await after('End', length);
    await after('ArrowRight', length);
    await after('Home', 1);
    await after('ArrowLeft', 1);
    await page.keyboard.press('ArrowDown');
    const turn = await step(page);
    check(turn > 1, 'there is no turn');
    await page.keyboard.press('ArrowDown');
    await after('ArrowUp', turn, 'the turn before');
    await typed(page);
    await cards(page);
    await plays(page);
    await dialogs(page);
    const spoken = await page.textContent('[aria-live=polite]');
    check(spoken.includes(await page.evaluate(() => replay.sentence())), 'spoken is:', spoken);
}

async function typed(page) {
    await page.keyboard.press('g');
    await page.keyboard.type('17');
    await page.keyboard.press('Enter');
    check(await step(page) === 17, 'g 17 leads to', await step(page));
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('close on fd');
    await page.keyboard.press('Enter');
    check((await page.evaluate(() => replay.sentence())).startsWith('close on fd'), 'search does not find close');
    const first = await step(page);
    check(/^\d+ of \d+$/.test(await page.textContent('#found')), 'found:', await page.textContent('#found'));
    await page.keyboard.press('Enter');
    check(await step(page) !== first, 'Enter does not find the next');
    await page.keyboard.press('Escape');
    await page.waitForTimeout(400);
    check(page.url().endsWith(`#step=${await step(page)}`), 'the address is', page.url());
}

/* Tab to the card of a task, Enter: its next event. */
async function cards(page) {
    await page.keyboard.press('Home');
    await page.evaluate(() => replay.go(30));
    await page.evaluate(() => document.querySelector('.why').focus());
    for (let i = 0; i < 10 && await page.evaluate(() => document.activeElement.dataset.card === undefined); i++)
        await page.keyboard.press('Tab');
    const name = await page.evaluate(() => document.activeElement.dataset.card);
    for (let i = 0; i < 3; i++) {
        await page.keyboard.press('Enter');
        const event = await page.evaluate(() => replay.event());
        check(event.actor === name || event.other === name, 'of', name, 'is not', JSON.stringify(event));
    }
    check(await page.evaluate(() => document.activeElement.dataset.card) === name, 'the card has lost the focus');
    await page.evaluate(() => document.activeElement.blur());
}

async function plays(page) {
    await page.keyboard.press('Home');
    await page.keyboard.press('s');
    await page.keyboard.press('s');
    await page.keyboard.press(' ');
    await page.waitForFunction(() => replay.step >= 4, null, {timeout: 20000});
    await page.keyboard.press(' ');
    await page.waitForTimeout(50);
    const at = await step(page);
    await page.waitForTimeout(800);
    check(await step(page) === at, 'it does not pause');
}

async function dialogs(page) {
    for (let i = 0; i < 4; i++) {
        await page.evaluate(n => document.querySelectorAll('.why')[n].focus(), i);
        await page.keyboard.press('Enter');
        const sentences = await page.$$eval('#about[open] p', all => all.length);
        check(sentences === 3, 'a question mark explains in', sentences, 'sentences');
        await page.keyboard.press('Escape');
        check(await page.$('#about[open]') === null, 'Escape does not close it');
    }
    await page.keyboard.press('?');
    check(await page.$('#about[open]') !== null, '? shows no help');
    await page.keyboard.press('Escape');
}

async function address(file) {
    const page = await open(file, {hash: '#step=42'});
    check(await step(page) === 42, '#step=42 opens', await step(page));
}

// ---- predict ----

async function predictions(file) {
    const page = await open(file, {hash: '#seed=7'});
    const questions = await page.evaluate(() => replay.questions());
    const other = await open(file, {hash: '#step=50&seed=7'});
    check(JSON.stringify(await other.evaluate(() => replay.questions())) === JSON.stringify(questions), 'two pages ask other questions');
    const another = await open(file, {hash: '#seed=8'});
    check(JSON.stringify(await another.evaluate(() => replay.questions())) !== JSON.stringify(questions), 'another seed asks the same');
    check(questions.length >= 5, 'only', questions.length, 'questions');
    for (const {step: at, answers, right} of questions) {
        check(answers.length >= 2 && answers.length <= 4 && new Set(answers).size === answers.length, 'answers at', at, answers);
        check(answers.filter(one => one === right).length === 1, 'not one right answer at', at);
    }
    areSpread(questions, await page.evaluate(() => replay.length), await page.evaluate(() => run.has_tasks));
    await agreeWithRun(page, questions);
    await agreeWithKey(file, questions);
    await answerAll(page, questions);
}

/* What the run did, worked out from its events alone. */
const DID = {
    next: event => event.actor,
    joined: event => event.actor,
    returns: event => event.actor,
    woken: event => event.other,
    call: ({word, sentence}) => {
        const what = sentence.split(/ → | -> /)[1];
        const plain = word === 'accept' && /^fd/.test(what) ? 'a new descriptor' : word === 'connect' && what === '0' ? '0: connected'
            : /bytes$/.test(what) ? 'some bytes' : what;
        return ['a new descriptor', '0: connected', 'some bytes', 'EAGAIN', 'EINPROGRESS', '0, end of stream'].includes(plain) ? plain : 'an error';
    },
    limit: ({sentence}) => /no limit/.test(sentence) ? 'without a limit' : /only looks/.test(sentence) ? 'not at all: it only looks'
        : sentence.match(/at most .*$/)[0],
    result: (event, later) => later.find(other => other.actor === event.actor
        && ['EXEC_PENDING', 'EXEC_WASTED', 'EXEC_DONE'].includes(other.kind)).kind === 'EXEC_DONE' ? 'READY' : 'PENDING',
    now: (event, later) => later[0].kind === 'EXEC_POLL' && later[0].actor === event.actor ? 'yes, at once' : 'no, it is only queued',
    turn: (event, later) => {
        const poll = later.findIndex(other => other.kind === 'EXEC_POLL' && other.actor === event.actor);
        const isTurn = ({kind, actor}) => kind === 'EXEC_TURN' || (kind === 'EXEC_WASTED' && actor === '');
        return later.slice(0, poll).some(isTurn) ? 'in the next turn' : 'in this turn';
    },
    keeper: (event, later, before, of) => {
        const [place, ...others] = before.tasks.find(task => task.name === of).wakers;
        check(others.length === 0, of, 'has several wakers');
        return place.startsWith('the end of ') ? `the task ${place.slice(11)}, for its end`
            : `the reactor, for ${place.startsWith('deadline') ? 'a deadline' : place}`;
    },
};

async function agreeWithRun(page, questions) {
    const events = await eventsOf(page);
    for (const {step: at, kind, right, of} of questions) {
        const before = await page.evaluate(n => { replay.go(n); return replay.state(); }, at - 1);
        const is = DID[kind](events[at - 1], events.slice(at), before, of);
        check(is === right, 'at', at, kind, 'the run did', is, 'and not', right);
    }
}

/* Over the run, of several kinds, and not the same one twice in a row. */
function areSpread(questions, length, hasTasks) {
    for (let quarter = 0; quarter < 4; quarter++)
        check(questions.some(({step: at}) => Math.floor((at - 1) / length * 4) === quarter), 'no question in quarter', quarter + 1);
    questions.forEach(({step: at, kind, right}, i) => check(i === 0 || questions[i - 1].kind !== kind || questions[i - 1].right !== right,
        'twice in a row, at', at, kind, right));
    const kinds = new Set(questions.map(({kind}) => kind)).size;
    check(kinds >= (hasTasks ? 5 : 2), 'only', kinds, 'kinds of questions');
}

async function agreeWithKey(file, questions) {
    const page = await open(file, {hash: '#seed=7&answers'});
    const key = await page.$$eval('#about[open] [data-question]', rows => rows.map(row => [Number(row.dataset.question), row.querySelector('b').textContent]));
    check(JSON.stringify(key) === JSON.stringify(questions.map(({step: at, right}) => [at, right])), '#answers says otherwise');
}

/* By keys alone: the first right, the second wrong, and so on. What comes next is hidden. */
async function answerAll(page, questions) {
    let asked = 0;
    await page.keyboard.press('Home');
    for (const {step: at, answers, right, hides} of questions.slice(0, 8)) {
        await page.evaluate(n => replay.go(n), at - 1);
        await page.keyboard.press('ArrowRight');
        check(await page.$('#question:not([hidden]) [data-answer]') !== null, 'it does not ask at', at);
        check(await step(page) === at - 1, 'it shows the event before it asks, at', at);
        check(await page.$('#sentences .after') === null, 'it shows what comes next, at', at);
        const shown = hides === undefined ? [] : await page.$$eval(hides, all => all.map(one => one.textContent).filter(text => text !== '?'));
        check(shown.length === 0, 'what tells the answer is shown, at', at, shown);
        const wanted = asked++ % 2 === 0 ? right : answers.find(one => one !== right);
        await page.keyboard.press(String(answers.indexOf(wanted) + 1));
        check(await step(page) === at, 'an answer does not lead to', at);
        check((await page.textContent('#question')).includes(right), 'it does not say what is right, at', at);
    }
    const score = await page.textContent('#score');
    check(score === `${Math.ceil(asked / 2)} right, ${Math.floor(asked / 2)} wrong`, 'it counts', score);
}

// ---- boxes ----

/* Runs in the page: what is cut off, or lies on something else? */
function boxesInPage() {
    const bad = [];
    const name = element => `${element.tagName} ${element.id || element.className} "${element.textContent.slice(0, 40)}"`;
    const boxOf = element => element.getBoundingClientRect();
    const shown = element => boxOf(element).width > 0 && boxOf(element).height > 0;
    const inside = (inner, outer, what) => {
        const [a, b] = [boxOf(inner), boxOf(outer)];
        if (a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1)
            bad.push(`${name(inner)} is not inside of ${what}`);
    };
    const apart = elements => elements.forEach((one, i) => elements.slice(i + 1).forEach(other => {
        const [a, b] = [boxOf(one), boxOf(other)];
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
            bad.push(`${name(one)} overlaps ${name(other)}`);
    }));
    const all = selector => [...document.querySelectorAll(selector)].filter(shown);
    if (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight)
        bad.push('the page is larger than the window');
    all('header > *, nav > *, footer > *, main > *, section, aside > *').forEach(element => inside(element, document.body, 'the window'));
    all('section').forEach(section => section.querySelectorAll('h2, .content > *, tr, .card, .fd, .chip').forEach(element =>
        inside(element, section, section.id)));
    all('.card > *').forEach(element => inside(element, element.closest('.card'), 'its card'));
    [all('section, aside'), all('nav > *'), all('footer > *'), all('.card'), all('#executor .content > *'), all('.fd'), all('aside > *')].forEach(apart);
    all('section .chip, section .token, section td, section h2, .card .name, .fd, nav button, #sentences li span').forEach(element => {
        if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
            bad.push(`${name(element)} is cut off`);
    });
    return bad;
}

/* Runs in the page: at each step, or each few of a long run, which text of a card or of a
 * descriptor is cut off? */
function textsInPage() {
    const bad = [];
    for (let n = 1; n <= replay.length && bad.length < 5; n += Math.ceil(replay.length / 400)) {
        now = stateAt(n); // and only these two are drawn, for there are many steps
        drawTasks(now);
        drawOs(now);
        const fds = document.querySelector('.fds');
        if (fds.scrollHeight > fds.clientHeight || fds.scrollWidth > fds.clientWidth + 1)
            bad.push(`step ${n}: cut off: ${fds.innerText.replaceAll('\n', ' | ')}`);
        for (const card of document.querySelectorAll('.card')) {
            const right = card.getBoundingClientRect().right;
            const isCut = one => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 2
                || [...one.children].some(child => child.getBoundingClientRect().right > right);
            if ([...card.children].some(isCut))
                bad.push(`step ${n}: cut off: ${card.innerText.replaceAll('\n', ' | ')}`);
        }
    }
    return bad;
}

async function boxes(file, ...sizes) {
    for (const size of sizes) {
        const [width, height] = size.split('x').map(Number);
        const page = await open(file, {width, height});
        const length = await page.evaluate(() => replay.length);
        const bad = new Set();
        check(await page.$eval('#opening', one => !one.hidden && one.scrollHeight <= one.clientHeight), size, 'the opening is cut off');
        for (let n = 1; n <= length; n += Math.max(1, Math.floor(length / 60))) {
            await page.evaluate(at => replay.go(at), n);
            for (const line of await page.evaluate(boxesInPage))
                bad.add(`${size}, step ${n}: ${line}`);
        }
        for (const line of size === sizes[0] ? await page.evaluate(textsInPage) : []) // the narrowest
            bad.add(`${size}, ${line}`);
        [...bad].slice(0, 8).forEach(line => check(false, line));
        await page.context().close();
    }
}

// ---- how it begins, and ends ----

/* Without a step in the address it says what one sees, and where to look. */
async function opening(file) {
    const page = await open(file);
    check(await page.isVisible('#opening'), 'there is no opening');
    const words = await page.textContent('#opening');
    await page.keyboard.press('ArrowRight');
    check(!await page.isVisible('#opening') && await step(page) === 2, '→ does not begin');
    const events = await eventsOf(page);
    const watch = events.findIndex(event => event.kind === 'REACTOR_WATCH' && event.other !== '');
    if (watch >= 0) {
        const {fd, word, other} = events[watch];
        const ready = events.findIndex((event, i) => i > watch && event.kind === 'REACTOR_READY' && event.fd === fd && event.word === word && event.other === other);
        check(words.includes(`at event ${watch + 1} `) && words.includes(`at event ${ready + 1} it is`), 'the walk is:', words);
    }
    const there = await open(file, {hash: '#step=5'});
    check(!await there.isVisible('#opening'), 'a link to a step shows the opening');
}

/* The numbers of the last screen, worked out from the events alone. */
async function ending(file) {
    const page = await open(file);
    const events = await eventsOf(page);
    const of = kind => events.filter(event => event.kind === kind);
    const says = await page.evaluate(() => { replay.go(replay.length); return document.querySelector('#executor .content').textContent; });
    const number = what => Number((says.match(new RegExp(`([0-9,]+) ${what}`)) || ['', '-1'])[1].replaceAll(',', ''));
    if (await page.evaluate(() => run.has_tasks)) {
        const folded = of('EXEC_WASTED').filter(event => event.actor === '').reduce((sum, event) => sum + event.number, 0);
        check(number('task') === of('EXEC_SPAWN').length, 'tasks:', says);
        check(number('poll') === of('EXEC_POLL').length + folded, 'polls:', says);
    } else
        check(number('thread') === of('OS_THREAD').length, 'threads:', says);
    const slept = await page.evaluate(() => reactorSleeps()) ? sleptOf(events) : null;
    check(slept === null || Math.abs(number('of') - slept / 1e6) <= 1, 'asleep', slept, says);
    await sleepIsSeen(page, events);
}

function sleptOf(events) {
    return events.reduce((sum, event, i) => event.kind === 'REACTOR_WAIT' && event.number !== 0 && i + 1 < events.length
        ? sum + events[i + 1].time - event.time : sum, 0);
}

/* Where most of the time goes by it is written large, and there is a slit in the bar. */
async function sleepIsSeen(page, events) {
    const long = events.map((event, i) => i + 1 < events.length ? events[i + 1].time - event.time : 0);
    const at = long.indexOf(Math.max(...long));
    await page.evaluate(n => replay.go(n), at + 1);
    const slit = await page.$(`.slit[data-step="${at + 1}"] span`);
    check(slit !== null && (await slit.textContent()).startsWith(`${(long[at] / 1e6).toFixed(0)} ms`), 'no slit at', at + 1);
    const says = await page.textContent('#executor .content');
    check(await page.evaluate(() => run.how.startsWith('polls')) || /^asleep: [0-9]+ (task|thread)s/.test(says), 'at', at + 1, 'it says', says);
}

// ---- tokens that move ----

async function tokens_move(file) {
    const page = await open(file);
    const at = await page.evaluate(() => 1 + run.events.findIndex(event => event.kind === 'REACTOR_WATCH' && event.other !== ''));
    await page.evaluate(n => replay.go(n - 1), at);
    await page.keyboard.press('ArrowRight');
    const moving = await page.evaluate(() => [...document.querySelectorAll('#reactor .token')].filter(token => token.getAnimations().length > 0).length);
    check(moving === 1, moving, 'tokens move');
    await page.waitForTimeout(700);
    check(await page.evaluate(() => document.getAnimations().length) === 0, 'they never stop');
    check(await page.evaluate(() => document.querySelector('#ghosts').children.length) === 0, 'a ghost stays');
}

// ---- size ----

const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/* Runs in the page: how long a step takes, in ms. */
function timeSteps(steps) {
    const length = replay.length;
    const times = [];
    for (let i = 0; i < steps; i++) {
        const n = 2 + i * 7919 % (length - 2);
        replay.go(n);
        const start = performance.now();
        replay.go(n + 1);
        document.body.getBoundingClientRect();
        times.push(performance.now() - start);
    }
    return times;
}

/* Of many events, and of few: a step of the larger takes at most 3 times one of the other. */
async function large(file, small, events) {
    await (await open(small)).close(); // so that the browser runs
    const begin = Date.now();
    const page = await open(file);
    await page.evaluate(() => document.body.getBoundingClientRect());
    const opened = Date.now() - begin;
    const length = await page.evaluate(() => replay.length);
    check(length === Number(events), length, 'events and not', events);
    const other = await open(small);
    await page.evaluate(timeSteps, 30);
    await other.evaluate(timeSteps, 30);
    const many = median(await page.evaluate(timeSteps, 60));
    const few = median(await other.evaluate(timeSteps, 60));
    const begins = Date.now();
    await page.evaluate(() => { replay.go(replay.length); replay.go(1); replay.go(Math.floor(replay.length / 2)); });
    console.log(`opened in ${opened} ms, a step ${many.toFixed(1)} ms, of the small page ${few.toFixed(1)} ms, three long ways ${Date.now() - begins} ms`);
    check(many <= 3 * Math.max(few, 2), 'a step takes', many, 'ms, in the small page', few);
}

async function left_out(file, number) {
    const page = await open(file, {hash: '#step=5001'});
    const words = Number(number).toLocaleString('en');
    check((await page.textContent('#what')).includes(`${words} events left out`), 'it says', await page.textContent('#what'));
    check((await page.textContent('#sentences')).includes(`here ${words} events are left out`), 'not where they are left out');
    for (const n of [5000, 5001, 5500, 10000])
        check(await page.evaluate(at => { replay.go(at); return replay.step; }, n) === n, 'no step', n);
}

/* It opens, and has so many events at least. */
async function opens(file, least) {
    const page = await open(file);
    const length = await page.evaluate(() => replay.length);
    check(length >= Number(least), 'only', length, 'events');
    await page.emulateMedia({colorScheme: 'dark'});
    await page.evaluate(() => replay.go(replay.length));
}

/* Nothing in it has become an element, a script, or a mistake. */
async function text(file, words) {
    const page = await open(file);
    check(await page.evaluate(() => document.querySelectorAll('script').length) === 2, 'there are other scripts');
    check(await page.evaluate(() => window.evil) === undefined, 'a script has run');
    check((await page.textContent('#name')).includes(words), 'the name is', await page.textContent('#name'));
}

async function threads(file, explainFile) {
    const page = await open(file);
    const inside = new Map();
    const steps = await page.evaluate(() => {
        const all = [];
        for (let n = 1; n <= replay.length; n++) {
            replay.go(n);
            all.push({event: replay.event(), inside: replay.state().tasks.filter(task => task.call !== null).map(task => task.name).sort()});
        }
        return all;
    });
    check(steps.some(({inside: all}) => all.length > 2), 'nobody sleeps');
    for (const {event, inside: shown} of steps) {
        if (event.kind === 'OS_START')
            inside.set(event.actor, true);
        else
            inside.delete(event.actor);
        check(JSON.stringify([...inside.keys()].sort()) === JSON.stringify(shown), 'inside of calls are', shown, 'after', event.sentence);
    }
    await sentences(file, explainFile);
}

// ---- run ----

const CHECKS = {document: document_, sentences, truth, mutations, sources, no_sources, keys, address, predictions, opening, ending, boxes, tokens_move, large, left_out, opens, text, threads};

async function main() {
    const all = process.argv.slice(2).join('\n').split('\n--\n').map(words => words.split('\n'));
    if (!all.every(([name, file]) => name in CHECKS && file !== undefined)) {
        console.error(`check.js accepts one of ${Object.keys(CHECKS).join(', ')}, and a page`);
        process.exit(2);
    }
    try {
        for (const [name, file, ...rest] of all) {
            await CHECKS[name](file, ...rest);
            if (wrong.length > 0)
                console.log(name, file);
            await Promise.all(browser.contexts().map(context => context.close()));
        }
    } finally {
        if (browser !== undefined)
            await browser.close();
    }
    wrong.slice(0, 20).forEach(line => console.log(line));
    process.exit(wrong.length === 0 ? 0 : 1);
}

main().catch(error => {
    console.error(error);
    process.exit(1);
});
