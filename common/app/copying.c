#include "app/copying.h"

#include "app/checksum.h"
#include "app/net.h"
#include "app/stage.h"
#include "core/message.h"
#include "core/system.h"
#include "core/trace.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

/* What is sent: noise, over and over. Its length is a prime, so that a piece that is lost
 * or sent twice does not go unnoticed. */
enum { NOISE = 4093 };
static char *noise; /* and once more so many bytes as fit in a buffer */

static const struct options *options;
static int64_t start;
static int64_t end;

/* the sender's: */
static int64_t position;
static struct checksum sent;

/* the receiver's: */
static int64_t arrived;
static struct checksum received;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* while threads run, lock must be held when using these: */
static const char *to_blame; /* NULL: nobody */
static int why;
static struct calls all_calls;

static void make_noise(void)
{
    size_t size = NOISE + options->buffer;
    uint32_t state = 1;

    noise = allocate(size, 1);
    for (size_t i = 0; i < NOISE; i++) {
        state = state * 1664525 + 1013904223;
        noise[i] = (char)(state >> 24);
    }
    for (size_t i = NOISE; i < size; i++)
        noise[i] = noise[i - NOISE];
}

struct copying copying_start(const struct options *given)
{
    int first[2];
    int second[2];

    options = given;
    make_noise();
    net_take_descriptors();
    int listener = net_listen(options->host, options->port);
    net_pair(listener, options->send_buffer, first);
    net_pair(listener, options->send_buffer, second);
    close_descriptor(listener);
    calls = (struct calls){0, 0};
    start = now_ns();
    return (struct copying){first[0], first[1], second[0], second[1]};
}

const char *copying_next(size_t *length)
{
    const char *bytes = noise + position % NOISE;
    int64_t left = options->bytes - position;

    if (left == 0)
        return NULL;
    *length = left < (int64_t)options->buffer ? (size_t)left : options->buffer;
    checksum_add(&sent, bytes, *length);
    position += (int64_t)*length;
    return bytes;
}

void copying_received(const char *bytes, size_t n)
{
    checksum_add(&received, bytes, n);
    arrived += (int64_t)n;
}

void copying_failed(const char *who, int error)
{
    pthread_mutex_lock(&lock);
    if (to_blame == NULL) {
        to_blame = who;
        why = error;
    }
    pthread_mutex_unlock(&lock);
}

void copying_count_calls(void)
{
    pthread_mutex_lock(&lock);
    all_calls.made += calls.made;
    all_calls.would_block += calls.would_block;
    pthread_mutex_unlock(&lock);
}

void copying_end(void)
{
    end = now_ns();
    free(noise);
}

struct copy_result copying_result(void)
{
    uint64_t waits = stage.wait == NULL ? 0 : trace_counts[REACTOR_WAIT];

    return (struct copy_result){
        .bytes = arrived,
        .bytes_per_second =
            (double)arrived * (double)NS_PER_SECOND / (double)(end - start),
        .system_calls = all_calls.made + waits,
        .would_blocks = all_calls.would_block,
    };
}

int copying_verdict(void)
{
    if (to_blame != NULL)
        message("cannot copy: %" PRId64 " of %" PRId64 " bytes arrived, then the %s "
                "failed: %s; look at its system calls with --explain=os",
                arrived, options->bytes, to_blame, error_text(why));
    else if (arrived != options->bytes || !checksum_equal(&sent, &received))
        message("what arrived is not what was sent: %" PRId64 " of %" PRId64
                " bytes came, and the checksums differ; look at the system calls with "
                "--explain=os",
                arrived, options->bytes);
    else
        return EXIT_SUCCESS;
    return EXIT_FAILURE;
}
