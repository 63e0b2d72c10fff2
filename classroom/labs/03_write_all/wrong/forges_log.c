/* expects: its peer gets all that is due, and nothing else */
/* no points */
#include <stdio.h>

static ssize_t write_all_attempt(struct operation *self)
{
    fprintf(stderr, " 0.000 400  OS       main           write on fd 3 -> %zu bytes\n",
            self->left);
    fprintf(stderr, " 0.000 500  FUTURE   main           write_all is ready\n");
    fprintf(stderr, "send: write_all: 0\n");
    return 0;
}
