#include "import.h"

#include <assimp/cimport.h>
#include <assimp/postprocess.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/color.h"

#define DEFAULT_FOV (40 * (float)M_PI / 180)

typedef struct importer {
    const struct aiScene *from;
    scene *scene;
    bool srgb_colors; /* of vertices: as Blender and others write them to .obj */
    uint32_t lines;   /* and points: faces that are no triangles */
} importer;

typedef struct totals {
    uint64_t vertices, triangles;
} totals;

/* Where a mesh goes: its transform, and whether that mirrors. */
typedef struct placement {
    struct aiMatrix4x4 matrix;
    bool mirrored;
} placement;

/* ---- Transforms -------------------------------------------------------------------------------------------------- */

static vec3 from_ai(struct aiVector3D v)
{
    return (vec3){v.x, v.y, v.z};
}

static vec3 transform_vector(const struct aiMatrix4x4 *m, vec3 v)
{
    return (vec3){m->a1 * v.x + m->a2 * v.y + m->a3 * v.z, m->b1 * v.x + m->b2 * v.y + m->b3 * v.z,
                  m->c1 * v.x + m->c2 * v.y + m->c3 * v.z};
}

static vec3 transform_point(const struct aiMatrix4x4 *m, vec3 v)
{
    return vec3_add(transform_vector(m, v), (vec3){m->a4, m->b4, m->c4});
}

/* By the cofactors: normals stay square to surfaces, and nothing is divided by a determinant that may be 0. */
static vec3 transform_normal(const placement *placement, vec3 n)
{
    const struct aiMatrix4x4 *m = &placement->matrix;
    vec3 a = {m->a1, m->a2, m->a3}, b = {m->b1, m->b2, m->b3}, c = {m->c1, m->c2, m->c3};
    vec3 bc = vec3_cross(b, c), ca = vec3_cross(c, a), ab = vec3_cross(a, b);
    return vec3_scale((vec3){vec3_dot(bc, n), vec3_dot(ca, n), vec3_dot(ab, n)}, placement->mirrored ? -1 : 1);
}

/* Length 1; 0 where it has no direction. */
static vec3 unit(vec3 v)
{
    float length = vec3_length(v);
    return length > 0 && isfinite(length) ? vec3_scale(v, 1 / length) : (vec3){0, 0, 0};
}

static bool is_zero(vec3 v)
{
    return v.x == 0 && v.y == 0 && v.z == 0;
}

/* ---- How much there is ------------------------------------------------------------------------------------------- */

static bool is_triangle(const struct aiFace *face)
{
    return face->mNumIndices == 3;
}

static bool is_shared(const struct aiMesh *mesh)
{
    return mesh->mNormals != NULL;
}

static totals count_mesh(const struct aiMesh *mesh)
{
    totals totals = {mesh->mNumVertices, 0};
    for (unsigned i = 0; i < mesh->mNumFaces; i++)
        totals.triangles += is_triangle(&mesh->mFaces[i]);
    if (!is_shared(mesh))
        totals.vertices = 3 * totals.triangles;
    return totals;
}

static void count_node(const struct aiScene *from, const struct aiNode *node, const totals *meshes, totals *totals)
{
    for (unsigned i = 0; i < node->mNumMeshes; i++) {
        totals->vertices += meshes[node->mMeshes[i]].vertices;
        totals->triangles += meshes[node->mMeshes[i]].triangles;
    }
    for (unsigned i = 0; i < node->mNumChildren; i++)
        count_node(from, node->mChildren[i], meshes, totals);
}

static bool has_colors(const struct aiScene *from)
{
    for (unsigned i = 0; i < from->mNumMeshes; i++)
        if (from->mMeshes[i]->mColors[0])
            return true;
    return false;
}

static bool allocate(const struct aiScene *from, scene *scene, error *error)
{
    totals totals = {0, 0}, *meshes = calloc(from->mNumMeshes + 1, sizeof *meshes);
    if (!meshes)
        return error_set(error, "not enough memory");
    for (unsigned i = 0; i < from->mNumMeshes; i++)
        meshes[i] = count_mesh(from->mMeshes[i]);
    count_node(from, from->mRootNode, meshes, &totals);
    free(meshes);
    if (totals.triangles == 0)
        return error_set(error, "there are no triangles in it");
    if (totals.triangles > SCENE_MAX_TRIANGLES || totals.vertices > 3ull * SCENE_MAX_TRIANGLES)
        return error_set(error, "it has %llu triangles and %llu vertices, %u and %u are the limits",
                         (unsigned long long)totals.triangles, (unsigned long long)totals.vertices, SCENE_MAX_TRIANGLES,
                         3 * SCENE_MAX_TRIANGLES);
    scene->vertices = calloc(totals.vertices + 1, sizeof *scene->vertices);
    scene->triangles = calloc(totals.triangles, sizeof *scene->triangles);
    scene->colors = has_colors(from) ? calloc(totals.vertices + 1, sizeof *scene->colors) : NULL;
    if (scene->vertices && scene->triangles && (scene->colors || !has_colors(from)))
        return true;
    return error_set(error, "not enough memory for %llu triangles", (unsigned long long)totals.triangles);
}

/* ---- Triangles --------------------------------------------------------------------------------------------------- */

static bool is_in_reach(vec3 p)
{
    return fabsf(p.x) <= SCENE_REACH && fabsf(p.y) <= SCENE_REACH && fabsf(p.z) <= SCENE_REACH;
}

/* Twice its area, along its normal. */
static vec3 triangle_area(const scene *scene, const triangle *triangle)
{
    vec3 a = scene->vertices[triangle->vertices[0]].position;
    vec3 b = scene->vertices[triangle->vertices[1]].position;
    vec3 c = scene->vertices[triangle->vertices[2]].position;
    return vec3_cross(vec3_subtract(b, a), vec3_subtract(c, a));
}

static bool is_sound(const scene *scene, const triangle *triangle)
{
    for (int i = 0; i < 3; i++)
        if (!is_in_reach(scene->vertices[triangle->vertices[i]].position))
            return false;
    vec3 area = triangle_area(scene, triangle);
    return vec3_dot(area, area) >= FLT_MIN;
}

static vertex read_vertex(const struct aiMesh *mesh, unsigned i, const placement *placement)
{
    vertex vertex = {.position = transform_point(&placement->matrix, from_ai(mesh->mVertices[i])), .handedness = 1};
    if (mesh->mNormals)
        vertex.normal = unit(transform_normal(placement, from_ai(mesh->mNormals[i])));
    if (mesh->mTextureCoords[0]) {
        struct aiVector3D uv = mesh->mTextureCoords[0][i];
        vertex.u = fabsf(uv.x) <= SCENE_REACH ? uv.x : 0;
        vertex.v = fabsf(uv.y) <= SCENE_REACH ? uv.y : 0;
    }
    if (mesh->mNormals && mesh->mTangents) {
        struct aiVector3D n = mesh->mNormals[i], t = mesh->mTangents[i], b = mesh->mBitangents[i];
        bool left = vec3_dot(vec3_cross(from_ai(n), from_ai(t)), from_ai(b)) < 0;
        vertex.tangent = transform_vector(&placement->matrix, from_ai(t));
        vertex.handedness = left != placement->mirrored ? -1 : 1;
    }
    return vertex;
}

/* Within [0,1]; NaN becomes 0. */
static float color_value(float value, bool srgb)
{
    value = value >= 0 ? value <= 1 ? value : 1 : 0;
    return srgb ? color_from_srgb(value) : value;
}

static vertex_color read_color(const struct aiMesh *mesh, unsigned i, bool srgb)
{
    if (!mesh->mColors[0])
        return (vertex_color){1, 1, 1, 1};
    struct aiColor4D color = mesh->mColors[0][i];
    return (vertex_color){color_value(color.r, srgb), color_value(color.g, srgb), color_value(color.b, srgb),
                          color_value(color.a, false)};
}

static void put_vertex(const importer *importer, const struct aiMesh *mesh, unsigned i, const placement *placement,
                       uint32_t index)
{
    importer->scene->vertices[index] = read_vertex(mesh, i, placement);
    if (importer->scene->colors)
        importer->scene->colors[index] = read_color(mesh, i, importer->srgb_colors);
}

/* The vertices that a face names, or three of its own where the mesh has no normals. */
static bool read_triangle(const importer *importer, const struct aiMesh *mesh, const struct aiFace *face,
                          const placement *placement, uint32_t first_vertex)
{
    scene *scene = importer->scene;
    triangle *triangle = &scene->triangles[scene->triangle_count];
    triangle->material = mesh->mMaterialIndex;
    for (int i = 0; i < 3; i++) {
        unsigned index = face->mIndices[placement->mirrored ? 2 - i : i];
        if (index >= mesh->mNumVertices)
            return false;
        triangle->vertices[i] = is_shared(mesh) ? first_vertex + index : scene->vertex_count + (uint32_t)i;
        if (!is_shared(mesh))
            put_vertex(importer, mesh, index, placement, triangle->vertices[i]);
    }
    return is_sound(scene, triangle);
}

/* Vertices whose normal has no direction get that of their triangles. */
static void complete_normals(scene *scene, uint32_t first_vertex, uint32_t first_triangle)
{
    bool *missing = calloc(scene->vertex_count - first_vertex + 1, sizeof *missing);
    for (uint32_t i = first_vertex; missing && i < scene->vertex_count; i++)
        missing[i - first_vertex] = is_zero(scene->vertices[i].normal);
    for (uint32_t i = first_triangle; missing && i < scene->triangle_count; i++) {
        vec3 area = triangle_area(scene, &scene->triangles[i]);
        for (int k = 0; k < 3; k++) {
            uint32_t vertex = scene->triangles[i].vertices[k];
            if (missing[vertex - first_vertex])
                scene->vertices[vertex].normal = vec3_add(scene->vertices[vertex].normal, area);
        }
    }
    for (uint32_t i = first_vertex; i < scene->vertex_count; i++) {
        vertex *vertex = &scene->vertices[i];
        if (missing && missing[i - first_vertex])
            vertex->normal = unit(vertex->normal);
        if (is_zero(vertex->normal))
            vertex->normal = (vec3){0, 1, 0}; /* no triangle, or opposite ones */
    }
    free(missing);
}

/* ---- Tangents ---------------------------------------------------------------------------------------------------- */

/* Where the normal texture is read: tangents follow that texture. */
static void map(const texture_mapping *mapping, const vertex *vertex, float to[2])
{
    to[0] = mapping->u[0] * vertex->u + mapping->u[1] * vertex->v + mapping->u[2];
    to[1] = mapping->v[0] * vertex->u + mapping->v[1] * vertex->v + mapping->v[2];
}

/* dP/du of a triangle, weighted by its area in the texture, and how its handedness counts. */
static void add_tangents(scene *scene, const triangle *triangle)
{
    const texture_mapping *mapping = &scene->materials[triangle->material].normal_mapping;
    vertex *a = &scene->vertices[triangle->vertices[0]];
    vertex *b = &scene->vertices[triangle->vertices[1]];
    vertex *c = &scene->vertices[triangle->vertices[2]];
    float at_a[2], at_b[2], at_c[2];
    map(mapping, a, at_a), map(mapping, b, at_b), map(mapping, c, at_c);
    vec3 ab = vec3_subtract(b->position, a->position), ac = vec3_subtract(c->position, a->position);
    float area = (at_b[0] - at_a[0]) * (at_c[1] - at_a[1]) - (at_c[0] - at_a[0]) * (at_b[1] - at_a[1]);
    float sign = area < 0 ? -1 : 1;
    vec3 along_u =
        vec3_scale(vec3_subtract(vec3_scale(ab, at_c[1] - at_a[1]), vec3_scale(ac, at_b[1] - at_a[1])), sign);
    for (int i = 0; i < 3 && area != 0 && vec3_is_finite(along_u); i++) {
        vertex *vertex = &scene->vertices[triangle->vertices[i]];
        vertex->tangent = vec3_add(vertex->tangent, along_u);
        vertex->handedness -=
            area; /* counter-clockwise on the surface and in a picture whose v is downwards: area < 0 */
    }
}

/* Of length 1, or zero where the tangent is too close to the normal to have a direction beside it. */
static vec3 square_to(vec3 normal, vec3 tangent)
{
    vec3 beside = vec3_subtract(tangent, vec3_scale(normal, vec3_dot(tangent, normal)));
    return vec3_length(beside) > 1e-2f ? unit(beside) : (vec3){0, 0, 0};
}

/* The file's tangents or our own, square to the normals, and ±1. */
static void complete_tangents(const struct aiMesh *mesh, scene *scene, uint32_t first_vertex, uint32_t first_triangle)
{
    bool own = !(mesh->mNormals && mesh->mTangents);
    for (uint32_t i = first_vertex; own && i < scene->vertex_count; i++)
        scene->vertices[i].handedness = 0;
    for (uint32_t i = first_triangle; own && mesh->mTextureCoords[0] && i < scene->triangle_count; i++)
        add_tangents(scene, &scene->triangles[i]);
    for (uint32_t i = first_vertex; i < scene->vertex_count; i++) {
        vertex *vertex = &scene->vertices[i];
        vertex->tangent = square_to(vertex->normal, unit(vertex->tangent));
        vertex->handedness = vertex->handedness < 0 ? -1 : 1;
    }
}

/* ---- Meshes where the nodes put them ----------------------------------------------------------------------------- */

static void read_mesh(importer *importer, const struct aiMesh *mesh, const placement *placement)
{
    scene *scene = importer->scene;
    uint32_t first_vertex = scene->vertex_count, first_triangle = scene->triangle_count;
    for (unsigned i = 0; is_shared(mesh) && i < mesh->mNumVertices; i++)
        put_vertex(importer, mesh, i, placement, scene->vertex_count++);
    for (unsigned i = 0; i < mesh->mNumFaces; i++) {
        if (!is_triangle(&mesh->mFaces[i])) {
            importer->lines++;
            continue;
        }
        if (!read_triangle(importer, mesh, &mesh->mFaces[i], placement, first_vertex)) {
            scene->left_out++;
            continue;
        }
        scene->triangle_count++;
        scene->vertex_count += is_shared(mesh) ? 0 : 3;
    }
    complete_normals(scene, first_vertex, first_triangle);
    complete_tangents(mesh, scene, first_vertex, first_triangle);
}

static void read_node(importer *importer, const struct aiNode *node, const struct aiMatrix4x4 *parent)
{
    placement placement = {.matrix = *parent};
    aiMultiplyMatrix4(&placement.matrix, &node->mTransformation);
    placement.mirrored = aiMatrix4Determinant(&placement.matrix) < 0;
    for (unsigned i = 0; i < node->mNumMeshes; i++)
        read_mesh(importer, importer->from->mMeshes[node->mMeshes[i]], &placement);
    for (unsigned i = 0; i < node->mNumChildren; i++)
        read_node(importer, node->mChildren[i], &placement.matrix);
}

static bool read_geometry(const struct aiScene *from, bool srgb_colors, scene *scene, error *error)
{
    importer importer = {from, scene, srgb_colors, 0};
    struct aiMatrix4x4 identity;
    aiIdentityMatrix4(&identity);
    if (!allocate(from, scene, error))
        return false;
    for (unsigned i = 0; i < from->mNumMeshes; i++)
        if (from->mMeshes[i]->mMaterialIndex >= from->mNumMaterials)
            return error_set(error, "mesh %u names material %u of %u", i, from->mMeshes[i]->mMaterialIndex,
                             from->mNumMaterials);
    read_node(&importer, from->mRootNode, &identity);
    if (importer.lines > 0)
        scene_warn(scene, "%u points and lines are left out", importer.lines);
    if (scene->triangle_count == 0)
        return error_set(error,
                         "all of its %u triangles are broken: indices out of range, positions not finite or beyond %g, "
                         "or no area",
                         scene->left_out, SCENE_REACH);
    if (scene->left_out > 0)
        scene_warn(
            scene,
            "%u of %u triangles are left out: indices out of range, positions not finite or beyond %g, or no area",
            scene->left_out, scene->left_out + scene->triangle_count, SCENE_REACH);
    return true;
}

static bool emits(const material *material)
{
    return material->emission[0] > 0 || material->emission[1] > 0 || material->emission[2] > 0;
}

static void measure(scene *scene)
{
    scene->minimum = scene->maximum = scene->vertices[scene->triangles[0].vertices[0]].position;
    for (uint32_t i = 0; i < scene->triangle_count; i++) {
        const triangle *triangle = &scene->triangles[i];
        scene->has_lights |= emits(&scene->materials[triangle->material]);
        for (int k = 0; k < 3; k++) {
            vec3 position = scene->vertices[triangle->vertices[k]].position;
            scene->minimum = vec3_minimum(scene->minimum, position);
            scene->maximum = vec3_maximum(scene->maximum, position);
        }
    }
}

/* ---- Cameras ----------------------------------------------------------------------------------------------------- */

camera camera_framing(vec3 minimum, vec3 maximum)
{
    vec3 center = vec3_scale(vec3_add(minimum, maximum), 0.5f);
    float radius = 0.5f * vec3_length(vec3_subtract(maximum, minimum));
    float distance = fmaxf(radius / sinf(DEFAULT_FOV / 2), FLT_MIN);
    vec3 direction = vec3_normalize((vec3){0.35f, 0.3f, 1});
    return (camera){vec3_add(center, vec3_scale(direction, distance)), center, {0, 1, 0}, DEFAULT_FOV, 0, distance};
}

/* The node's matrix in the scene. */
static struct aiMatrix4x4 global_matrix(const struct aiNode *node)
{
    struct aiMatrix4x4 matrix = node->mTransformation;
    while ((node = node->mParent)) {
        struct aiMatrix4x4 parent = node->mTransformation;
        aiMultiplyMatrix4(&parent, &matrix);
        matrix = parent;
    }
    return matrix;
}

static const struct aiNode *find_node(const struct aiNode *node, const struct aiString *name)
{
    const struct aiNode *found = strcmp(node->mName.data, name->data) == 0 ? node : NULL;
    for (unsigned i = 0; i < node->mNumChildren && !found; i++)
        found = find_node(node->mChildren[i], name);
    return found;
}

/* Assimp 5.2 multiplies glTF's vertical angle by the camera's own aspect, where that has one. */
static float vertical_fov(const struct aiCamera *camera)
{
    return camera->mHorizontalFOV / (camera->mAspect > 0 ? camera->mAspect : 1);
}

static vec3 any_across(vec3 direction)
{
    return fabsf(direction.y) < 0.99f ? (vec3){0, 1, 0} : (vec3){0, 0, -1};
}

/* Its target is as far as the middle of the scene, for whoever orbits it. */
static bool read_camera(const struct aiScene *from, scene *scene)
{
    const struct aiCamera *first = from->mCameras[0];
    const struct aiNode *node = find_node(from->mRootNode, &first->mName);
    if (!node)
        return false;
    struct aiMatrix4x4 matrix = global_matrix(node);
    vec3 eye = {matrix.a4, matrix.b4, matrix.c4}; /* mPosition repeats the node's translation, or is 0 */
    vec3 direction = unit(transform_vector(&matrix, from_ai(first->mLookAt)));
    vec3 up = unit(transform_vector(&matrix, from_ai(first->mUp)));
    float fov = vertical_fov(first);
    if (!is_in_reach(eye) || is_zero(direction) || !(fov > 0 && fov < (float)M_PI))
        return false;
    if (vec3_length(vec3_cross(up, direction)) < 1e-3f)
        up = any_across(direction);
    vec3 center = vec3_scale(vec3_add(scene->minimum, scene->maximum), 0.5f);
    float radius = 0.5f * vec3_length(vec3_subtract(scene->maximum, scene->minimum));
    float distance = fmaxf(vec3_dot(vec3_subtract(center, eye), direction), 0.1f * radius);
    scene->camera = (camera){eye, vec3_add(eye, vec3_scale(direction, distance)), up, fov, 0, distance};
    return true;
}

static void choose_camera(const struct aiScene *from, scene *scene)
{
    scene->has_camera = from->mNumCameras > 0 && read_camera(from, scene);
    if (scene->has_camera)
        return;
    scene->camera = camera_framing(scene->minimum, scene->maximum);
    if (from->mNumCameras > 0)
        scene_warn(scene, "its first camera is broken or not perspective; another frames the scene");
}

/* ---- All together ------------------------------------------------------------------------------------------------ */

static void note_lights(const struct aiScene *from, scene *scene)
{
    if (from->mNumLights > 0)
        scene_warn(scene, "%u lights without a surface are left out", from->mNumLights);
}

static bool read(const char *path, const struct aiScene *from, const gltf *gltf, scene *scene, error *error)
{
    if (!scene_import_materials(path, from, scene, error))
        return false;
    gltf_complete_materials(gltf, from, scene);
    if (!read_geometry(from, !gltf_is(gltf), scene, error))
        return false;
    measure(scene);
    choose_camera(from, scene);
    note_lights(from, scene);
    return true;
}

static bool import(const char *path, const gltf *gltf, scene *scene, error *error)
{
    unsigned steps = aiProcess_Triangulate | aiProcess_FlipUVs;
    if (!gltf_is(gltf))
        steps |= aiProcess_JoinIdenticalVertices; /* .obj has an index for each attribute */
    scene_files files = {.path = path, .gltf = gltf, .scene = scene};
    struct aiFileIO io = scene_files_io(&files);
    const struct aiScene *from = aiImportFileEx(path, steps, &io);
    if (!from && strstr(aiGetErrorString(), "No suitable reader"))
        return error_set(error, "cannot read: it is damaged, or not what its name says");
    if (!from)
        return error_set(error, "cannot read: %s", aiGetErrorString());
    bool imported = read(path, from, gltf, scene, error);
    aiReleaseImport(from);
    return imported;
}

bool scene_import(const char *path, scene *scene, error *error)
{
    gltf gltf = {0};
    bool ok = strcasecmp(strrchr(path, '.'), ".obj") == 0 || gltf_open(path, &gltf, scene, error);
    ok = ok && import(path, &gltf, scene, error);
    gltf_close(&gltf);
    return ok;
}
