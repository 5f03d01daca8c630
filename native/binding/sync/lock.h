#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "binding/arguments.h"
#include "binding/environment.h"
#include "binding/error.h"
#include "binding/memory.h"
#include "binding/patience.h"
#include "binding/posix/shared-memory.h"
#include "core/exit-cleanup.h"
#include "core/sync/lock.h"

namespace posix_ipc::binding {

// What the four kinds have in common. `Handle` is the class with the ObjectWrap, `Kind` the one of core.
// new (intent, name, descriptor, offset, mode, owner, parties); with a descriptor: placed in its file, which
// is of the memory of that name. Answers: created, the owner word of this seat, where the block starts in
// buffer(), the inode.
template <typename Handle, typename Kind>
class LockWrap : public Napi::ObjectWrap<Handle> {
 public:
  explicit LockWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Handle>(info) {
    const napi_env env = info.Env();
    const auto intent = static_cast<Intent>(int_of(env, info[0]));
    const auto offset = static_cast<uint64_t>(number_of(env, info[3]));
    const sync::Wish wish = {BlockKind::mutex, intent, static_cast<mode_t>(int_of(env, info[4])),
                             OwnerRule(static_cast<int64_t>(number_of(env, info[5]))),
                             static_cast<uint32_t>(number_of(env, info[6]))};
    const int descriptor = int_of(env, info[2]);
    name_ = string_of(env, info[1]);
    const sync::Place place = {descriptor == -1 ? name_ : "", descriptor, offset};
    lock_ = std::make_shared<Kind>(expect(info.Env(), Kind::obtain(place, wish), subject()));
    memory_ = std::make_unique<Memory>(lock_->take_mapping());

    struct stat status = {};
    fstat(lock_->seat().descriptor(), &status);
    double* answers = Environment::of(info.Env()).answers;
    answers[0] = lock_->created();
    answers[1] = lock_->mine();
    answers[2] = static_cast<double>(lock_->offset_in_mapping());
    answers[3] = static_cast<double>(status.st_ino);
  }

  // Collected, or the environment ends: what it still holds is left as by a dead owner; otherwise it says
  // farewell.
  ~LockWrap() override {
    if (lock_ != nullptr && !lock_->busy()) lock_->leave();
  }

  static std::vector<typename Napi::ObjectWrap<Handle>::PropertyDescriptor> lock_methods() {
    using Getter = typename Napi::ObjectWrap<Handle>::InstanceMethodCallback;
    using Command = typename Napi::ObjectWrap<Handle>::InstanceVoidMethodCallback;
    return {
        Handle::InstanceMethod("buffer", static_cast<Getter>(&Handle::buffer)),
        Handle::InstanceMethod("announce", static_cast<Command>(&Handle::announce)),
        Handle::InstanceMethod("ring", static_cast<Command>(&Handle::ring)),
        Handle::InstanceMethod("watch", static_cast<Getter>(&Handle::watch)),
        Handle::InstanceMethod("startSleep", static_cast<Getter>(&Handle::start_sleep)),
        Handle::InstanceMethod("close", static_cast<Command>(&Handle::close)),
        Handle::InstanceMethod("unlinkOnExit", static_cast<Command>(&Handle::unlink_on_exit)),
    };
  }

  Napi::Value buffer(const Napi::CallbackInfo& info) {
    (void)open("buffer");
    return memory_->buffer(info.Env(), subject());
  }

  // announce(): before another look, and then a sleep of the event loop.
  void announce(const Napi::CallbackInfo&) { open("lock").bell().announce(PIPC_BY_INOTIFY); }

  void ring(const Napi::CallbackInfo&) { open("unlock").bell().ring(); }

  // watch() => watch descriptor, or -1
  Napi::Value watch(const Napi::CallbackInfo& info) {
    Watcher* watcher = Environment::of(info.Env()).watcher();
    const int watch = watcher == nullptr ? -1 : watcher->add(open("lock").bell());
    return Napi::Number::New(info.Env(), watch);
  }

  // startSleep(callback()) => id: a short sleep on a thread of ours, where no watch is to be had.
  Napi::Value start_sleep(const Napi::CallbackInfo& info) {
    const uint32_t sequence = open("lock").bell().announce(PIPC_BY_FUTEX);
    Loop::Work work;
    work.name = "lock:" + name_;
    work.call = [lock = lock_, sequence] {
      return lock->bell().sleep_by_futex(sequence, Deadline::in(sleep_without_watch)) ? 0 : EINTR;
    };
    return Environment::of(info.Env()).loop().start(std::move(work), info[0].As<Napi::Function>());
  }

  void close(const Napi::CallbackInfo& info) {
    if (lock_ == nullptr) return;
    lock_->leave();
    lock_ = nullptr;
    expect(info.Env(), memory_->close(), subject());
  }

  void unlink_on_exit(const Napi::CallbackInfo& info) {
    const Kind& lock = open("unlinkOnExit");
    expect(info.Env(),
           exit_cleanup::promise(exit_cleanup::Kind::file, "/dev/shm" + name_, lock.seat().descriptor()),
           subject());
  }

  Subject subject() const { return Subject::path(name_); }

 protected:
  Kind& open(const char* method) {
    if (lock_ == nullptr) throw_closed(this->Env(), method, subject());
    return *lock_;
  }

  Napi::Value outcome(const Napi::CallbackInfo& info, Result<sync::Outcome> result) {
    return Napi::Number::New(info.Env(), static_cast<int>(expect(info.Env(), std::move(result), subject())));
  }

  void expect_done(const Napi::CallbackInfo& info, Status status) {
    expect(info.Env(), std::move(status), subject());
  }

 private:
  // Milliseconds.
  static constexpr double sleep_without_watch = 50;

  std::string name_;
  // Also with a thread that sleeps.
  std::shared_ptr<Kind> lock_;
  std::unique_ptr<Memory> memory_;
};

}  // namespace posix_ipc::binding
