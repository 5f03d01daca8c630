#include "binding/patience.h"

#include <sys/ioctl.h>
#include <uv.h>

#include "binding/arguments.h"

namespace posix_ipc::binding {
namespace {

// Only the main thread has listeners, so one of each is enough: whether a wait was interrupted, and in which
// turn of the event loop.
bool interrupted = false;
uint64_t turn_of_interruption = 0;

uint64_t turn_of(uv_loop_t* loop) {
  uv_metrics_t metrics;
  return uv_metrics_info(loop, &metrics) == 0 ? metrics.loop_count : 0;
}

// libuv notes a signal in a pipe of the loop, until the loop turns and calls the listeners. A program that
// calls again in the same turn has been told: it waits, or it would be told for ever.
bool signal_pending(uv_loop_t* loop) {
  const uint64_t turn = turn_of(loop);
  const bool told = interrupted && turn == turn_of_interruption;
  interrupted = told;
  turn_of_interruption = turn;
  int bytes = 0;
  return !told && loop->signal_pipefd[0] >= 0 && ioctl(loop->signal_pipefd[0], FIONREAD, &bytes) == 0 &&
         bytes > 0;
}

}  // namespace

Patience patience_of(napi_env env, napi_value timeout, napi_value signals) {
  Patience patience;
  patience.deadline = Deadline::in(number_of(env, timeout));
  if (Napi::Value(env, signals).IsUndefined()) return patience;
  const Bytes numbers = bytes_of(env, signals);
  patience.interrupts.assign(numbers.data, numbers.data + numbers.length);
  uv_loop_t* loop;
  if (napi_get_uv_event_loop(env, &loop) == napi_ok)
    patience.pending = [loop] { return signal_pending(loop); };
  patience.interrupted = &interrupted;
  return patience;
}

}  // namespace posix_ipc::binding
