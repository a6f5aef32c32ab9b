// thread_sum.glsl -- the sum of what WF_EXPOSURE_THREADS threads of a workgroup have.
shared vec4 sums[WF_EXPOSURE_THREADS];

// In the first thread.
vec4 thread_sum(int thread, vec4 own)
{
    sums[thread] = own;
    barrier();
    for (int count = WF_EXPOSURE_THREADS / 2; count > 0; count /= 2) {
        if (thread < count) {
            sums[thread] += sums[thread + count];
        }
        barrier();
    }
    return sums[0];
}
