/* exp2.cuh -- powers of two, in one instruction. Private. */
#ifndef WF_CUDA_EXP2_CUH
#define WF_CUDA_EXP2_CUH

#define WF_LOG2_E 1.44269504f

/* Results below 2^-126 are 0. */
static __device__ __forceinline__ float wf_exp2(float value)
{
    float power;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(value));
    return power;
}

#endif
