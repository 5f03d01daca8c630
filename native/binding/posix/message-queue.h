#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "binding/error.h"
#include "binding/loop.h"
#include "core/posix/message-queue.h"

namespace posix_ipc::binding {

// new (intent, name, maxMessages | -1, messageSize | -1, mode, access, owner); answers: created, maxMessages,
// messageSize.
class PosixMessageQueue : public Napi::ObjectWrap<PosixMessageQueue> {
 public:
  static Napi::Function define(Napi::Env env);
  static void unlink(const Napi::CallbackInfo& info);
  explicit PosixMessageQueue(const Napi::CallbackInfo& info);

  // The two hot calls as functions of their own.
  Napi::Value bind_try_send(const Napi::CallbackInfo& info);
  Napi::Value bind_try_receive(const Napi::CallbackInfo& info);
  void send_sync(const Napi::CallbackInfo& info);
  Napi::Value receive_sync(const Napi::CallbackInfo& info);
  // The descriptor in the event loop: `poll(callback(events))` once, then `watch(events)`.
  void poll(const Napi::CallbackInfo& info);
  void watch(const Napi::CallbackInfo& info);
  void notify(const Napi::CallbackInfo& info);
  void cancel_notify(const Napi::CallbackInfo& info);
  Napi::Value length(const Napi::CallbackInfo& info);
  Napi::Value stat(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  void unlink_on_exit(const Napi::CallbackInfo& info);

 private:
  // What the bound functions carry.
  struct Held {
    std::string name;
    posix::MessageQueue queue;
    double* answers;

    Subject subject() const { return Subject::path(name); }
    posix::MessageQueue& open(napi_env env, const char* method);
    napi_value received(napi_env env, const posix::MessageQueue::Received& message);
  };

  static napi_value try_send(napi_env env, napi_callback_info info);
  static napi_value try_receive(napi_env env, napi_callback_info info);
  posix::MessageQueue& open(const char* method) { return held_->open(Env(), method); }

  std::shared_ptr<Held> held_;
  std::shared_ptr<Poll> poll_;
};

}  // namespace posix_ipc::binding
