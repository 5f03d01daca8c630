#pragma once

#include <cerrno>
#include <utility>
#include <variant>

namespace posix_ipc {

// What a refused call leaves behind: its errno, and the name under which its manual page is found.
struct SystemError {
  int number;
  const char* syscall;
};

inline SystemError last_error(const char* syscall) { return {errno, syscall}; }

// A value, or the system's refusal. Nothing in core throws: whoever receives a refusal returns it at once.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(SystemError error) : state_(error) {}

  bool ok() const { return std::holds_alternative<T>(state_); }
  const SystemError& error() const { return std::get<SystemError>(state_); }
  T& value() { return std::get<T>(state_); }
  const T& value() const { return std::get<T>(state_); }
  T take() { return std::move(std::get<T>(state_)); }

 private:
  std::variant<T, SystemError> state_;
};

using Status = Result<std::monostate>;

inline Status done() { return std::monostate{}; }

// The common end of a call that answers -1 and sets errno.
inline Status check(int answer, const char* syscall) {
  if (answer == -1) return last_error(syscall);
  return done();
}

}  // namespace posix_ipc
