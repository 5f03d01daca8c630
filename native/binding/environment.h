#pragma once

#include <napi.h>

#include <memory>

#include "binding/loop.h"
#include "binding/watcher.h"

namespace posix_ipc::binding {

// What one JavaScript environment (the main thread, or a worker) has of its own. Nothing here is shared.
struct Environment {
  // The second and later answers of a call that has several, read by TypeScript right after it: a store
  // instead of an object. The memory belongs to a JavaScript ArrayBuffer that `answers_buffer` keeps.
  static constexpr size_t answer_count = 4;
  // Behind them: how many handles want the process alive (written by TypeScript), and whether the loop was
  // told so.
  static constexpr size_t alive_wanted = 4;
  static constexpr size_t alive_told = 5;
  static constexpr size_t word_count = 6;
  double* answers;
  Napi::Reference<Napi::ArrayBuffer> answers_buffer;
  // `(errno, syscall, kind, subject, field) => IpcError`, from lib/errors.ts: so `instanceof` and stacks are
  // right.
  Napi::FunctionReference make_error;

  explicit Environment(Napi::Env env);
  // Made at the first wait.
  Loop& loop();
  // Made by openWatcher(); null where there is none to be had.
  Watcher* watcher() { return watcher_.get(); }
  bool open_watcher(const Napi::Function& ready);
  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

 private:
  Napi::Env env_;
  std::unique_ptr<Loop> loop_;
  // Ends before the loop that polls it.
  std::unique_ptr<Watcher> watcher_;
};

}  // namespace posix_ipc::binding
