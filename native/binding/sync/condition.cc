#include "binding/sync/condition.h"

#include "binding/sync/mutex.h"

namespace posix_ipc::binding {

Napi::Function Condition::define(Napi::Env env) {
  auto methods = lock_methods();
  methods.insert(methods.end(), {
                                    InstanceMethod<&Condition::note>("note"),
                                    InstanceMethod<&Condition::look>("look"),
                                    InstanceMethod<&Condition::wait_sync>("waitSync"),
                                    InstanceMethod<&Condition::signal>("signal"),
                                });
  return DefineClass(env, "Condition", methods);
}

// note() => what the next two compare with
Napi::Value Condition::note(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), open("wait").note());
}

// look(noted, mutex) => outcome
Napi::Value Condition::look(const Napi::CallbackInfo& info) {
  const auto noted = static_cast<uint32_t>(number_of(info.Env(), info[0]));
  return outcome(info, open("wait").look(noted, Mutex::Unwrap(info[1].As<Napi::Object>())->lock()));
}

// waitSync(noted, mutex, timeout, signals) => outcome
Napi::Value Condition::wait_sync(const Napi::CallbackInfo& info) {
  const auto noted = static_cast<uint32_t>(number_of(info.Env(), info[0]));
  const sync::Mutex& mutex = Mutex::Unwrap(info[1].As<Napi::Object>())->lock();
  return outcome(info, open("waitSync").wait_since(noted, mutex, patience_of(info.Env(), info[2], info[3])));
}

void Condition::signal(const Napi::CallbackInfo& info) { expect_done(info, open("signal").signal()); }

}  // namespace posix_ipc::binding
