/* expects: polls brought nothing, and yet woke a task again, such as echo */
#include <unistd.h>

static void hang_up(int fd, bool whole)
{
    discard_input(fd); /* else the close resets, and our last line may be lost */
    called("close", fd, close(fd));
    response_ends(whole);
    if (responses_running() == 0)
        wake(waiter);
}
