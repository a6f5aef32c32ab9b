// surface.glsl -- what a ray has hit.

struct surface {
    vec3 position;
    vec3 normal;    // geometric, on the side where the ray came from
    vec3 shading;   // normal, interpolated and mapped, on that side too
    float offset;   // by which rays that leave move along the geometric normal: a bound
                    // of the position's rounding error
    bool outside;   // the ray came from where the material's normals point
    vec3 base_color;
    vec3 emission;
    float metallic, roughness, transmission, ior;
    float light_density; // per area, of trace_corners
};

const float OFFSET_SCALE = 2e-6; // 32 rounding errors

vec3 mapped_normal(uint material, vec2 uv, vec3 normal, vec3 tangent, float handedness)
{
    Materials materials = Materials(params.at.materials);
    int index = materials.at[material].normal_texture;
    tangent -= dot(tangent, normal) * normal;
    if (index < 0 || dot(tangent, tangent) < 1e-12) {
        return normal;
    }
    tangent = normalize(tangent);
    vec3 map = 2 * sample_texture(index, materials.at[material].normal_mapping, uv).xyz - 1;
    vec2 slope = materials.at[material].normal_scale * map.xy;
    return normalize(slope.x * tangent + slope.y * handedness * cross(normal, tangent) + max(map.z, 1e-3) * normal);
}

// Turns a shading normal from which the ray's origin cannot be seen until it just can.
vec3 visible_normal(vec3 shading, vec3 outgoing)
{
    float cosine = dot(shading, outgoing);
    return cosine >= 0.01 ? shading : normalize(shading + (0.01 - cosine) * outgoing);
}

surface find_surface(trace_hit hit, vec3 direction)
{
    trace_triangle triangle = Triangles(params.at.triangles).at[hit.triangle];
    Materials materials = Materials(params.at.materials);
    trace_material material = materials.at[triangle.material]; // its mappings are read where they are needed
    Vertices vertices = Vertices(params.at.vertices);
    trace_vertex a = vertices.at[triangle.vertices[0]];
    trace_vertex b = vertices.at[triangle.vertices[1]];
    trace_vertex c = vertices.at[triangle.vertices[2]];
    vec3 weights = vec3(1 - hit.barycentric.x - hit.barycentric.y, hit.barycentric);
    vec2 uv = mat3x2(corner_uv(a), corner_uv(b), corner_uv(c)) * weights;

    surface found;
    found.position = mat3(a.position, b.position, c.position) * weights;
    found.offset = OFFSET_SCALE * max(max(largest(a.position), largest(b.position)), largest(c.position));

    vec3 normal = mat3(a.normal, b.normal, c.normal) * weights;
    vec3 geometric = face_normal(a.position, b.position, c.position);
    geometric = dot(geometric, a.normal + b.normal + c.normal) < 0 ? -geometric : geometric;
    normal = dot(normal, normal) > 1e-12 ? normalize(normal) : geometric;
    vec3 tangent = mat3(a.tangent, b.tangent, c.tangent) * weights;
    normal = mapped_normal(triangle.material, uv, normal, tangent, a.handedness);
    found.outside = dot(geometric, direction) <= 0;
    found.normal = found.outside ? geometric : -geometric;
    found.shading = visible_normal(dot(normal, found.normal) < 0 ? -normal : normal, -direction);

    found.base_color = material.base_color * interpolate_color(triangle, hit.barycentric).rgb;
    if (material.base_color_texture >= 0) {
        trace_mapping mapping = materials.at[triangle.material].base_color_mapping;
        found.base_color *= sample_texture(material.base_color_texture, mapping, uv).rgb;
    }
    found.metallic = material.metallic;
    found.roughness = material.roughness;
    if (material.metallic_roughness_texture >= 0) {
        trace_mapping mapping = materials.at[triangle.material].metallic_roughness_mapping;
        vec4 map = sample_texture(material.metallic_roughness_texture, mapping, uv);
        found.roughness *= map.g;
        found.metallic *= map.b;
    }
    found.transmission = material.transmission;
    found.ior = material.ior;
    found.emission = emitted(triangle.material, uv);
    found.light_density = uintBitsToFloat(Rows(params.at.corners).at[3 * hit.triangle + 1].w);
    return found;
}

// As a feature, not limited.
vec3 albedo_of(surface s)
{
    return max(s.base_color, s.emission);
}

// Where a ray that leaves in that direction starts.
vec3 leave(vec3 position, vec3 normal, float offset, vec3 direction)
{
    return position + (dot(direction, normal) < 0 ? -offset : offset) * normal;
}
