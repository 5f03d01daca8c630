#pragma once

#include <napi.h>

#include <memory>

#include "binding/channel/channel.h"
#include "core/channel/side.h"

namespace posix_ipc::binding {

// A writer or a reader: new (channel, role). Answers: the owner word of its seat.
class ChannelSide : public Napi::ObjectWrap<ChannelSide> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ChannelSide(const Napi::CallbackInfo& info);

  Napi::Value begin_turn(const Napi::CallbackInfo& info);
  void wait_sync(const Napi::CallbackInfo& info);
  void end_turn(const Napi::CallbackInfo& info);
  Napi::Value alone(const Napi::CallbackInfo& info);
  Napi::Value count(const Napi::CallbackInfo& info);
  Napi::Value stale(const Napi::CallbackInfo& info);
  void ring(const Napi::CallbackInfo& info);
  void announce(const Napi::CallbackInfo& info);
  Napi::Value watch(const Napi::CallbackInfo& info);
  Napi::Value start_sleep(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

 private:
  posix_ipc::ChannelSide& open(const char* method);
  posix_ipc::ChannelSide::Want want_of(const Napi::CallbackInfo& info) const;
  Subject subject() const { return Subject::path(name_); }

  std::string name_;
  // Its words lie there; so it goes last.
  std::shared_ptr<Mapping> mapping_;
  // Also with a thread that sleeps.
  std::shared_ptr<posix_ipc::ChannelSide> side_;
};

}  // namespace posix_ipc::binding
