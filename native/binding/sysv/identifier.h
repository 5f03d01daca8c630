#pragma once

#include <napi.h>

#include "binding/arguments.h"
#include "binding/environment.h"
#include "binding/error.h"
#include "core/exit-cleanup.h"
#include "core/sysv/key.h"

// What the three System V kinds have in common on the way from and to JavaScript.
namespace posix_ipc::binding {

// The start of every `get`: (intent, key, …).
struct Lookup {
  Intent intent;
  key_t key;
  Subject subject;

  static Lookup of(const Napi::CallbackInfo& info) {
    const double key = number_of(info.Env(), info[1]);
    return {static_cast<Intent>(int_of(info.Env(), info[0])), static_cast<key_t>(static_cast<uint32_t>(key)),
            Subject::key(key)};
  }
};

// The id; answers: created.
inline Napi::Value identified(Napi::Env env, Result<sysv::Identifier> result, const Subject& subject) {
  const auto identifier = expect(env, std::move(result), subject);
  Environment::of(env).answers[0] = identifier.created;
  return Napi::Number::New(env, identifier.id);
}

// (id, uid, gid, mode, …), -1 for what stays.
inline sysv::Permissions permissions_of(const Napi::CallbackInfo& info) {
  const auto field = [&](size_t index) { return static_cast<long>(number_of(info.Env(), info[index])); };
  return {field(1), field(2), field(3)};
}

// The functions (id) => void.
template <Status (*call)(int)>
void by_id(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  expect(info.Env(), call(id), Subject::id(id));
}

// remove(id), which also keeps the promise of removeOnExit.
template <Status (*call)(int), exit_cleanup::Kind kind>
void remove_by_id(const Napi::CallbackInfo& info) {
  by_id<call>(info);
  exit_cleanup::forget(kind, int_of(info.Env(), info[0]));
}

template <exit_cleanup::Kind kind>
void remove_on_exit(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  expect(info.Env(), exit_cleanup::promise(kind, id), Subject::id(id));
}

}  // namespace posix_ipc::binding
