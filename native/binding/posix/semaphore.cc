#include "binding/posix/semaphore.h"

#include "binding/arguments.h"
#include "binding/bound.h"
#include "binding/environment.h"
#include "binding/patience.h"
#include "binding/records.h"
#include "core/exit-cleanup.h"

namespace posix_ipc::binding {
namespace {

using posix::Semaphore;

Result<Semaphore> obtain(const Napi::CallbackInfo& info, const std::string& name) {
  const napi_env env = info.Env();
  const Semaphore::Creation creation = {static_cast<unsigned>(number_of(env, info[2])),
                                        static_cast<mode_t>(number_of(env, info[3]))};
  const OwnerRule owner(static_cast<int64_t>(number_of(env, info[4])));
  switch (static_cast<Intent>(int_of(env, info[0]))) {
    case Intent::create:
      return Semaphore::create(name, creation);
    case Intent::open_or_create:
      return Semaphore::open_or_create(name, creation, owner);
    default:
      return Semaphore::open(name, owner);
  }
}

}  // namespace

Napi::Function PosixSemaphore::define(Napi::Env env) {
  return DefineClass(env, "PosixSemaphore",
                     {
                         StaticMethod<&PosixSemaphore::unlink>("unlink"),
                         InstanceMethod<&PosixSemaphore::value>("value"),
                         InstanceMethod<&PosixSemaphore::bind_post>("bindPost"),
                         InstanceMethod<&PosixSemaphore::bind_try_wait>("bindTryWait"),
                         InstanceMethod<&PosixSemaphore::wait_sync>("waitSync"),
                         InstanceMethod<&PosixSemaphore::start_wait>("startWait"),
                         InstanceMethod<&PosixSemaphore::stat>("stat"),
                         InstanceMethod<&PosixSemaphore::close>("close"),
                         InstanceMethod<&PosixSemaphore::unlink_on_exit>("unlinkOnExit"),
                     });
}

// unlink(name)
void PosixSemaphore::unlink(const Napi::CallbackInfo& info) {
  const std::string name = string_of(info.Env(), info[0]);
  expect(info.Env(), Semaphore::unlink(name), Subject::path(name));
  exit_cleanup::forget(exit_cleanup::Kind::file, Semaphore::path(name));
}

PosixSemaphore::PosixSemaphore(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  std::string name = string_of(info.Env(), info[1]);
  auto semaphore = expect(info.Env(), obtain(info, name), Subject::path(name));
  Environment::of(info.Env()).answers[0] = semaphore.created();
  held_ = std::make_shared<Held>(Held{std::move(name), std::move(semaphore)});
}

void PosixSemaphore::Held::throw_unusable(napi_env env, const char* method) const {
  if (semaphore.closed()) throw_closed(env, method, subject());
  throw_stale(env, method, subject());
}

Semaphore& PosixSemaphore::open(const char* method) {
  if (!held_->usable()) held_->throw_unusable(Env(), method);
  return held_->semaphore;
}

Napi::Value PosixSemaphore::value(const Napi::CallbackInfo& info) {
  const int value = expect(info.Env(), open("value").value(), held_->subject());
  (void)open("value");
  return Napi::Number::New(info.Env(), value);
}

Napi::Value PosixSemaphore::bind_post(const Napi::CallbackInfo& info) {
  return bound(info.Env(), "post", post, held_);
}

Napi::Value PosixSemaphore::bind_try_wait(const Napi::CallbackInfo& info) {
  return bound(info.Env(), "tryWait", try_wait, held_);
}

napi_value PosixSemaphore::post(napi_env env, napi_callback_info info) {
  Held& held = *BoundCall<Held, 0>(env, info).object;
  if (held.usable() && held.semaphore.post() && !held.semaphore.broken()) return nullptr;
  const SystemError error = last_error("sem_post");
  return guarded(env, [&]() -> napi_value {
    if (!held.usable()) held.throw_unusable(env, "post");
    throw_error(env, error, held.subject());
  });
}

// Nothing (undefined) when it took one, true when the value is 0: the frequent answer is the cheaper one.
napi_value PosixSemaphore::try_wait(napi_env env, napi_callback_info info) {
  Held& held = *BoundCall<Held, 0>(env, info).object;
  const bool taken = held.usable() && held.semaphore.try_wait();
  if (!held.usable()) return guarded(env, [&]() -> napi_value { held.throw_unusable(env, "tryWait"); });
  return taken ? nullptr : boolean(env, true);
}

// waitSync(timeout, signals)
void PosixSemaphore::wait_sync(const Napi::CallbackInfo& info) {
  Semaphore& semaphore = open("waitSync");
  auto waited = semaphore.wait(patience_of(info.Env(), info[0], info[1]));
  (void)open("waitSync");
  expect(info.Env(), std::move(waited), held_->subject());
}

// startWait(callback(errno)) => id. lib ends it before it closes the semaphore.
Napi::Value PosixSemaphore::start_wait(const Napi::CallbackInfo& info) {
  (void)open("wait");
  Loop::Work work;
  work.name = "sem:" + held_->name;
  work.call = [held = held_] { return held->semaphore.wait_interruptibly(); };
  return Environment::of(info.Env()).loop().start(std::move(work), info[0].As<Napi::Function>());
}

Napi::Value PosixSemaphore::stat(const Napi::CallbackInfo& info) {
  Semaphore& semaphore = open("stat");
  auto record = file_status(info.Env(), expect(info.Env(), semaphore.stat(), held_->subject()));
  record["value"] = Napi::Number::New(info.Env(), expect(info.Env(), semaphore.value(), held_->subject()));
  (void)open("stat");
  return record;
}

void PosixSemaphore::close(const Napi::CallbackInfo& info) {
  if (held_->semaphore.closed()) return;
  expect(info.Env(), held_->semaphore.close(), held_->subject());
}

void PosixSemaphore::unlink_on_exit(const Napi::CallbackInfo& info) {
  const Semaphore& semaphore = open("unlinkOnExit");
  expect(
      info.Env(),
      exit_cleanup::promise(exit_cleanup::Kind::file, Semaphore::path(held_->name), semaphore.descriptor()),
      held_->subject());
}

}  // namespace posix_ipc::binding
