#include "binding/sysv/message-queue.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "binding/bound.h"
#include "binding/patience.h"
#include "binding/records.h"
#include "binding/sysv/identifier.h"
#include "core/guard/range.h"
#include "core/sysv/message-queue.h"

namespace posix_ipc::binding {
namespace {

using namespace sysv::message_queue;
constexpr auto kind = exit_cleanup::Kind::sysv_message_queue;

// Answers the length of the text.
size_t write(int id, Letter& letter, napi_env env, napi_value data, napi_value type) {
  const Bytes bytes = bytes_of(env, data);
  letter.ensure(bytes.length);
  letter.type() = static_cast<long>(number_of(env, type));
  const posix_ipc::guard::Copying copying(bytes.data, bytes.length);
  std::memcpy(letter.text(), bytes.data, bytes.length);
  // Else the zeros would be sent.
  if (copying.lost()) throw_error(env, {EFAULT, "msgsnd"}, Subject::id(id));
  return bytes.length;
}

// The type as a number, and its two halves, for a type that a number cannot hold.
void answer_type(double* answers, long type) {
  answers[0] = static_cast<double>(type);
  answers[1] = static_cast<double>(static_cast<uint64_t>(type) >> 32);
  answers[2] = static_cast<uint32_t>(type);
}

// What the bound functions carry.
struct Queue {
  int id;
  // Of the call in progress; kept because the kernel wants type and text in one block.
  Letter letter;
  double* answers;

  // Answers: type.
  napi_value read(napi_env env, const Received& message, const Bytes& into) {
    const posix_ipc::guard::Copying copying(into.data, into.length);
    std::memcpy(into.data, letter.text(), std::min(message.length, into.length));
    if (copying.lost()) throw_with_message(env, message);
    answer_type(answers, message.type);
    return integer(env, message.length);
  }

  // The message is taken, and must not go with the bytes of the buffer.
  [[noreturn]] void throw_with_message(napi_env env, const Received& message) {
    auto error = error_value(env, {EFAULT, "msgrcv"}, Subject::id(id));
    auto received = Napi::Object::New(env);
    received["data"] = Napi::Buffer<char>::Copy(env, letter.text(), message.length);
    received["type"] = Napi::BigInt::New(env, static_cast<int64_t>(message.type));
    error.Set("received", received);
    throw error;
  }
};

// get(intent, key, mode)
Napi::Value get_queue(const Napi::CallbackInfo& info) {
  const Lookup lookup = Lookup::of(info);
  return identified(info.Env(), get(lookup.intent, lookup.key, int_of(info.Env(), info[2])), lookup.subject);
}

// trySend(bytes, type) => boolean
napi_value try_send_message(napi_env env, napi_callback_info info) {
  const BoundCall<Queue, 2> call(env, info);
  Queue& queue = *call.object;
  return guarded(env, [&] {
    const size_t length = write(queue.id, queue.letter, env, call.arguments[0], call.arguments[1]);
    return boolean(env, expect(env, try_send(queue.id, queue.letter, length), Subject::id(queue.id)));
  });
}

// sendSync(bytes, type, timeout, signals)
napi_value send_sync(napi_env env, napi_callback_info info) {
  const BoundCall<Queue, 4> call(env, info);
  Queue& queue = *call.object;
  return guarded(env, [&]() -> napi_value {
    const size_t length = write(queue.id, queue.letter, env, call.arguments[0], call.arguments[1]);
    const auto patience = patience_of(env, call.arguments[2], call.arguments[3]);
    expect(env, send(queue.id, queue.letter, length, patience), Subject::id(queue.id));
    return nullptr;
  });
}

Selection selection_of(napi_env env, const napi_value* arguments) {
  return {static_cast<long>(number_of(env, arguments[0])), bool_of(env, arguments[1]),
          bool_of(env, arguments[2])};
}

// tryReceive(into, type, except, truncate) => length, or -1 when there is none
napi_value try_receive_message(napi_env env, napi_callback_info info) {
  const BoundCall<Queue, 4> call(env, info);
  Queue& queue = *call.object;
  return guarded(env, [&] {
    const Bytes into = bytes_of(env, call.arguments[0]);
    queue.letter.ensure(into.length);
    const Selection selection = selection_of(env, call.arguments + 1);
    const auto message =
        expect(env, try_receive(queue.id, queue.letter, into.length, selection), Subject::id(queue.id));
    return message ? queue.read(env, *message, into) : integer(env, -1);
  });
}

// receiveSync(into, type, except, truncate, timeout, signals) => length
napi_value receive_sync(napi_env env, napi_callback_info info) {
  const BoundCall<Queue, 6> call(env, info);
  Queue& queue = *call.object;
  return guarded(env, [&] {
    const Bytes into = bytes_of(env, call.arguments[0]);
    queue.letter.ensure(into.length);
    const Selection selection = selection_of(env, call.arguments + 1);
    const auto patience = patience_of(env, call.arguments[4], call.arguments[5]);
    const auto message =
        expect(env, receive(queue.id, queue.letter, into.length, selection, patience), Subject::id(queue.id));
    return queue.read(env, message, into);
  });
}

// startSend(bytes, type, callback(errno)) => id of the wait. The bytes are copied here.
napi_value start_send(napi_env env, napi_callback_info info) {
  const BoundCall<Queue, 3> call(env, info);
  return guarded(env, [&]() -> napi_value {
    auto letter = std::make_shared<Letter>();
    const int id = call.object->id;
    const size_t length = write(id, *letter, env, call.arguments[0], call.arguments[1]);
    Loop::Work work;
    work.name = "msgsnd:" + std::to_string(id);
    work.call = [id, letter, length] { return send_interruptibly(id, *letter, length); };
    return Environment::of(env).loop().start(std::move(work), Napi::Function(env, call.arguments[2]));
  });
}

// startReceive(capacity, type, except, truncate, callback(errno, data)) => id of the wait. Answers, when the
// callback is called: type.
napi_value start_receive(napi_env env, napi_callback_info info) {
  const BoundCall<Queue, 5> call(env, info);
  return guarded(env, [&]() -> napi_value {
    struct Landing {
      Letter letter;
      Received received;
    };
    auto landing = std::make_shared<Landing>();
    const int id = call.object->id;
    const auto capacity = static_cast<size_t>(number_of(env, call.arguments[0]));
    const Selection selection = selection_of(env, call.arguments + 1);
    landing->letter.ensure(capacity);
    Loop::Work work;
    work.name = "msgrcv:" + std::to_string(id);
    work.call = [id, landing, capacity, selection] {
      return receive_interruptibly(id, landing->letter, capacity, selection, landing->received);
    };
    work.result = [landing, answers = call.object->answers](Napi::Env env) -> napi_value {
      answer_type(answers, landing->received.type);
      return Napi::Buffer<char>::Copy(env, landing->letter.text(), landing->received.length);
    };
    return Environment::of(env).loop().start(std::move(work), Napi::Function(env, call.arguments[4]));
  });
}

// bind(id) => { trySend, sendSync, startSend, tryReceive, receiveSync, startReceive }
Napi::Value bind_queue(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto queue = std::make_shared<Queue>(Queue{int_of(env, info[0]), {}, Environment::of(env).answers});
  auto calls = Napi::Object::New(env);
  calls["trySend"] = bound(env, "trySend", try_send_message, queue);
  calls["sendSync"] = bound(env, "sendSync", send_sync, queue);
  calls["startSend"] = bound(env, "startSend", start_send, queue);
  calls["tryReceive"] = bound(env, "tryReceive", try_receive_message, queue);
  calls["receiveSync"] = bound(env, "receiveSync", receive_sync, queue);
  calls["startReceive"] = bound(env, "startReceive", start_receive, queue);
  return calls;
}

Napi::Value stat_queue(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int id = int_of(env, info[0]);
  const auto status = expect(env, stat(id), Subject::id(id));
  auto record = ipc_status(env, id, status.msg_perm);
  record["length"] = Napi::Number::New(env, static_cast<double>(status.msg_qnum));
  record["bytes"] = Napi::Number::New(env, static_cast<double>(status.__msg_cbytes));
  record["maxBytes"] = Napi::Number::New(env, static_cast<double>(status.msg_qbytes));
  record["lastSendPid"] = Napi::Number::New(env, status.msg_lspid);
  record["lastReceivePid"] = Napi::Number::New(env, status.msg_lrpid);
  record["sendTime"] = date_of(env, status.msg_stime);
  record["receiveTime"] = date_of(env, status.msg_rtime);
  record["changeTime"] = date_of(env, status.msg_ctime);
  return record;
}

// set(id, uid, gid, mode, maxBytes)
void set_queue(const Napi::CallbackInfo& info) {
  const int id = int_of(info.Env(), info[0]);
  const Change change = {permissions_of(info), static_cast<int64_t>(number_of(info.Env(), info[4]))};
  expect(info.Env(), set(id, change), Subject::id(id));
}

}  // namespace

Napi::Object sysv_message_queue(Napi::Env env) {
  auto functions = Napi::Object::New(env);
  functions["get"] = Napi::Function::New<get_queue>(env, "get");
  functions["bind"] = Napi::Function::New<bind_queue>(env, "bind");
  functions["stat"] = Napi::Function::New<stat_queue>(env, "stat");
  functions["set"] = Napi::Function::New<set_queue>(env, "set");
  functions["remove"] = Napi::Function::New<remove_by_id<remove, kind>>(env, "remove");
  functions["removeOnExit"] = Napi::Function::New<remove_on_exit<kind>>(env, "removeOnExit");
  return functions;
}

}  // namespace posix_ipc::binding
