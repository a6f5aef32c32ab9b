#include "error.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

bool error_set(error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    for (char *c = error->message; *c; c++) /* damaged files have control characters in their names */
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return false;
}
