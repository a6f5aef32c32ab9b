#include "mesh.h"

#include <math.h>
#include <stdlib.h>

#define STEP     1e-3f  /* of u and v, for slopes */
#define MIN_AREA 1e-12f /* twice the area, of triangles that are kept */
#define COARSE   10     /* as many cells along a side are never reduced */

bool mesh_begin(mesh *mesh, scene *scene, error *error)
{
    *scene = (struct scene){
        .vertices = malloc(MESH_MAX_VERTICES * sizeof *scene->vertices),
        .triangles = malloc(MESH_MAX_TRIANGLES * sizeof *scene->triangles),
    };
    *mesh = (struct mesh){.scene = scene, .pose = pose_at((vec3){0, 0, 0}, 1), .density = 1, .detail = 1};
    return (scene->vertices && scene->triangles) ||
           error_set(error, "no memory for a scene of up to %d triangles", MESH_MAX_TRIANGLES);
}

/* ---- Poses ------------------------------------------------------------------------------------------------------- */

pose pose_at(vec3 origin, float scale)
{
    return pose_turned(origin, scale, 0);
}

pose pose_turned(vec3 origin, float scale, float angle)
{
    float c = cosf(angle), s = sinf(angle);
    return (pose){{c, 0, -s}, {0, 1, 0}, {s, 0, c}, {scale, scale, scale}, origin};
}

pose pose_along(vec3 origin, vec3 up, float scale)
{
    vec3 other = fabsf(up.y) < 0.9f ? (vec3){0, 1, 0} : (vec3){1, 0, 0};
    vec3 x = vec3_normalize(vec3_cross(up, other));
    return (pose){x, up, vec3_cross(x, up), {scale, scale, scale}, origin};
}

pose pose_random(rng *rng, vec3 origin, float scale)
{
    pose up = pose_along(origin, rng_direction(rng), scale);
    return pose_join(up, pose_turned((vec3){0, 0, 0}, 1, rng_uniform(rng, 0, TAU)));
}

static vec3 turn(const pose *pose, vec3 v)
{
    return vec3_add(vec3_add(vec3_scale(pose->x, v.x), vec3_scale(pose->y, v.y)), vec3_scale(pose->z, v.z));
}

vec3 pose_point(const pose *pose, vec3 point)
{
    vec3 scaled = {pose->scale.x * point.x, pose->scale.y * point.y, pose->scale.z * point.z};
    return vec3_add(pose->origin, turn(pose, scaled));
}

pose pose_join(pose outer, pose inner)
{
    return (pose){turn(&outer, inner.x), turn(&outer, inner.y), turn(&outer, inner.z),
                  vec3_scale(inner.scale, outer.scale.x), pose_point(&outer, inner.origin)};
}

/* ---- Vertices and triangles -------------------------------------------------------------------------------------- */

bool mesh_has_room(const mesh *mesh, uint32_t vertices, uint32_t triangles)
{
    return mesh->scene->vertex_count + vertices <= MESH_MAX_VERTICES &&
           mesh->scene->triangle_count + triangles <= MESH_MAX_TRIANGLES;
}

static bool has_room(const mesh *mesh, int vertices, int triangles)
{
    return mesh_has_room(mesh, (uint32_t)vertices, (uint32_t)triangles);
}

static vec3 unit_or(vec3 v, vec3 otherwise)
{
    float length = vec3_length(v);
    return length > 1e-12f ? vec3_scale(v, 1 / length) : otherwise;
}

/* right: along u, in the pose's own space as are position and normal. */
static void add_vertex(mesh *mesh, vec3 position, vec3 normal, vec3 right, float u, float v)
{
    const pose *pose = &mesh->pose;
    vec3 scale = pose->scale;
    vec3 n = unit_or(turn(pose, (vec3){normal.x / scale.x, normal.y / scale.y, normal.z / scale.z}), pose->y);
    vec3 t = turn(pose, (vec3){right.x * scale.x, right.y * scale.y, right.z * scale.z});
    t = unit_or(vec3_subtract(t, vec3_scale(n, vec3_dot(n, t))), (vec3){0, 0, 0});
    mesh->scene->vertices[mesh->scene->vertex_count++] = (vertex){pose_point(pose, position), n, t, 1, u, v};
}

static void add_triangle(mesh *mesh, uint32_t a, uint32_t b, uint32_t c)
{
    const vertex *vertices = mesh->scene->vertices;
    vec3 edge = vec3_subtract(vertices[b].position, vertices[a].position);
    vec3 other = vec3_subtract(vertices[c].position, vertices[a].position);
    if (vec3_length(vec3_cross(edge, other)) > MIN_AREA)
        mesh->scene->triangles[mesh->scene->triangle_count++] = (triangle){{a, b, c}, mesh->material};
}

/* ---- Surfaces ---------------------------------------------------------------------------------------------------- */

static void add_surface_vertex(mesh *mesh, surface_point point, const void *shape, float u, float v, float repeat_u,
                               float repeat_v)
{
    float inside = fminf(fmaxf(v, 2 * STEP), 1 - 2 * STEP); /* where a pole has slopes */
    vec3 right = vec3_subtract(point(shape, u + STEP, inside), point(shape, u - STEP, inside));
    vec3 down = vec3_subtract(point(shape, u, inside + STEP), point(shape, u, inside - STEP));
    add_vertex(mesh, point(shape, u, v), vec3_cross(down, right), right, u * repeat_u, v * repeat_v);
}

static int reduced(int cells, float detail)
{
    int fewer = (int)((float)cells * detail);
    return cells <= COARSE ? cells : fewer > COARSE ? fewer : COARSE;
}

void mesh_surface(mesh *mesh, surface_point point, const void *shape, int columns, int rows, float width, float height)
{
    columns = reduced(columns, mesh->detail);
    rows = reduced(rows, mesh->detail);
    if (!has_room(mesh, (columns + 1) * (rows + 1), 2 * columns * rows))
        return;
    uint32_t first = mesh->scene->vertex_count, stride = (uint32_t)columns + 1;
    float repeat_u = fmaxf(1, roundf(width * mesh->pose.scale.x * mesh->density));
    float repeat_v = fmaxf(1, roundf(height * mesh->pose.scale.y * mesh->density));
    for (int row = 0; row <= rows; row++)
        for (int column = 0; column <= columns; column++)
            add_surface_vertex(mesh, point, shape, (float)column / (float)columns, (float)row / (float)rows, repeat_u,
                               repeat_v);
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
            uint32_t corner = first + (uint32_t)row * stride + (uint32_t)column;
            add_triangle(mesh, corner, corner + stride, corner + stride + 1);
            add_triangle(mesh, corner, corner + stride + 1, corner + 1);
        }
    }
}

static float scaled_length(const pose *pose, vec3 v)
{
    return vec3_length((vec3){pose->scale.x * v.x, pose->scale.y * v.y, pose->scale.z * v.z});
}

void mesh_quad(mesh *mesh, vec3 corner, vec3 right, vec3 up)
{
    if (!has_room(mesh, 4, 2))
        return;
    uint32_t first = mesh->scene->vertex_count;
    float width = scaled_length(&mesh->pose, right) * mesh->density;
    float height = scaled_length(&mesh->pose, up) * mesh->density;
    vec3 normal = vec3_cross(right, up);
    add_vertex(mesh, corner, normal, right, 0, height);
    add_vertex(mesh, vec3_add(corner, right), normal, right, width, height);
    add_vertex(mesh, vec3_add(vec3_add(corner, right), up), normal, right, width, 0);
    add_vertex(mesh, vec3_add(corner, up), normal, right, 0, 0);
    add_triangle(mesh, first, first + 1, first + 2);
    add_triangle(mesh, first, first + 2, first + 3);
}

void mesh_fan(mesh *mesh, const vec3 *points, int count)
{
    if (!has_room(mesh, count, count - 2))
        return;
    uint32_t first = mesh->scene->vertex_count;
    vec3 right = vec3_subtract(points[1], points[0]);
    vec3 normal = vec3_cross(right, vec3_subtract(points[count - 1], points[0]));
    vec3 x = unit_or(right, (vec3){1, 0, 0}), y = unit_or(vec3_cross(normal, right), (vec3){0, 1, 0});
    float scale = mesh->pose.scale.x * mesh->density;
    for (int i = 0; i < count; i++) {
        vec3 from = vec3_subtract(points[i], points[0]);
        add_vertex(mesh, points[i], normal, right, scale * vec3_dot(from, x), -scale * vec3_dot(from, y));
    }
    for (uint32_t i = 1; i + 1 < (uint32_t)count; i++)
        add_triangle(mesh, first, first + i, first + i + 1);
}

void mesh_box(mesh *mesh, vec3 low, vec3 high)
{
    vec3 x = {high.x - low.x, 0, 0}, y = {0, high.y - low.y, 0}, z = {0, 0, high.z - low.z};
    vec3 minus_x = {-x.x, 0, 0}, minus_z = {0, 0, -z.z};
    mesh_quad(mesh, (vec3){low.x, low.y, high.z}, x, y);
    mesh_quad(mesh, (vec3){high.x, low.y, low.z}, minus_x, y);
    mesh_quad(mesh, (vec3){high.x, low.y, high.z}, minus_z, y);
    mesh_quad(mesh, low, z, y);
    mesh_quad(mesh, (vec3){low.x, high.y, high.z}, x, minus_z);
    mesh_quad(mesh, low, x, z);
}

void mesh_bounds(const mesh *mesh, uint32_t first, vec3 *low, vec3 *high)
{
    *low = *high = mesh->scene->vertices[first].position;
    for (uint32_t i = first + 1; i < mesh->scene->vertex_count; i++) {
        *low = vec3_minimum(*low, mesh->scene->vertices[i].position);
        *high = vec3_maximum(*high, mesh->scene->vertices[i].position);
    }
}

void mesh_move(mesh *mesh, uint32_t first, vec3 by)
{
    for (uint32_t i = first; i < mesh->scene->vertex_count; i++)
        mesh->scene->vertices[i].position = vec3_add(mesh->scene->vertices[i].position, by);
}

void mesh_copy(mesh *mesh, const scene *from, const uint32_t *materials)
{
    const uint32_t first = mesh->scene->vertex_count;
    for (uint32_t i = 0; i < from->vertex_count; i++) {
        const vertex *v = &from->vertices[i];
        add_vertex(mesh, v->position, v->normal, v->tangent, v->u, v->v);
        mesh->scene->vertices[first + i].handedness = v->handedness;
    }
    for (uint32_t i = 0; i < from->triangle_count; i++) {
        const triangle *t = &from->triangles[i];
        mesh->material = materials[t->material];
        add_triangle(mesh, first + t->vertices[0], first + t->vertices[1], first + t->vertices[2]);
    }
}
