/* server.h -- takes messages (packet.h) from programs of this machine, by TCP. Nothing waits; one thread. */
#ifndef WFVIEW_IPC_SERVER_H
#define WFVIEW_IPC_SERVER_H

#include "packet.h"

typedef struct server server;

/* A message that can be read. It is valid until the function returns. */
typedef void server_take(void *user, const packet *packet);

/* A connection was closed since what came was no message: a sentence. */
typedef void server_complain(void *user, const char *sentence);

/* Listens at HOST:PORT, where HOST is 127.0.0.1 or localhost, and nowhere else. NULL and *error. */
server *server_open(const char *address, error *error);
void server_close(server *server); /* NULL is ignored */

/* Takes in what has come, up to some dozens of megabytes. Returns whether there may be more at once. */
bool server_poll(server *server, server_take *take, server_complain *complain, void *user);

/* Someone is connected. */
bool server_is_used(const server *server);

/* HOST:PORT as above, or *error. */
bool server_check(const char *address, int *port, error *error);

#endif
