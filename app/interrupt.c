#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 64, STATUS_OF_SIGNALS = 128, SAME_MS = 500 };

static const char *temporaries[FILES];
static int holds, pending;

/* Only calls that a signal's handler may make. */
static void end(int signal)
{
    for (int i = 0; i < FILES; i++) {
        const char *path = __atomic_load_n(&temporaries[i], __ATOMIC_SEQ_CST);
        if (path)
            unlink(path);
    }
    _exit(STATUS_OF_SIGNALS + signal);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_signal(int signal)
{
    static int64_t first_ms = INT64_MAX;
    int none = 0;
    if (__atomic_compare_exchange_n(&pending, &none, signal, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        __atomic_store_n(&first_ms, now_ms(), __ATOMIC_SEQ_CST);
    bool again = now_ms() - __atomic_load_n(&first_ms, __ATOMIC_SEQ_CST) > SAME_MS;
    if (again || __atomic_load_n(&holds, __ATOMIC_SEQ_CST) == 0)
        end(signal);
}

void interrupt_watch(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, before;
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < 3; i++) {
        sigaction(signals[i], NULL, &before);
        if (signals[i] != SIGHUP || before.sa_handler != SIG_IGN) /* nohup */
            sigaction(signals[i], &action, NULL);
    }
}

void interrupt_hold(void)
{
    __atomic_fetch_add(&holds, 1, __ATOMIC_SEQ_CST);
}

void interrupt_release(void)
{
    if (__atomic_sub_fetch(&holds, 1, __ATOMIC_SEQ_CST) == 0 && interrupt_came())
        end(interrupt_came());
}

int interrupt_came(void)
{
    return __atomic_load_n(&pending, __ATOMIC_SEQ_CST);
}

static bool exchange(const char *from, const char *to)
{
    for (int i = 0; i < FILES; i++) {
        const char *expected = from;
        if (__atomic_compare_exchange_n(&temporaries[i], &expected, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return true;
    }
    return false;
}

bool interrupt_removes(const char *path)
{
    return exchange(NULL, path);
}

void interrupt_forgets(const char *path)
{
    exchange(path, NULL);
}
