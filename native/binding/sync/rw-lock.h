#pragma once

#include "binding/sync/lock.h"
#include "core/sync/rw-lock.h"

namespace posix_ipc::binding {

class RwLock : public LockWrap<RwLock, sync::RwLock> {
 public:
  static Napi::Function define(Napi::Env env);
  using LockWrap::LockWrap;

  Napi::Value attempt_read(const Napi::CallbackInfo& info);
  Napi::Value attempt_write(const Napi::CallbackInfo& info);
  Napi::Value read_sync(const Napi::CallbackInfo& info);
  Napi::Value write_sync(const Napi::CallbackInfo& info);
  void give_up(const Napi::CallbackInfo& info);
  void unlock_read(const Napi::CallbackInfo& info);
  void unlock_write(const Napi::CallbackInfo& info);
  void abandon(const Napi::CallbackInfo& info);
  void make_consistent(const Napi::CallbackInfo& info);
};

}  // namespace posix_ipc::binding
