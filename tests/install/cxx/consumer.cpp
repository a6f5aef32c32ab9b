/* consumer.c in C++: the splat. */
#include <cstdio>
#include <vector>
#include <wf.h>
#include <wf_cuda.h>

int main()
{
    std::vector<float> color = {1, 2, 3, 4}, kernels = {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3}, result(4);
    const wf_filter filter = {1, 3, 1, WF_LINEAR, 1};
    const wf_tensor input = wf_dense(color.data(), WF_FLOAT32, 1, 1, 1, 4);
    const wf_tensor weight = wf_dense(kernels.data(), WF_FLOAT32, 1, 3, 1, 4);
    const wf_tensor output = wf_dense(result.data(), WF_FLOAT32, 1, 1, 1, 4);
    wf_device_options options = {};
    options.backend = WF_CPU;
    wf_device *device;
    if (wf_create(&options, &device) != WF_OK ||
        wf_splat(device, nullptr, &filter, &input, &weight, nullptr, &output, nullptr) != WF_OK)
        return 1;
    wf_destroy(device);

    std::printf(WF_VERSION);
    for (int backend = WF_CPU; backend < WF_BACKEND_COUNT; backend++) {
        if (wf_backend_built(static_cast<wf_backend>(backend)))
            std::printf(" %s", wf_backend_name(static_cast<wf_backend>(backend)));
    }
    std::printf("\n");
    return result == std::vector<float>{2 * 1 + 1 * 2, 3 * 1 + 2 * 2 + 1 * 3, 3 * 2 + 2 * 3 + 1 * 4, 3 * 3 + 2 * 4} ? 0
                                                                                                                    : 1;
}
