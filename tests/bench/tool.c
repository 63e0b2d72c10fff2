#include "tool.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

void usage(const char *arguments)
{
    fprintf(stderr, "usage: %s %s\n", program_name, arguments);
    exit(2);
}

long number(const char *text, long least, long most)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < least || value > most) {
        message("'%s' is not a number from %ld to %ld", text, least, most);
        exit(2);
    }
    return value;
}

void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("cannot ask for the limit of descriptors: %s", strerror(errno));
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("cannot raise the limit of descriptors: %s", strerror(errno));
}

int connect_to_port(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        fail("cannot make a socket: %s", strerror(errno));
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("cannot connect to port %d: %s", port, strerror(errno));
    return fd;
}

/* The first number after `name` in a file of /proc; 0 if there is none, or no such file:
 * a thread may just have ended. */
static int64_t number_in(const char *path, const char *name)
{
    char line[256];
    int64_t value = 0;
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0) {
            value = strtoll(line + strlen(name), NULL, 10);
            break;
        }
    fclose(file);
    return value;
}

int64_t cpu_of(long pid)
{
    char path[64];
    int64_t sum = 0;
    struct dirent *entry;

    snprintf(path, sizeof path, "/proc/%ld/task", pid);
    DIR *threads = opendir(path);
    if (threads == NULL)
        fail("cannot look at process %ld: %s", pid, strerror(errno));
    while ((entry = readdir(threads)) != NULL)
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "/proc/%ld/task/%.20s/schedstat", pid,
                     entry->d_name);
            sum += number_in(path, "");
        }
    closedir(threads);
    return sum;
}

int64_t memory_of(long pid)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%ld/status", pid);
    return 1024 * number_in(path, "VmRSS:");
}
