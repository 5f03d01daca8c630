#include "binding/sync/condition.h"

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

// look(noted) => outcome
Napi::Value Condition::look(const Napi::CallbackInfo& info) {
  return outcome(info, open("wait").look(static_cast<uint32_t>(number_of(info.Env(), info[0]))));
}

// waitSync(noted, timeout, signals) => outcome
Napi::Value Condition::wait_sync(const Napi::CallbackInfo& info) {
  const auto noted = static_cast<uint32_t>(number_of(info.Env(), info[0]));
  return outcome(info, open("waitSync").wait_since(noted, patience_of(info.Env(), info[1], info[2])));
}

void Condition::signal(const Napi::CallbackInfo& info) { expect_done(info, open("signal").signal()); }

}  // namespace posix_ipc::binding
