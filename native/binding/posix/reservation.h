#pragma once

#include <napi.h>

#include <cstdint>

namespace posix_ipc::binding {

// posix_fallocate(3) of a large object, on a thread of its own: 0.36 ms per MiB are too long for the event
// loop, and the pool of libuv belongs to files and names.
class Reservation {
 public:
  // Calls `done(errno)` once, 0 for success and ECANCELED after the answer of this function has been called.
  static Napi::Function start(Napi::Env env, int descriptor, uint64_t size, Napi::Function done);
};

}  // namespace posix_ipc::binding
