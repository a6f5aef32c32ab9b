#include "json.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

json_reader wf_json_read(const char *text, size_t length)
{
    return (json_reader){.start = text, .at = text, .end = text + length};
}

static int fail(json_reader *json)
{
    json->failed = 1;
    json->at = json->end;
    return 0;
}

/* The next character that is no white space; 0 at the end. */
static char peek(json_reader *json)
{
    while (json->at < json->end && strchr(" \t\r\n", *json->at) && *json->at)
        json->at++;
    return json->at < json->end ? *json->at : '\0';
}

static int take(json_reader *json, char expected)
{
    if (json->failed || peek(json) != expected || !expected)
        return fail(json);
    json->at++;
    return 1;
}

void wf_json_begin(json_reader *json, char opening)
{
    if (!take(json, opening))
        return;
    if (json->depth == JSON_DEPTH) {
        fail(json);
        return;
    }
    json->depth++;
    json->begun[json->depth] = 0;
    json->closing[json->depth] = opening == '{' ? '}' : ']';
}

static int next(json_reader *json, char closing)
{
    if (json->failed || json->depth == 0 || json->closing[json->depth] != closing)
        return fail(json);
    if (peek(json) == closing) {
        json->at++;
        json->depth--;
        return 0;
    }
    if (json->begun[json->depth] && !take(json, ','))
        return 0;
    json->begun[json->depth] = 1;
    return 1;
}

int wf_json_next(json_reader *json)
{
    return next(json, ']');
}

int wf_json_next_key(json_reader *json, char *key, size_t size)
{
    if (!next(json, '}'))
        return 0;
    wf_json_string(json, key, size);
    return take(json, ':');
}

static int digit_at(const json_reader *json)
{
    return json->at < json->end && *json->at >= '0' && *json->at <= '9' ? *json->at - '0' : -1;
}

/* Appends digits to *value and returns how many there were. */
static int digits(json_reader *json, double *value)
{
    int count = 0;
    for (int digit; (digit = digit_at(json)) >= 0; count++, json->at++)
        *value = 10 * *value + digit;
    return count;
}

static int take_any(json_reader *json, const char *characters)
{
    const int found = json->at < json->end && *json->at && strchr(characters, *json->at);
    json->at += found;
    return found;
}

static double exponent_of(json_reader *json)
{
    if (!take_any(json, "eE"))
        return 0;
    const int negative = json->at < json->end && *json->at == '-';
    take_any(json, "+-");
    double exponent = 0;
    if (digits(json, &exponent) == 0)
        return fail(json);
    return negative ? -exponent : exponent;
}

/* Not strtod, whose decimal point is the locale's. */
double wf_json_number(json_reader *json)
{
    peek(json);
    const int negative = take_any(json, "-");
    double value = 0;
    if (digits(json, &value) == 0)
        return fail(json);
    int places = 0;
    if (take_any(json, ".") && (places = digits(json, &value)) == 0)
        return fail(json);
    value *= pow(10, exponent_of(json) - places);
    if (!isfinite(value))
        return fail(json);
    return negative ? -value : value;
}

static uint32_t four_digits(json_reader *json)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdefABCDEF";
        const char *digit = json->at < json->end && *json->at ? strchr(digits, *json->at) : NULL;
        if (!digit)
            return (uint32_t)fail(json);
        const uint32_t place = (uint32_t)(digit - digits);
        value = 16 * value + (place < 16 ? place : place - 6);
        json->at++;
    }
    return value;
}

/* What follows a backslash: a Unicode code point. */
static uint32_t escaped(json_reader *json)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char c = json->at < json->end ? *json->at++ : '\0';
    const char *name = c ? strchr(names, c) : NULL;
    if (name)
        return (uint32_t)(unsigned char)values[name - names];
    if (c != 'u')
        return (uint32_t)fail(json);
    uint32_t unit = four_digits(json);
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (unit > 0xdbff || json->end - json->at < 2 || json->at[0] != '\\' || json->at[1] != 'u')
        return (uint32_t)fail(json);
    json->at += 2;
    const uint32_t low = four_digits(json);
    if (low < 0xdc00 || low > 0xdfff)
        return (uint32_t)fail(json);
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

typedef struct text {
    char *to;
    size_t size, length;
} text;

static void put(text *t, uint32_t byte)
{
    if (t->length + 1 < t->size)
        t->to[t->length++] = (char)byte;
}

static void put_utf8(text *t, uint32_t point)
{
    if (point < 0x80) {
        put(t, point);
        return;
    }
    static const uint32_t leads[] = {0, 0xc0, 0xe0, 0xf0};
    const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    put(t, leads[more] | point >> 6 * more);
    for (int i = more - 1; i >= 0; i--)
        put(t, 0x80 | (point >> 6 * i & 0x3f));
}

size_t wf_json_string(json_reader *json, char *to, size_t size)
{
    text t = {to, size, 0};
    if (take(json, '"')) {
        while (json->at < json->end && *json->at != '"' && (unsigned char)*json->at >= ' ') {
            const char c = *json->at++;
            if (c == '\\')
                put_utf8(&t, escaped(json));
            else
                put(&t, (unsigned char)c);
        }
        if (json->at < json->end && *json->at == '"')
            json->at++;
        else
            fail(json);
    }
    if (size > 0)
        to[t.length] = '\0';
    return t.length;
}

static void skip_word(json_reader *json)
{
    static const char *const words[] = {"true", "false", "null"};
    for (int i = 0; i < 3; i++) {
        const size_t length = strlen(words[i]);
        if ((size_t)(json->end - json->at) >= length && !memcmp(json->at, words[i], length)) {
            json->at += length;
            return;
        }
    }
    fail(json);
}

void wf_json_skip(json_reader *json)
{
    char key[1];
    const char c = peek(json);
    if (c == '{') {
        for (wf_json_begin(json, c); wf_json_next_key(json, key, sizeof key);)
            wf_json_skip(json);
    } else if (c == '[') {
        for (wf_json_begin(json, c); wf_json_next(json);)
            wf_json_skip(json);
    } else if (c == '"') {
        wf_json_string(json, key, sizeof key);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        wf_json_number(json);
    } else {
        skip_word(json);
    }
}

void wf_json_end(json_reader *json)
{
    if (peek(json) || json->depth > 0 || json->at != json->end)
        fail(json);
}
