// in_image.glsl
bool in_image(ivec2 p, int width, int height)
{
    return p.x >= 0 && p.y >= 0 && p.x < width && p.y < height;
}
