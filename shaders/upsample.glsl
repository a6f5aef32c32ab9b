// upsample.glsl -- U between levels of a pyramid: of a fine pixel three quarters are the coarse pixel that it lies in,
// and one is that one's neighbor on its side, in either direction.

ivec2 coarse_neighbor(ivec2 fine, ivec2 coarse_size)
{
    return clamp(fine / 2 + fine % 2 * 2 - 1, ivec2(0), coarse_size - 1);
}

// Of floats or vectors: the pixel itself, its neighbors beside and below (or above) it, and the one beyond both.
#define UPSAMPLED(own, beside, below, beyond) mix(mix(own, beside, 0.25), mix(below, beyond, 0.25), 0.25)
