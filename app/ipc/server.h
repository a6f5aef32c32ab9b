/* server.h -- clients of tev's protocol on sockets that never wait, polled by one thread. Nothing is sent. */
#ifndef WFVIEW_IPC_SERVER_H
#define WFVIEW_IPC_SERVER_H

#include "packet.h"

#define IPC_MAX_CLIENTS 16 /* at a time; others wait until one has gone */

typedef struct ipc_server ipc_server;

/* HOST:PORT, where HOST is 127.0.0.1 or localhost, which is the same and not looked up: only this machine is listened
 * to. *error says what was expected. */
bool ipc_check_address(const char *address, int *port, error *error);

/* Listens there. NULL and *error: it is no such address, or in use, or there are no sockets. */
ipc_server *ipc_server_open(const char *address, error *error);
void ipc_server_close(ipc_server *server); /* with all connections; NULL is ignored */

typedef enum ipc_event_kind {
    IPC_NOTHING, /* that is not whole yet */
    IPC_RECEIVED,
    IPC_GONE /* a client has ended its connection, or sent what is no packet and was disconnected */
} ipc_event_kind;

typedef struct ipc_event {
    ipc_event_kind kind;
    unsigned client;          /* counted from 1 */
    const ipc_packet *packet; /* of IPC_RECEIVED; valid until the next call */
    error error;              /* of IPC_GONE: why it was disconnected; empty: it ended by itself, between packets */
} ipc_event;

/* The next thing that came, of the client that came first. */
void ipc_server_next(ipc_server *server, ipc_event *event);

/* Waits until something has come, after IPC_NOTHING, or `seconds` have passed. */
bool ipc_server_wait(const ipc_server *server, double seconds);

#endif
