#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/files/exr.h"
#include "app/files/output.h"
#include "record.h"

#define SYNC_BYTES ((size_t)256 << 20) /* so much may be lost when the power fails */

/* What two data sets are compared by. */
static void describe(const dataset_settings *s, char *text, size_t size)
{
    snprintf(text, size,
             "seed %llu, pairs %d to %d of %dx%d pixels, %d buffer%s of %d samples and %d for the reference",
             (unsigned long long)s->seed, s->first, s->first + s->count - 1, s->width, s->height, s->buffers,
             s->buffers == 1 ? "" : "s", s->spp, s->reference_spp);
}

void dataset_pair_free(dataset_pair *pair)
{
    for (int i = 0; i < DATASET_MAX_BUFFERS; i++)
        frame_free(&pair->buffers[i]);
    frame_free(&pair->clean);
}

/* But for which of its pairs. */
static bool same_data(const dataset_settings *a, const dataset_settings *b)
{
    return a->seed == b->seed && a->buffers == b->buffers && a->width == b->width && a->height == b->height &&
           a->spp == b->spp && a->reference_spp == b->reference_spp;
}

static bool same_settings(const dataset_settings *a, const dataset_settings *b)
{
    return same_data(a, b) && a->first == b->first && a->count == b->count;
}

static bool refuse_other(const char *path, const dataset_settings *there, const dataset_settings *wanted, error *error)
{
    char have[192], want[192];
    describe(there, have, sizeof have);
    describe(wanted, want, sizeof want);
    return error_set(error, "%s: has another data set (%s) than asked for (%s)", path, have, want);
}

static bool fail(const char *path, const char *what, error *error)
{
    return error_set(error, "%s: cannot %s: %s", path, what, strerror(errno));
}

static bool make_folder(const char *path, error *error)
{
    struct stat status;
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return fail(path, "make this folder", error);
    return (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) || error_set(error, "%s: is not a folder", path);
}

/* ---- One file ---------------------------------------------------------------------------------------------------- */

static bool write_all(const dataset_store *store, const void *data, size_t size, off_t offset, error *error)
{
    for (size_t done = 0; done < size;) {
        ssize_t written = pwrite(store->file, (const char *)data + done, size - done, offset + (off_t)done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail(store->part, "write", error);
        done += (size_t)written;
    }
    return true;
}

static off_t record_offset(const dataset_store *store, int index)
{
    return (off_t)(store->header_size + (size_t)index * store->record_size);
}

/* What a record says of itself, within the settings that the file's header has. */
static bool identify(int file, const dataset_settings *shape, size_t start, off_t index, dataset_settings *found)
{
    uint8_t head[DATASET_IDENTITY_SIZE];
    uint32_t number;
    off_t offset = (off_t)start + index * (off_t)dataset_record_size(shape);
    if (pread(file, head, sizeof head, offset) != (ssize_t)sizeof head)
        return false;
    *found = *shape;
    dataset_identify(head, found, &number);
    found->first = (int)(number - (uint32_t)index);
    return found->first >= 0;
}

/* Compares a file that has at least a header with what is wanted, and finds how many whole records it has. */
static bool check_file(dataset_store *store, int file, const char *path, error *error)
{
    const dataset_settings *wanted = &store->settings;
    char header[DATASET_HEADER_MAX];
    struct stat status;
    dataset_settings there = *wanted, found;
    ssize_t size = pread(file, header, sizeof header, 0);
    if (size < 0 || fstat(file, &status) != 0)
        return fail(path, "read", error);
    if (!dataset_read_header(header, (size_t)size, &there))
        return error_set(error, "%s: exists and is no data set of wfview's", path);
    size_t start = dataset_header(&there, header);
    off_t records = (status.st_size - (off_t)start) / (off_t)dataset_record_size(&there);
    if (records > 0 && identify(file, &there, start, 0, &found))
        there = found;
    if (!same_settings(&there, wanted))
        return refuse_other(path, &there, wanted, error);
    while (records > 0 && !(identify(file, wanted, start, records - 1, &found) && same_settings(&found, wanted)))
        records--; /* one whose start never reached the disk */
    store->done = records < wanted->count ? (int)records : wanted->count;
    return true;
}

/* A finished one in its place. */
static bool find_finished(dataset_store *store, bool *found, error *error)
{
    struct stat status;
    *found = stat(store->path, &status) == 0;
    if (!*found)
        return errno == ENOENT || fail(store->path, "open", error);
    if (!S_ISREG(status.st_mode))
        return error_set(error, "%s: cannot write: it exists and is not a regular file", store->path);
    int file = open(store->path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail(store->path, "open", error);
    bool ok = check_file(store, file, store->path, error);
    close(file);
    if (ok && store->done < store->settings.count)
        return error_set(error, "%s: is damaged: %d of its %d pairs are there", store->path, store->done,
                         store->settings.count);
    return ok;
}

static bool take_up_part(dataset_store *store, const char *header, error *error)
{
    struct stat status;
    store->file = open(store->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (store->file < 0)
        return fail(store->part, "write", error);
    if (flock(store->file, LOCK_EX | LOCK_NB) != 0)
        return error_set(error, "%s: another process is writing it", store->part);
    if (fstat(store->file, &status) != 0 || !S_ISREG(status.st_mode))
        return error_set(error, "%s: cannot write: it exists and is not a regular file", store->part);
    if ((size_t)status.st_size < store->header_size)
        return ftruncate(store->file, 0) == 0 ? write_all(store, header, store->header_size, 0, error)
                                              : fail(store->part, "write", error);
    if (!check_file(store, store->file, store->part, error))
        return false;
    return ftruncate(store->file, record_offset(store, store->done)) == 0 || fail(store->part, "write", error);
}

/* Slices lie in a folder of their own, which the first of them makes. */
static bool make_folder_of(const char *path, error *error)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash && slash > path ? strndup(path, (size_t)(slash - path)) : NULL;
    const bool ok = !folder || make_folder(folder, error);
    free(folder);
    return ok;
}

static bool open_file(dataset_store *store, error *error)
{
    char header[DATASET_HEADER_MAX];
    bool finished;
    store->header_size = dataset_header(&store->settings, header);
    store->record_size = dataset_record_size(&store->settings);
    store->record = malloc(store->record_size);
    store->target = output_target(store->path);
    if (!store->target || asprintf(&store->part, "%s.part", store->target) < 0)
        store->part = NULL;
    if (!store->record || !store->part)
        return error_set(error, "no memory for pairs of %dx%d pixels", store->settings.width, store->settings.height);
    return make_folder_of(store->target, error) && find_finished(store, &finished, error) &&
           (finished || take_up_part(store, header, error));
}

static bool write_record(const dataset_store *store, const uint8_t *record, error *error)
{
    if (!write_all(store, record, store->record_size, record_offset(store, store->done), error))
        return false;
    size_t every = SYNC_BYTES / store->record_size + 1;
    return ((size_t)store->done + 1) % every != 0 || fdatasync(store->file) == 0 || fail(store->part, "write", error);
}

/* ---- A folder ---------------------------------------------------------------------------------------------------- */

static void pair_path(const dataset_store *store, const char *folder, char path[4096])
{
    snprintf(path, 4096, "%s/%s%04d.exr", store->path, folder, store->settings.first + store->done);
}

static bool write_settings(const dataset_store *store, const char *path, error *error)
{
    const dataset_settings *s = &store->settings;
    output output;
    if (!output_open(&output, path, error))
        return false;
    fprintf(
        output.file,
        "{\"seed\": %llu, \"first\": %d, \"count\": %d, \"width\": %d, \"height\": %d, \"spp\": %d, \"reference_spp\": "
        "%d}\n",
        (unsigned long long)s->seed, s->first, s->count, s->width, s->height, s->spp, s->reference_spp);
    return output_close(&output, true, error);
}

static bool read_settings(const char *path, dataset_settings *there, error *error)
{
    unsigned long long seed = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        return fail(path, "open", error);
    int read =
        fscanf(file,
               "{\"seed\": %llu, \"first\": %d, \"count\": %d, \"width\": %d, \"height\": %d, \"spp\": %d, "
               "\"reference_spp\": %d}",
               &seed, &there->first, &there->count, &there->width, &there->height, &there->spp, &there->reference_spp);
    fclose(file);
    there->seed = seed;
    there->buffers = 1;
    return read == 7 || error_set(error, "%s: has no settings of a data set of wfview's", path);
}

static bool is_settings(const char *name)
{
    size_t length = strlen(name);
    return length < 32 && strncmp(name, "dataset.", 8) == 0 && strcmp(name + length - 5, ".json") == 0;
}

/* Whether a folder has nothing, or slices of the same data set; *found: the one that
   begins where this one does, too. */
static bool check_slices(const dataset_store *store, DIR *folder, bool *found, error *error)
{
    int slices = 0, others = 0;
    *found = false;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char path[4096];
        dataset_settings there;
        if (!is_settings(entry->d_name)) {
            others += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
            continue;
        }
        snprintf(path, sizeof path, "%s/%.31s", store->path, entry->d_name);
        if (!read_settings(path, &there, error))
            return false;
        bool same = there.first == store->settings.first;
        if (!(same ? same_settings : same_data)(&there, &store->settings))
            return refuse_other(store->path, &there, &store->settings, error);
        *found = *found || same;
        slices++;
    }
    return slices > 0 || others == 0 ||
           error_set(error, "%s: has other files, and no data set that could be continued", store->path);
}

static bool open_folder(dataset_store *store, error *error)
{
    const int first = store->settings.first;
    char path[4096];
    if (strlen(store->path) + 32 > sizeof path)
        return error_set(error, "--dataset: a path of %zu characters is too long", strlen(store->path));
    if (store->settings.buffers > 1)
        return error_set(error, "%s: a folder of EXR files has one buffer a pair, OUT.npy has room for %d", store->path,
                         store->settings.buffers);
    if (!make_folder(store->path, error))
        return false;
    DIR *folder = opendir(store->path);
    bool found = false, ok = folder ? check_slices(store, folder, &found, error) : fail(store->path, "read", error);
    if (folder)
        closedir(folder);
    if (first > 0)
        snprintf(path, sizeof path, "%s/dataset.%d.json", store->path, first);
    else
        snprintf(path, sizeof path, "%s/dataset.json", store->path);
    if (!ok || (!found && !write_settings(store, path, error)))
        return false;
    snprintf(path, sizeof path, "%s/reference", store->path);
    if (!make_folder(path, error))
        return false;
    for (; store->done < store->settings.count; store->done++) {
        pair_path(store, "", path); /* it is written after its reference */
        if (access(path, F_OK) != 0)
            break;
    }
    return true;
}

static bool write_files(const dataset_store *store, const dataset_pair *pair, error *error)
{
    char path[4096];
    frame reference = {.width = pair->clean.width, .height = pair->clean.height};
    reference.layers[FRAME_COLOR] = pair->clean.layers[FRAME_COLOR];
    pair_path(store, "reference/", path);
    if (!exr_write_frame(path, &reference, EXR_ZIP, error))
        return false;
    pair_path(store, "", path);
    return exr_write_frame(path, &pair->buffers[0], EXR_ZIP, error);
}

/* ---- Both -------------------------------------------------------------------------------------------------------- */

static bool is_npy(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".npy") == 0;
}

bool dataset_store_open(const char *path, const dataset_settings *settings, dataset_store *store, error *error)
{
    *store = (dataset_store){.path = path, .file = -1, .settings = *settings};
    if (is_npy(path) ? open_file(store, error) : open_folder(store, error))
        return true;
    dataset_store_close(store);
    return false;
}

bool dataset_store_append(dataset_store *store, const uint8_t *record, error *error)
{
    if (!write_record(store, record, error))
        return false;
    store->done++;
    return true;
}

bool dataset_store_write(dataset_store *store, const dataset_pair *pair, error *error)
{
    if (store->part) {
        dataset_pack(&store->settings, (uint32_t)(store->settings.first + store->done), pair, store->record);
        return dataset_store_append(store, store->record, error);
    }
    if (!write_files(store, pair, error))
        return false;
    store->done++;
    return true;
}

bool dataset_store_finish(dataset_store *store, error *error)
{
    if (store->file < 0)
        return true;
    if (fsync(store->file) != 0)
        return fail(store->part, "write", error);
    return rename(store->part, store->target) == 0 || fail(store->path, "write", error);
}

void dataset_store_close(dataset_store *store)
{
    if (store->file >= 0)
        close(store->file);
    free(store->target);
    free(store->part);
    free(store->record);
    *store = (dataset_store){.file = -1};
}
