#include "binding/sysv/shared-memory.h"

#include <cmath>

#include "binding/records.h"
#include "binding/sysv/identifier.h"
#include "binding/sysv/robust-mutex.h"
#include "core/sysv/robust-mutex.h"
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
  auto methods = memory_methods();
  methods.push_back(InstanceMethod<&SysvAttachment::robust_mutex>("robustMutex"));
  return DefineClass(env, "SysvAttachment", methods);
}

SysvAttachment::SysvAttachment(const Napi::CallbackInfo& info)
    : MemoryWrap(info), id_(int_of(info.Env(), info[0])), read_only_(bool_of(info.Env(), info[1])) {
  memory_ = std::make_unique<Memory>(expect(info.Env(), attach(id_, read_only_), subject()));
  Environment::of(info.Env()).answers[0] = static_cast<double>(memory_->mapping().size());
}

// robustMutex(intent, offset)
Napi::Value SysvAttachment::robust_mutex(const Napi::CallbackInfo& info) {
  using sysv::RobustMutex;
  Memory& memory = open("robustMutex");
  const auto intent = static_cast<Intent>(int_of(info.Env(), info[0]));
  const double offset = number_of(info.Env(), info[1]);
  const double last = static_cast<double>(memory.mapping().size()) - RobustMutex::byte_length;
  if (!(offset >= 0 && offset <= last && std::fmod(offset, RobustMutex::alignment) == 0)) {
    throw Napi::RangeError::New(info.Env(), "outside the mapping");
  }
  if (read_only_) throw Napi::TypeError::New(info.Env(), "the attachment is read-only");
  return binding::robust_mutex(info.Env(), intent, memory.share(), static_cast<size_t>(offset), id_);
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
