/* Filters a row with known weights on the CPU, and prints the library's version and backends. */
#include <stdio.h>
#include <wf.h>
#include <wf_cuda.h>

int main(void)
{
    float color[4] = {1, 2, 3, 4}, kernels[3][4] = {{1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}}, result[4] = {0};
    wf_filter filter = {.kernel_height = 1, .kernel_width = 3, .dilation = 1, .mode = WF_LINEAR, .groups = 1};
    wf_tensor input = wf_dense(color, WF_FLOAT32, 1, 1, 1, 4), output = wf_dense(result, WF_FLOAT32, 1, 1, 1, 4);
    wf_tensor weight = wf_dense(kernels, WF_FLOAT32, 1, 3, 1, 4);
    wf_device *device;
    if (wf_create(&(wf_device_options){.backend = WF_CPU}, &device) != WF_OK ||
        wf_gather(device, NULL, &filter, &input, &weight, NULL, &output, NULL) != WF_OK)
        return 1;
    wf_destroy(device);

    printf(WF_VERSION);
    for (wf_backend backend = WF_CPU; backend < WF_BACKEND_COUNT; backend++) {
        if (wf_backend_built(backend))
            printf(" %s", wf_backend_name(backend));
    }
    printf("\n");
    static const float expected[4] = {2 * 1 + 3 * 2, 1 * 1 + 2 * 2 + 3 * 3, 1 * 2 + 2 * 3 + 3 * 4, 1 * 3 + 2 * 4};
    for (int x = 0; x < 4; x++) {
        if (result[x] != expected[x])
            return 1;
    }
    return 0;
}
