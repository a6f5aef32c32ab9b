#include "process_start.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "profiler.h"

int64_t process_start(void)
{
    unsigned long long ticks = 0;
    struct timespec since_boot;
    FILE *file = fopen("/proc/self/stat", "r");
    /* Field 22, after a name in parentheses: clock ticks from boot to this process's start. */
    bool known = file && fscanf(file,
                                "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
                                "%*d %llu",
                                &ticks) == 1;
    if (file)
        fclose(file);
    if (!known || clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0)
        return profiler_now();
    double running =
        (double)since_boot.tv_sec + 1e-9 * (double)since_boot.tv_nsec - (double)ticks / (double)sysconf(_SC_CLK_TCK);
    return profiler_now() - (int64_t)(running * 1e9);
}
