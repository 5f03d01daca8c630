// What the benchmark needs of native code: the cost of crossing to it and back, with nothing done there; a
// clock that all processes share, without a BigInt; and an end with one's parent, also of a process that
// spins.
#include <node_api.h>
#include <signal.h>
#include <sys/prctl.h>
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

static napi_value end_with_parent(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "now", NAPI_AUTO_LENGTH, now, NULL, &function);
  napi_set_named_property(env, exports, "now", function);
  napi_create_function(env, "nothing", NAPI_AUTO_LENGTH, nothing, NULL, &function);
  napi_set_named_property(env, exports, "nothing", function);
  napi_create_function(env, "endWithParent", NAPI_AUTO_LENGTH, end_with_parent, NULL, &function);
  napi_set_named_property(env, exports, "endWithParent", function);
  return exports;
}
