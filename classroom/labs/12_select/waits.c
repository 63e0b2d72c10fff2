/* The scenes of lab 10: the contract is one, whatever is slept in. */
#include "../10_poll/waits.c" /* NOLINT(bugprone-suspicious-include): so it stays one */
