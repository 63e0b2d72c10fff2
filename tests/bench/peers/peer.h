/* What the peers in C share: all of them that does not wait. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each peer is one of these; peer.c has main(). */
extern const char *const peer_name;
const char *peer_version(void); /* of the library, when it runs */
void peer_demo(void);           /* until all clients have ended */
void peer_echo(int listener);   /* until SIGTERM ends the process */
void peer_copy(void);           /* until ends.receiver is at its end */

_Noreturn void die(const char *what);           /* says why not: errno */
int check(int result, const char *what);        /* dies if it is negative */
void *check_pointer(void *p, const char *what); /* dies if it is NULL */

/* ---- sockets ---- */

int listen_anywhere(void); /* non-blocking, on a free port of 127.0.0.1 */
int connect_to_us(void);   /* non-blocking: it may be under way */
void check_connected(int fd);
int accept_next(int listener); /* non-blocking; -1: nobody is waiting */
bool would_block(void);        /* errno says so */

/* ---- the demo ---- */

extern long clients;   /* that are wanted */
extern double delay;   /* s */
double time_out(void); /* s that a client may take in all */
extern long ended;
extern long completed;

/* After so many connects the loop has its turn: in one go they would overflow the
 * listener's queue. */
enum { CLIENTS_AT_ONCE = 250 };

/* Writes "start 7\n" or "end 7\n" to fd: it fits into the buffer of a new connection. */
void say(int fd, const char *word, long number);
size_t line_of(char line[32], const char *word, long number);

/* Throws away what the client said, and closes: a close over unread bytes resets. */
void hang_up(int fd);

/* Prints what a client has got, at once, and counts its lines. */
void print_answer(const char *bytes, size_t length, int *lines);

/* A client's time-out: no run of the bench may have one. */
_Noreturn void give_up(void);

/* Reads and prints what is there. Returns whether the client goes on; if not, it is
 * counted, and fd is closed. */
bool client_reads(int fd, int *lines);

/* ---- echo ---- */

enum { ECHO_BUFFER = 1024 };

/* ---- copy ---- */

extern struct ends {
    int sender;
    int copier_in;
    int copier_out;
    int receiver;
} ends; /* of two connections, all non-blocking */
extern size_t buffer_size;

/* The next bytes to send; 0 when there are no more. */
const char *next_piece(size_t *length);
void piece_arrived(const char *bytes, size_t length);

#endif
