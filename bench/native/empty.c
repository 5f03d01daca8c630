// What the benchmark needs of native code: the cost of crossing to it and back, with nothing done there; and
// a clock that all processes share, without a BigInt.
#include <node_api.h>
#include <time.h>

static napi_value nothing(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
  return NULL;
}

static napi_value now(napi_env env, napi_callback_info info) {
  (void)info;
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  napi_value nanoseconds;
  napi_create_double(env, moment.tv_sec * 1e9 + moment.tv_nsec, &nanoseconds);
  return nanoseconds;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "now", NAPI_AUTO_LENGTH, now, NULL, &function);
  napi_set_named_property(env, exports, "now", function);
  napi_create_function(env, "nothing", NAPI_AUTO_LENGTH, nothing, NULL, &function);
  napi_set_named_property(env, exports, "nothing", function);
  return exports;
}
