/* options.h -- wfview's command line. The table in options.c has a row for each option: the manual, and the checks of
 * how options go together, follow from it. */
#ifndef WFVIEW_OPTIONS_H
#define WFVIEW_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "app/files/exr.h"
#include "app/view/view.h"
#include "error.h"
#include "wf_node_inspect.h"

/* What rays that leave the scene see. */
typedef enum options_environment {
    OPTIONS_SURROUNDINGS_DEFAULT, /* nothing; a sky where the scene has no light */
    OPTIONS_SURROUNDINGS_COLOR,
    OPTIONS_SURROUNDINGS_SKY,
    OPTIONS_SURROUNDINGS_FILE
} options_environment;

/* Of live frames, as tracer.h describes them. */
typedef enum options_features { OPTIONS_FIRST_HIT, OPTIONS_SAMPLED } options_features;

#define OPTIONS_MOST_DO 16

typedef struct options {
    char **words; /* all of the command line, the program first */
    int word_count;
    const char *const *paths; /* frames; at least one, or none and a scene or a data set */
    int path_count;
    const char *scene;               /* NULL: recorded frames; else live ones, which the following concern */
    int render_width, render_height; /* default 1280x720 */
    int spp;                         /* samples a pixel and frame, 1 to 64, default 1 */
    int accumulate;                  /* samples a pixel in all; 0: each frame by itself */
    options_environment environment;
    float environment_color[3]; /* linear radiance */
    const char *environment_file;
    options_features features;
    const char *camera_path; /* NULL: the camera rests */
    const char *dataset; /* NULL: view frames; else write training pairs, which the following and the size concern */
    uint64_t seed;
    int first, count;                  /* pairs first ... first + count - 1; default 0 and 1000 */
    const char *models, *environments; /* folders; NULL: none */
    int device;                        /* default 0: the first */
    int buffers, reference_spp;        /* default 1 and 1024; render_width and render_height 256 */
    bool strict;                       /* frames with pixels that are not finite are refused */
    const char *const *channels;       /* --channel layer=name, repeated, and --also's, as mappings of further layers */
    int channel_count;
    int further_count;               /* of --also's layers */
    unsigned plain;                  /* bit of each that no network divides by the albedo */
    const char *list;                /* NULL, or the path of frames that are listed; nothing else is done then */
    const char *weights;             /* NULL: predict */
    const char *splat_weights;       /* NULL: weights */
    wf_mode mode;                    /* for files */
    int predictor;                   /* row of predictor_rows */
    const char *network;             /* for kpn; NULL: the bundled one */
    int kernel_height, kernel_width; /* 0: the file's own or the predictor's default */
    const char *reference;
    const char *beside[SEQUENCES - 1]; /* --beside, repeated: paths as above; NULL: the frames themselves */
    int beside_count;
    int beside_predictor, beside_backend; /* row of predictor_rows, wf_backend; -1: as the first sequence has it */
    bool automatic;                       /* --backend auto */
    wf_backend backend;
    bool headless;
    int width, height; /* of the window or screenshot, default 1280x720 */
    float scale;       /* of text and controls; 0: as the display asks for, or by the height */
    int frames;        /* 0: until the window is closed; headless: each frame of the sequence or camera path once */
    int warmup;
    const char *ipc;                          /* NULL, or where programs tell what to show: 127.0.0.1:PORT */
    int ipc_wait;                             /* seconds for each image, headless; default 60 */
    float rate;                               /* frames a second while playing; 0: the frames' own */
    wf_node_pixel pixels[WF_NODE_MAX_PIXELS]; /* --pixel, repeated: to inspect */
    int pixel_count;
    const char *pane_list; /* --panes, for options_read_panes; NULL: as view_arrange chooses */
    int columns;           /* of panes; 0: as many as make pictures largest */
    int solo;              /* the pane that is shown alone, from 1; 0: all are */
    float wipe;            /* where the edge of a wipe is, 0 to 1; -1: there is none */
    view_place place;
    const char *do_names[OPTIONS_MOST_DO]; /* --do, repeated: names of commands (commands.h), with commas between */
    int do_count;
    const char *measure; /* --measure, NULL: nothing is measured; else of this layer, against that one, ... */
    pane measured;
    frame_region region; /* ... what is in here; 0 x 0: the whole frame */
    bool placeholders;   /* --timing-placeholders: dashes for times and device names, for golden pictures */
    tone_settings tone;  /* of panes */
    const char *screenshot, *save, *report, *trace, *times;
    const char *compare;         /* NULL, or the picture that the screenshot is compared with */
    float tolerance[2];          /* FLIP's mean, and the share of pixels with a large one; default 0.002 and 0.001 */
    const char *compare_html;    /* NULL: no page */
    const char *compare_report;  /* NULL, or the report whose medians this run's are compared with */
    float slower;                /* than so many times those; default 1.05 */
    exr_compression compression; /* of what --save writes */
    bool keep_channels;          /* all channels of the frames are in what --save writes */
    bool help, version;          /* print the manual or WF_VERSION and end; nothing else is checked then */
} options;

typedef enum options_result {
    OPTIONS_OK,
    OPTIONS_USAGE /* wrong usage: exit 2 */
} options_result;

/* Pointers in *options point into argv or into memory that lives until the program ends. */
options_result options_parse(int argc, char **argv, options *options, error *error);

/* Files that options name: those that a run reads, and those that it writes, but for frames, --save and data sets. path
 * is NULL where the option was not given. False after the last one. */
typedef enum options_use { OPTIONS_READ = 1, OPTIONS_WRITTEN } options_use;

typedef struct options_file {
    const char *option; /* "report" */
    const char *path;
} options_file;

bool options_get_file(const options *options, options_use use, int index, options_file *file);

/* Whether a run draws its frames' views: not a headless one for their files, where nobody looks at the view or asks how
 * long it takes. */
bool options_want_views(const options *options);

/* The panes of --panes, whose maps are of so many levels in the first sequence and in others; NULL: that is not known
 * yet. Without --panes there are none. */
bool options_read_panes(const options *options, const int levels[2], pane panes[VIEW_PANES], int *count, error *error);

/* Calls `see` for each option that was given, in their order, with its value or NULL, where
   options_parse took all of them. */
void options_each_given(const options *options, void (*see)(void *user, const char *name, const char *value),
                        void *user);

/* Writes the manual that --help prints. */
void options_print_manual(FILE *file);

#endif
