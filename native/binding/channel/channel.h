#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "binding/error.h"
#include "binding/memory.h"
#include "core/channel/channel.h"

namespace posix_ipc::binding {

// new (intent, name, kind, capacity, flags, mode, owner). Answers: created, capacity, flags.
class Channel : public Napi::ObjectWrap<Channel> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit Channel(const Napi::CallbackInfo& info);

  Napi::Value buffer(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  void unlink_on_exit(const Napi::CallbackInfo& info);

  // For a side, which keeps both for as long as it sits.
  const std::shared_ptr<posix_ipc::Channel>& open(const char* method);
  std::shared_ptr<Mapping> share() const { return memory_->share(); }
  Subject subject() const { return Subject::path(name_); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::shared_ptr<posix_ipc::Channel> channel_;
  std::unique_ptr<Memory> memory_;
};

}  // namespace posix_ipc::binding
