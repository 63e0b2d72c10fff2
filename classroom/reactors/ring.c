#define _DEFAULT_SOURCE /* syscall; NOLINT(bugprone-reserved-identifier): libc wants it */
#include "ring.h"

#include "base/trace.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int ring_fd;

/* We move the end of the requests and the beginning of the answers, the kernel the
 * others. They count up, and wrap; a place in a ring is such a number modulo its size. */
static struct io_uring_sqe *requests;
static _Atomic uint32_t *requests_begin, *requests_end, *requests_flags;
static uint32_t requests_room;
static struct io_uring_cqe *answers;
static _Atomic uint32_t *answers_begin, *answers_end;
static uint32_t answers_room;

static void *map(size_t size, off_t which)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring_fd, which);

    if (memory == MAP_FAILED)
        fail("cannot map the rings of io_uring: %s; take stage5", strerror(errno));
    return memory;
}

/* Both are in one piece of memory, but for the requests themselves. */
static void map_rings(const struct io_uring_params *p)
{
    size_t end = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
    size_t other_end = p->cq_off.cqes + p->cq_entries * sizeof *answers;
    char *rings = map(end > other_end ? end : other_end, IORING_OFF_SQ_RING);
    uint32_t *order = (void *)(rings + p->sq_off.array);

    requests = map(p->sq_entries * sizeof *requests, IORING_OFF_SQES);
    requests_begin = (void *)(rings + p->sq_off.head);
    requests_end = (void *)(rings + p->sq_off.tail);
    requests_flags = (void *)(rings + p->sq_off.flags);
    requests_room = p->sq_entries;
    answers = (void *)(rings + p->cq_off.cqes);
    answers_begin = (void *)(rings + p->cq_off.head);
    answers_end = (void *)(rings + p->cq_off.tail);
    answers_room = p->cq_entries;
    for (uint32_t i = 0; i < p->sq_entries; i++)
        order[i] = i; /* one after the other, always */
}

_Noreturn static void refused(int error)
{
    if (error == EPERM || error == ENOSYS)
        fail("cannot make an io_uring: %s; this kernel, or the container around us, does "
             "not allow it: take stage5",
             strerror(error));
    fail("cannot make an io_uring: %s; raise ulimit -n, or ulimit -l", strerror(error));
}

/* There is room for many answers: older kernels take no requests while some are left over
 * (which is EBUSY). */
void ring_init(void)
{
    struct io_uring_params params = {.flags = IORING_SETUP_CQSIZE, .cq_entries = 1 << 14};

    ring_fd = (int)syscall(SYS_io_uring_setup, 1024, &params);
    if (ring_fd < 0)
        refused(errno);
    if ((params.features & IORING_FEAT_EXT_ARG) == 0)
        fail("cannot wait in io_uring for a limited time: take Linux 5.11, or stage5");
    map_rings(&params);
}

static uint32_t unsent(void)
{
    return *requests_end - *requests_begin;
}

static void ask(struct io_uring_sqe request)
{
    if (unsent() == requests_room)
        ring_enter(0);
    if (unsent() == requests_room)
        fail("io_uring takes no more requests: too many answers wait; take stage5");
    requests[*requests_end % requests_room] = request;
    ++*requests_end; /* from now on the kernel may look at it */
}

void ring_poll(int fd, uint16_t events, int name)
{
    ask((struct io_uring_sqe){.opcode = IORING_OP_POLL_ADD,
                              .fd = fd,
                              .poll_events = events,
                              .user_data = (uint32_t)name});
}

void ring_read(int fd, char *bytes, uint32_t length, int name)
{
    ask((struct io_uring_sqe){.opcode = IORING_OP_READ,
                              .fd = fd,
                              .addr = (uintptr_t)bytes,
                              .len = length,
                              .user_data = (uint32_t)name});
}

void ring_cancel(int other, int name)
{
    ask((struct io_uring_sqe){.opcode = IORING_OP_ASYNC_CANCEL,
                              .fd = -1,
                              .addr = (uint32_t)other,
                              .user_data = (uint32_t)name});
}

void ring_enter(int64_t timeout)
{
    struct __kernel_timespec limit = {timeout / NS_PER_SECOND, timeout % NS_PER_SECOND};
    struct io_uring_getevents_arg wait = {.ts = timeout < 0 ? 0 : (uintptr_t)&limit};
    long sent =
        syscall(SYS_io_uring_enter, ring_fd, unsent(), timeout != 0,
                IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &wait, sizeof wait);

    if (sent < 0 && errno != ETIME && errno != EINTR && errno != EBUSY && errno != EAGAIN)
        fail("io_uring_enter failed: %s; take stage5", strerror(errno));
    trace(OS_CALL, .word = "io_uring_enter", .fd = ring_fd,
          .number = sent < 0 ? 0 : sent);
}

bool ring_has_work(void)
{
    return unsent() > 0 || (*requests_flags & IORING_SQ_CQ_OVERFLOW) != 0;
}

bool ring_take(int *name, int *result)
{
    if (*answers_begin == *answers_end)
        return false;
    struct io_uring_cqe answer = answers[*answers_begin % answers_room];
    ++*answers_begin; /* from now on the kernel may write over it */
    *name = (int)answer.user_data;
    if (result != NULL)
        *result = answer.res;
    return true;
}
