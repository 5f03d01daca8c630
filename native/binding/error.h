#pragma once

#include <napi.h>

#include <string>
#include <utility>

#include "core/result.h"

namespace posix_ipc::binding {

// What a refused call was about: becomes `path`, `key` or `id` of the error.
class Subject {
 public:
  static Subject path(const std::string& name) { return Subject("path", &name, 0); }
  static Subject key(double key) { return Subject("key", nullptr, key); }
  static Subject none() { return Subject("", nullptr, 0); }
  static Subject id(double id) { return Subject("id", nullptr, id); }

  const char* kind() const { return kind_; }
  Napi::Value value(Napi::Env env) const {
    if (name_ != nullptr) return Napi::String::New(env, *name_);
    return Napi::Number::New(env, number_);
  }

 private:
  Subject(const char* kind, const std::string* name, double number)
      : kind_(kind), name_(name), number_(number) {}

  const char* kind_;
  const std::string* name_;
  double number_;
};

// The one place where a refusal of the system becomes an exception.
// `field`: of a segment, where that is wrong.
Napi::Error error_value(Napi::Env env, const SystemError& error, const Subject& subject,
                        const char* field = nullptr);
[[noreturn]] void throw_error(Napi::Env env, const SystemError& error, const Subject& subject,
                              const char* field = nullptr);
// A call on a handle that close() has ended: EBADF, with the method's name.
[[noreturn]] void throw_closed(Napi::Env env, const char* method, const Subject& subject);
// A call on a handle whose object lost its bytes: ESTALE, with the method's name.
[[noreturn]] void throw_stale(Napi::Env env, const char* method, const Subject& subject);

// The value, or the exception.
template <typename T>
T expect(Napi::Env env, Result<T> result, const Subject& subject) {
  if (!result.ok()) throw_error(env, result.error(), subject);
  return result.take();
}

}  // namespace posix_ipc::binding
