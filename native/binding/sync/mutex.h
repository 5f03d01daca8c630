#pragma once

#include "binding/sync/lock.h"
#include "core/sync/mutex.h"

namespace posix_ipc::binding {

class Mutex : public LockWrap<Mutex, sync::Mutex> {
 public:
  static Napi::Function define(Napi::Env env);
  using LockWrap::LockWrap;

  Napi::Value attempt(const Napi::CallbackInfo& info);
  Napi::Value lock_sync(const Napi::CallbackInfo& info);
  void unlock(const Napi::CallbackInfo& info);
  void abandon(const Napi::CallbackInfo& info);
  void make_consistent(const Napi::CallbackInfo& info);

  // For a condition that waits for it.
  const sync::Mutex& lock() { return open("lock"); }
};

}  // namespace posix_ipc::binding
