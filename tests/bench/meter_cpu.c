#include <string.h>
#include <time.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "meter.h"

double meter_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static wf_result measure(wf_device *device, meter_work work, void *user, int repetitions, double *seconds)
{
    double start = meter_now();
    for (int i = 0; i < repetitions; i++) {
        wf_result result = work(user, device, NULL, i);
        if (result != WF_OK)
            return result;
    }
    *seconds = meter_now() - start;
    return WF_OK;
}

/* Past the caches where the processor can: else the lines that are written would be read first. Addresses and size are
 * multiples of 16. */
static void copy_part(char *to, const char *from, size_t size)
{
#ifdef __SSE2__
    for (size_t at = 0; at < size; at += sizeof(__m128i))
        _mm_stream_si128((__m128i *)(to + at), _mm_load_si128((const __m128i *)(from + at)));
    _mm_sfence();
#else
    memcpy(to, from, size);
#endif
}

static wf_result copy(wf_device *device, wf_stream stream, void *to, const void *from, size_t size)
{
    (void)device, (void)stream;
    const size_t part = (size_t)1 << 20;
#pragma omp parallel for
    for (size_t at = 0; at < size; at += part)
        copy_part((char *)to + at, (const char *)from + at, size - at < part ? size - at : part);
    return WF_OK;
}

const meter meter_cpu = {.measure = measure, .copy = copy};
