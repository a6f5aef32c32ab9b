// light.glsl -- what emits: triangles, the environment's image and the sun's disk. A point of light is drawn by
// choosing one of the three, then an entry of its alias table, then a point of that uniformly.

struct light_sample {
    vec3 direction; // towards the light, of any length
    float limit;    // the light is at this many lengths
    vec3 radiance;
    float density; // per solid angle; 0: nothing was found
};

// An entry, drawn by the number bits.x with the digits bits.y; what these leave undecided is `rest`, random from 0 to
// below 1: neighboring numbers draw neighboring points of one entry, so that a point's sequence stays a good one.
uint choose(Choices table, uint count, uvec2 bits, out float rest)
{
    uint entry, part, carry, digits, unused;
    umulExtended(bits.y, count, digits, unused);
    umulExtended(bits.x, count, entry, part);
    part = uaddCarry(part, digits, carry);
    entry += carry;
    uint threshold = table.at[entry].threshold;
    bool keeps = part < threshold;
    rest = keeps ? float(part) / float(threshold) : float(part - threshold) / max(4294967296.0 - float(threshold), 1);
    rest = min(rest, BELOW_ONE);
    return keeps ? entry : table.at[entry].alias;
}

// ---- Environment: equirectangular, seen from inside: +z in the middle, -x right of it, +y on top ----

vec2 environment_uv(vec3 direction)
{
    return vec2(0.5 - atan(direction.x, direction.z) / (2 * PI), atan(length(direction.xz), direction.y) / PI);
}

vec3 environment_radiance(vec3 direction)
{
    ivec2 size = ivec2(params.at.environment_width, params.at.environment_height);
    Colors colors = Colors(params.at.environment);
    vec2 position = environment_uv(direction) * vec2(size) - 0.5;
    ivec2 low = ivec2(floor(position));
    vec2 part = position - vec2(low);
    ivec2 columns = (ivec2(low.x, low.x + 1) + size.x) % size.x;
    ivec2 rows = clamp(ivec2(low.y, low.y + 1), 0, size.y - 1) * size.x;
    return mix(mix(colors.at[rows.x + columns.x], colors.at[rows.x + columns.y], part.x),
               mix(colors.at[rows.y + columns.x], colors.at[rows.y + columns.y], part.x), part.y);
}

float environment_density(vec3 direction)
{
    if (params.at.choose_environment == 0) {
        return 0;
    }
    ivec2 size = ivec2(params.at.environment_width, params.at.environment_height);
    ivec2 cell = clamp(ivec2(environment_uv(direction) * vec2(size)), ivec2(0), size - 1);
    return params.at.choose_environment * Choices(params.at.environment_choices).at[cell.y * size.x + cell.x].density;
}

light_sample sample_environment(uvec2 bits, float v)
{
    uvec2 size = uvec2(params.at.environment_width, params.at.environment_height);
    Choices choices = Choices(params.at.environment_choices);
    float u;
    uint chosen = choose(choices, size.x * size.y, bits, u);
    uint row = chosen / size.x;
    float angle = 2 * PI * (0.5 - (float(chosen % size.x) + u) / float(size.x));
    float upper = square(sin(PI / 2 * float(row) / float(size.y))); // (1 - cosine) / 2
    float lower = square(sin(PI / 2 * float(row + 1) / float(size.y)));
    float middle = mix(upper, lower, v);
    float sine = 2 * sqrt(middle * (1 - middle));
    vec3 direction = vec3(sine * sin(angle), 1 - 2 * middle, sine * cos(angle));
    return light_sample(direction, FAR, environment_radiance(direction),
                        params.at.choose_environment * choices.at[chosen].density);
}

// ---- Sun ----

vec3 sun_radiance(vec3 direction)
{
    vec3 across = cross(direction, params.at.sun_direction);
    bool inside = dot(across, across) < params.at.sun_sine_squared && dot(direction, params.at.sun_direction) > 0;
    return inside ? params.at.sun_radiance : vec3(0);
}

// Of directions in the disk.
float sun_density()
{
    return params.at.choose_sun / params.at.sun_solid_angle;
}

light_sample sample_sun(vec2 u)
{
    float below = u.y * params.at.sun_solid_angle / (2 * PI); // 1 - cosine
    float sine = sqrt(below * (2 - below));
    vec3 z = params.at.sun_direction;
    mat3 frame = make_frame(z);
    vec3 direction = frame * vec3(sine * cos(2 * PI * u.x), sine * sin(2 * PI * u.x), 1 - below);
    return light_sample(direction, FAR, params.at.sun_radiance, sun_density());
}

// ---- Triangles ----

// From density per area to density per solid angle.
float triangle_density(float light_density, vec3 normal, vec3 direction, float distance_squared)
{
    float cosine = abs(dot(normal, direction)) * inversesqrt(dot(direction, direction));
    return cosine > 0 ? params.at.choose_triangles * light_density * distance_squared / cosine : 0;
}

light_sample sample_triangle(vec3 position, uvec2 bits, float v)
{
    Choices emitters = Choices(params.at.emitters);
    float u;
    trace_choice chosen = emitters.at[choose(emitters, params.at.emitter_count, bits, u)];
    trace_triangle triangle = Triangles(params.at.triangles).at[chosen.item];
    Vertices vertices = Vertices(params.at.vertices);
    vec3 a = vertices.at[triangle.vertices[0]].position;
    vec3 b = vertices.at[triangle.vertices[1]].position;
    vec3 c = vertices.at[triangle.vertices[2]].position;
    float root = sqrt(u);
    vec2 barycentric = vec2(root * (1 - v), root * v);
    vec3 point = (1 - barycentric.x - barycentric.y) * a + barycentric.x * b + barycentric.y * c;

    vec3 normal = face_normal(a, b, c);
    normal = dot(normal, position - point) < 0 ? -normal : normal;
    float offset = OFFSET_SCALE * max(max(largest(a), largest(b)), largest(c));
    vec3 direction = point + offset * normal - position;
    vec2 uv = interpolate_uv(triangle, barycentric);
    light_sample result;
    result.direction = direction;
    result.limit = 1;
    result.radiance = is_hole(triangle, barycentric, uv) ? vec3(0) : emitted(triangle.material, uv);
    result.density = triangle_density(chosen.density, normal, direction, dot(direction, direction));
    return result;
}

// ---- All ----

light_sample sample_light(vec3 position, inout sampler_state state)
{
    uvec2 which_bits = next_bits(state);
    uvec2 bits = next_bits(state);
    vec2 u = to_unit(bits);
    float which = to_unit(which_bits).x;
    bits.y = which_bits.y;
    if (which < params.at.choose_triangles) {
        return sample_triangle(position, bits, u.y);
    }
    if (which < params.at.choose_triangles + params.at.choose_environment) {
        return sample_environment(bits, u.y);
    }
    return params.at.choose_sun > 0 ? sample_sun(u) : light_sample(vec3(0, 0, 1), 0, vec3(0), 0);
}

// How much one way of finding light counts, given the densities of both (the power heuristic, Veach 1997).
float weigh(float own, float other)
{
    return 1 / (1 + square(other / own));
}

// Light found by scattering; scattered 0: by the camera's ray or a perfectly smooth surface.
float weigh_found(float scattered, float sampled)
{
    if (scattered == 0 || sampled == 0 || params.at.strategy == TRACE_BSDF_SAMPLING) {
        return 1;
    }
    return params.at.strategy == TRACE_LIGHT_SAMPLING ? 0 : weigh(scattered, sampled);
}

float weigh_sampled(float sampled, float scattered)
{
    return params.at.strategy == TRACE_LIGHT_SAMPLING ? 1 : weigh(sampled, scattered);
}

// What a ray that leaves the scene finds.
vec3 surroundings(vec3 direction, float scattered)
{
    vec3 radiance = environment_radiance(direction) * weigh_found(scattered, environment_density(direction));
    vec3 sun = sun_radiance(direction);
    return sun == vec3(0) ? radiance : radiance + sun * weigh_found(scattered, sun_density());
}

// Its albedo, as a feature, not limited.
vec3 albedo_of_sky(vec3 direction)
{
    return environment_radiance(direction) + sun_radiance(direction);
}
