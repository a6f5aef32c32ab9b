// trace_hit.glsl -- rays against the triangles: down the BVH, nearer child first.

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
    return is_hole(Materials(params.at.materials).at[triangle.material], interpolate_uv(triangle, barycentric));
}

// By the signed volumes of the ray with each edge, which are exactly opposite for the two triangles at an edge: no ray slips
// between them.
bool hits_triangle(uint index, trace_ray ray, inout trace_hit hit)
{
    trace_corners corners = Corners(params.at.corners).at[index];
    vec3 a = corners.a - ray.origin;
    vec3 b = corners.b - ray.origin;
    vec3 c = corners.c - ray.origin;
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
    if (corners.has_holes != 0 && in_hole(index, barycentric)) {
        return false;
    }
    hit = trace_hit(distance, barycentric, index);
    return true;
}

float enter_node(bvh_node node, trace_ray ray, vec3 inverse, float limit)
{
    return enter_box(node.minimum, node.maximum, ray.origin, inverse, limit);
}

// Narrows `hit` to the nearest one, or, with `any_hit`, to the first that comes up.
void traverse(trace_ray ray, bool any_hit, inout trace_hit hit)
{
    vec3 tiny = mix(vec3(1e-20), vec3(-1e-20), lessThan(ray.direction, vec3(0)));
    vec3 inverse = 1 / mix(ray.direction, tiny, lessThan(abs(ray.direction), vec3(1e-20)));
    Nodes nodes = Nodes(params.at.nodes);
    uint stack[BVH_MAX_DEPTH];
    int depth = 0;
    uint node = 0;
    for (;;) {
        uint first = nodes.at[node].first;
        uint count = nodes.at[node].count;
        for (uint i = first; i < first + count; ++i) {
            if (hits_triangle(i, ray, hit) && any_hit) {
                return;
            }
        }
        float near = FAR, far = FAR;
        if (count == 0) {
            near = enter_node(nodes.at[first], ray, inverse, hit.distance);
            far = enter_node(nodes.at[first + 1], ray, inverse, hit.distance);
        }
        bool swapped = far < near;
        if (max(near, far) < FAR) {
            stack[depth++] = swapped ? first : first + 1;
        }
        if (min(near, far) < FAR) {
            node = swapped ? first + 1 : first;
        } else if (depth > 0) {
            node = stack[--depth];
        } else {
            return;
        }
    }
}

trace_hit closest_hit(trace_ray ray)
{
    trace_hit hit = trace_hit(FAR, vec2(0), NO_TRIANGLE);
    traverse(ray, false, hit);
    return hit;
}

// Whether anything lies on the way, up to `limit` lengths of the ray's direction.
bool is_occluded(trace_ray ray, float limit)
{
    trace_hit hit = trace_hit(limit, vec2(0), NO_TRIANGLE);
    traverse(ray, true, hit);
    return hit.triangle != NO_TRIANGLE;
}
