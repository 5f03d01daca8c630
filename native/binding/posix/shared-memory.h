#pragma once

#include <napi.h>

#include <optional>
#include <string>

#include "binding/memory.h"
#include "core/posix/shared-memory.h"

namespace posix_ipc::binding {

// new (intent, name, size, mode, reserve, readOnly, offset, length, owner); answers: size of the map,
// created.
class PosixSharedMemory : public MemoryWrap<PosixSharedMemory> {
 public:
  static Napi::Function define(Napi::Env env);
  static void unlink(const Napi::CallbackInfo& info);
  explicit PosixSharedMemory(const Napi::CallbackInfo& info);

  void resize(const Napi::CallbackInfo& info);
  Napi::Value reserve(const Napi::CallbackInfo& info);
  Napi::Value stat(const Napi::CallbackInfo& info);
  void advise(const Napi::CallbackInfo& info);
  void lock_pages(const Napi::CallbackInfo& info);
  void unlock_pages(const Napi::CallbackInfo& info);
  void unlink_on_exit(const Napi::CallbackInfo& info);
  Napi::Value descriptor(const Napi::CallbackInfo& info);

  Subject subject() const { return Subject::path(name_); }
  void on_close() { object_.reset(); }

 private:
  std::string name_;
  std::optional<posix::SharedMemory> object_;
};

}  // namespace posix_ipc::binding
