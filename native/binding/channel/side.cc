#include "binding/channel/side.h"

#include "binding/arguments.h"
#include "binding/environment.h"
#include "binding/patience.h"

namespace posix_ipc::binding {
namespace {

// Milliseconds.
constexpr double sleep_without_watch = 50;

}  // namespace

Napi::Function ChannelSide::define(Napi::Env env) {
  return DefineClass(env, "ChannelSide",
                     {
                         InstanceMethod<&ChannelSide::begin_turn>("beginTurn"),
                         InstanceMethod<&ChannelSide::wait_sync>("waitSync"),
                         InstanceMethod<&ChannelSide::end_turn>("endTurn"),
                         InstanceMethod<&ChannelSide::alone>("alone"),
                         InstanceMethod<&ChannelSide::count>("count"),
                         InstanceMethod<&ChannelSide::stale>("stale"),
                         InstanceMethod<&ChannelSide::ring>("ring"),
                         InstanceMethod<&ChannelSide::announce>("announce"),
                         InstanceMethod<&ChannelSide::watch>("watch"),
                         InstanceMethod<&ChannelSide::start_sleep>("startSleep"),
                         InstanceMethod<&ChannelSide::close>("close"),
                     });
}

ChannelSide::ChannelSide(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Channel* channel;
  if (napi_unwrap(info.Env(), info[0], reinterpret_cast<void**>(&channel)) != napi_ok)
    throw Napi::TypeError::New(info.Env(), "expected a Channel");
  const auto role = static_cast<uint32_t>(number_of(info.Env(), info[1]));
  name_ = channel->name();
  const char* const method = role == PIPC_WRITER ? "writer" : "reader";
  side_ = expect(info.Env(), posix_ipc::ChannelSide::sit(channel->open(method), role), subject());
  mapping_ = channel->share();
  Environment::of(info.Env()).answers[0] = side_->mine();
}

// beginTurn(waiting) => whether it has it
Napi::Value ChannelSide::begin_turn(const Napi::CallbackInfo& info) {
  auto begun = open("beginTurn").begin_turn(bool_of(info.Env(), info[0]));
  return Napi::Boolean::New(info.Env(), expect(info.Env(), std::move(begun), subject()));
}

// waitSync(position, size, persistent, timeout, signals)
void ChannelSide::wait_sync(const Napi::CallbackInfo& info) {
  const auto want = want_of(info);
  const bool persistent = bool_of(info.Env(), info[2]);
  const Patience patience = patience_of(info.Env(), info[3], info[4]);
  expect(info.Env(), open("waitSync").wait(want, persistent, patience), subject());
}

void ChannelSide::end_turn(const Napi::CallbackInfo&) { open("endTurn").end_turn(); }

// alone() => 0, 1, or 2: pipc_alone()
Napi::Value ChannelSide::alone(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), open("alone").alone());
}

// count(role) => how many sit there
Napi::Value ChannelSide::count(const Napi::CallbackInfo& info) {
  const auto role = static_cast<uint32_t>(number_of(info.Env(), info[0]));
  return Napi::Number::New(info.Env(), open("count").count(role));
}

Napi::Value ChannelSide::stale(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), open("stale").stale());
}

void ChannelSide::ring(const Napi::CallbackInfo&) { open("ring").ring_others(); }

void ChannelSide::announce(const Napi::CallbackInfo&) { open("announce").bell().announce(PIPC_BY_INOTIFY); }

// watch() => watch descriptor, or -1
Napi::Value ChannelSide::watch(const Napi::CallbackInfo& info) {
  Watcher* watcher = Environment::of(info.Env()).watcher();
  return Napi::Number::New(info.Env(), watcher == nullptr ? -1 : watcher->add(open("watch").bell()));
}

// startSleep(callback()) => id: a short sleep on a thread of ours, where no watch is to be had.
Napi::Value ChannelSide::start_sleep(const Napi::CallbackInfo& info) {
  const uint32_t sequence = open("startSleep").bell().announce(PIPC_BY_FUTEX);
  Loop::Work work;
  work.name = "channel:" + name_;
  work.call = [side = side_, mapping = mapping_, sequence] {
    return side->bell().sleep_by_futex(sequence, Deadline::in(sleep_without_watch)) ? 0 : EINTR;
  };
  return Environment::of(info.Env()).loop().start(std::move(work), info[0].As<Napi::Function>());
}

void ChannelSide::close(const Napi::CallbackInfo&) {
  side_ = nullptr;
  mapping_ = nullptr;
}

posix_ipc::ChannelSide& ChannelSide::open(const char* method) {
  if (side_ == nullptr) throw_closed(Env(), method, subject());
  return *side_;
}

posix_ipc::ChannelSide::Want ChannelSide::want_of(const Napi::CallbackInfo& info) const {
  return {static_cast<uint64_t>(static_cast<int64_t>(number_of(info.Env(), info[0]))),
          static_cast<uint32_t>(number_of(info.Env(), info[1]))};
}

}  // namespace posix_ipc::binding
