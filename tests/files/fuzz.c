/* fuzz -- damages a small file in many ways and reads every result: nothing may crash or hang, and what cannot be read
 * must be refused with one sentence that names the file. Run it with sanitizers.
 *
 *     fuzz KIND FILE [ROUNDS]     a kind of the table below; weights are read for a frame of 5x4 pixels
 *
 * By turns, ROUNDS times in all (default 900), the file is cut; a byte of its header, of text any, gets another value,
 * mostly one that means something there; and up to eight bytes anywhere do, or a piece of the file comes in another's
 * place. The damaged copy lies beside FILE, so that it is there after a crash. Prints how many were read and refused. A
 * file that takes more than MAX_SECONDS of this process's time, or MAX_WAIT of the clock's, ends it by a signal. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "app/files/frame_file.h"
#include "app/files/weights.h"
#include "app/trace/camera_path.h"
#include "app/trace/scene/gltf.h"
#include "wf_network.h"

#define MAX_SECONDS 10
#define MAX_WAIT    300
#define MAX_FILE    (8u << 20)
#define MAX_PIECE   64

typedef struct kind {
    const char *name;
    bool (*read)(const char *path, error *error);
    size_t header; /* bytes; 0: all is text */
} kind;

typedef struct fuzz {
    const kind *kind;
    char path[4096]; /* of the damaged copy */
    long read, refused;
    uint64_t random;
} fuzz;

/* ---- What is read ------------------------------------------------------------------------------------------------ */

static bool read_frame(const char *path, error *error)
{
    frame frame;
    bool read = frame_file_read(path, NULL, 0, &frame, error);
    frame_free(&frame);
    return read;
}

static bool read_weights(const char *path, error *error)
{
    weights weights;
    bool read = weights_read(path, 0, 0, 5, 4, &weights, error);
    weights_free(&weights);
    return read;
}

static void keep(void *user, wf_log_level level, const char *message)
{
    (void)level;
    error_set(user, "%s", message);
}

static bool read_network(const char *path, error *error)
{
    wf_network *network = NULL;
    const wf_log log = {keep, error};
    bool read = wf_network_open(&log, path, &network) == WF_OK;
    wf_network_close(network);
    return read;
}

static bool read_camera_path(const char *path, error *error)
{
    camera_path read = {0};
    bool ok = camera_path_read(path, &read, error);
    for (double seconds = -1; ok && seconds < 10; seconds += 0.7)
        camera_path_at(&read, seconds);
    camera_path_free(&read);
    return ok;
}

/* Without assimp, in this process, where sanitizers see all of it. */
static bool read_gltf(const char *path, error *error)
{
    gltf gltf = {0};
    scene scene = {0};
    struct error reason = {""};
    bool read = gltf_open(path, &gltf, &scene, &reason);
    gltf_close(&gltf);
    scene_free(&scene);
    return read || error_set(error, "%s: %s", path, reason.message);
}

/* With assimp, which crashes on some: in a process of its own, whose reports come on stderr. */
static bool read_scene(const char *path, error *error)
{
    scene scene;
    bool read = scene_load(path, &scene, error);
    scene_free(&scene);
    return read;
}

static const kind kinds[] = {
    {"camera-path", read_camera_path, 0},
    {"frame", read_frame, 512},
    {"glb", read_gltf, 4096},
    {"gltf", read_gltf, 0},
    {"network", read_network, 6144},
    {"picture", read_frame, 64},
    {"scene", read_scene, 0},
    {"scene-binary", read_scene, 4096},
    {"weights", read_weights, 512},
};

/* ---- Damage ------------------------------------------------------------------------------------------------------ */

/* splitmix64 */
static uint64_t next(fuzz *fuzz)
{
    uint64_t z = fuzz->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Mostly a digit for a digit, wherever it stands: other numbers in what is still a file. */
static uint8_t another(fuzz *fuzz, uint8_t before)
{
    static const char telling[] = "0123456789-+.,:eE\"'{}[]/\\% \n";
    const uint64_t random = next(fuzz);
    if (before >= '0' && before <= '9' && random % 4)
        return (uint8_t)('0' + next(fuzz) % 10);
    if (fuzz->kind->header == 0 && random % 4)
        return (uint8_t)telling[next(fuzz) % (sizeof telling - 1)];
    return (uint8_t)next(fuzz);
}

static void set_watch(int seconds, int wait)
{
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = seconds}, NULL);
    alarm((unsigned)wait);
}

static void try(fuzz *fuzz, const uint8_t *bytes, size_t size)
{
    error error = {""};
    FILE *file = fopen(fuzz->path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(fuzz->path);
        exit(2);
    }
    set_watch(MAX_SECONDS, MAX_WAIT);
    bool read = fuzz->kind->read(fuzz->path, &error);
    set_watch(0, 0);
    if (read) {
        fuzz->read++;
        return;
    }
    fuzz->refused++;
    size_t length = strlen(fuzz->path);
    if (strncmp(error.message, fuzz->path, length) != 0 || !error.message[length] || strchr(error.message, '\n')) {
        fprintf(stderr, "not a sentence about the file: %s\n", error.message);
        exit(1);
    }
}

static void change(fuzz *fuzz, uint8_t *copy, size_t reach, uint64_t count)
{
    for (; count; count--) {
        uint8_t *byte = &copy[next(fuzz) % reach];
        *byte = another(fuzz, *byte);
    }
}

static void move_piece(fuzz *fuzz, uint8_t *copy, size_t size)
{
    const size_t length = 1 + next(fuzz) % (size < MAX_PIECE ? size : MAX_PIECE);
    memmove(copy + next(fuzz) % (size - length + 1), copy + next(fuzz) % (size - length + 1), length);
}

static void run(fuzz *fuzz, const uint8_t *bytes, size_t size, unsigned long rounds)
{
    const size_t header = fuzz->kind->header && fuzz->kind->header < size ? fuzz->kind->header : size;
    uint8_t *copy = malloc(size);
    for (unsigned long round = 0; copy && round < rounds; round++) {
        size_t length = size;
        memcpy(copy, bytes, size);
        if (round % 3 == 0)
            length = next(fuzz) % size;
        else if (round % 3 == 1)
            change(fuzz, copy, header, 1);
        else if (round % 6 == 2)
            change(fuzz, copy, size, 1 + next(fuzz) % 8);
        else
            move_piece(fuzz, copy, size);
        try(fuzz, copy, length);
    }
    free(copy);
}

static const kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

int main(int argc, char **argv)
{
    static uint8_t bytes[MAX_FILE];
    fuzz fuzz = {.kind = argc > 2 ? find_kind(argv[1]) : NULL};
    const char *extension = fuzz.kind ? strrchr(argv[2], '.') : NULL;
    FILE *file = extension ? fopen(argv[2], "rb") : NULL;
    if (!file) {
        fprintf(stderr, "usage: fuzz KIND FILE [ROUNDS]\n");
        return 2;
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    const char *seed = getenv("WF_SEED");
    fuzz.random = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    printf("seed %llu (WF_SEED repeats it)\n", (unsigned long long)fuzz.random);
    fflush(stdout);
    snprintf(fuzz.path, sizeof fuzz.path, "%s.damaged%s", argv[2], extension);
    run(&fuzz, bytes, size, argc > 3 ? strtoul(argv[3], NULL, 10) : 900);
    printf("%ld read, %ld refused\n", fuzz.read, fuzz.refused);
    return 0;
}
