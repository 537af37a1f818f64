// libzmq, loaded when a kernel starts: linked, it and the libraries behind it would cost every start of the program two milliseconds.
#pragma once
#include <zmq.h>

#pragma clang assume_nonnull begin
typedef struct oche_zmq {
    __typeof__(&zmq_ctx_new) ctx_new;
    __typeof__(&zmq_ctx_shutdown) ctx_shutdown;
    __typeof__(&zmq_ctx_term) ctx_term;
    __typeof__(&zmq_socket) socket;
    __typeof__(&zmq_setsockopt) setsockopt;
    __typeof__(&zmq_bind) bind;
    __typeof__(&zmq_close) close;
    __typeof__(&zmq_poll) poll;
    __typeof__(&zmq_send) send;
    __typeof__(&zmq_msg_init) msg_init;
    __typeof__(&zmq_msg_recv) msg_recv;
    __typeof__(&zmq_msg_send) msg_send;
    __typeof__(&zmq_msg_close) msg_close;
    __typeof__(&zmq_msg_data) msg_data;
    __typeof__(&zmq_msg_size) msg_size;
    __typeof__(&zmq_msg_more) msg_more;
    __typeof__(&zmq_errno) problem;
    __typeof__(&zmq_strerror) strerror;
} oche_zmq;
#pragma clang assume_nonnull end

/// The library; NULL when it is not there, or lacks a function. From one thread at first.
const oche_zmq *_Nullable oche_zmq_load(void);
