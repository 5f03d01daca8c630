#pragma once

#include "binding/sync/lock.h"
#include "core/sync/barrier.h"

namespace posix_ipc::binding {

class Barrier : public LockWrap<Barrier, sync::Barrier> {
 public:
  static Napi::Function define(Napi::Env env);
  using LockWrap::LockWrap;

  Napi::Value arrive(const Napi::CallbackInfo& info);
  Napi::Value look(const Napi::CallbackInfo& info);
  Napi::Value withdraw(const Napi::CallbackInfo& info);
  Napi::Value wait_sync(const Napi::CallbackInfo& info);
  void reset(const Napi::CallbackInfo& info);
};

}  // namespace posix_ipc::binding
