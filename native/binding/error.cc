#include "binding/error.h"

#include "binding/environment.h"

namespace posix_ipc::binding {

Napi::Error error_value(Napi::Env env, const SystemError& error, const Subject& subject, const char* field) {
  auto value = Environment::of(env).make_error.Call({
      Napi::Number::New(env, error.number),
      Napi::String::New(env, error.syscall),
      Napi::String::New(env, subject.kind()),
      subject.value(env),
      field == nullptr ? env.Undefined() : Napi::String::New(env, field),
  });
  return value.As<Napi::Error>();
}

void throw_error(Napi::Env env, const SystemError& error, const Subject& subject, const char* field) {
  throw error_value(env, error, subject, field);
}

void throw_closed(Napi::Env env, const char* method, const Subject& subject) {
  throw_error(env, {EBADF, method}, subject);
}

void throw_stale(Napi::Env env, const char* method, const Subject& subject) {
  throw_error(env, {ESTALE, method}, subject);
}

}  // namespace posix_ipc::binding
