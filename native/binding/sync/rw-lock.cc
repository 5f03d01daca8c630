#include "binding/sync/rw-lock.h"

namespace posix_ipc::binding {

Napi::Function RwLock::define(Napi::Env env) {
  auto methods = lock_methods();
  methods.insert(methods.end(), {
                                    InstanceMethod<&RwLock::attempt_read>("attemptRead"),
                                    InstanceMethod<&RwLock::attempt_write>("attemptWrite"),
                                    InstanceMethod<&RwLock::read_sync>("readSync"),
                                    InstanceMethod<&RwLock::write_sync>("writeSync"),
                                    InstanceMethod<&RwLock::give_up>("giveUp"),
                                    InstanceMethod<&RwLock::unlock_read>("unlockRead"),
                                    InstanceMethod<&RwLock::unlock_write>("unlockWrite"),
                                    InstanceMethod<&RwLock::abandon>("abandon"),
                                    InstanceMethod<&RwLock::make_consistent>("makeConsistent"),
                                });
  return DefineClass(env, "RwLock", methods);
}

// attemptRead(waiting), attemptWrite(waiting) => outcome; a reader may be given the writer's lock:
// `inherited`.
Napi::Value RwLock::attempt_read(const Napi::CallbackInfo& info) {
  return outcome(info, open("read").attempt_read(bool_of(info.Env(), info[0])));
}

Napi::Value RwLock::attempt_write(const Napi::CallbackInfo& info) {
  return outcome(info, open("write").attempt_write(bool_of(info.Env(), info[0])));
}

// readSync(timeout, signals), writeSync(timeout, signals) => outcome
Napi::Value RwLock::read_sync(const Napi::CallbackInfo& info) {
  return outcome(info, open("readSync").read(patience_of(info.Env(), info[0], info[1])));
}

Napi::Value RwLock::write_sync(const Napi::CallbackInfo& info) {
  return outcome(info, open("writeSync").write(patience_of(info.Env(), info[0], info[1])));
}

void RwLock::give_up(const Napi::CallbackInfo& info) { expect_done(info, open("write").give_up()); }

void RwLock::unlock_read(const Napi::CallbackInfo& info) { expect_done(info, open("unlock").unlock_read()); }

void RwLock::unlock_write(const Napi::CallbackInfo& info) {
  expect_done(info, open("unlock").unlock_write());
}

void RwLock::abandon(const Napi::CallbackInfo& info) { expect_done(info, open("unlock").abandon()); }

void RwLock::make_consistent(const Napi::CallbackInfo& info) {
  expect_done(info, open("makeConsistent").make_consistent());
}

}  // namespace posix_ipc::binding
