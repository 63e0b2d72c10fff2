/* What a stage says of itself. Stages 1 and 2 do so in main.c, the others in
 * reactor.c. */
#ifndef APP_STAGE_H
#define APP_STAGE_H

struct stage {
    const char *name;       /* of the program: "stage4" */
    const char *how;        /* it waits: "sleeps in poll(2)" */
    const char *wait;       /* by which call its reactor waits; NULL: by none */
    const char *option;     /* its own option, without the dashes; NULL: it has none */
    const char *choices[2]; /* what that takes, the default first */
    const char *help;       /* what that does */
};

extern const struct stage stage;

#endif
