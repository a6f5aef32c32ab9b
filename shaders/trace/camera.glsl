// camera.glsl -- rays through pixels, and back.

struct trace_ray {
    vec3 origin, direction;
};

// pixel: from the image's top left corner; lens: on the unit disk, (0, 0) for a pinhole camera.
trace_ray camera_ray(vec2 pixel, vec2 lens)
{
    trace_camera camera = params.at.camera;
    vec2 position = 2 * pixel / vec2(params.at.width, params.at.height) - 1;
    vec3 direction = camera.forward + position.x * camera.right - position.y * camera.up;
    vec3 shift = camera.aperture * (lens.x * normalize(camera.right) + lens.y * normalize(camera.up));
    return trace_ray(camera.eye + shift, normalize(direction - shift / camera.focus));
}

// Where the previous camera saw what is in that direction from its eye. What lay behind it is outside of its image.
vec2 previous_pixel(vec3 direction)
{
    trace_camera camera = params.at.previous;
    vec2 size = vec2(params.at.width, params.at.height);
    float depth = dot(direction, camera.forward);
    if (depth <= 0) {
        return -size;
    }
    vec2 position = vec2(dot(direction, camera.right) / dot(camera.right, camera.right),
                         -dot(direction, camera.up) / dot(camera.up, camera.up)) / depth;
    return (position + 1) / 2 * size;
}
