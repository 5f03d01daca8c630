#include "binding/environment.h"

namespace posix_ipc::binding {

Environment::Environment(Napi::Env env) {
  auto buffer = Napi::ArrayBuffer::New(env, answer_count * sizeof(double));
  answers = static_cast<double*>(buffer.Data());
  answers_buffer = Napi::Persistent(buffer);
}

}  // namespace posix_ipc::binding
