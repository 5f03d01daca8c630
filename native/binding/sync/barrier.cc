#include "binding/sync/barrier.h"

namespace posix_ipc::binding {

Napi::Function Barrier::define(Napi::Env env) {
  auto methods = lock_methods();
  methods.insert(methods.end(), {
                                    InstanceMethod<&Barrier::arrive>("arrive"),
                                    InstanceMethod<&Barrier::look>("look"),
                                    InstanceMethod<&Barrier::withdraw>("withdraw"),
                                    InstanceMethod<&Barrier::wait_sync>("waitSync"),
                                    InstanceMethod<&Barrier::reset>("reset"),
                                });
  return DefineClass(env, "Barrier", methods);
}

// arrive(), look() => outcome; `inherited` is the serial one.
Napi::Value Barrier::arrive(const Napi::CallbackInfo& info) { return outcome(info, open("wait").arrive()); }

Napi::Value Barrier::look(const Napi::CallbackInfo& info) { return outcome(info, open("wait").look()); }

// withdraw() => whether it was in time
Napi::Value Barrier::withdraw(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), expect(info.Env(), open("wait").withdraw(), subject()));
}

// waitSync(timeout, signals) => outcome
Napi::Value Barrier::wait_sync(const Napi::CallbackInfo& info) {
  return outcome(info, open("waitSync").wait(patience_of(info.Env(), info[0], info[1])));
}

void Barrier::reset(const Napi::CallbackInfo& info) { expect_done(info, open("reset").reset()); }

}  // namespace posix_ipc::binding
