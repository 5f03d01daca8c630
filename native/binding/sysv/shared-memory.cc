#include "binding/sysv/shared-memory.h"

#include "binding/records.h"
#include "binding/sysv/identifier.h"
#include "core/sysv/shared-memory.h"

namespace posix_ipc::binding {
namespace {

using namespace sysv::shared_memory;
constexpr auto kind = exit_cleanup::Kind::sysv_shared_memory;

// get(intent, key, size, mode)
Napi::Value get_segment(const Napi::CallbackInfo& info) {
  const Lookup lookup = Lookup::of(info);
  const auto size = static_cast<size_t>(number_of(info.Env(), info[2]));
  return identified(info.Env(), get(lookup.intent, lookup.key, size, int_of(info.Env(), info[3])),
                    lookup.subject);
}

Napi::Value stat_segment(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int id = int_of(env, info[0]);
  const auto status = expect(env, stat(id), Subject::id(id));
  auto record = ipc_status(env, id, status.shm_perm);
  record["size"] = Napi::Number::New(env, static_cast<double>(status.shm_segsz));
  record["creatorPid"] = Napi::Number::New(env, status.shm_cpid);
  record["lastPid"] = Napi::Number::New(env, status.shm_lpid);
  record["attached"] = Napi::Number::New(env, static_cast<double>(status.shm_nattch));
  record["attachTime"] = date_of(env, status.shm_atime);
  record["detachTime"] = date_of(env, status.shm_dtime);
  record["changeTime"] = date_of(env, status.shm_ctime);
  record["removed"] = Napi::Boolean::New(env, (status.shm_perm.mode & SHM_DEST) != 0);
  record["locked"] = Napi::Boolean::New(env, (status.shm_perm.mode & SHM_LOCKED) != 0);
  return record;
}

void set_segment(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  expect(info.Env(), set(id, permissions_of(info)), Subject::id(id));
}

}  // namespace

Napi::Function SysvAttachment::define(Napi::Env env) {
  return DefineClass(env, "SysvAttachment", memory_methods());
}

SysvAttachment::SysvAttachment(const Napi::CallbackInfo& info)
    : MemoryWrap(info), id_(int_of(info.Env(), info[0])) {
  memory_ =
      std::make_unique<Memory>(expect(info.Env(), attach(id_, bool_of(info.Env(), info[1])), subject()));
  Environment::of(info.Env()).answers[0] = static_cast<double>(memory_->mapping().size());
}

Napi::Object sysv_shared_memory(Napi::Env env) {
  auto functions = Napi::Object::New(env);
  functions["get"] = Napi::Function::New<get_segment>(env, "get");
  functions["stat"] = Napi::Function::New<stat_segment>(env, "stat");
  functions["set"] = Napi::Function::New<set_segment>(env, "set");
  functions["remove"] = Napi::Function::New<remove_by_id<remove, kind>>(env, "remove");
  functions["lockPages"] = Napi::Function::New<by_id<lock_pages>>(env, "lockPages");
  functions["unlockPages"] = Napi::Function::New<by_id<unlock_pages>>(env, "unlockPages");
  functions["removeOnExit"] = Napi::Function::New<remove_on_exit<kind>>(env, "removeOnExit");
  return functions;
}

}  // namespace posix_ipc::binding
