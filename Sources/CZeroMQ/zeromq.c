#include "CZeroMQ.h"
#include <dlfcn.h>
#include <stddef.h>

static oche_zmq functions;

const oche_zmq *oche_zmq_load(void) {
    static const char *const files[] = {"libzmq.so.5", "libzmq.5.dylib", "libzmq.so", "libzmq.dylib"};
    static const struct { const char *name; size_t place; } symbols[] = {
#define symbol(field, function) {#function, offsetof(oche_zmq, field)}
        symbol(ctx_new, zmq_ctx_new), symbol(ctx_shutdown, zmq_ctx_shutdown), symbol(ctx_term, zmq_ctx_term), symbol(socket, zmq_socket),
        symbol(setsockopt, zmq_setsockopt), symbol(bind, zmq_bind), symbol(close, zmq_close), symbol(poll, zmq_poll), symbol(send, zmq_send),
        symbol(msg_init, zmq_msg_init), symbol(msg_recv, zmq_msg_recv), symbol(msg_send, zmq_msg_send), symbol(msg_close, zmq_msg_close),
        symbol(msg_data, zmq_msg_data), symbol(msg_size, zmq_msg_size), symbol(msg_more, zmq_msg_more), symbol(problem, zmq_errno),
        symbol(strerror, zmq_strerror),
#undef symbol
    };
    void *library = NULL;
    for (size_t i = 0; i < sizeof files / sizeof *files && library == NULL; i++) library = dlopen(files[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return NULL;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *found = dlsym(library, symbols[i].name);
        if (found == NULL) return NULL;
        *(void **)((char *)&functions + symbols[i].place) = found;
    }
    return &functions;
}
