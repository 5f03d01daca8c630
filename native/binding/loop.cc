#include "binding/loop.h"

#include <cerrno>

#include "binding/error.h"

namespace posix_ipc::binding {
namespace {

// How soon an interrupting signal is sent again that may have come too early.
constexpr uint64_t again_after = 1;

void must(Napi::Env env, int status) {
  if (status != 0) throw Napi::Error::New(env, uv_strerror(status));
}

// An exception of our own callbacks would be a mistake in lib/; it is shown like any other uncaught one.
void report(Napi::Env env) {
  napi_value error;
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}

}  // namespace

struct Loop::Wait {
  std::shared_ptr<ThreadWait> thread;
  std::function<napi_value(Napi::Env)> result;
  std::shared_ptr<int> outcome;
  Napi::FunctionReference callback;
};

Loop::Loop(Napi::Env env, const double& wanted, double& told)
    : env_(env),
      context_(env, "posix-ipc"),
      alive_wanted_(wanted),
      alive_told_(told),
      bell_(new uv_async_t),
      again_(new uv_timer_t) {
  uv_loop_t* loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) throw Napi::Error::New(env);
  must(env,
       uv_async_init(loop, bell_, [](uv_async_t* handle) { static_cast<Loop*>(handle->data)->deliver(); }));
  must(env, uv_timer_init(loop, again_));
  bell_->data = again_->data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(bell_));
  uv_unref(reinterpret_cast<uv_handle_t*>(again_));
  mailbox_->bell = bell_;
  napi_add_async_cleanup_hook(
      env, [](napi_async_cleanup_hook_handle, void* data) { static_cast<Loop*>(data)->close_handles(); },
      this, &hook_);
}

Loop::~Loop() {
  // Only when the environment ended without its cleanup hooks.
  if (hook_ != nullptr) napi_remove_async_cleanup_hook(hook_);
}

Napi::Number Loop::start(Work work, const Napi::Function& callback) {
  if (closing_) throw Napi::Error::New(env_, "the environment is ending");
  do ++last_id_;
  while (waits_.count(last_id_) != 0);
  const uint32_t id = last_id_;
  auto outcome = std::make_shared<int>(0);
  // Touches no JavaScript value; holds the mailbox's lock for a push.
  auto done = [mailbox = mailbox_, outcome, id](int error) {
    *outcome = error;
    std::lock_guard<std::mutex> lock(mailbox->mutex);
    mailbox->finished.push_back(id);
    if (mailbox->bell != nullptr) uv_async_send(mailbox->bell);
  };
  auto thread = ThreadWait::start({std::move(work.name), std::move(work.call), std::move(done)});
  if (!thread.ok()) throw_error(env_, thread.error(), Subject::none());
  waits_.emplace(id, std::make_unique<Wait>(Wait{thread.take(), std::move(work.result), std::move(outcome),
                                                 Napi::Persistent(callback)}));
  return Napi::Number::New(env_, id);
}

void Loop::cancel(uint32_t id) {
  const auto found = waits_.find(id);
  if (found == waits_.end()) return;
  found->second->thread->cancel();
  cancelling_.insert(id);
  uv_timer_start(
      again_, [](uv_timer_t* timer) { static_cast<Loop*>(timer->data)->interrupt_again(); }, again_after,
      again_after);
}

void Loop::interrupt_again() {
  for (const uint32_t id : cancelling_) waits_.at(id)->thread->cancel();
  if (cancelling_.empty()) uv_timer_stop(again_);
}

void Loop::cancel_now(uint32_t id) {
  const auto found = waits_.find(id);
  if (found == waits_.end()) return;
  found->second->thread->cancel_and_join();
  deliver(id);
}

void Loop::deliver() {
  std::vector<uint32_t> finished;
  {
    std::lock_guard<std::mutex> lock(mailbox_->mutex);
    finished.swap(mailbox_->finished);
  }
  for (const uint32_t id : finished) deliver(id);
}

void Loop::deliver(uint32_t id) {
  auto node = waits_.extract(id);
  // Delivered by cancel_now() already.
  if (node.empty()) return;
  cancelling_.erase(id);
  const auto& wait = node.mapped();
  Napi::HandleScope scope(env_);
  const int outcome = *wait->outcome;
  napi_value result = env_.Undefined();
  try {
    if (outcome == 0 && wait->result) result = wait->result(env_);
  } catch (const Napi::Error&) {
    // A worker is being terminated, and nobody will hear of it. Above this frame is libuv, which is C.
    return;
  }
  call(wait->callback, {Napi::Number::New(env_, outcome), result});
}

// With everything that hangs on it: the promises it settles, and what their owners do next.
void Loop::call(const Napi::FunctionReference& callback, std::initializer_list<napi_value> arguments) {
  const napi_status status = napi_make_callback(env_, context_, env_.Global(), callback.Value(),
                                                arguments.size(), arguments.begin(), nullptr);
  if (status == napi_pending_exception) report(env_);
  keep_alive();
}

void Loop::keep_alive() {
  const bool wanted = alive_wanted_ > 0;
  if (closing_ || wanted == (alive_told_ == 1)) return;
  alive_told_ = wanted;
  if (wanted) {
    uv_ref(reinterpret_cast<uv_handle_t*>(bell_));
  } else {
    uv_unref(reinterpret_cast<uv_handle_t*>(bell_));
  }
}

std::shared_ptr<Poll> Loop::poll(int descriptor) {
  if (closing_) throw Napi::Error::New(env_, "the environment is ending");
  return std::make_shared<Poll>(*this, descriptor);
}

// No JavaScript runs any more. What a thread takes in this last moment is lost with the environment, as with
// a process that is killed after it has received.
void Loop::close_handles() {
  closing_ = true;
  for (auto& [id, wait] : waits_) wait->thread->cancel_and_join();
  {
    std::lock_guard<std::mutex> lock(mailbox_->mutex);
    mailbox_->bell = nullptr;
  }
  waits_.clear();
  const auto closed = [](uv_handle_t* handle) { static_cast<Loop*>(handle->data)->handle_closed(); };
  const std::unordered_set<Poll*> polls = std::move(polls_);
  polls_.clear();
  for (Poll* poll : polls) poll->close();
  uv_close(reinterpret_cast<uv_handle_t*>(bell_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(again_), closed);
}

void Loop::handle_closed() {
  if (--open_handles_ != 0) return;
  delete bell_;
  delete again_;
  napi_remove_async_cleanup_hook(std::exchange(hook_, nullptr));
}

Poll::Poll(Loop& loop, int descriptor) : loop_(&loop), handle_(new uv_poll_t) {
  uv_loop_t* uv;
  napi_get_uv_event_loop(loop.env_, &uv);
  const int status = uv_poll_init(uv, handle_, descriptor);
  if (status != 0) {
    delete handle_;
    throw_error(loop.env_, {-status, "uv_poll"}, Subject::none());
  }
  handle_->data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(handle_));
  loop_->polls_.insert(this);
}

void Poll::watch(int events) {
  if (handle_ == nullptr || events == events_) return;
  events_ = events;
  if (events == 0) {
    uv_poll_stop(handle_);
    return;
  }
  uv_poll_start(handle_, events, [](uv_poll_t* handle, int status, int ready) {
    static_cast<Poll*>(handle->data)->ready(status, ready);
  });
}

void Poll::ready(int status, int events) {
  const Napi::Env env = loop_->env_;
  Napi::HandleScope scope(env);
  const Napi::Function callback = callback_.Value();
  // Collected, with its queue: nobody will ever wait here again.
  if (callback.IsEmpty()) return watch(0);
  // A broken descriptor counts as ready: the call that follows finds out.
  const int what = status == 0 ? events : UV_READABLE | UV_WRITABLE;
  loop_->call(callback_, {Napi::Number::New(env, what)});
}

void Poll::close() {
  if (handle_ == nullptr) return;
  uv_poll_stop(handle_);
  loop_->polls_.erase(this);
  handle_->data = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(handle_, nullptr)),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
  callback_.Reset();
}

}  // namespace posix_ipc::binding
