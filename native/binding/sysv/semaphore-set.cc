#include "binding/sysv/semaphore-set.h"

#include <cstring>
#include <memory>

#include "binding/bound.h"
#include "binding/patience.h"
#include "binding/records.h"
#include "binding/sysv/identifier.h"
#include "core/sysv/semaphore-set.h"

namespace posix_ipc::binding {
namespace {

using namespace sysv::semaphore_set;
constexpr auto kind = exit_cleanup::Kind::sysv_semaphore_set;

// lib writes the operations in the layout of struct sembuf.
static_assert(sizeof(sembuf) == 6, "lib/sysv/semaphore-set.ts packs an operation into three 16-bit words");

std::vector<sembuf> operations_of(napi_env env, napi_value value) {
  const Bytes bytes = bytes_of(env, value);
  std::vector<sembuf> list(bytes.length / sizeof(sembuf));
  std::memcpy(list.data(), bytes.data, list.size() * sizeof(sembuf));
  return list;
}

std::vector<unsigned short> values_of(napi_env env, napi_value value) {
  const Bytes bytes = bytes_of(env, value);
  std::vector<unsigned short> values(bytes.length / sizeof(unsigned short));
  std::memcpy(values.data(), bytes.data, values.size() * sizeof(unsigned short));
  return values;
}

// get(intent, key, count, mode)
Napi::Value get_set(const Napi::CallbackInfo& info) {
  const Lookup lookup = Lookup::of(info);
  return identified(info.Env(),
                    get(lookup.intent, lookup.key, int_of(info.Env(), info[2]), int_of(info.Env(), info[3])),
                    lookup.subject);
}

// initialise(id, values)
void initialise_set(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  expect(info.Env(), initialise(id, values_of(info.Env(), info[1])), Subject::id(id));
}

// tryOperate(id, operations) => boolean
Napi::Value try_operate(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  Operations operations(id, operations_of(info.Env(), info[1]));
  return Napi::Boolean::New(info.Env(), expect(info.Env(), operations.try_operate(), Subject::id(id)));
}

// operateSync(id, operations, timeout, signals)
void operate_sync(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  Operations operations(id, operations_of(info.Env(), info[1]));
  expect(info.Env(), operations.operate(patience_of(info.Env(), info[2], info[3])), Subject::id(id));
}

// startOperate(id, operations, callback(errno)) => id of the wait
Napi::Value start_operate(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  auto operations = std::make_shared<Operations>(id, operations_of(info.Env(), info[1]));
  Loop::Work work;
  work.name = "semop:" + std::to_string(id);
  work.call = [operations] { return operations->operate_interruptibly(); };
  return Environment::of(info.Env()).loop().start(std::move(work), info[2].As<Napi::Function>());
}

struct Prepared {
  int id;
  Operations operations;
};

napi_value prepared_try_operate(napi_env env, napi_callback_info info) {
  Prepared& prepared = *BoundCall<Prepared, 0>(env, info).object;
  return guarded(env, [&] {
    return boolean(env, expect(env, prepared.operations.try_operate(), Subject::id(prepared.id)));
  });
}

napi_value prepared_operate_sync(napi_env env, napi_callback_info info) {
  const BoundCall<Prepared, 2> call(env, info);
  return guarded(env, [&]() -> napi_value {
    const auto patience = patience_of(env, call.arguments[0], call.arguments[1]);
    expect(env, call.object->operations.operate(patience), Subject::id(call.object->id));
    return nullptr;
  });
}

// prepare(id, operations) => { tryOperate(): boolean, operateSync(timeout, signals) }
Napi::Value prepare(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int id = int_of(env, info[0]);
  auto prepared = std::make_shared<Prepared>(Prepared{id, Operations(id, operations_of(env, info[1]))});
  auto calls = Napi::Object::New(env);
  calls["tryOperate"] = bound(env, "tryOperate", prepared_try_operate, prepared);
  calls["operateSync"] = bound(env, "operateSync", prepared_operate_sync, prepared);
  return calls;
}

Napi::Value get_values(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  const auto list = expect(info.Env(), values(id), Subject::id(id));
  auto array = Napi::Array::New(info.Env(), list.size());
  for (uint32_t index = 0; index < list.size(); ++index)
    array[index] = Napi::Number::New(info.Env(), list[index]);
  return array;
}

// setValues(id, values): SETALL reads as many values as the set has, whatever it is given; so they are
// counted first.
void put_values(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  auto list = values_of(info.Env(), info[1]);
  list.resize(expect(info.Env(), stat(id), Subject::id(id)).sem_nsems);
  expect(info.Env(), set_values(id, std::move(list)), Subject::id(id));
}

// (id, index) => number
template <int command>
Napi::Value ask_one(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  return Napi::Number::New(
      info.Env(), expect(info.Env(), ask(id, int_of(info.Env(), info[1]), command), Subject::id(id)));
}

// setValue(id, index, value)
void put_value(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  expect(info.Env(), set_value(id, int_of(info.Env(), info[1]), int_of(info.Env(), info[2])),
         Subject::id(id));
}

Napi::Value stat_set(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  const auto status = expect(info.Env(), stat(id), Subject::id(id));
  auto record = ipc_status(info.Env(), id, status.sem_perm);
  record["count"] = Napi::Number::New(info.Env(), static_cast<double>(status.sem_nsems));
  record["operateTime"] = date_of(info.Env(), status.sem_otime);
  record["changeTime"] = date_of(info.Env(), status.sem_ctime);
  return record;
}

void set_set(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  expect(info.Env(), set(id, permissions_of(info)), Subject::id(id));
}

}  // namespace

Napi::Object sysv_semaphore_set(Napi::Env env) {
  auto functions = Napi::Object::New(env);
  functions["get"] = Napi::Function::New<get_set>(env, "get");
  functions["initialise"] = Napi::Function::New<initialise_set>(env, "initialise");
  functions["tryOperate"] = Napi::Function::New<try_operate>(env, "tryOperate");
  functions["operateSync"] = Napi::Function::New<operate_sync>(env, "operateSync");
  functions["startOperate"] = Napi::Function::New<start_operate>(env, "startOperate");
  functions["prepare"] = Napi::Function::New<prepare>(env, "prepare");
  functions["values"] = Napi::Function::New<get_values>(env, "values");
  functions["setValues"] = Napi::Function::New<put_values>(env, "setValues");
  functions["value"] = Napi::Function::New<ask_one<GETVAL>>(env, "value");
  functions["setValue"] = Napi::Function::New<put_value>(env, "setValue");
  functions["waitingForIncrease"] = Napi::Function::New<ask_one<GETNCNT>>(env, "waitingForIncrease");
  functions["waitingForZero"] = Napi::Function::New<ask_one<GETZCNT>>(env, "waitingForZero");
  functions["lastPid"] = Napi::Function::New<ask_one<GETPID>>(env, "lastPid");
  functions["stat"] = Napi::Function::New<stat_set>(env, "stat");
  functions["set"] = Napi::Function::New<set_set>(env, "set");
  functions["remove"] = Napi::Function::New<remove_by_id<remove, kind>>(env, "remove");
  functions["removeOnExit"] = Napi::Function::New<remove_on_exit<kind>>(env, "removeOnExit");
  return functions;
}

}  // namespace posix_ipc::binding
