#pragma once

#include <napi.h>

#include "binding/memory.h"

namespace posix_ipc::binding {

// new (id, readOnly): shmat(2); close() is shmdt(2). Answers: size.
class SysvAttachment : public MemoryWrap<SysvAttachment> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit SysvAttachment(const Napi::CallbackInfo& info);

  Napi::Value robust_mutex(const Napi::CallbackInfo& info);

  Subject subject() const { return Subject::id(id_); }
  void on_close() {}

 private:
  int id_;
  bool read_only_;
};

// get, stat, set, remove, lockPages, unlockPages, removeOnExit: a segment is its identifier and holds nothing
// here.
Napi::Object sysv_shared_memory(Napi::Env env);

}  // namespace posix_ipc::binding
