#include "binding/posix/message-queue.h"

#include "binding/arguments.h"
#include "binding/bound.h"
#include "binding/environment.h"
#include "binding/patience.h"
#include "binding/records.h"
#include "core/exit-cleanup.h"

namespace posix_ipc::binding {
namespace {

using posix::MessageQueue;

std::optional<long> limit_of(napi_env env, napi_value value) {
  const double number = number_of(env, value);
  if (number < 0) return std::nullopt;
  return static_cast<long>(number);
}

Result<MessageQueue> obtain(const Napi::CallbackInfo& info, const std::string& name) {
  const napi_env env = info.Env();
  const MessageQueue::Creation creation = {limit_of(env, info[2]), limit_of(env, info[3]),
                                           static_cast<mode_t>(number_of(env, info[4]))};
  const int access = int_of(env, info[5]);
  const OwnerRule owner(static_cast<int64_t>(number_of(env, info[6])));
  switch (static_cast<Intent>(int_of(env, info[0]))) {
    case Intent::create:
      return MessageQueue::create(name, creation, access);
    case Intent::open_or_create:
      return MessageQueue::open_or_create(name, creation, access, owner);
    default:
      return MessageQueue::open(name, access, owner);
  }
}

}  // namespace

Napi::Function PosixMessageQueue::define(Napi::Env env) {
  return DefineClass(env, "PosixMessageQueue",
                     {
                         StaticMethod<&PosixMessageQueue::unlink>("unlink"),
                         InstanceMethod<&PosixMessageQueue::bind_try_send>("bindTrySend"),
                         InstanceMethod<&PosixMessageQueue::bind_try_receive>("bindTryReceive"),
                         InstanceMethod<&PosixMessageQueue::send_sync>("sendSync"),
                         InstanceMethod<&PosixMessageQueue::receive_sync>("receiveSync"),
                         InstanceMethod<&PosixMessageQueue::poll>("poll"),
                         InstanceMethod<&PosixMessageQueue::watch>("watch"),
                         InstanceMethod<&PosixMessageQueue::notify>("notify"),
                         InstanceMethod<&PosixMessageQueue::cancel_notify>("cancelNotify"),
                         InstanceMethod<&PosixMessageQueue::length>("length"),
                         InstanceMethod<&PosixMessageQueue::stat>("stat"),
                         InstanceMethod<&PosixMessageQueue::close>("close"),
                         InstanceMethod<&PosixMessageQueue::unlink_on_exit>("unlinkOnExit"),
                     });
}

// unlink(name)
void PosixMessageQueue::unlink(const Napi::CallbackInfo& info) {
  const std::string name = string_of(info.Env(), info[0]);
  expect(info.Env(), MessageQueue::unlink(name), Subject::path(name));
  exit_cleanup::forget(exit_cleanup::Kind::message_queue, name);
}

PosixMessageQueue::PosixMessageQueue(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  std::string name = string_of(info.Env(), info[1]);
  auto queue = expect(info.Env(), obtain(info, name), Subject::path(name));
  const auto attributes = expect(info.Env(), queue.attributes(), Subject::path(name));
  double* answers = Environment::of(info.Env()).answers;
  answers[0] = queue.created();
  answers[1] = static_cast<double>(attributes.mq_maxmsg);
  answers[2] = static_cast<double>(attributes.mq_msgsize);
  held_ = std::make_shared<Held>(Held{std::move(name), std::move(queue), answers});
}

MessageQueue& PosixMessageQueue::Held::open(napi_env env, const char* method) {
  if (queue.closed()) throw_closed(env, method, subject());
  return queue;
}

napi_value PosixMessageQueue::Held::received(napi_env env, const MessageQueue::Received& message) {
  answers[0] = message.priority;
  return integer(env, message.length);
}

Napi::Value PosixMessageQueue::bind_try_send(const Napi::CallbackInfo& info) {
  return bound(info.Env(), "trySend", try_send, held_);
}

Napi::Value PosixMessageQueue::bind_try_receive(const Napi::CallbackInfo& info) {
  return bound(info.Env(), "tryReceive", try_receive, held_);
}

// trySend(bytes, priority) => boolean
napi_value PosixMessageQueue::try_send(napi_env env, napi_callback_info info) {
  const BoundCall<Held, 2> call(env, info);
  return guarded(env, [&] {
    const Bytes bytes = bytes_of(env, call.arguments[0]);
    const auto priority = static_cast<unsigned>(number_of(env, call.arguments[1]));
    MessageQueue& queue = call.object->open(env, "trySend");
    return boolean(env,
                   expect(env, queue.try_send(bytes.data, bytes.length, priority), call.object->subject()));
  });
}

// tryReceive(into) => length, or -1 when the queue is empty; answers: priority.
napi_value PosixMessageQueue::try_receive(napi_env env, napi_callback_info info) {
  const BoundCall<Held, 1> call(env, info);
  return guarded(env, [&] {
    const Bytes into = bytes_of(env, call.arguments[0]);
    MessageQueue& queue = call.object->open(env, "tryReceive");
    const auto message = expect(env, queue.try_receive(into.data, into.length), call.object->subject());
    return message ? call.object->received(env, *message) : integer(env, -1);
  });
}

// sendSync(bytes, priority, timeout, signals)
void PosixMessageQueue::send_sync(const Napi::CallbackInfo& info) {
  const Bytes bytes = bytes_of(info.Env(), info[0]);
  const auto priority = static_cast<unsigned>(number_of(info.Env(), info[1]));
  const auto patience = patience_of(info.Env(), info[2], info[3]);
  expect(info.Env(), open("sendSync").send(bytes.data, bytes.length, priority, patience), held_->subject());
}

// receiveSync(into, timeout, signals) => length; answers: priority.
Napi::Value PosixMessageQueue::receive_sync(const Napi::CallbackInfo& info) {
  const Bytes into = bytes_of(info.Env(), info[0]);
  const auto patience = patience_of(info.Env(), info[1], info[2]);
  const auto message =
      expect(info.Env(), open("receiveSync").receive(into.data, into.length, patience), held_->subject());
  return Napi::Value(info.Env(), held_->received(info.Env(), message));
}

// poll(callback(events)): lib keeps the callback while somebody waits.
void PosixMessageQueue::poll(const Napi::CallbackInfo& info) {
  const MessageQueue& queue = open("poll");
  poll_ = Environment::of(info.Env()).loop().poll(queue.descriptor());
  poll_->set_callback(info[0].As<Napi::Function>());
}

// watch(1 readable | 2 writable); 0 stops.
void PosixMessageQueue::watch(const Napi::CallbackInfo& info) {
  if (poll_ != nullptr) poll_->watch(int_of(info.Env(), info[0]));
}

// notify(signal number)
void PosixMessageQueue::notify(const Napi::CallbackInfo& info) {
  expect(info.Env(), open("notify").notify(int_of(info.Env(), info[0])), held_->subject());
}

void PosixMessageQueue::cancel_notify(const Napi::CallbackInfo& info) {
  expect(info.Env(), open("cancelNotify").cancel_notify(), held_->subject());
}

Napi::Value PosixMessageQueue::length(const Napi::CallbackInfo& info) {
  const auto attributes = expect(info.Env(), open("length").attributes(), held_->subject());
  return Napi::Number::New(info.Env(), static_cast<double>(attributes.mq_curmsgs));
}

Napi::Value PosixMessageQueue::stat(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const MessageQueue& queue = open("stat");
  auto record = file_status(env, expect(env, queue.stat(), held_->subject()));
  const auto attributes = expect(env, queue.attributes(), held_->subject());
  record["maxMessages"] = Napi::Number::New(env, static_cast<double>(attributes.mq_maxmsg));
  record["messageSize"] = Napi::Number::New(env, static_cast<double>(attributes.mq_msgsize));
  record["length"] = Napi::Number::New(env, static_cast<double>(attributes.mq_curmsgs));
  return record;
}

void PosixMessageQueue::close(const Napi::CallbackInfo&) {
  // Before the descriptor: its number may be somebody else's at once.
  if (poll_ != nullptr) poll_->close();
  held_->queue.close();
}

void PosixMessageQueue::unlink_on_exit(const Napi::CallbackInfo& info) {
  const MessageQueue& queue = open("unlinkOnExit");
  expect(info.Env(),
         exit_cleanup::promise(exit_cleanup::Kind::message_queue, held_->name, queue.descriptor()),
         held_->subject());
}

}  // namespace posix_ipc::binding
