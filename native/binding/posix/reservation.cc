#include "binding/posix/reservation.h"

#include <fcntl.h>

#include <atomic>
#include <memory>
#include <system_error>
#include <thread>

#include "core/owned.h"
#include "core/posix/shared-memory.h"

namespace posix_ipc::binding {
namespace {

struct Work {
  // A descriptor of its own: the handle may be closed meanwhile.
  Descriptor descriptor;
  uint64_t size;
  std::atomic<bool> cancelled{false};
  int error = 0;
  std::thread thread;
};

}  // namespace

Napi::Function Reservation::start(Napi::Env env, int descriptor, uint64_t size, Napi::Function done) {
  auto work = std::make_shared<Work>();
  work->descriptor = Descriptor(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!work->descriptor) {
    done.Call({Napi::Number::New(env, errno)});
    return Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  }
  work->size = size;

  // Its finalizer is the one place that joins the thread: it runs after the last call, and also when the
  // environment ends in the middle, which then waits for one step of the reservation.
  auto report = Napi::ThreadSafeFunction::New(env, done, "posix-ipc:reserve", 1, 1, [work](Napi::Env) {
    work->cancelled = true;
    if (work->thread.joinable()) work->thread.join();
  });
  // Touches no JavaScript value and holds no lock.
  const auto run = [work, report]() mutable {
    auto reserved = posix::reserve_space(work->descriptor.get(), 0, work->size, &work->cancelled);
    work->error = reserved.ok() ? 0 : reserved.error().number;
    report.NonBlockingCall([work](Napi::Env env, Napi::Function done) {
      if (env != nullptr) done.Call({Napi::Number::New(env, work->error)});
    });
    report.Release();
  };
  try {
    work->thread = std::thread(run);
  } catch (const std::system_error& error) {
    report.Release();
    done.Call({Napi::Number::New(env, error.code().value())});
  }
  return Napi::Function::New(env, [work](const Napi::CallbackInfo&) { work->cancelled = true; });
}

}  // namespace posix_ipc::binding
