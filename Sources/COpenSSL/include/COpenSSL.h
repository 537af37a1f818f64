// HMAC of libcrypto, loaded when a kernel starts: linked, the library would cost every start of the program a millisecond.
#pragma once
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#pragma clang assume_nonnull begin
typedef struct oche_crypto {
    __typeof__(&EVP_get_digestbyname) digest_by_name;
    __typeof__(&HMAC) hmac;
    __typeof__(&CRYPTO_memcmp) compare;
} oche_crypto;
#pragma clang assume_nonnull end

/// The library; NULL when it is not there, or lacks a function. From one thread at first.
const oche_crypto *_Nullable oche_crypto_load(void);
