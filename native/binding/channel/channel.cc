#include "binding/channel/channel.h"

#include "binding/arguments.h"
#include "binding/environment.h"
#include "core/exit-cleanup.h"

namespace posix_ipc::binding {

Napi::Function Channel::define(Napi::Env env) {
  return DefineClass(env, "Channel",
                     {
                         InstanceMethod<&Channel::buffer>("buffer"),
                         InstanceMethod<&Channel::close>("close"),
                         InstanceMethod<&Channel::unlink_on_exit>("unlinkOnExit"),
                     });
}

Channel::Channel(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const napi_env env = info.Env();
  name_ = string_of(env, info[1]);
  const ChannelWish wish = {static_cast<Intent>(int_of(env, info[0])),
                            static_cast<uint32_t>(number_of(env, info[2])),
                            static_cast<uint32_t>(number_of(env, info[3])),
                            static_cast<uint32_t>(number_of(env, info[4])),
                            static_cast<mode_t>(int_of(env, info[5])),
                            OwnerRule(static_cast<int64_t>(number_of(env, info[6])))};
  const char* fault = nullptr;
  auto obtained = posix_ipc::Channel::obtain(name_, wish, fault);
  if (!obtained.ok()) throw_error(env, obtained.error(), subject(), fault);
  channel_ = obtained.take();
  memory_ = std::make_unique<Memory>(channel_->take_mapping());

  double* answers = Environment::of(env).answers;
  answers[0] = channel_->created();
  answers[1] = channel_->c().capacity;
  answers[2] = channel_->c().flags;
}

Napi::Value Channel::buffer(const Napi::CallbackInfo& info) {
  (void)open("buffer");
  return memory_->buffer(info.Env(), subject());
}

// After its sides.
void Channel::close(const Napi::CallbackInfo& info) {
  if (channel_ == nullptr) return;
  channel_ = nullptr;
  expect(info.Env(), memory_->close(), subject());
}

void Channel::unlink_on_exit(const Napi::CallbackInfo& info) {
  const int descriptor = open("unlinkOnExit")->descriptor();
  expect(info.Env(), exit_cleanup::promise(exit_cleanup::Kind::file, "/dev/shm" + name_, descriptor),
         subject());
}

const std::shared_ptr<posix_ipc::Channel>& Channel::open(const char* method) {
  if (channel_ == nullptr) throw_closed(Env(), method, subject());
  return channel_;
}

}  // namespace posix_ipc::binding
