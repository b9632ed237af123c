#include "hmac.h"

#include <string.h>

#define BLOCK_SIZE 64

static const uint32_t ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turned(uint32_t word, unsigned bits) { return word >> bits | word << (32 - bits); }

static void add_block(uint32_t state[8], const uint8_t *block) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++) {
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
           block[4 * i + 3];
  }
  for (int i = 16; i < 64; i++) {
    uint32_t a = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t b = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  uint32_t v[8];
  memcpy(v, state, sizeof v);
  for (int i = 0; i < 64; i++) {
    uint32_t high = turned(v[4], 6) ^ turned(v[4], 11) ^ turned(v[4], 25);
    uint32_t first = v[7] + high + ((v[4] & v[5]) ^ (~v[4] & v[6])) + ROUND[i] + w[i];
    uint32_t low = turned(v[0], 2) ^ turned(v[0], 13) ^ turned(v[0], 22);
    uint32_t second = low + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += first;
    v[0] = first + second;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

/** SHA-256 of one block and `size` (at most 64) bytes after it. */
static void digest(const uint8_t block[BLOCK_SIZE], const uint8_t *rest, size_t size,
                   uint8_t out[SHA256_SIZE]) {
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t tail[2 * BLOCK_SIZE] = {0};
  add_block(state, block);
  memcpy(tail, rest, size);
  tail[size] = 0x80;
  size_t blocks = size + 9 > BLOCK_SIZE ? 2 : 1;
  size_t bits = (BLOCK_SIZE + size) * 8;
  tail[blocks * BLOCK_SIZE - 2] = (uint8_t)(bits >> 8);
  tail[blocks * BLOCK_SIZE - 1] = (uint8_t)bits;
  for (size_t i = 0; i < blocks; i++) add_block(state, tail + i * BLOCK_SIZE);
  for (int i = 0; i < SHA256_SIZE; i++) out[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

void hmac_sha256(const uint8_t *key, size_t key_size, const uint8_t *text, size_t text_size,
                 uint8_t mac[SHA256_SIZE]) {
  uint8_t inner[BLOCK_SIZE] = {0};
  uint8_t outer[BLOCK_SIZE];
  memcpy(inner, key, key_size);
  for (int i = 0; i < BLOCK_SIZE; i++) {
    outer[i] = inner[i] ^ 0x5c;
    inner[i] ^= 0x36;
  }
  digest(inner, text, text_size, mac);
  digest(outer, mac, SHA256_SIZE, mac);
}
