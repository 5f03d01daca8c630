#pragma once

#include <napi.h>

#include <exception>
#include <memory>

namespace posix_ipc::binding {

// A function that carries its native object: `data` of napi_get_cb_info(). A method finds its object by
// napi_unwrap(), which alone costs 33 ns a call, more than a post and a tryWait together, and
// node-addon-api's wrapping comes on top; this costs 1 ns. For the calls that a program makes once a message
// or once a lock.
template <typename Object>
Napi::Value bound(Napi::Env env, const char* name, napi_callback callback, std::shared_ptr<Object> object) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, object.get(), &function) != napi_ok) {
    throw Napi::Error::New(env);
  }
  // The function keeps the object, whatever becomes of the handle it came from.
  auto holder = std::make_unique<std::shared_ptr<Object>>(std::move(object));
  const napi_status added = napi_add_finalizer(
      env, function, holder.get(),
      [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<Object>*>(data); }, nullptr,
      nullptr);
  if (added != napi_ok) throw Napi::Error::New(env);
  (void)holder.release();
  return Napi::Value(env, function);
}

// What a bound function finds when it is called: its object, and `count` arguments.
template <typename Object, size_t count>
struct BoundCall {
  Object* object;
  napi_value arguments[count];

  BoundCall(napi_env env, napi_callback_info info) {
    size_t room = count;
    void* data;
    napi_get_cb_info(env, info, &room, arguments, nullptr, &data);
    object = static_cast<Object*>(data);
  }
};

template <typename Object>
struct BoundCall<Object, 0> {
  Object* object;

  BoundCall(napi_env env, napi_callback_info info) {
    void* data;
    napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
    object = static_cast<Object*>(data);
  }
};

// C++ exceptions must not leave a raw callback.
template <typename Body>
napi_value guarded(napi_env env, Body body) {
  try {
    return body();
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return nullptr;
}

inline napi_value boolean(napi_env env, bool truth) {
  napi_value value;
  napi_get_boolean(env, truth, &value);
  return value;
}

inline napi_value integer(napi_env env, int64_t number) {
  napi_value value;
  napi_create_int32(env, static_cast<int32_t>(number), &value);
  return value;
}

}  // namespace posix_ipc::binding
