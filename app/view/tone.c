#include "tone.h"

#include <math.h>
#include <stdio.h>

static const char *const curves[] = {
    [TONE_SRGB] = "srgb", [TONE_GAMMA] = "gamma", [TONE_ACES] = "aces", [TONE_FALSE] = "false-color", NULL};

static const char *const channels[] = {[TONE_ALL] = "all",
                                       [TONE_RED] = "red",
                                       [TONE_GREEN] = "green",
                                       [TONE_BLUE] = "blue",
                                       [TONE_LUMINANCE] = "luminance",
                                       NULL};

const char *tone_curve_name(int curve)
{
    return curves[curve];
}

const char *tone_channels_name(int selection)
{
    return channels[selection];
}

tone_settings tone_default(void)
{
    return (tone_settings){.gamma = 2.2f};
}

tone_push tone_for_shader(const tone_settings *tone)
{
    return (tone_push){
        .exposure = exp2f(tone->exposure),
        .offset = tone->offset,
        .gamma = tone->gamma,
        .curve = tone->curve,
        .channels = tone->channels,
        .marks = tone->mark_clipped,
    };
}

void tone_describe(const tone_settings *tone, char words[TONE_WORDS])
{
    char curve[24] = "", offset[24] = "";
    if (tone->curve == TONE_GAMMA)
        snprintf(curve, sizeof curve, "gamma %.2f", (double)tone->gamma);
    else if (tone->curve != TONE_SRGB)
        snprintf(curve, sizeof curve, "%s", curves[tone->curve]);
    if (tone->offset != 0)
        snprintf(offset, sizeof offset, "%+.2f", (double)tone->offset);
    const char *const parts[] = {curve, offset, tone->channels != TONE_ALL ? channels[tone->channels] : "",
                                 tone->mark_clipped ? "clipped" : ""};
    size_t length = 0;
    *words = 0;
    for (int i = 0; i < 4; i++)
        if (*parts[i])
            length += (size_t)snprintf(words + length, TONE_WORDS - length, "%s%s", length ? ", " : "", parts[i]);
}
