#pragma once

#include "binding/sync/lock.h"
#include "core/sync/condition.h"

namespace posix_ipc::binding {

class Condition : public LockWrap<Condition, sync::Condition> {
 public:
  static Napi::Function define(Napi::Env env);
  using LockWrap::LockWrap;

  Napi::Value note(const Napi::CallbackInfo& info);
  Napi::Value look(const Napi::CallbackInfo& info);
  Napi::Value wait_sync(const Napi::CallbackInfo& info);
  void signal(const Napi::CallbackInfo& info);
};

}  // namespace posix_ipc::binding
