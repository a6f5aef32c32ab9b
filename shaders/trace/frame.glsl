// frame.glsl -- an orthonormal basis around z (Duff et al., "Building an Orthonormal Basis, Revisited", JCGT 2017).
mat3 make_frame(vec3 z)
{
    float sign_ = z.z < 0 ? -1 : 1;
    float a = -1 / (sign_ + z.z);
    float b = z.x * z.y * a;
    return mat3(vec3(1 + sign_ * z.x * z.x * a, sign_ * b, -sign_ * z.x), vec3(b, sign_ + z.y * z.y * a, -z.y), z);
}
