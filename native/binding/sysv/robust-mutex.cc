#include "binding/sysv/robust-mutex.h"

#include "binding/bound.h"
#include "binding/environment.h"
#include "binding/error.h"
#include "binding/patience.h"
#include "core/sysv/robust-mutex.h"

namespace posix_ipc::binding {
namespace {

using sysv::RobustMutex;
using Attempt = RobustMutex::Attempt;

// What the bound functions carry.
struct Held {
  int id;
  RobustMutex mutex;
  Subject subject() const { return Subject::id(id); }
};

RobustMutex& open(napi_env env, Held& held, const char* method) {
  if (held.mutex.closed()) throw_closed(env, method, held.subject());
  return held.mutex;
}

// Nothing (undefined) when it is locked, the frequent answer; else 1 or 2.
napi_value answer_of(napi_env env, Attempt attempt) {
  return attempt == Attempt::locked ? nullptr : integer(env, static_cast<int64_t>(attempt));
}

napi_value try_lock(napi_env env, napi_callback_info info) {
  Held& held = *BoundCall<Held, 0>(env, info).object;
  return guarded(env, [&] {
    return answer_of(env, expect(env, open(env, held, "tryLock").try_lock(), held.subject()));
  });
}

// lockSync(timeout, signals)
napi_value lock_sync(napi_env env, napi_callback_info info) {
  const BoundCall<Held, 2> call(env, info);
  Held& held = *call.object;
  return guarded(env, [&] {
    RobustMutex& mutex = open(env, held, "lockSync");
    const auto patience = patience_of(env, call.arguments[0], call.arguments[1]);
    return answer_of(env, expect(env, mutex.lock(patience), held.subject()));
  });
}

napi_value make_consistent(napi_env env, napi_callback_info info) {
  Held& held = *BoundCall<Held, 0>(env, info).object;
  return guarded(env, [&]() -> napi_value {
    expect(env, open(env, held, "makeConsistent").make_consistent(), held.subject());
    return nullptr;
  });
}

napi_value unlock(napi_env env, napi_callback_info info) {
  Held& held = *BoundCall<Held, 0>(env, info).object;
  return guarded(env, [&]() -> napi_value {
    expect(env, open(env, held, "unlock").unlock(), held.subject());
    return nullptr;
  });
}

napi_value close(napi_env env, napi_callback_info info) {
  Held& held = *BoundCall<Held, 0>(env, info).object;
  return guarded(env, [&]() -> napi_value {
    expect(env, held.mutex.close(), held.subject());
    return nullptr;
  });
}

Result<RobustMutex> obtain(Intent intent, std::shared_ptr<Mapping> mapping, size_t offset) {
  switch (intent) {
    case Intent::create:
      return RobustMutex::create(std::move(mapping), offset);
    case Intent::open_or_create:
      return RobustMutex::open_or_create(std::move(mapping), offset);
    default:
      return RobustMutex::open(std::move(mapping), offset);
  }
}

}  // namespace

Napi::Object robust_mutex(Napi::Env env, Intent intent, std::shared_ptr<Mapping> mapping, size_t offset,
                          int id) {
  auto mutex = expect(env, obtain(intent, std::move(mapping), offset), Subject::id(id));
  Environment::of(env).answers[0] = mutex.created();
  auto held = std::make_shared<Held>(Held{id, std::move(mutex)});
  auto calls = Napi::Object::New(env);
  calls["tryLock"] = bound(env, "tryLock", try_lock, held);
  calls["lockSync"] = bound(env, "lockSync", lock_sync, held);
  calls["makeConsistent"] = bound(env, "makeConsistent", make_consistent, held);
  calls["unlock"] = bound(env, "unlock", unlock, held);
  calls["close"] = bound(env, "close", close, held);
  return calls;
}

}  // namespace posix_ipc::binding
