// matrix.glsl -- products of 16x16 matrices, computed by the 32 threads of a warp together: float16, summed in float32.
// Included by shaders that declare `shared uvec4 memory[]`, where operands are staged; places in it and strides count 8
// halves. With WF_PLANES they also declare `shared uint planes[]` for sums as halves; places and strides count 2.
//
// With WF_EMULATED_MATRICES the same is computed by threads alone, for devices without such instructions: an
// operand is then where it lies, and a thread has 8 neighbouring sums of a row. Warps must not diverge, and
// operands not change before they are used.
#ifdef WF_EMULATED_MATRICES

#define WARP int(gl_LocalInvocationIndex / 32)
#define LANE int(gl_LocalInvocationIndex % 32)
#define wf_right wf_left

struct wf_left {
    uint64_t data; // 0: in shared memory
    int at, stride;
    bool by_columns;
};

struct wf_sums {
    float values[8];
};

void sync_warp()
{
    barrier();
}

wf_left load_rows(int at, int stride)
{
    return wf_left(uint64_t(0), at, stride, false);
}

wf_right load_right_rows(int at, int stride)
{
    return load_rows(at, stride);
}

wf_right load_columns(int at, int stride)
{
    return wf_left(uint64_t(0), at, stride, true);
}

wf_left load_rows_from(uint64_t data, int at, int stride)
{
    return wf_left(data, at, stride, false);
}

float half_of(wf_left m, int row, int column)
{
    int line = m.by_columns ? column : row, place = m.by_columns ? row : column;
    int at = m.at + line * m.stride + place / 8;
    uvec4 eight = m.data == 0 ? memory[at] : Half8s(m.data).values[at];
    vec2 two = unpackHalf2x16(eight[place % 8 / 2]);
    return two[place % 2];
}

// A row of floats for each of the matrix's rows; or for each of its columns.
wf_sums repeat_row(uint64_t data, int at)
{
    wf_sums sums;
    for (int i = 0; i < 8; ++i) {
        sums.values[i] = Floats(data).values[at + LANE % 2 * 8 + i];
    }
    return sums;
}

wf_sums repeat_column(uint64_t data, int at)
{
    wf_sums sums;
    for (int i = 0; i < 8; ++i) {
        sums.values[i] = Floats(data).values[at + LANE / 2];
    }
    return sums;
}

wf_sums multiply_add(wf_left a, wf_right b, wf_sums sums)
{
    for (int k = 0; k < 16; ++k) {
        float x = half_of(a, LANE / 2, k);
        for (int i = 0; i < 8; ++i) {
            sums.values[i] += x * half_of(b, k, LANE % 2 * 8 + i);
        }
    }
    return sums;
}

void store_rows(wf_sums sums, int at, int stride)
{
    uvec4 eight;
    for (int i = 0; i < 4; ++i) {
        eight[i] = packHalf2x16(vec2(sums.values[2 * i], sums.values[2 * i + 1]));
    }
    memory[at + LANE / 2 * stride + LANE % 2] = eight;
}

#ifdef WF_PLANES
void store_planes(wf_sums sums, int at, int stride)
{
    for (int i = 0; i < 4; ++i) {
        vec2 two = vec2(sums.values[2 * i], sums.values[2 * i + 1]);
        planes[at + LANE / 2 * stride + LANE % 2 * 4 + i] = packHalf2x16(two);
    }
}
#endif

// Of two halves each.
uint larger_halves(uint a, uint b)
{
    return packHalf2x16(max(unpackHalf2x16(a), unpackHalf2x16(b)));
}

wf_sums activate(wf_sums sums)
{
    for (int i = 0; i < 8; ++i) {
        sums.values[i] = clamp(sums.values[i], 0.0, 65504.0);
    }
    return sums;
}

#else

#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require

#define WARP int(gl_SubgroupID)
#define LANE int(gl_SubgroupInvocationID)

#extension GL_NV_cooperative_matrix : require
layout(constant_id = WF_MAX_SPECIALIZATIONS) const int SIDE = 16; // by which types are told apart, see matrix_code.h
const int OWN = 8;                                                // numbers of a matrix that a thread has
#define wf_left   fcoopmatNV<16, gl_ScopeSubgroup, 16, 16>
#define wf_right  fcoopmatNV<16, gl_ScopeSubgroup, SIDE, 16>
#define wf_halves fcoopmatNV<16, gl_ScopeSubgroup, SIDE, SIDE>
#define wf_sums   fcoopmatNV<32, gl_ScopeSubgroup, SIDE, SIDE>

// Of shared memory alone.
void sync_warp()
{
    controlBarrier(gl_ScopeSubgroup, gl_ScopeSubgroup, gl_StorageSemanticsShared, gl_SemanticsAcquireRelease);
}

wf_left load_rows(int at, int stride)
{
    wf_left m;
    coopMatLoadNV(m, memory, at, stride, false);
    return m;
}

wf_right load_right_rows(int at, int stride)
{
    wf_right m;
    coopMatLoadNV(m, memory, at, stride, false);
    return m;
}

wf_right load_columns(int at, int stride)
{
    wf_right m;
    coopMatLoadNV(m, memory, at, stride, true);
    return m;
}

wf_left load_rows_from(uint64_t data, int at, int stride)
{
    wf_left m;
    coopMatLoadNV(m, Half8s(data).values, at, stride, false);
    return m;
}

// A row of floats for each of the matrix's rows; or for each of its columns.
wf_sums repeat_row(uint64_t data, int at)
{
    wf_sums sums;
    coopMatLoadNV(sums, Floats(data).values, at, 0, false);
    return sums;
}

wf_sums repeat_column(uint64_t data, int at)
{
    wf_sums sums;
    coopMatLoadNV(sums, Floats(data).values, at, 0, true);
    return sums;
}

wf_sums multiply_add(wf_left a, wf_right b, wf_sums sums)
{
    return coopMatMulAddNV(a, b, sums);
}

void store_rows(wf_sums sums, int at, int stride)
{
    coopMatStoreNV(wf_halves(sums), memory, at, stride, false);
}

#ifdef WF_PLANES
void store_planes(wf_sums sums, int at, int stride)
{
    coopMatStoreNV(wf_halves(sums), planes, at, stride, false);
}
#endif

// Of two halves each.
uint larger_halves(uint a, uint b)
{
    return packFloat2x16(max(unpackFloat2x16(a), unpackFloat2x16(b)));
}

wf_sums activate(wf_sums sums)
{
    [[unroll]] for (int i = 0; i < OWN; ++i) {
        sums[i] = clamp(sums[i], 0.0, 65504.0);
    }
    return sums;
}

#endif
