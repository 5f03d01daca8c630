#pragma once

#include <cstdint>

#include "core/segment/c.h"

// 32-bit words of shared memory. All of it is sequentially consistent: posix-ipc/channel.h says why.
namespace posix_ipc {

inline uint32_t load(const uint32_t* word) { return pipc_load(word); }
inline void store(uint32_t* word, uint32_t value) { pipc_store(word, value); }
inline bool exchange_if(uint32_t* word, uint32_t expected, uint32_t value) {
  return pipc_exchange_if(word, expected, value) != 0;
}
inline void increase(uint32_t* word) { pipc_increase(word); }

}  // namespace posix_ipc
