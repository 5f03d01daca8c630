#include "binding/environment.h"

#include <algorithm>

namespace posix_ipc::binding {

Environment::Environment(Napi::Env env) : env_(env) {
  auto buffer = Napi::ArrayBuffer::New(env, word_count * sizeof(double));
  answers = static_cast<double*>(buffer.Data());
  std::fill_n(answers, word_count, 0.0);
  answers_buffer = Napi::Persistent(buffer);
}

Loop& Environment::loop() {
  if (loop_ == nullptr) loop_ = std::make_unique<Loop>(env_, answers[alive_wanted], answers[alive_told]);
  return *loop_;
}

bool Environment::open_watcher(const Napi::Function& ready) {
  if (watcher_ == nullptr) watcher_ = Watcher::open(loop(), ready);
  return watcher_ != nullptr;
}

}  // namespace posix_ipc::binding
