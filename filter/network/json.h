/* json.h -- a reader of JSON that goes through a text once and keeps nothing. Private.
 *
 *     json_reader json = wf_json_read(text, length);
 *     for (wf_json_begin(&json, '{'); wf_json_next_key(&json, key, sizeof key);)
 *         if (!strcmp(key, "width")) width = wf_json_number(&json); else wf_json_skip(&json);
 *     wf_json_end(&json);
 *     if (json.failed) ...
 *
 * After a failure every call returns nothing more, so that one check at the end is enough. Nesting is limited to
 * JSON_DEPTH. */
#ifndef WF_NETWORK_JSON_H
#define WF_NETWORK_JSON_H

#include <stddef.h>

enum { JSON_DEPTH = 16 };

typedef struct json_reader {
    const char *start, *at, *end;
    int failed;                /* the text is no JSON, or has another value than was asked for */
    int depth;                 /* of the objects and arrays that are open */
    int begun[JSON_DEPTH + 1]; /* whether they had an element already */
    char closing[JSON_DEPTH + 1];
} json_reader;

json_reader wf_json_read(const char *text, size_t length);

/* Opens an object '{' or an array '['. */
void wf_json_begin(json_reader *json, char opening);

/* Whether the open array has a further element: read it then. Closes the array where it has none. */
int wf_json_next(json_reader *json);

/* The same of an object. Keys of `size` or more bytes are cut. */
int wf_json_next_key(json_reader *json, char *key, size_t size);

double wf_json_number(json_reader *json); /* finite */

/* Copies a string, unescaped, as UTF-8 with a 0 at its end, and returns its length; what does not fit is cut. A string
 * has no more bytes unescaped than it has in the text. */
size_t wf_json_string(json_reader *json, char *to, size_t size);

void wf_json_skip(json_reader *json); /* a value of any kind */

/* Nothing but white space may follow. */
void wf_json_end(json_reader *json);

#endif
