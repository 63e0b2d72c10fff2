/* Unit tests of the core, and of the futures of the program. Linked once with each
 * reactor. `unit NAME` runs one test; it prints what was wrong and exits 2. Without a
 * name it prints all names. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void die(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    exit(2);
}

static char history[256];

void note(char letter)
{
    size_t length = strlen(history);

    CHECK(length + 1 < sizeof history);
    history[length] = letter;
}

bool noted(const char *letters)
{
    bool same = strcmp(history, letters) == 0;

    if (!same)
        fprintf(stderr, "noted \"%s\", and not \"%s\"\n", history, letters);
    memset(history, 0, sizeof history);
    return same;
}

bool noted_both(const char *letters)
{
    char turned[] = {letters[1], letters[0], '\0'};

    return noted(history[0] == letters[0] ? letters : turned);
}

/* ---- futures made of functions ---- */

struct waker wakers[26];

static enum poll_result script_poll(struct future *future, struct context *cx)
{
    struct script *self = container_of(future, struct script, future);

    self->polls++;
    return self->body(self, cx);
}

static void script_drop(struct future *future)
{
    struct script *self = container_of(future, struct script, future);

    if (self->drops != NULL)
        ++*self->drops;
    if (self->inner != NULL)
        future_drop(self->inner);
}

struct script script(script_body *body, char letter)
{
    return (struct script){
        .future = {script_poll, script_drop}, .body = body, .letter = letter, .fd = -1};
}

struct script *heap_script(script_body *body, char letter)
{
    struct script *self = allocate(1, sizeof *self);

    *self = script(body, letter);
    return self;
}

struct waker spawn_script(script_body *body, char letter)
{
    return spawn(&heap_script(body, letter)->future, "script", letter);
}

enum poll_result run_inner(struct script *self, struct context *cx)
{
    return future_poll(self->inner, cx);
}

enum poll_result run_inner_and_note(struct script *self, struct context *cx)
{
    wakers[self->letter - 'a'] = cx->waker;
    if (future_poll(self->inner, cx) == PENDING)
        return PENDING;
    note(self->letter);
    return READY;
}

enum poll_result note_and_end(struct script *self, struct context *cx)
{
    wakers[self->letter - 'a'] = cx->waker; /* which is stale after this poll */
    note(self->letter);
    return READY;
}

enum poll_result note_and_stay(struct script *self, struct context *cx)
{
    wakers[self->letter - 'a'] = cx->waker;
    note(self->letter);
    return PENDING;
}

struct script *note_end_of(struct future *inner, char letter)
{
    struct script *self = heap_script(run_inner_and_note, letter);

    self->inner = inner;
    return self;
}

struct script *heap_sleeper(char letter, int ms)
{
    struct script *self = note_end_of(NULL, letter);

    self->sleep = sleep_for(ms * MS);
    self->inner = &self->sleep.future;
    return self;
}

/* ---- ways to run a future ---- */

void block_on_future(struct future *future)
{
    struct script main_script = script(run_inner, 'm');

    main_script.inner = future;
    block_on(&main_script.future);
}

void sleep_in_main(int64_t duration)
{
    struct sleep_for sleep = sleep_for(duration);

    block_on_future(&sleep.future);
}

static step *steps[4]; /* the last is NULL */
static int pauses;     /* that are left before the next step */

/* One step, a pause, the next step, a pause, ..., and then `inner`. A pause takes some
 * turns, in each of which all others run, however slow the machine is. */
static enum poll_result run_steps(struct script *self, struct context *cx)
{
    while (steps[self->fd] != NULL) {
        if (pauses == 0) {
            steps[self->fd]();
            pauses = 6;
            self->sleep = sleep_for(MS);
        }
        if (future_poll(&self->sleep.future, cx) == PENDING)
            return PENDING;
        self->sleep = sleep_for(MS);
        if (--pauses == 0)
            self->fd++;
    }
    return self->inner == NULL ? READY : future_poll(self->inner, cx);
}

void in_one_run_until(struct future *until, step *first, step *second, step *third)
{
    struct script main_script = script(run_steps, 'm');

    main_script.inner = until;
    main_script.fd = 0;
    steps[0] = first;
    steps[1] = second;
    steps[2] = third;
    block_on(&main_script.future);
}

void in_one_run(step *first, step *second, step *third)
{
    in_one_run_until(NULL, first, second, third);
}

enum poll_result poll_by_hand(struct future *future)
{
    static struct waker gone;

    if (gone.generation == 0) {
        gone = spawn_script(note_and_stay, 'g');
        cancel(gone);
    }
    return future_poll(future, &(struct context){.waker = gone});
}

/* ---- looks ---- */

bool is_busy(void)
{
    return strstr(reactor_how, "busy") != NULL;
}

bool nobody_waits(void)
{
    return reactor_watching == 0 && timers_next() < 0;
}

bool somebody_waits(void)
{
    return !nobody_waits() || is_busy();
}

int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

struct heard heard[EVENT_KINDS];

static void listener(const struct event *event)
{
    struct heard *it = &heard[event->kind];

    it->last = *event;
    it->times++;
    snprintf(it->where, sizeof it->where, "%s", event->where == NULL ? "" : event->where);
}

void hear(uint32_t kinds)
{
    memset(heard, 0, sizeof heard);
    trace_listen(kinds, listener);
}

/* ---- streams ---- */

void make_pair(int fds[2])
{
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    set_nonblocking(fds[0]);
    set_nonblocking(fds[1]);
}

void make_tcp_pair(int fds[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener_fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(bind(listener_fd, (struct sockaddr *)&address, length) == 0);
    CHECK(listen(listener_fd, 1) == 0);
    CHECK(getsockname(listener_fd, (struct sockaddr *)&address, &length) == 0);
    fds[1] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fds[1], (struct sockaddr *)&address, length) == 0);
    fds[0] = accept(listener_fd, NULL, NULL);
    CHECK(fds[0] >= 0);
    close(listener_fd);
    set_nonblocking(fds[0]);
    set_nonblocking(fds[1]);
}

void fill(int fd)
{
    static const char bytes[64 * 1024];

    while (write(fd, bytes, sizeof bytes) > 0)
        ;
    CHECK(errno == EAGAIN);
}

void empty(int fd)
{
    char bytes[1024];

    while (read(fd, bytes, sizeof bytes) > 0)
        ;
}

/* ---- which test ---- */

static void run(const struct test *test, const char *name)
{
    for (; test->name != NULL; test++) {
        if (name == NULL)
            puts(test->name);
        else if (strcmp(name, test->name) == 0) {
            test->run();
            exit(EXIT_SUCCESS);
        }
    }
}

int main(int argc, char **argv)
{
    static const struct test *const all[] = {
        executor_tests, misuse_tests,  timer_tests,  io_tests,      reactor_tests,
        event_tests,    combine_tests, stream_tests, channel_tests, program_tests};

    program_name = "unit";
    signal(SIGPIPE, SIG_IGN);
    reactor_init();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        run(all[i], argv[1]);
    return argc < 2 ? EXIT_SUCCESS : 2;
}
