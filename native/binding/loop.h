#pragma once

#include <napi.h>
#include <uv.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/wait-thread.h"

namespace posix_ipc::binding {

class Poll;

// The event loop of one environment, as far as our waits need it. Every libuv handle is made here and closed
// in the asynchronous cleanup hook: one that is still open when a worker is terminated aborts the process.
class Loop {
 public:
  // `wanted` and `told` are words that lib/waiting/keep-alive.ts shares: how many handles want the process
  // alive, and whether libuv knows.
  Loop(Napi::Env env, const double& wanted, double& told);
  ~Loop();

  struct Work {
    std::string name;
    // Blocks, on a thread of ours: 0 or an errno.
    std::function<int()> call;
    // What was taken, for the callback; on the loop, after an outcome of 0. None: undefined.
    std::function<napi_value(Napi::Env)> result;
  };

  // Calls `callback(errno, result)` once, ECANCELED after cancel(). The answer names the wait.
  Napi::Number start(Work work, const Napi::Function& callback);
  // The callback tells whether the wait had taken something before.
  void cancel(uint32_t id);
  // The callback is called before this returns.
  void cancel_now(uint32_t id);

  // Tells libuv, where what it was told last no longer holds.
  void keep_alive();

  // Of an open descriptor; closed with it.
  std::shared_ptr<Poll> poll(int descriptor);

  bool closing() const { return closing_; }

 private:
  struct Wait;
  // What the threads of ours reach; outlives the environment when one of them is late.
  struct Mailbox {
    std::mutex mutex;
    std::vector<uint32_t> finished;
    uv_async_t* bell = nullptr;
  };

  void call(const Napi::FunctionReference& callback, std::initializer_list<napi_value> arguments);
  void deliver();
  void deliver(uint32_t id);
  void interrupt_again();
  void close_handles();
  void handle_closed();

  Napi::Env env_;
  Napi::AsyncContext context_;
  const double& alive_wanted_;
  double& alive_told_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  uv_async_t* bell_;
  uv_timer_t* again_;
  std::unordered_map<uint32_t, std::unique_ptr<Wait>> waits_;
  std::unordered_set<uint32_t> cancelling_;
  std::unordered_set<Poll*> polls_;
  uint32_t last_id_ = 0;
  int open_handles_ = 2;
  bool closing_ = false;

  friend class Poll;
};

// uv_poll on one descriptor, at most one for each. It calls back on every turn of the loop while the
// descriptor is ready, so whoever has nobody waiting stops it. Never keeps the loop alive by itself.
class Poll {
 public:
  Poll(Loop& loop, int descriptor);
  ~Poll() { close(); }

  // UV_READABLE, UV_WRITABLE, or both; 0 stops it.
  void watch(int events);
  // Not kept from being collected by this.
  void set_callback(const Napi::Function& callback) { callback_ = Napi::Weak(callback); }
  void close();

 private:
  void ready(int status, int events);

  Loop* loop_;
  // Freed by libuv's close callback; null when closed.
  uv_poll_t* handle_;
  int events_ = 0;
  Napi::FunctionReference callback_;

  friend class Loop;
};

}  // namespace posix_ipc::binding
