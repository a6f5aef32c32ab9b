/* interrupt.h -- Ctrl-C (SIGINT), SIGTERM and SIGHUP end the program, with 128 and the
 * signal's number as its exit status.
 *
 * At once, unless work holds them off: the files of a frame are all written first, a data set keeps its whole pairs. A
 * second signal, half a second later (before, it is the first one passed on twice), does not wait for that either.
 * Temporary files are removed in any case. SIGXFSZ is ignored: what writes more than the process may (ulimit -f)
 * fails. */
#ifndef WFVIEW_INTERRUPT_H
#define WFVIEW_INTERRUPT_H

#include <stdbool.h>

/* For the whole program, once. */
void interrupt_watch(void);

/* Holds the end off until release, where the program ends if a signal came meanwhile. Any thread; holds may nest. */
void interrupt_hold(void);
void interrupt_release(void);

/* The signal that came while held; 0: none. */
int interrupt_came(void);

/* A file that is removed where the program is ended, until it is forgotten. The path stays the caller's, and as it is
 * until then. False: too many at once. */
bool interrupt_removes(const char *path);
void interrupt_forgets(const char *path);

#endif
