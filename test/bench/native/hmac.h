/** HMAC-SHA256 (RFC 2104, FIPS 180-4), by which clients prove that they have a token. */
#ifndef BENCH_HMAC_H_
#define BENCH_HMAC_H_

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

/** `key` has at most 64 bytes, `text` at most 64. */
void hmac_sha256(const uint8_t *key, size_t key_size, const uint8_t *text, size_t text_size,
                 uint8_t mac[SHA256_SIZE]);

#endif
