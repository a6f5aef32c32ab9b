// hit.glsl -- rays against the triangles: down the BVH, nearer child first.

const uint NO_TRIANGLE = 0xffffffffu;

struct trace_hit {
    float distance;   // in lengths of the ray's direction
    vec2 barycentric; // of the corners b and c
    uint triangle;    // NO_TRIANGLE: nothing was hit
};

// Where the ray enters the box, FAR where it misses it or enters beyond the limit. The factor covers rounding (Ize,
// "Robust BVH Ray Traversal", JCGT 2013).
float enter_box(vec3 low, vec3 high, vec3 origin, vec3 inverse, float limit)
{
    vec3 a = (low - origin) * inverse;
    vec3 b = (high - origin) * inverse;
    vec3 first = min(a, b);
    vec3 last = max(a, b);
    float near = max(max(first.x, first.y), max(first.z, 0));
    float far = min(min(last.x, last.y), min(last.z, limit)) * (1 + 2.4e-7);
    return near <= far ? near : FAR;
}

bool in_hole(uint index, vec2 barycentric)
{
    trace_triangle triangle = Triangles(params.at.triangles).at[index];
    return is_hole(triangle, barycentric, interpolate_uv(triangle, barycentric));
}

// By the signed volumes of the ray with each edge, which are exactly opposite for the two triangles at an
// edge: no ray slips between them.
bool hits_triangle(Rows corners, uint index, trace_ray ray, inout trace_hit hit)
{
    uvec4 first = corners.at[3 * index]; // whole rows: of a swizzle, glslang does not know the alignment
    uvec4 second = corners.at[3 * index + 1];
    uvec4 third = corners.at[3 * index + 2];
    vec3 a = uintBitsToFloat(first.xyz) - ray.origin;
    vec3 b = uintBitsToFloat(second.xyz) - ray.origin;
    vec3 c = uintBitsToFloat(third.xyz) - ray.origin;
    vec3 edge_a = c - b, edge_b = a - c, edge_c = b - a;
    vec3 volumes = vec3(dot(cross(edge_a, b + c), ray.direction), dot(cross(edge_b, c + a), ray.direction),
                        dot(cross(edge_c, a + b), ray.direction));
    if (any(lessThan(volumes, vec3(0))) && any(greaterThan(volumes, vec3(0)))) {
        return false;
    }
    float volume = volumes.x + volumes.y + volumes.z;
    vec3 normal = cross(edge_c, edge_a);
    float along = dot(normal, ray.direction);
    float distance = dot(normal, a) / along;
    if (volume == 0 || along == 0 || !(distance > 0 && distance < hit.distance)) {
        return false;
    }
    vec2 barycentric = volumes.yz / volume;
    if (first.w != 0 && in_hole(index, barycentric)) {
        return false;
    }
    hit = trace_hit(distance, barycentric, index);
    return true;
}

// A node as the traversal keeps it: bvh_node's first, and above it its count: 0: an inner node.
const uint LEAF = 1u << 28;

uint make_node(uvec4 lower, uvec4 upper)
{
    return lower.w | upper.w * LEAF;
}

float enter_node(uvec4 lower, uvec4 upper, trace_ray ray, vec3 inverse, float limit)
{
    return enter_box(uintBitsToFloat(lower.xyz), uintBitsToFloat(upper.xyz), ray.origin, inverse, limit);
}

// Narrows `hit` to the nearest one, or, with `any_hit`, to the first that comes up.
void traverse(trace_ray ray, bool any_hit, inout trace_hit hit)
{
    vec3 tiny = mix(vec3(1e-20), vec3(-1e-20), lessThan(ray.direction, vec3(0)));
    vec3 inverse = 1 / mix(ray.direction, tiny, lessThan(abs(ray.direction), vec3(1e-20)));
    Rows rows = Rows(params.at.nodes); // two of a node
    Rows corners = Rows(params.at.corners);
    uint stack[BVH_MAX_DEPTH];
    int depth = 0;
    uint node = make_node(rows.at[0], rows.at[1]);
    for (;;) {
        while (node < LEAF) {
            uvec4 lower = rows.at[2 * node], upper = rows.at[2 * node + 1];
            uvec4 other_lower = rows.at[2 * node + 2], other_upper = rows.at[2 * node + 3];
            uint near = make_node(lower, upper), far = make_node(other_lower, other_upper);
            float distance = enter_node(lower, upper, ray, inverse, hit.distance);
            float other_distance = enter_node(other_lower, other_upper, ray, inverse, hit.distance);
            if (max(distance, other_distance) < FAR) {
                stack[depth++] = other_distance < distance ? near : far;
            }
            if (min(distance, other_distance) < FAR) {
                node = other_distance < distance ? far : near;
            } else if (depth > 0) {
                node = stack[--depth];
            } else {
                return;
            }
        }
        uint first = node % LEAF;
        for (uint i = first; i < first + node / LEAF; ++i) {
            if (hits_triangle(corners, i, ray, hit) && any_hit) {
                return;
            }
        }
        if (depth == 0) {
            return;
        }
        node = stack[--depth];
    }
}

trace_hit closest_hit(trace_ray ray)
{
    trace_hit hit = trace_hit(FAR, vec2(0), NO_TRIANGLE);
    traverse(ray, false, hit);
    return hit;
}
