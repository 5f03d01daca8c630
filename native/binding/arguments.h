#pragma once

#include <napi.h>

#include <string>

// TypeScript has judged every argument for its user. What is checked again here is only what memory safety
// stands on, and a mistake there is one in lib/: a plain TypeError.
namespace posix_ipc::binding {

struct Bytes {
  char* data;
  size_t length;
};

// A Uint8Array's memory, valid until JavaScript runs again. Raw Node-API: it stands on every path of a
// message.
inline Bytes bytes_of(napi_env env, napi_value value) {
  napi_typedarray_type type;
  size_t length;
  void* data;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    throw Napi::TypeError::New(env, "expected a Uint8Array");
  }
  // An empty array may have no memory at all, and the C library's functions want an address even for nothing.
  static char nothing;
  return {data == nullptr ? &nothing : static_cast<char*>(data), length};
}

inline double number_of(napi_env env, napi_value value) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok)
    throw Napi::TypeError::New(env, "expected a number");
  return number;
}

inline int32_t int_of(napi_env env, napi_value value) { return static_cast<int32_t>(number_of(env, value)); }

inline bool bool_of(napi_env env, napi_value value) {
  bool truth;
  if (napi_get_value_bool(env, value, &truth) != napi_ok)
    throw Napi::TypeError::New(env, "expected a boolean");
  return truth;
}

inline std::string string_of(napi_env env, napi_value value) {
  const Napi::Value text(env, value);
  if (!text.IsString()) throw Napi::TypeError::New(env, "expected a string");
  return text.As<Napi::String>().Utf8Value();
}

}  // namespace posix_ipc::binding
