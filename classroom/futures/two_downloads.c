/* Two downloads at the same time: with a thread for each, and with two futures and no
 * thread for them. (get_two_sites, get_two_sites_async) */
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PAGE = 5000 }; /* which comes in five pieces */

static char command[100]; /* for a shell that plays a site: it is no thread of ours */
static struct site {
    FILE *stream;
    char page[PAGE + 1]; /* what has come of it, a string */
} sites[2];

/* The site begins now to send its page. */
static void open_site(struct site *site)
{
    *site = (struct site){.stream = popen(command, "r")};
    if (site->stream == NULL)
        fail("cannot start a shell: %s; raise ulimit -u and -n", strerror(errno));
}

static void *download(void *argument)
{
    struct site *site = argument;

    open_site(site);
    if (fread(site->page, 1, PAGE, site->stream) != PAGE) /* blocks */
        fail("the page ended too early; does 'sleep 0.1' work in your shell?");
    return NULL;
}

/* Both return how many threads they took. */
static int get_two_sites(void)
{
    pthread_t first = start_thread(download, &sites[0]);
    pthread_t second = start_thread(download, &sites[1]);

    pthread_join(first, NULL);
    pthread_join(second, NULL);
    return 2;
}

/* Shortcut: the executor frees it with its result; that of main is what has come. */
static struct future *download_async(struct site *site)
{
    struct operation *self = allocate(1, sizeof *self);

    open_site(site);
    set_nonblocking(fileno(site->stream));
    *self = read_exact(fileno(site->stream), site->page, PAGE);
    return &self->future;
}

static int get_two_sites_async(void)
{
    struct future *both[] = {download_async(&sites[0]), download_async(&sites[1])};
    struct join_all join = join_all(both, 2);

    block_on(&join.future);
    return 0;
}

static void run(const char *title, int (*download_both)(void))
{
    part(title);
    int threads = download_both();
    say("%zu and %zu bytes; %d threads more", strlen(sites[0].page),
        strlen(sites[1].page), threads);
    for (int i = 0; i < 2; i++) {
        reactor_forget(fileno(sites[i].stream)); /* if it was ever watched */
        pclose(sites[i].stream);
    }
}

int main(int argc, char **argv)
{
    lesson_start("two_downloads", "[SECONDS]", &argc, argv);
    double seconds = (double)lesson_seconds(argc, argv, 0.5) / (double)NS_PER_SECOND;
    snprintf(command, sizeof command,
             "for i in 1 2 3 4 5; do sleep %.3f; printf %%1000s x; done", seconds / 5);
    run("a thread for each: it blocks in fread, and main waits for both", get_two_sites);
    run("two futures: main waits in poll(2) for both", get_two_sites_async);
    return 0;
}
