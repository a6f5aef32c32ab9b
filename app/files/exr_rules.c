#include "exr_rules.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "exr.h"

/* Sources:
 *   Cycles      docs.blender.org/manual/en/latest/render/layers/passes.html; files of Blender 3.4 and 4.5. Where Cycles
 *               denoises, Combined is denoised already. Blender's black and white files have V alone
 *   Arnold      help.autodesk.com/view/ARNOL/ENU, "AOVs": built-in AOVs, and those for its denoiser
 *   RenderMan   rmanwiki.pixar.com, "Denoising": "channel names may be [Ci.r Ci.g Ci.b
 *               Ci.a] or [R G B A]"; albedo, normal
 *   V-Ray       docs.chaos.com, "Render Elements", "Default Channel Names": NAME.red, normals.X,
 *               bump_normals.X; diffuse there is what VRayDiffuseFilter is in 3ds Max, but in other
 *               renderers' files it is light: not taken
 *   Karma       sidefx.com/docs/houdini/nodes/lop/karmastandardrendervars.html: beauty is C;
 *               Mantra's planes are named so too
 *   Redshift    docs.redshift3d.com, "Integrated AOVs", and its plug-ins' short names: DiffuseFilter, N, Z
 *   pbrt        github.com/mmp/pbrt-v4, src/pbrt/film.cpp, GBufferFilm: Albedo, Ns (shading) and N (geometric normal)
 *   Mitsuba     mitsuba.readthedocs.io, the aov integrator: names are the user's, those here are of its documentation
 *   LuxCore     github.com/LuxCoreRender/LuxCore, film outputs: RGB_IMAGEPIPELINE, ALBEDO, AVG_SHADING_NORMAL, DEPTH
 *   Corona      its render elements: CShading_Albedo, CGeometry_NormalsShading (its
 *               ZDepth is a picture, not a distance)
 *   appleseed   github.com/appleseedhq/appleseed, renderer/modeling/frame and aov: parts beauty, albedo, normal (n/2 +
 *               1/2, which normals.h knows; R,G,B or, in older versions, X,Y,Z), depth
 *   Unreal      its movie render queue: the first pass is the picture itself, further ones
 *               FinalImage and the material's name
 *   OIDN        its example files: hdr, alb, nrm; the files beside a frame are in siblings.c
 *
 * Motion is taken only where it is known to be in pixels, previous - current. */
const exr_rule exr_rules[] = {
    {FRAME_COLOR, EXR_NOISY, "RGB", "Cycles, which denoised Combined"},
    {FRAME_COLOR, EXR_DENOISED, "RGB", "Cycles"},
    {FRAME_COLOR, "", "RGB", "plain"},
    {FRAME_COLOR, "rgba", "RGB", "Arnold"},
    {FRAME_COLOR, "beauty", "RGB", "plain, Corona, appleseed"},
    {FRAME_COLOR, "Ci", "RGB", "RenderMan"},
    {FRAME_COLOR, "C", "RGB", "Karma"},
    {FRAME_COLOR, "rgb", "RGB", "plain"},
    {FRAME_COLOR, "color", "RGB", "plain"},
    {FRAME_COLOR, "RGB_color", "RGB", "V-Ray"},
    {FRAME_COLOR, "RGB_IMAGEPIPELINE", "RGB", "LuxCore"},
    {FRAME_COLOR, "FinalImage", "RGB", "Unreal"},
    {FRAME_COLOR, "hdr", "RGB", "OIDN"},
    {FRAME_COLOR, EXR_CHROMA, NULL, "luminance and chroma"},
    {FRAME_COLOR, "*", "RGB", "the only or first picture"}, /* Mitsuba's integrators, parts */
    {FRAME_COLOR, EXR_GRAY, NULL, "gray"},
    {FRAME_COLOR, EXR_VALUE, NULL, "Blender"},

    {FRAME_ALBEDO, "*.Denoising Albedo", "RGB", "Cycles"},
    {FRAME_ALBEDO, "denoise_albedo", "RGB", "Arnold"},
    {FRAME_ALBEDO, "albedo", "RGB", "plain, Mitsuba, pbrt, RenderMan, LuxCore, appleseed"},
    {FRAME_ALBEDO, "diffuse_albedo", "RGB", "Arnold, Karma"},
    {FRAME_ALBEDO, "DiffuseFilter", "RGB", "Redshift"},
    {FRAME_ALBEDO, "VRayDiffuseFilter", "RGB", "V-Ray"},
    {FRAME_ALBEDO, "CShading_Albedo", "RGB", "Corona"},
    {FRAME_ALBEDO, "FinalImageBaseColor", "RGB", "Unreal"},
    {FRAME_ALBEDO, "FinalImageMovieRenderQueue_BaseColor", "RGB", "Unreal"},
    {FRAME_ALBEDO, "alb", "RGB", "OIDN"},

    {FRAME_NORMAL, "*.Denoising Normal", "XYZ", "Cycles"},
    {FRAME_NORMAL, "*.Normal", "XYZ", "Cycles"},
    {FRAME_NORMAL, "nn", "XYZ", "Mitsuba"},
    {FRAME_NORMAL, "sh_normal", "XYZ", "Mitsuba"},
    {FRAME_NORMAL, "N_denoise", "XYZ|RGB", "Arnold"},
    {FRAME_NORMAL, "Ns", "XYZ", "pbrt"},
    {FRAME_NORMAL, "Nsx,Nsy,Nsz", NULL, "pbrt"},
    {FRAME_NORMAL, "N", "XYZ|RGB", "Arnold, Karma, Redshift"},
    {FRAME_NORMAL, "normal", "XYZ|RGB", "plain, RenderMan, appleseed"},
    {FRAME_NORMAL, "normals", "XYZ|RGB", "V-Ray"},
    {FRAME_NORMAL, "bump_normals", "XYZ", "V-Ray"},
    {FRAME_NORMAL, "VRayNormals", "XYZ|RGB", "V-Ray"},
    {FRAME_NORMAL, "VRayBumpNormals", "XYZ|RGB", "V-Ray"},
    {FRAME_NORMAL, "AVG_SHADING_NORMAL", "XYZ|RGB", "LuxCore"},
    {FRAME_NORMAL, "SHADING_NORMAL", "XYZ|RGB", "LuxCore"},
    {FRAME_NORMAL, "CGeometry_NormalsShading", "RGB|XYZ", "Corona"},
    {FRAME_NORMAL, "FinalImageWorldNormal", "RGB", "Unreal"},
    {FRAME_NORMAL, "FinalImageMovieRenderQueue_WorldNormal", "RGB", "Unreal"},
    {FRAME_NORMAL, "nrm", "RGB|XYZ", "OIDN"},

    {FRAME_DEPTH, "*.Denoising Depth", "Z", "Cycles"},
    {FRAME_DEPTH, "*.Depth", "Z|V", "Cycles"},
    {FRAME_DEPTH, "dd", "T", "Mitsuba"},
    {FRAME_DEPTH, "dd.y", "T", "Mitsuba"},
    {FRAME_DEPTH, "depth", "Z|V|T|Y|R", "plain, LuxCore, appleseed"},
    {FRAME_DEPTH, "depth", NULL, "plain"},
    {FRAME_DEPTH, "", "Z", "plain, Arnold, Redshift"},
    {FRAME_DEPTH, "Z", "Z|R|X|Y", "Arnold, Redshift"},
    {FRAME_DEPTH, "FinalImageSceneDepth", "R", "Unreal"},
    {FRAME_DEPTH, "FinalImageMovieRenderQueue_WorldDepth", "R", "Unreal"},

    {FRAME_MOTION, "*.Vector", "XY", "Cycles"},
    {FRAME_MOTION, "motion", "XY", "plain"},
};

const int exr_rule_count = sizeof exr_rules / sizeof *exr_rules;

bool exr_lacks_albedo(const char *name)
{
    static const char *const of_cycles[] = {"DiffDir", "DiffInd", "GlossDir", "GlossInd", "TransDir", "TransInd"};
    const char *dot = strrchr(name, '.'), *own = dot ? dot + 1 : name;
    for (size_t i = 0; i < sizeof of_cycles / sizeof *of_cycles; i++)
        if (strcasecmp(own, of_cycles[i]) == 0)
            return true;
    return false;
}

const char *exr_rule_words(frame_layer layer)
{
    static const char *const words[FRAME_LAYER_COUNT] = {
        [FRAME_ALBEDO] = "albedo|diffcol|basecolor|base_color|diffusefilter|diffuse_filter",
        [FRAME_NORMAL] = "normal",
        [FRAME_DEPTH] = "depth",
        [FRAME_MOTION] = "motion|velocity",
    };
    return words[layer];
}
