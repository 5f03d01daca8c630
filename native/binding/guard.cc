#include "binding/guard.h"

#include "core/guard/handler.h"

namespace posix_ipc::binding {
namespace {

Napi::Value install_again(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), posix_ipc::guard::install_again());
}

void enable(const Napi::CallbackInfo&) { posix_ipc::guard::enable(); }

void disable(const Napi::CallbackInfo&) { posix_ipc::guard::disable(); }

Napi::Value enabled(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), posix_ipc::guard::enabled());
}

}  // namespace

Napi::Object guard(Napi::Env env) {
  auto functions = Napi::Object::New(env);
  functions["installAgain"] = Napi::Function::New<install_again>(env, "installAgain");
  functions["enable"] = Napi::Function::New<enable>(env, "enable");
  functions["disable"] = Napi::Function::New<disable>(env, "disable");
  functions["enabled"] = Napi::Function::New<enabled>(env, "enabled");
  return functions;
}

}  // namespace posix_ipc::binding
