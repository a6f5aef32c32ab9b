#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/denoise/predictor.h"
#include "app/options.h"

/* Parses a command line, program name left out. Words end with NULL; they must outlive the options. */
static options_result parse(options *options, error *error, const char *words[])
{
    static char *argv[64];
    int argc = 0;
    argv[argc++] = "wfview";
    for (int i = 0; words[i]; i++)
        argv[argc++] = (char *)words[i];
    argv[argc] = NULL;
    error->message[0] = '\0';
    return options_parse(argc, argv, options, error);
}

#define WORDS(...)                                                                                                     \
    (const char *[])                                                                                                   \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

static void assert_ok(options *options, const char *words[])
{
    error error;
    options_result result = parse(options, &error, words);
    if (result != OPTIONS_OK)
        print_error("%s\n", error.message);
    assert_int_equal(result, OPTIONS_OK);
}

static void assert_fails(options_result expected, const char *message, const char *words[])
{
    options options;
    error error;
    options_result result = parse(&options, &error, words);
    assert_string_equal(error.message, message);
    assert_int_equal(result, expected);
}

#define assert_usage(message, ...) assert_fails(OPTIONS_USAGE, message, WORDS(__VA_ARGS__))

static void test_defaults(void **state)
{
    (void)state;
    options o;
    assert_ok(&o, WORDS("a.exr"));
    assert_int_equal(o.path_count, 1);
    assert_string_equal(o.paths[0], "a.exr");
    assert_true(o.automatic && !o.headless && !o.placeholders && !o.help && !o.version);
    assert_true(o.width == 1280 && o.height == 720 && o.frames == 0 && o.warmup == 0);
    assert_true(o.kernel_height == 0 && o.kernel_width == 0 && o.mode == WF_LINEAR);
    assert_true(!o.weights && !o.splat_weights && !o.reference && !o.channels && o.channel_count == 0);
    assert_true(!o.screenshot && !o.save && !o.report && !o.trace);
    assert_true(!o.compare && !o.compare_html && !o.compare_report);
    assert_true(o.tolerance[0] == 0.002f && o.tolerance[1] == 0.001f && o.slower == 1.05f);
    assert_true(o.compression == EXR_ZIP && !o.keep_channels && !o.strict);
    assert_true(!o.scene && !o.camera_path && o.accumulate == 0 && o.environment == OPTIONS_SURROUNDINGS_DEFAULT);
    assert_true(o.render_width == 1280 && o.render_height == 720 && o.spp == 1);
}

static void test_everything(void **state)
{
    (void)state;
    options o;
    assert_ok(&o, WORDS("one.exr", "--weights", "w.npy", "--splat-weights=s.npz", "--weight-mode", "softmax",
                        "--kernel-size", "5x7", "--reference", "r.exr", "--backend", "vulkan", "two", "--headless",
                        "--size", "1920x1080", "--frames", "500", "--warmup", "20", "--screenshot", "s.png", "--save",
                        "out", "--compression", "dwaa", "--keep-channels", "--strict", "--report", "r.json", "--trace",
                        "t.json", "--timing-placeholders", "--channel", "color=Beauty", "--channel", "depth=my.V", "--",
                        "--three.exr"));
    assert_int_equal(o.path_count, 3);
    assert_string_equal(o.paths[0], "one.exr");
    assert_string_equal(o.paths[1], "two");
    assert_string_equal(o.paths[2], "--three.exr");
    assert_string_equal(o.weights, "w.npy");
    assert_string_equal(o.splat_weights, "s.npz");
    assert_int_equal(o.mode, WF_SOFTMAX);
    assert_true(o.kernel_height == 5 && o.kernel_width == 7);
    assert_string_equal(o.reference, "r.exr");
    assert_true(!o.automatic && o.backend == WF_VULKAN && o.headless && o.placeholders);
    assert_true(o.width == 1920 && o.height == 1080 && o.frames == 500 && o.warmup == 20);
    assert_string_equal(o.screenshot, "s.png");
    assert_string_equal(o.save, "out");
    assert_true(o.compression == EXR_DWAA && o.keep_channels && o.strict);
    assert_string_equal(o.report, "r.json");
    assert_string_equal(o.trace, "t.json");
    assert_int_equal(o.channel_count, 2);
    assert_string_equal(o.channels[0], "color=Beauty");
    assert_string_equal(o.channels[1], "depth=my.V");
}

static void test_live(void **state)
{
    (void)state;
    options o;
    assert_ok(&o, WORDS("--scene", "a.glb", "--render-size", "256x144", "--spp", "64", "--environment", "sky",
                        "--camera-path", "turn.json", "--features", "sampled", "--frames", "30", "--reference", "r.exr",
                        "--channel", "reference=Beauty"));
    assert_int_equal(o.path_count, 0);
    assert_string_equal(o.scene, "a.glb");
    assert_true(o.render_width == 256 && o.render_height == 144 && o.spp == 64 && o.frames == 30);
    assert_true(o.environment == OPTIONS_SURROUNDINGS_SKY);
    assert_string_equal(o.camera_path, "turn.json");
    assert_true(o.features == OPTIONS_SAMPLED);
    assert_ok(&o, WORDS("--list", "f.exr", "--channel", "depth=my.V"));
    assert_string_equal(o.list, "f.exr");
    assert_ok(&o, WORDS("--scene", "a.obj", "--accumulate", "1000000", "--render-size", "1x16384"));
    assert_true(o.accumulate == 1000000 && o.render_width == 1 && o.render_height == 16384);
    assert_ok(&o, WORDS("--scene", "a.obj", "--environment", "0.25,1e3,.5"));
    assert_true(o.environment == OPTIONS_SURROUNDINGS_COLOR);
    assert_true(o.environment_color[0] == 0.25f && o.environment_color[1] == 1000 && o.environment_color[2] == 0.5f);
    assert_ok(&o, WORDS("--scene", "a.obj", "--environment", "1,2,3.EXR"));
    assert_true(o.environment == OPTIONS_SURROUNDINGS_FILE);
    assert_string_equal(o.environment_file, "1,2,3.EXR");
}

static void test_values(void **state)
{
    (void)state;
    options o;
    static const struct {
        const char *name;
        wf_backend backend;
    } backends[] = {{"cpu", WF_CPU}, {"vulkan", WF_VULKAN}, {"cuda", WF_CUDA}};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(&o, WORDS("f", "--backend", backends[i].name));
        assert_true(!o.automatic && o.backend == backends[i].backend);
    }
    assert_ok(&o, WORDS("f", "--backend", "cpu", "--backend", "auto"));
    assert_true(o.automatic);
    static const char *const modes[] = {"linear", "normalized", "softmax"};
    for (int mode = 0; mode < 3; mode++) {
        assert_ok(&o, WORDS("f", "--weights", "w.npy", "--weight-mode", modes[mode]));
        assert_int_equal(o.mode, mode);
    }
    assert_ok(&o, WORDS("f", "--kernel-size", "21"));
    assert_true(o.kernel_height == 21 && o.kernel_width == 21);
    assert_ok(&o, WORDS("f", "--predictor", "bilateral", "--weight-mode", "normalized"));
    assert_ok(&o, WORDS("f", "--size", "64x16384", "--frames", "1000000"));
    assert_true(o.width == 64 && o.height == 16384 && o.frames == 1000000);
}

/* One mapping a layer: the last one given. */
static void test_channels(void **state)
{
    (void)state;
    options o;
    assert_ok(&o, WORDS("f", "--channel", "color=a", "--channel", "albedo=b", "--channel", "normal=c", "--channel",
                        "depth=d", "--channel", "motion=e", "--channel", "reference=f", "--channel", "color=x=y"));
    static const char *const expected[] = {"color=x=y", "albedo=b", "normal=c", "depth=d", "motion=e", "reference=f"};
    assert_int_equal(o.channel_count, 6);
    for (int i = 0; i < 6; i++)
        assert_string_equal(o.channels[i], expected[i]);
}

/* Mappings of further layers, in order; what is plain, because that is said or by its renderer. */
static void test_also(void **state)
{
    (void)state;
    options o;
    assert_ok(&o, WORDS("f", "--also", "diffuse,a.b=plain", "--channel", "color=c", "--also", "ViewLayer.GlossInd"));
    static const char *const expected[] = {"further0=diffuse", "further1=a.b", "color=c",
                                           "further2=ViewLayer.GlossInd"};
    assert_int_equal(o.channel_count, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(o.channels[i], expected[i]);
    assert_int_equal(o.further_count, 3);
    assert_int_equal(o.plain, 6);
    assert_string_equal(layer_word(FRAME_FURTHER + 1), "a.b");
    assert_usage("--also diffuse: twice", "f", "--also", "diffuse,diffuse");
    assert_usage("--also: not together with --scene", "--scene", "s.glb", "--also", "diffuse");
    assert_usage("--also q: more than 16 layers", "f", "--also", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q");
}

static void test_help(void **state)
{
    (void)state;
    options o;
    assert_ok(&o, WORDS("--help"));
    assert_true(o.help && !o.version);
    assert_ok(&o, WORDS("--version", "--scene", "x.gltf"));
    assert_true(o.version && !o.help);
}

/* The manual and the program have the same options. */
static void test_manual(void **state)
{
    (void)state;
    /* clang-format off */
    static const char *const names[] = {
        "weights", "splat-weights", "weight-mode", "predictor", "kernel-size", "scene", "render-size", "spp",
        "accumulate", "environment", "camera-path", "dataset", "seed", "first", "device", "models", "features",
        "environments", "count", "buffers", "reference-spp", "reference", "beside", "beside-predictor",
        "beside-backend", "backend", "headless", "size", "frames", "warmup", "screenshot", "save", "report", "trace",
        "channel", "help", "version", "compression", "list", "strict", "keep-channels", "timing-placeholders",
        "network", "also", "compare", "tolerance", "compare-html", "compare-report", "slower", "pixel", "tone",
        "exposure", "offset", "gamma", "channel-shown", "mark-clipped", "panes", "columns", "do", "rate", "ipc",
        "times", "solo", "wipe", "view", "measure", "region", "ipc-wait", "scale"};
    /* clang-format on */
    enum { COUNT = sizeof names / sizeof *names };
    int mentioned[COUNT] = {0};
    char *manual = NULL;
    size_t size;
    FILE *file = open_memstream(&manual, &size);
    options_print_manual(file);
    fclose(file);
    for (const char *c = strstr(manual, "--"); c; c = strstr(c + 2, "--")) {
        size_t length = strspn(c + 2, "abcdefghijklmnopqrstuvwxyz-"), i = 0;
        while (i < COUNT && (strlen(names[i]) != length || strncmp(names[i], c + 2, length) != 0))
            i++;
        if (length == 0)
            continue;
        assert_true(i < COUNT);
        mentioned[i] = 1;
    }
    for (const char *line = manual; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 115);
    free(manual);
    for (int i = 0; i < COUNT; i++) {
        char word[64];
        options o;
        error error;
        snprintf(word, sizeof word, "--%s", names[i]);
        parse(&o, &error, WORDS("f", word));
        assert_null(strstr(error.message, "unknown option"));
        assert_true(mentioned[i]);
    }
}

static void test_comparisons(void **state)
{
    (void)state;
    options o;
    assert_ok(&o, WORDS("f", "--screenshot", "s.png", "--compare", "g.png", "--tolerance", "0.25", "--compare-html",
                        "c.html", "--compare-report", "o.json", "--slower", "1.5"));
    assert_string_equal(o.compare, "g.png");
    assert_string_equal(o.compare_html, "c.html");
    assert_string_equal(o.compare_report, "o.json");
    assert_true(o.tolerance[0] == 0.25f && o.tolerance[1] == 0.001f && o.slower == 1.5f);
    assert_ok(&o, WORDS("f", "--screenshot", "s.png", "--compare", "g.png", "--tolerance", "0,1"));
    assert_true(o.tolerance[0] == 0 && o.tolerance[1] == 1);
    assert_usage("--compare g.png: needs --screenshot too", "f", "--compare", "g.png");
    assert_usage("--compare g.jpg: expected a name that ends in .png: screenshots are PNG files, not jpg", "f",
                 "--compare", "g.jpg");
    assert_usage("--tolerance 1: needs --compare too", "f", "--tolerance", "1");
    assert_usage("--compare-html c: needs --compare too", "f", "--compare-html", "c");
    assert_usage("--slower 2: needs --compare-report too", "f", "--slower", "2");
    static const char *const tolerances[] = {"1.1", "-1", "nan", "0.1,", ",1", "0,0,0", "1 ", "0.1;1", "0,2"};
    for (size_t i = 0; i < sizeof tolerances / sizeof *tolerances; i++) {
        char message[128];
        snprintf(message, sizeof message, "--tolerance %s: expected MEAN or MEAN,SHARE with numbers from 0 to 1",
                 tolerances[i]);
        assert_usage(message, "f", "--tolerance", tolerances[i]);
    }
    static const char *const factors[] = {"0.99", "1001", "-2", "x", "1.5x", "1,2", "inf"};
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        char message[128];
        snprintf(message, sizeof message, "--slower %s: expected a number from 1 to 1000", factors[i]);
        assert_usage(message, "f", "--slower", factors[i]);
    }
}

static void test_tone(void **state)
{
    (void)state;
    options o;
    assert_ok(&o, WORDS("f"));
    assert_true(o.tone.exposure == 0 && o.tone.offset == 0 && o.tone.gamma == 2.2f && o.tone.curve == TONE_SRGB);
    assert_true(o.tone.channels == TONE_ALL && !o.tone.mark_clipped);
    assert_ok(&o, WORDS("f", "--tone", "aces", "--exposure", "-1.5", "--offset", "-.25", "--gamma", "1",
                        "--channel-shown", "luminance", "--mark-clipped"));
    assert_true(o.tone.exposure == -1.5f && o.tone.offset == -.25f && o.tone.gamma == 1 && o.tone.curve == TONE_ACES);
    assert_true(o.tone.channels == TONE_LUMINANCE && o.tone.mark_clipped);
    assert_usage("--tone agx: expected srgb, gamma, aces or false-color", "f", "--tone", "agx");
    assert_usage("--channel-shown alpha: expected all, red, green, blue or luminance", "f", "--channel-shown", "alpha");
    static const char *const exposures[] = {"16.1", "-16.1", "nan", "--1", "-", "1,", "+1", "1e9"};
    for (size_t i = 0; i < sizeof exposures / sizeof *exposures; i++) {
        char message[128];
        snprintf(message, sizeof message, "--exposure %s: expected a number from -16 to 16", exposures[i]);
        assert_usage(message, "f", "--exposure", exposures[i]);
    }
    assert_usage("--gamma -2: expected a number from 1 to 10", "f", "--gamma", "-2");
    assert_usage("--gamma 0.5: expected a number from 1 to 10", "f", "--gamma", "0.5");
    assert_usage("--exposure: not together with --dataset", "--dataset", "d", "--exposure", "1");
}

static void test_panes(void **state)
{
    (void)state;
    options o;
    pane panes[VIEW_PANES];
    int count;
    error error;
    assert_ok(&o, WORDS("f", "--panes", "extra-gather,depth@2", "--columns", "1", "--also", "extra"));
    assert_true(options_read_panes(&o, NULL, panes, &count, &error));
    assert_true(count == 2 && o.columns == 1 && panes[0].layer == FRAME_FURTHER);
    assert_true(panes[0].against == LAYER_GATHER && panes[1].layer == FRAME_DEPTH && panes[1].exposure == 2);
    assert_ok(&o, WORDS("f"));
    assert_true(options_read_panes(&o, (int[]){5, 5}, panes, &count, &error));
    assert_true(count == 0 && o.columns == 0);
    assert_usage("--panes gather:x: gather:x: expected LAYER-LAYER:MEASURE with MEASURE one of signed, absolute, "
                 "relative, smape, relmse, flip",
                 "f", "--panes", "gather:x");
    assert_usage("--columns 13: expected a number from 1 to 12", "f", "--panes", "gather", "--columns", "13");
    assert_usage("--columns 2: needs --panes too", "f", "--columns", "2");
    assert_ok(&o, WORDS("f", "--wipe", "0.25", "--view", "12.5,8,4"));
    assert_true(o.wipe == 0.25f && o.solo == 0 && !o.place.fit && o.place.center_x == 12.5 && o.place.zoom == 4);
    assert_ok(&o, WORDS("f", "--solo", "6"));
    assert_true(o.solo == 6 && o.wipe < 0 && o.place.fit);
    assert_usage("--solo 3: there are 2 panes", "f", "--solo", "3", "--panes", "noisy,gather");
    assert_usage("--solo 7: there are 6 panes", "f", "--solo", "7");
    assert_ok(&o, WORDS("f", "--solo", "3", "--panes", "splat-own/*")); /* of how many levels is not known yet */
    assert_true(options_read_panes(&o, (int[]){3, 3}, panes, &count, &error) && count == 3);
    assert_false(options_read_panes(&o, (int[]){2, 2}, panes, &count, &error));
    assert_string_equal(error.message, "--solo 3: there are 2 panes");
    assert_usage("--solo 1: not together with --wipe 0.5, which shows two panes", "f", "--solo", "1", "--wipe", "0.5");
    assert_usage("--wipe 0.5: needs two panes, --panes noisy is one", "f", "--wipe", "0.5", "--panes", "noisy");
    assert_usage("--view 1,2: expected fit, or X,Y,ZOOM with a zoom from 1/64 to 256", "f", "--view", "1,2");
}

static void test_unknown(void **state)
{
    (void)state;
    assert_usage("--metal: unknown option; --help lists them", "f", "--metal");
    assert_usage("--metal=3: unknown option; --help lists them", "f", "--metal=3");
    assert_usage("--re: unknown option; --help lists them", "f", "--re",
                 "x"); /* --reference, --report, --render-size */
    assert_usage("-x: unknown option; --help lists them", "f", "-x");
    assert_usage("-x: unknown option; --help lists them", "f", "-xyz");
    assert_usage("--headless=1: this option takes no value", "f", "--headless=1");
}

static void test_missing_values(void **state)
{
    (void)state;
    static const char *const names[] = {
        "--weights",       "--splat-weights",  "--weight-mode",   "--predictor",   "--reference", "--kernel-size",
        "--channel",       "--backend",        "--size",          "--frames",      "--warmup",    "--screenshot",
        "--save",          "--report",         "--trace",         "--scene",       "--dataset",   "--render-size",
        "--spp",           "--accumulate",     "--environment",   "--camera-path", "--seed",      "--count",
        "--reference-spp", "--first",          "--device",        "--models",      "--features",  "--environments",
        "--buffers",       "--compression",    "--list",          "--also",        "--compare",   "--tolerance",
        "--compare-html",  "--compare-report", "--slower",        "--pixel",       "--tone",      "--exposure",
        "--offset",        "--gamma",          "--channel-shown", "--panes",       "--columns",   "--solo",
        "--wipe",          "--view",           "--measure",       "--region"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char message[64];
        snprintf(message, sizeof message, "%s: expected a value", names[i]);
        assert_usage(message, "f", names[i]);
        assert_usage(message, "f", names[i], "");
    }
}

static void test_pixels(void **state)
{
    (void)state;
    options o;
    assert_ok(&o, WORDS("a.exr", "--pixel", "0,16383", "--pixel", "12,3"));
    assert_int_equal(o.pixel_count, 2);
    assert_true(o.pixels[0].x == 0 && o.pixels[0].y == 16383 && o.pixels[1].x == 12 && o.pixels[1].y == 3);
    static const char *const wrong[] = {"3", "3,", ",3", "3x4", "-1,3", "3,4,5", "16384,0", "0,16384", "1.5,2", "3, 4"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char message[128];
        snprintf(message, sizeof message, "--pixel %s: expected X,Y, both from 0 to 16383", wrong[i]);
        assert_usage(message, "f", "--pixel", wrong[i]);
    }
    assert_usage("--pixel 5,6: more than 2 pixels", "f", "--pixel", "1,2", "--pixel", "3,4", "--pixel", "5,6");
    assert_usage("--pixel: not together with --dataset", "--dataset", "d", "--pixel", "1,2");
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const counts[] = {"-1", "1000001", "x", "3x", " 3", "+3", "1e3", "99999999999999999999"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char message[128];
        snprintf(message, sizeof message, "--frames %s: expected a number from 1 to 1000000", counts[i]);
        assert_usage(message, "f", "--frames", counts[i]);
        snprintf(message, sizeof message, "--warmup %s: expected a number from 0 to 1000000", counts[i]);
        assert_usage(message, "f", "--warmup", counts[i]);
    }
    assert_usage("--frames 0: expected a number from 1 to 1000000", "f", "--frames", "0");
    static const char *const sizes[] = {"63x720",   "1280x63",  "1280",      "1280x",  "x720",           "1280X720",
                                        "16385x64", "64x16385", "1280x720x", "-64x64", "99999999999x64", "a"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char message[128];
        snprintf(message, sizeof message, "--size %s: expected WxH, both from 64 to 16384", sizes[i]);
        assert_usage(message, "f", "--size", sizes[i]);
    }
    assert_usage("--render-size 0x9: expected WxH, both from 1 to 16384", "--scene", "s", "--render-size", "0x9");
    assert_usage("--render-size 16385x9: expected WxH, both from 1 to 16384", "--scene", "s", "--render-size",
                 "16385x9");
    static const char *const samples[] = {"0", "65", "-1", "1.5"};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        char message[128];
        snprintf(message, sizeof message, "--spp %s: expected a number from 1 to 64", samples[i]);
        assert_usage(message, "--scene", "s", "--spp", samples[i]);
    }
    assert_usage("--accumulate 0: expected a number from 1 to 1000000", "--scene", "s", "--accumulate", "0");
    assert_usage("--accumulate 1000001: expected a number from 1 to 1000000", "--scene", "s", "--accumulate",
                 "1000001");
    static const char *const kernels[] = {"0", "256", "5x", "x5", "5x256", "0x5", "5x5x5", "-3", "five"};
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        char message[128];
        snprintf(message, sizeof message, "--kernel-size %s: expected K or KhxKw, from 1 to 255", kernels[i]);
        assert_usage(message, "f", "--kernel-size", kernels[i]);
    }
}

static void test_words(void **state)
{
    (void)state;
    assert_usage("--backend metal: expected auto, cuda, vulkan or cpu", "f", "--backend", "metal");
    assert_usage("--features both: expected first-hit or sampled", "--scene", "s.glb", "--features", "both");
    assert_usage("--weight-mode mean: expected linear, normalized or softmax", "f", "--weight-mode", "mean");
    assert_usage("--predictor oidn: expected kpn or bilateral", "f", "--predictor", "oidn");
    static const char *const surroundings[] = {"Sky",     "1,2",     "1,2,3,4", "1,-2,3", "1,nan,3",
                                               "1,inf,3", "1,2e9,3", "1, 2,3",  "sky.jpg"};
    for (size_t i = 0; i < sizeof surroundings / sizeof *surroundings; i++) {
        char message[128];
        snprintf(message, sizeof message,
                 "--environment %s: expected R,G,B with numbers from 0 to 1e+09, sky or FILE.exr", surroundings[i]);
        assert_usage(message, "--scene", "s", "--environment", surroundings[i]);
    }
    static const char *const channels[] = {"color", "color=", "=R", "colour=R", "col=R"};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        char message[256];
        snprintf(message, sizeof message,
                 "--channel %s: expected LAYER=NAME with LAYER one of color, albedo, normal, depth, motion, reference",
                 channels[i]);
        assert_usage(message, "f", "--channel", channels[i]);
    }
}

static void test_combinations(void **state)
{
    (void)state;
    assert_usage("an empty name where FRAME.exr, DIRECTORY or PATTERN was expected", "f", "");
    assert_usage("no frames given: expected FRAME.exr, DIRECTORY, PATTERN or --scene FILE; --help explains",
                 "--headless");
    assert_usage("--scene s.glb: not together with frames (f)", "f", "--scene", "s.glb");
    assert_usage("--ipc 127.0.0.1:1: headless it takes no frames (f) but those that are sent", "f", "--headless",
                 "--ipc", "127.0.0.1:1");
    assert_usage("--ipc: not together with --scene", "--scene", "s.glb", "--ipc", "127.0.0.1:1");
    assert_usage("--ipc: not together with --dataset", "--dataset", "o", "--ipc", "127.0.0.1:1");
    assert_usage("--ipc ::1:1: expected 127.0.0.1:PORT with a port from 1 to 65535", "--ipc", "::1:1");
    assert_usage("--ipc-wait: needs --ipc", "f", "--headless", "--ipc-wait", "3");
    assert_usage("--ipc-wait 3: needs --headless too", "--ipc", "127.0.0.1:1", "--ipc-wait", "3");
    assert_usage("--frames 3: with --ipc it needs --headless too", "--ipc", "127.0.0.1:1", "--frames", "3");
    assert_usage("--warmup: not together with --ipc", "--ipc", "127.0.0.1:1", "--headless", "--warmup", "3");
    assert_usage("--keep-channels: not together with --ipc", "--ipc", "127.0.0.1:1", "--save", "o", "--keep-channels");
    assert_usage("--accumulate 8: not together with --camera-path p.json, on which the camera does not rest", "--scene",
                 "s.glb", "--accumulate", "8", "--camera-path", "p.json");
    assert_usage("--accumulate 8: not together with --frames 2, it ends by itself", "--scene", "s.glb", "--accumulate",
                 "8", "--frames", "2");
    assert_usage("--channel color=Beauty: not together with --scene", "--scene", "s.glb", "--channel", "color=Beauty");
    static const char *const live[][2] = {{"--accumulate", "8"}, {"--environment", "sky"}, {"--camera-path", "p.json"}};
    for (size_t i = 0; i < sizeof live / sizeof *live; i++) {
        char message[64];
        snprintf(message, sizeof message, "%s: needs --scene", live[i][0]);
        assert_usage(message, "f", live[i][0], live[i][1]);
        assert_usage(message, live[i][0], live[i][1]);
    }
    assert_usage("--splat-weights s.npy: needs --weights too", "f", "--splat-weights", "s.npy");
    assert_usage("--compression piz: needs --save too", "f", "--compression", "piz");
    assert_usage("--keep-channels: needs --save too", "f", "--keep-channels");
    assert_usage("--keep-channels: not together with --scene", "--scene", "s.glb", "--save", "o", "--keep-channels");
    assert_usage("--predictor: not together with --weights w.npy", "f", "--predictor", "bilateral", "--weights",
                 "w.npy");
    assert_usage("--weight-mode softmax: needs --weights; predicted weights are always normalized", "f",
                 "--weight-mode", "softmax");
    assert_usage("--weight-mode linear: needs --weights; predicted weights are always normalized", "f", "--weight-mode",
                 "linear");
}

static void test_dataset(void **state)
{
    (void)state;
    options o;
    assert_ok(&o, WORDS("--dataset", "o.npy"));
    assert_string_equal(o.dataset, "o.npy");
    assert_true(o.seed == 0 && o.first == 0 && o.count == 1000 && o.buffers == 1 && o.reference_spp == 1024 &&
                o.spp == 1);
    assert_true(o.render_width == 256 && o.render_height == 256);
    assert_ok(&o,
              WORDS("--headless", "--dataset", "o", "--seed", "9223372036854775807", "--count", "3", "--render-size",
                    "32x16", "--spp", "4", "--reference-spp", "4096", "--first", "1000000000", "--buffers", "16"));
    assert_true(o.first == 1000000000 && o.buffers == 16);
    assert_true(o.seed == 9223372036854775807u && o.count == 3 && o.reference_spp == 4096 && o.spp == 4);
    assert_true(o.render_width == 32 && o.render_height == 16);

    assert_usage("--seed -1: expected a number from 0 to 9223372036854775807", "--dataset", "o", "--seed", "-1");
    assert_usage("--seed 9223372036854775808: expected a number from 0 to 9223372036854775807", "--dataset", "o",
                 "--seed", "9223372036854775808");
    assert_usage("--count 0: expected a number from 1 to 1000000", "--dataset", "o", "--count", "0");
    assert_usage("--reference-spp 1000001: expected a number from 1 to 1000000", "--dataset", "o", "--reference-spp",
                 "1000001");
    assert_usage("--device 32: expected a number from 0 to 31", "--dataset", "o", "--device", "32");
    assert_usage("--buffers 17: expected a number from 1 to 16", "--dataset", "o", "--buffers", "17");
    assert_usage("--first 1000000001: expected a number from 0 to 1000000000", "--dataset", "o", "--first",
                 "1000000001");
    assert_usage("--dataset o: not together with frames (f.exr)", "--dataset", "o", "f.exr");
    static const char *const data[] = {"--seed", "--first", "--device", "--count", "--buffers", "--reference-spp"};
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        char message[64];
        snprintf(message, sizeof message, "%s: needs --dataset", data[i]);
        assert_usage(message, "f.exr", data[i], "1");
    }
    assert_usage("--spp: needs --scene or --dataset", "f", "--spp", "2");
    assert_usage("--render-size: needs --scene or --dataset", "--render-size", "64x64");
    assert_usage("--scene: not together with --dataset", "--dataset", "o", "--scene", "s.glb");
    assert_usage("--save: not together with --dataset", "--dataset", "o", "--save", "s");
    assert_usage("--save: not together with --list", "--list", "f.exr", "--save", "s");
    assert_usage("--spp: not together with --list", "--list", "f.exr", "--spp", "2");
    assert_usage("--list f.exr: not together with frames (g)", "g", "--list", "f.exr");
    assert_usage("--backend: not together with --dataset", "--backend", "cpu", "--dataset", "o");
    assert_usage("--accumulate: not together with --dataset", "--dataset", "o", "--accumulate", "8");
    assert_usage("--seed: needs --dataset", "--scene", "s.glb", "--seed", "1");
}

static void test_network(void **state)
{
    (void)state;
    options o;
    assert_ok(&o, WORDS("f", "--predictor", "kpn", "--network", "n.safetensors"));
    assert_string_equal(predictor_rows[o.predictor].name, "kpn");
    assert_string_equal(o.network, "n.safetensors");
    assert_ok(&o, WORDS("f", "--predictor", "kpn"));
    assert_null(o.network);
    assert_ok(&o, WORDS("f"));
    assert_string_equal(predictor_rows[o.predictor].name, "kpn");
    assert_int_equal(o.features, OPTIONS_SAMPLED);
    assert_ok(&o, WORDS("--scene", "s.glb", "--features", "first-hit"));
    assert_int_equal(o.features, OPTIONS_FIRST_HIT);
    assert_ok(&o, WORDS("f", "--kernel-size", "5"));
    assert_int_equal(o.features, OPTIONS_FIRST_HIT);
    assert_string_equal(predictor_rows[o.predictor].name, "bilateral");
    assert_ok(&o, WORDS("f", "--weights", "w", "--kernel-size", "5"));
    assert_string_equal(predictor_rows[o.predictor].label, "file");
    assert_usage("--network n: needs --predictor kpn", "f", "--network", "n", "--predictor", "bilateral");
    assert_usage("--network n: needs --predictor kpn", "f", "--network", "n", "--weights", "w");
    assert_usage("--kernel-size 5: not together with --predictor kpn, whose network has its own", "f", "--kernel-size",
                 "5", "--predictor", "kpn");
    assert_usage("--kernel-size 5: not together with --predictor kpn, whose network has its own", "f", "--kernel-size",
                 "5", "--network", "n");
    assert_usage("--predictor: not together with --weights w", "f", "--predictor", "kpn", "--weights", "w");
    assert_usage("--backend metal: expected auto, cuda, vulkan or cpu", "--scene", "x.gltf", "--backend", "metal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),     cmocka_unit_test(test_everything), cmocka_unit_test(test_live),
        cmocka_unit_test(test_values),       cmocka_unit_test(test_channels),   cmocka_unit_test(test_also),
        cmocka_unit_test(test_help),         cmocka_unit_test(test_manual),     cmocka_unit_test(test_comparisons),
        cmocka_unit_test(test_tone),         cmocka_unit_test(test_unknown),    cmocka_unit_test(test_missing_values),
        cmocka_unit_test(test_pixels),       cmocka_unit_test(test_numbers),    cmocka_unit_test(test_words),
        cmocka_unit_test(test_combinations), cmocka_unit_test(test_dataset),    cmocka_unit_test(test_network),
        cmocka_unit_test(test_panes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
