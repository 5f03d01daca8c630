#include "binding/sync/mutex.h"

namespace posix_ipc::binding {

Napi::Function Mutex::define(Napi::Env env) {
  auto methods = lock_methods();
  methods.insert(methods.end(), {
                                    InstanceMethod<&Mutex::attempt>("attempt"),
                                    InstanceMethod<&Mutex::lock_sync>("lockSync"),
                                    InstanceMethod<&Mutex::unlock>("unlock"),
                                    InstanceMethod<&Mutex::abandon>("abandon"),
                                    InstanceMethod<&Mutex::make_consistent>("makeConsistent"),
                                });
  return DefineClass(env, "Mutex", methods);
}

// attempt(waiting) => outcome
Napi::Value Mutex::attempt(const Napi::CallbackInfo& info) {
  return outcome(info, open("lock").attempt(bool_of(info.Env(), info[0])));
}

// lockSync(timeout, signals) => outcome
Napi::Value Mutex::lock_sync(const Napi::CallbackInfo& info) {
  return outcome(info, open("lockSync").lock(patience_of(info.Env(), info[0], info[1])));
}

void Mutex::unlock(const Napi::CallbackInfo& info) { expect_done(info, open("unlock").unlock()); }

void Mutex::abandon(const Napi::CallbackInfo& info) { expect_done(info, open("unlock").abandon()); }

void Mutex::make_consistent(const Napi::CallbackInfo& info) {
  expect_done(info, open("makeConsistent").make_consistent());
}

}  // namespace posix_ipc::binding
