/* expects: a descriptor for which there is no bit is refused */

static void make_row(int fd)
{
    if (rows <= fd)
        rows = fd + 1;
}
