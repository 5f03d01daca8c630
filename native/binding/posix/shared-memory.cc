#include "binding/posix/shared-memory.h"

#include "binding/environment.h"
#include "binding/posix/reservation.h"
#include "binding/records.h"
#include "core/exit-cleanup.h"

namespace posix_ipc::binding {
namespace {

using posix::SharedMemory;

Result<SharedMemory> obtain(const Napi::CallbackInfo& info, const std::string& name) {
  const napi_env env = info.Env();
  const SharedMemory::Creation creation = {static_cast<uint64_t>(number_of(env, info[2])),
                                           static_cast<mode_t>(number_of(env, info[3])),
                                           bool_of(env, info[4])};
  const SharedMemory::Window window = {bool_of(env, info[5]), static_cast<uint64_t>(number_of(env, info[6])),
                                       static_cast<uint64_t>(number_of(env, info[7]))};
  const OwnerRule owner(static_cast<int64_t>(number_of(env, info[8])));
  switch (static_cast<Intent>(int_of(env, info[0]))) {
    case Intent::create:
      return SharedMemory::create(name, creation);
    case Intent::open_or_create:
      return SharedMemory::open_or_create(name, creation, owner);
    default:
      return SharedMemory::open(name, window, owner);
  }
}

}  // namespace

Napi::Function PosixSharedMemory::define(Napi::Env env) {
  auto methods = memory_methods();
  methods.insert(methods.end(), {
                                    StaticMethod<&PosixSharedMemory::unlink>("unlink"),
                                    InstanceMethod<&PosixSharedMemory::resize>("resize"),
                                    InstanceMethod<&PosixSharedMemory::reserve>("reserve"),
                                    InstanceMethod<&PosixSharedMemory::stat>("stat"),
                                    InstanceMethod<&PosixSharedMemory::advise>("advise"),
                                    InstanceMethod<&PosixSharedMemory::lock_pages>("lockPages"),
                                    InstanceMethod<&PosixSharedMemory::unlock_pages>("unlockPages"),
                                    InstanceMethod<&PosixSharedMemory::unlink_on_exit>("unlinkOnExit"),
                                    InstanceMethod<&PosixSharedMemory::descriptor>("descriptor"),
                                });
  return DefineClass(env, "PosixSharedMemory", methods);
}

// unlink(name)
void PosixSharedMemory::unlink(const Napi::CallbackInfo& info) {
  const std::string name = string_of(info.Env(), info[0]);
  expect(info.Env(), SharedMemory::unlink(name), Subject::path(name));
  exit_cleanup::forget(exit_cleanup::Kind::file, "/dev/shm" + name);
}

PosixSharedMemory::PosixSharedMemory(const Napi::CallbackInfo& info)
    : MemoryWrap(info), name_(string_of(info.Env(), info[1])) {
  object_.emplace(expect(info.Env(), obtain(info, name_), subject()));
  memory_ = std::make_unique<Memory>(object_->take_mapping());
  double* answers = Environment::of(info.Env()).answers;
  answers[0] = static_cast<double>(memory_->mapping().size());
  answers[1] = object_->created();
}

// Answers: size of the map.
void PosixSharedMemory::resize(const Napi::CallbackInfo& info) {
  Memory& memory = open("resize");
  const auto size = static_cast<uint64_t>(number_of(info.Env(), info[0]));
  auto mapping = expect(info.Env(), object_->resize(size), subject());
  Environment::of(info.Env()).answers[0] = static_cast<double>(mapping.size());
  expect(info.Env(), memory.replace(std::move(mapping)), subject());
  expect(info.Env(), object_->cut(size), subject());
}

// reserve(done: (errno) => void) => cancel: () => void
Napi::Value PosixSharedMemory::reserve(const Napi::CallbackInfo& info) {
  const Memory& memory = open("reserve");
  (void)memory;
  auto status = expect(info.Env(), object_->stat(), subject());
  return Reservation::start(info.Env(), object_->descriptor(), status.st_size, info[0].As<Napi::Function>());
}

Napi::Value PosixSharedMemory::stat(const Napi::CallbackInfo& info) {
  (void)open("stat");
  const auto status = expect(info.Env(), object_->stat(), subject());
  auto record = file_status(info.Env(), status);
  record["size"] = Napi::Number::New(info.Env(), static_cast<double>(status.st_size));
  record["allocated"] = Napi::Number::New(info.Env(), static_cast<double>(status.st_blocks) * 512);
  return record;
}

// advise(advice, offset, length): the range is inside the mapping; lib has looked.
void PosixSharedMemory::advise(const Napi::CallbackInfo& info) {
  Mapping& mapping = open("advise").mapping();
  const double offset = number_of(info.Env(), info[1]);
  const double length = number_of(info.Env(), info[2]);
  if (!(offset >= 0 && length >= 0 && offset + length <= static_cast<double>(mapping.size()))) {
    throw Napi::RangeError::New(info.Env(), "outside the mapping");
  }
  expect(
      info.Env(),
      mapping.advise(static_cast<size_t>(offset), static_cast<size_t>(length), int_of(info.Env(), info[0])),
      subject());
}

void PosixSharedMemory::lock_pages(const Napi::CallbackInfo& info) {
  expect(info.Env(), open("lockPages").mapping().lock_pages(), subject());
}

void PosixSharedMemory::unlock_pages(const Napi::CallbackInfo& info) {
  expect(info.Env(), open("unlockPages").mapping().unlock_pages(), subject());
}

void PosixSharedMemory::unlink_on_exit(const Napi::CallbackInfo& info) {
  (void)open("unlinkOnExit");
  expect(info.Env(),
         exit_cleanup::promise(exit_cleanup::Kind::file, "/dev/shm" + name_, object_->descriptor()),
         subject());
}

// Of the object, for the locks that are placed in it.
Napi::Value PosixSharedMemory::descriptor(const Napi::CallbackInfo& info) {
  (void)open("descriptor");
  return Napi::Number::New(info.Env(), object_->descriptor());
}

}  // namespace posix_ipc::binding
