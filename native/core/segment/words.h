#pragma once

#include <cstdint>

// 32-bit words of shared memory. All of it is sequentially consistent: "publish, then look whether somebody
// sleeps" against "say that I sleep, then look again" needs that order on both sides; acquire and release let
// both miss each other (store buffering).
namespace posix_ipc {

inline uint32_t load(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
inline void store(uint32_t* word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }
inline uint32_t exchange(uint32_t* word, uint32_t value) {
  return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}
inline bool exchange_if(uint32_t* word, uint32_t expected, uint32_t value) {
  return __atomic_compare_exchange_n(word, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
inline void increase(uint32_t* word) { __atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST); }
inline void set_bits(uint32_t* word, uint32_t bits) { __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST); }

}  // namespace posix_ipc
