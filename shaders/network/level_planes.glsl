// level_planes.glsl -- a level's logits in memory: planes of halves, of the image and of K / 2 rows above and below it,
// rows of whole parts of 32 pixels; in pairs. Gather's taps come first, then the alphas, then splat's taps. For shaders
// with K, ALPHAS and a push with width and height.
#define GUARD         (WF_LEVEL_GUARD / 2)
#define GATHER_PLANES (K * K + ALPHAS)
#define PLANE_ROW     ((push.width + 31) / 32 * 16)
#define PLANE_PAIRS   (PLANE_ROW * (push.height + K / 2 * 2))
