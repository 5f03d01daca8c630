#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "binding/error.h"
#include "core/posix/semaphore.h"

namespace posix_ipc::binding {

// new (intent, name, value, mode, owner); answers: created.
class PosixSemaphore : public Napi::ObjectWrap<PosixSemaphore> {
 public:
  static Napi::Function define(Napi::Env env);
  static void unlink(const Napi::CallbackInfo& info);
  explicit PosixSemaphore(const Napi::CallbackInfo& info);

  Napi::Value value(const Napi::CallbackInfo& info);
  // The two hot calls as functions of their own.
  Napi::Value bind_post(const Napi::CallbackInfo& info);
  Napi::Value bind_try_wait(const Napi::CallbackInfo& info);
  void wait_sync(const Napi::CallbackInfo& info);
  Napi::Value start_wait(const Napi::CallbackInfo& info);
  Napi::Value stat(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  void unlink_on_exit(const Napi::CallbackInfo& info);

 private:
  // What the bound functions carry.
  struct Held {
    std::string name;
    posix::Semaphore semaphore;
    Subject subject() const { return Subject::path(name); }
    bool usable() const { return !semaphore.closed() && !semaphore.broken(); }
    [[noreturn]] void throw_unusable(napi_env env, const char* method) const;
  };

  static napi_value post(napi_env env, napi_callback_info info);
  static napi_value try_wait(napi_env env, napi_callback_info info);
  posix::Semaphore& open(const char* method);

  std::shared_ptr<Held> held_;
};

}  // namespace posix_ipc::binding
