#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_CLIENTS = 16, READ_BYTES = 1 << 18, POLL_BYTES = 64 << 20 };

typedef struct client {
    int socket;     /* -1: none */
    uint8_t *bytes; /* of messages that are not read yet */
    size_t size, capacity;
} client;

struct server {
    int socket;
    client clients[MOST_CLIENTS];
};

bool server_check(const char *address, int *port, error *error)
{
    static const char *const hosts[] = {"127.0.0.1:", "localhost:"};
    char *end = NULL;
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(hosts[i]);
        if (strncmp(address, hosts[i], length) == 0 && address[length] >= '0' && address[length] <= '9') {
            const long number = strtol(address + length, &end, 10);
            *port = (int)number;
            if (!*end && number >= 1 && number <= 65535)
                return true;
        }
    }
    return error_set(error, "expected 127.0.0.1:PORT with a port from 1 to 65535");
}

server *server_open(const char *address, error *error)
{
    int port;
    struct error reason;
    if (!server_check(address, &port, &reason)) {
        error_set(error, "%s: %s", address, reason.message);
        return NULL;
    }
    server *server = malloc(sizeof *server);
    const struct sockaddr_in place = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (!server) {
        error_set(error, "%s: not enough memory", address);
        return NULL;
    }
    for (int i = 0; i < MOST_CLIENTS; i++)
        server->clients[i] = (client){.socket = -1};
    server->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->socket >= 0 && setsockopt(server->socket, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0 &&
        bind(server->socket, (const struct sockaddr *)&place, sizeof place) == 0 &&
        listen(server->socket, MOST_CLIENTS) == 0)
        return server;
    error_set(error, "%s: cannot listen there: %s", address, strerror(errno));
    server_close(server);
    return NULL;
}

static void leave(client *client)
{
    if (client->socket >= 0)
        close(client->socket);
    free(client->bytes);
    *client = (struct client){.socket = -1};
}

void server_close(server *server)
{
    if (!server)
        return;
    for (int i = 0; i < MOST_CLIENTS; i++)
        leave(&server->clients[i]);
    if (server->socket >= 0)
        close(server->socket);
    free(server);
}

bool server_is_used(const server *server)
{
    bool used = false;
    for (int i = 0; i < MOST_CLIENTS; i++)
        used = used || server->clients[i].socket >= 0;
    return used;
}

/* Whoever finds no place waits until one is free. */
static void accept_clients(server *server)
{
    for (int i = 0; i < MOST_CLIENTS; i++)
        if (server->clients[i].socket < 0)
            server->clients[i].socket = accept4(server->socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Room for the rest of a message, and a part of the next one. */
static bool make_room(client *client)
{
    const size_t wanted = client->size + READ_BYTES;
    if (wanted <= client->capacity)
        return true;
    const size_t capacity = wanted > 2 * client->capacity ? wanted : 2 * client->capacity;
    uint8_t *bytes = realloc(client->bytes, capacity);
    if (!bytes)
        return false;
    client->bytes = bytes;
    client->capacity = capacity;
    return true;
}

/* All whole messages. False, and a sentence: what is there is none. */
static bool take_messages(client *client, server_take *take, void *user, error *error)
{
    size_t at = 0;
    while (client->size - at >= 4) {
        packet packet;
        const uint32_t size = packet_size(client->bytes + at, error);
        if (size == 0)
            return false;
        if (client->size - at < size)
            break;
        if (!packet_read(client->bytes + at, size, &packet, error))
            return false;
        take(user, &packet);
        at += size;
    }
    memmove(client->bytes, client->bytes + at, client->size - at);
    client->size -= at;
    return true;
}

/* How much came. */
static size_t serve(client *client, server_take *take, server_complain *complain, void *user)
{
    error error;
    if (!make_room(client)) {
        complain(user, "not enough memory for a message");
        leave(client);
        return 0;
    }
    const ssize_t count = read(client->socket, client->bytes + client->size, READ_BYTES);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
        leave(client);
    if (count <= 0)
        return 0;
    client->size += (size_t)count;
    if (take_messages(client, take, user, &error))
        return (size_t)count;
    complain(user, error.message);
    leave(client);
    return 0;
}

bool server_poll(server *server, server_take *take, server_complain *complain, void *user)
{
    size_t all = 0, count = 1;
    accept_clients(server);
    while (count > 0 && all < POLL_BYTES) {
        count = 0;
        for (int i = 0; i < MOST_CLIENTS; i++)
            if (server->clients[i].socket >= 0)
                count += serve(&server->clients[i], take, complain, user);
        all += count;
    }
    return count > 0;
}
