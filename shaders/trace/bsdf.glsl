// bsdf.glsl -- the metallic-roughness model of glTF 2.0 with transmission, in the frame of the shading normal (z).
//
//     metallic * metal + (1 - metallic) * ((1 - transmission) * (coat over diffuse) + transmission * glass)
//
// All three share one GGX distribution, alpha = roughness^2, with Smith's height-correlated shadowing; below
// TRACE_SMOOTH_ROUGHNESS they are perfectly smooth. Fresnel is Schlick's for metals and coats (F90 = min(1, 50 F0), so
// that ior 1 means no coat) and exact for glass.
//
// Energy. Metals are scaled by 1 + F0 (1 - E) / E, E the albedo of the same surface with F = 1, so that none is
// lost between microfacets (Turquin 2019). Diffuse light is what the coat lets in and out: (1 - E(o)) (1 - E(i))
// / (1 - mean E), E the coat's albedo (Kelemen and Szirmay-Kalos 2001). Glass is divided by its albedo,
// reflected and refracted light together. White surfaces so pass on all they receive. Glass tints by the square
// root of the base color at each crossing.

struct bsdf {
    vec3 base_color;
    float metallic, transmission;
    float alpha;
    bool is_smooth;
    float eta;          // index of refraction behind the surface over that in front of it
    float f0, f90;      // of the coat
    vec3 metal_scale;   // for light between microfacets, as the next
    float glass_scale;
    float diffuse;      // factor of base_color / pi * (1 - E(i))
    vec3 probabilities; // of drawing specular reflection (metal, coat), diffuse, glass
};

struct scattering {
    vec3 value;    // times the incoming cosine
    float density; // per solid angle
};

// Fresnel's terms, and what they weigh in sums: x, y: the albedo for F0 = 1, F90 = 0 and for F0 = 0, F90 = 1; z, w:
// their cosine-weighted means over outgoing directions.
vec4 albedo_terms(float cosine, float roughness)
{
    const int last = TRACE_ALBEDO_SIZE - 1;
    vec2 position = clamp(vec2(cosine, roughness), 0, 1) * last;
    ivec2 low = min(ivec2(position), last - 1);
    vec2 part = position - low;
    AlbedoTable table = AlbedoTable(params.at.albedo_table);
    int first = low.y * TRACE_ALBEDO_SIZE + low.x;
    return mix(mix(table.at[first], table.at[first + 1], part.x),
               mix(table.at[first + TRACE_ALBEDO_SIZE], table.at[first + TRACE_ALBEDO_SIZE + 1], part.x), part.y);
}

float glass_entry(int slice, vec2 part, int first)
{
    GlassTable table = GlassTable(params.at.glass_table);
    first += slice * TRACE_ALBEDO_SIZE * TRACE_ALBEDO_SIZE;
    return mix(mix(table.at[first], table.at[first + 1], part.x),
               mix(table.at[first + TRACE_ALBEDO_SIZE], table.at[first + TRACE_ALBEDO_SIZE + 1], part.x), part.y);
}

// How much light glass scatters once.
float glass_albedo(float cosine, float roughness, float eta)
{
    const int last = TRACE_ALBEDO_SIZE - 1;
    vec2 position = clamp(vec2(cosine, roughness), 0, 1) * last;
    ivec2 low = min(ivec2(position), last - 1);
    float ratio = clamp((eta - 1) / (eta + 1) / TRACE_GLASS_LIMIT, -1, 1);
    float slice = (sign(ratio) * sqrt(abs(ratio)) + 1) / 2 * (TRACE_GLASS_SIZE - 1);
    int below = min(int(slice), TRACE_GLASS_SIZE - 2);
    int first = low.y * TRACE_ALBEDO_SIZE + low.x;
    return mix(glass_entry(below, position - low, first), glass_entry(below + 1, position - low, first), slice - below);
}

float pow5(float x)
{
    return x * x * x * x * x;
}

float fresnel_dielectric(float cosine, float eta)
{
    float inner = 1 - (1 - cosine * cosine) / (eta * eta);
    if (inner <= 0) {
        return 1;
    }
    inner = sqrt(inner);
    float parallel = (eta * cosine - inner) / (eta * cosine + inner);
    float perpendicular = (cosine - eta * inner) / (cosine + eta * inner);
    return (parallel * parallel + perpendicular * perpendicular) / 2;
}

// Metal and coat.
vec3 fresnel_specular(bsdf b, float cosine)
{
    float edge = pow5(1 - cosine);
    vec3 metal = (b.base_color + (1 - b.base_color) * edge) * b.metal_scale;
    float coat = b.f0 + (b.f90 - b.f0) * edge;
    return b.metallic * metal + (1 - b.metallic) * (1 - b.transmission) * coat;
}

bsdf make_bsdf(surface s, float cosine)
{
    bsdf b;
    b.base_color = s.base_color;
    b.metallic = s.metallic;
    b.transmission = s.transmission;
    bool unrefracted = s.transmission > 0 && abs(s.ior - 1) < 1e-3;
    b.is_smooth = s.roughness < TRACE_SMOOTH_ROUGHNESS || unrefracted;
    float roughness = b.is_smooth ? 0 : s.roughness;
    b.alpha = square(roughness);
    b.eta = s.outside ? s.ior : 1 / s.ior;
    b.f0 = square((s.ior - 1) / (s.ior + 1));
    b.f90 = min(50 * b.f0, 1);

    vec4 terms = albedo_terms(cosine, roughness);
    float full = terms.x + terms.y;
    b.metal_scale = 1 + s.base_color * (1 - full) / full;
    float coat = b.f0 * terms.x + b.f90 * terms.y;
    float mean = b.f0 * terms.z + b.f90 * terms.w;
    b.diffuse = (1 - s.metallic) * (1 - s.transmission) * (1 - coat) / (1 - mean);
    b.glass_scale = s.transmission > 0 && !b.is_smooth ? 1 / glass_albedo(cosine, roughness, b.eta) : 1;

    float rest = 1 - s.metallic;
    vec3 metal = (s.base_color * terms.x + terms.y) * b.metal_scale;
    b.probabilities = vec3(luminance(s.metallic * metal) + rest * (1 - s.transmission) * coat,
                           rest * (1 - s.transmission) * (1 - coat) * luminance(s.base_color),
                           rest * s.transmission);
    float sum = dot(b.probabilities, vec3(1));
    b.probabilities = sum > 0 ? b.probabilities / sum : vec3(0);
    return b;
}

// ---- GGX ----

float ggx(vec3 h, float alpha)
{
    float t = dot(h.xy, h.xy) / square(alpha) + square(h.z);
    return 1 / (PI * square(alpha) * square(t));
}

float ggx_lambda(vec3 v, float alpha)
{
    return (sqrt(1 + square(alpha) * dot(v.xy, v.xy) / square(v.z)) - 1) / 2;
}

// A microfacet normal as the direction sees them (Dupuy and Benyoub 2023).
vec3 sample_ggx(vec3 outgoing, float alpha, vec2 u)
{
    vec3 stretched = normalize(vec3(alpha * outgoing.xy, outgoing.z));
    float z = (1 - u.y) * (1 + stretched.z) - stretched.z;
    float radius = sqrt(clamp(1 - z * z, 0, 1));
    vec3 h = vec3(radius * cos(2 * PI * u.x), radius * sin(2 * PI * u.x), z) + stretched;
    return normalize(vec3(alpha * h.xy, max(h.z, 1e-7)));
}

// ---- Both directions given ----

scattering evaluate_reflection(bsdf b, vec3 outgoing, vec3 incoming)
{
    // Without a coat there is no need to look.
    float e = b.f0 > 0 ? dot(albedo_terms(incoming.z, sqrt(b.alpha)).xy, vec2(b.f0, b.f90)) : 0;
    vec3 diffuse = b.diffuse * (1 - e) * b.base_color / PI * incoming.z;
    scattering result = scattering(diffuse, b.probabilities.y * incoming.z / PI);
    if (b.is_smooth) {
        return result;
    }
    vec3 h = normalize(outgoing + incoming);
    float cosine = dot(outgoing, h);
    float lambda = ggx_lambda(outgoing, b.alpha);
    float shared_ = ggx(h, b.alpha) / (4 * outgoing.z);
    float glass = fresnel_dielectric(cosine, b.eta);
    vec3 specular = fresnel_specular(b, cosine) + (1 - b.metallic) * b.transmission * b.glass_scale * glass;
    result.value += specular * shared_ / (1 + lambda + ggx_lambda(incoming, b.alpha));
    result.density += (b.probabilities.x + b.probabilities.z * glass) * shared_ / (1 + lambda);
    return result;
}

scattering evaluate_transmission(bsdf b, vec3 outgoing, vec3 incoming)
{
    if (b.is_smooth || b.probabilities.z == 0) {
        return scattering(vec3(0), 0);
    }
    vec3 h = normalize(outgoing + b.eta * incoming);
    h = h.z < 0 ? -h : h;
    float cosine_out = dot(outgoing, h);
    float cosine_in = dot(incoming, h);
    if (cosine_out <= 0 || cosine_in >= 0) {
        return scattering(vec3(0), 0);
    }
    float lambda = ggx_lambda(outgoing, b.alpha);
    float through = 1 - fresnel_dielectric(cosine_out, b.eta);
    float shared_ = through * ggx(h, b.alpha) * cosine_out * -cosine_in /
                    (outgoing.z * square(cosine_out + b.eta * cosine_in));
    return scattering((1 - b.metallic) * b.transmission * b.glass_scale * sqrt(b.base_color) * shared_ /
                          (1 + lambda + ggx_lambda(incoming, b.alpha)),
                      b.probabilities.z * shared_ * square(b.eta) / (1 + lambda));
}

scattering evaluate(bsdf b, vec3 outgoing, vec3 incoming)
{
    if (incoming.z == 0) {
        return scattering(vec3(0), 0);
    }
    return incoming.z > 0 ? evaluate_reflection(b, outgoing, incoming) : evaluate_transmission(b, outgoing, incoming);
}

// ---- Drawing the incoming direction ----

struct scattered {
    vec3 incoming;
    vec3 weight;   // value over density
    float density; // per solid angle; 0: the direction is one of a perfectly smooth surface's
};

// What remains where a perfectly smooth surface was drawn: value over probability.
vec3 smooth_weight(bsdf b, vec3 outgoing, bool specular, bool reflected)
{
    if (specular) {
        return fresnel_specular(b, outgoing.z) / b.probabilities.x;
    }
    vec3 glass = vec3((1 - b.metallic) * b.transmission / b.probabilities.z);
    return reflected ? glass : glass * sqrt(b.base_color) / square(b.eta);
}

// The part of the probabilities that `u` lies in, 0, 1 or 2, and where it lies there.
int choose_lobe(vec3 probabilities, inout float u)
{
    int lobe = u < probabilities.x ? 0 : u < probabilities.x + probabilities.y ? 1 : 2;
    lobe = probabilities[lobe] > 0 ? lobe : probabilities.x > 0 ? 0 : 1; // the sum is not quite 1
    float start = lobe == 0 ? 0 : lobe == 1 ? probabilities.x : probabilities.x + probabilities.y;
    u = clamp((u - start) / probabilities[lobe], 0, BELOW_ONE);
    return lobe;
}

// side: random, as u: whether glass reflects.
scattered scatter(bsdf b, vec3 outgoing, float side, vec2 u)
{
    int lobe = choose_lobe(b.probabilities, u.x);
    if (lobe == 1) {
        vec2 disk = sample_disk(u);
        vec3 incoming = vec3(disk, sqrt(max(1 - dot(disk, disk), 0)));
        scattering result = evaluate(b, outgoing, incoming);
        return scattered(incoming, result.density > 0 ? result.value / result.density : vec3(0), result.density);
    }
    bool specular = lobe == 0;
    vec3 h = b.is_smooth ? vec3(0, 0, 1) : sample_ggx(outgoing, b.alpha, u);
    float cosine = dot(outgoing, h);
    bool reflected = specular || side < fresnel_dielectric(cosine, b.eta);
    vec3 incoming;
    if (reflected) {
        incoming = 2 * cosine * h - outgoing;
    } else {
        float inner = sqrt(max(1 - (1 - cosine * cosine) / square(b.eta), 0));
        incoming = (cosine / b.eta - inner) * h - outgoing / b.eta;
    }
    if (reflected != (incoming.z > 0)) {
        return scattered(incoming, vec3(0), 0);
    }
    if (b.is_smooth) {
        return scattered(incoming, smooth_weight(b, outgoing, specular, reflected), 0);
    }
    scattering result = evaluate(b, outgoing, incoming);
    return scattered(incoming, result.density > 0 ? result.value / result.density : vec3(0), result.density);
}
