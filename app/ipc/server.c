#include "server.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream.h"

#define PIECE   ((size_t)1 << 18) /* bytes that are read at once */
#define WAITING 64                /* for their connections to be taken */

#define PIECES 64 /* that are read at most before something else is done */

typedef struct client {
    int file;
    unsigned number;
    bool ended;
    ipc_stream stream;
} client;

struct ipc_server {
    int file;                        /* negative: none */
    client clients[IPC_MAX_CLIENTS]; /* in the order in which they came */
    int client_count;
    unsigned numbers;
    ipc_packet packet;
    uint8_t piece[PIECE];
};

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

bool ipc_check_address(const char *address, int *port, error *error)
{
    static const char *const hosts[] = {"127.0.0.1:", "localhost:"};
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(hosts[i]), digits = strspn(address + strnlen(address, length), "0123456789");
        if (strncmp(address, hosts[i], length) != 0 || digits < 1 || digits > 5 || address[length + digits])
            continue;
        *port = (int)strtol(address + length, NULL, 10);
        if (*port >= 1 && *port <= 65535)
            return true;
    }
    return error_set(error, "expected 127.0.0.1:PORT with a port from 1 to 65535");
}

static bool listen_on(ipc_server *server, int port)
{
    const struct sockaddr_in place = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int on = 1;
    server->file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* A port whose last connections are still being closed is free. */
    return server->file >= 0 && setsockopt(server->file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           bind(server->file, (const struct sockaddr *)&place, sizeof place) == 0 && listen(server->file, WAITING) == 0;
}

ipc_server *ipc_server_open(const char *address, error *error)
{
    int port;
    struct error reason;
    if (!ipc_check_address(address, &port, &reason)) {
        error_set(error, "%s: %s", address, reason.message);
        return NULL;
    }
    ipc_server *server = calloc(1, sizeof *server);
    if (!server) {
        error_set(error, "%s: not enough memory", address);
        return NULL;
    }
    if (listen_on(server, port))
        return server;
    error_set(error, "%s: cannot listen there: %s", address, strerror(errno));
    ipc_server_close(server);
    return NULL;
}

static void disconnect(ipc_server *server, int index)
{
    client *gone = &server->clients[index];
    close(gone->file);
    ipc_stream_free(&gone->stream);
    server->client_count--;
    memmove(gone, gone + 1, sizeof *gone * (size_t)(server->client_count - index));
}

void ipc_server_close(ipc_server *server)
{
    if (!server)
        return;
    while (server->client_count > 0)
        disconnect(server, server->client_count - 1);
    if (server->file >= 0)
        close(server->file);
    free(server);
}

/* ---- Receiving --------------------------------------------------------------------------------------------------- */

static void accept_clients(ipc_server *server)
{
    while (server->client_count < IPC_MAX_CLIENTS) {
        const int file = accept4(server->file, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (file < 0)
            return;
        server->clients[server->client_count++] = (client){.file = file, .number = ++server->numbers};
    }
}

/* Reads a piece of what has come; false: nothing has, or no memory for it, which *error says. */
static bool receive(ipc_server *server, client *client, error *error)
{
    const ssize_t size = recv(client->file, server->piece, PIECE, 0);
    if (size > 0)
        return ipc_stream_add(&client->stream, server->piece, (size_t)size, error);
    if (size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        client->ended = true;
    return false;
}

/* What a client has for us: a packet that is whole, once its bytes are there, or its end. */
static ipc_event_kind look_at(ipc_server *server, client *client, error *error)
{
    ipc_progress progress = ipc_stream_next(&client->stream, &server->packet, error);
    for (int i = 0; i < PIECES && progress == IPC_MORE && receive(server, client, error); i++)
        progress = ipc_stream_next(&client->stream, &server->packet, error);
    if (progress == IPC_PACKET)
        return IPC_RECEIVED;
    if (progress == IPC_MORE && client->ended && !ipc_stream_is_whole(&client->stream))
        error_set(error, "the connection ended within a message");
    return *error->message || client->ended ? IPC_GONE : IPC_NOTHING;
}

void ipc_server_next(ipc_server *server, ipc_event *event)
{
    *event = (ipc_event){.packet = &server->packet};
    accept_clients(server);
    for (int i = 0; i < server->client_count && event->kind == IPC_NOTHING; i++) {
        event->client = server->clients[i].number;
        event->kind = look_at(server, &server->clients[i], &event->error);
        if (event->kind == IPC_GONE)
            disconnect(server, i);
    }
}

bool ipc_server_wait(const ipc_server *server, double seconds)
{
    struct pollfd files[IPC_MAX_CLIENTS + 1];
    int count = 0;
    for (; count < server->client_count; count++)
        files[count] = (struct pollfd){.fd = server->clients[count].file, .events = POLLIN};
    if (count < IPC_MAX_CLIENTS)
        files[count++] = (struct pollfd){.fd = server->file, .events = POLLIN};
    return poll(files, (nfds_t)count, (int)(1000 * seconds)) > 0;
}
