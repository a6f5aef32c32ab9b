#include "bundled_network.h"

/* The file's bytes as they are: no compiler has to read three million numbers. */
__asm__(".section .rodata\n"
        ".balign 8\n"
        "bundled_network_start:\n"
        ".incbin \"" WFVIEW_BUNDLED_NETWORK "\"\n"
        "bundled_network_end:\n"
        ".previous\n");

extern const unsigned char bundled_network_start[], bundled_network_end[];

const unsigned char *bundled_network(size_t *size)
{
    *size = (size_t)(bundled_network_end - bundled_network_start);
    return bundled_network_start;
}
