#version 450

/* One triangle that covers the viewport. */
void main()
{
    vec2 corner = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1);
    gl_Position = vec4(4 * corner - 1, 0, 1);
}
