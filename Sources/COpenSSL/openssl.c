#include "COpenSSL.h"
#include <dlfcn.h>
#include <stddef.h>

static oche_crypto functions;

const oche_crypto *oche_crypto_load(void) {
    static const char *const files[] = {"libcrypto.so.3", "libcrypto.3.dylib"};
    void *library = NULL;
    for (size_t i = 0; i < sizeof files / sizeof *files && library == NULL; i++) library = dlopen(files[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return NULL;
    *(void **)&functions.digest_by_name = dlsym(library, "EVP_get_digestbyname");
    *(void **)&functions.hmac = dlsym(library, "HMAC");
    *(void **)&functions.compare = dlsym(library, "CRYPTO_memcmp");
    return functions.digest_by_name != NULL && functions.hmac != NULL && functions.compare != NULL ? &functions : NULL;
}
