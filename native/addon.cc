#include <napi.h>

#include "binding/arguments.h"
#include "binding/channel/channel.h"
#include "binding/channel/side.h"
#include "binding/environment.h"
#include "binding/error.h"
#include "binding/guard.h"
#include "binding/posix/message-queue.h"
#include "binding/posix/semaphore.h"
#include "binding/posix/shared-memory.h"
#include "binding/sync/barrier.h"
#include "binding/sync/condition.h"
#include "binding/sync/mutex.h"
#include "binding/sync/rw-lock.h"
#include "binding/sysv/message-queue.h"
#include "binding/sysv/semaphore-set.h"
#include "binding/sysv/shared-memory.h"
#include "core/exit-cleanup.h"
#include "core/sysv/key.h"

namespace {

using namespace posix_ipc::binding;

// setErrorFactory((errno, syscall, kind, subject, field) => IpcError)
void set_error_factory(const Napi::CallbackInfo& info) {
  Environment::of(info.Env()).make_error = Napi::Persistent(info[0].As<Napi::Function>());
}

// ftok(path, project) => number
Napi::Value ftok(const Napi::CallbackInfo& info) {
  const std::string path = string_of(info.Env(), info[0]);
  const auto key =
      expect(info.Env(), posix_ipc::sysv::key_of(path, int_of(info.Env(), info[1])), Subject::path(path));
  return Napi::Number::New(info.Env(), static_cast<uint32_t>(key));
}

void arm_exit_cleanup(const Napi::CallbackInfo&) { posix_ipc::exit_cleanup::arm(); }

void keep_alive(const Napi::CallbackInfo& info) { Environment::of(info.Env()).loop().keep_alive(); }

// cancelWait(id), cancelWaitNow(id)
void cancel_wait(const Napi::CallbackInfo& info) {
  Environment::of(info.Env()).loop().cancel(static_cast<uint32_t>(number_of(info.Env(), info[0])));
}

void cancel_wait_now(const Napi::CallbackInfo& info) {
  Environment::of(info.Env()).loop().cancel_now(static_cast<uint32_t>(number_of(info.Env(), info[0])));
}

// openWatcher(ready) => whether there is one; lib keeps `ready`.
Napi::Value open_watcher(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(),
                            Environment::of(info.Env()).open_watcher(info[0].As<Napi::Function>()));
}

// readWatcher(into: Int32Array) => number of pairs
Napi::Value read_watcher(const Napi::CallbackInfo& info) {
  auto into = info[0].As<Napi::Int32Array>();
  Watcher* watcher = Environment::of(info.Env()).watcher();
  const size_t pairs = watcher == nullptr ? 0 : watcher->read(into.Data(), into.ElementLength() / 2);
  return Napi::Number::New(info.Env(), static_cast<double>(pairs));
}

// unwatch(watch descriptor)
void unwatch(const Napi::CallbackInfo& info) {
  Watcher* watcher = Environment::of(info.Env()).watcher();
  if (watcher != nullptr) watcher->remove(int_of(info.Env(), info[0]));
}

Napi::Object register_addon(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment(env);
  env.SetInstanceData(environment);

  exports["answers"] =
      Napi::Float64Array::New(env, Environment::word_count, environment->answers_buffer.Value(), 0);
  exports["setErrorFactory"] = Napi::Function::New<set_error_factory>(env, "setErrorFactory");
  exports["PosixSharedMemory"] = PosixSharedMemory::define(env);
  exports["PosixSemaphore"] = PosixSemaphore::define(env);
  exports["PosixMessageQueue"] = PosixMessageQueue::define(env);
  exports["Mutex"] = Mutex::define(env);
  exports["RwLock"] = RwLock::define(env);
  exports["Barrier"] = Barrier::define(env);
  exports["Condition"] = Condition::define(env);
  exports["Channel"] = Channel::define(env);
  exports["ChannelSide"] = ChannelSide::define(env);
  exports["openWatcher"] = Napi::Function::New<open_watcher>(env, "openWatcher");
  exports["readWatcher"] = Napi::Function::New<read_watcher>(env, "readWatcher");
  exports["unwatch"] = Napi::Function::New<unwatch>(env, "unwatch");
  exports["SysvAttachment"] = SysvAttachment::define(env);
  exports["sysvSharedMemory"] = sysv_shared_memory(env);
  exports["sysvSemaphoreSet"] = sysv_semaphore_set(env);
  exports["sysvMessageQueue"] = sysv_message_queue(env);
  exports["guard"] = guard(env);
  exports["keepAlive"] = Napi::Function::New<keep_alive>(env, "keepAlive");
  exports["cancelWait"] = Napi::Function::New<cancel_wait>(env, "cancelWait");
  exports["cancelWaitNow"] = Napi::Function::New<cancel_wait_now>(env, "cancelWaitNow");
  exports["ftok"] = Napi::Function::New<ftok>(env, "ftok");
  exports["armExitCleanup"] = Napi::Function::New<arm_exit_cleanup>(env, "armExitCleanup");
  return exports;
}

}  // namespace

NODE_API_MODULE(posix_ipc, register_addon)
