#pragma once

#include <unistd.h>

#include <utility>

namespace posix_ipc {

// A file descriptor with one owner. Moving hands it over; there is no copy.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~Descriptor() { close(); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

  // The number is somebody else's from now on.
  int disown() { return std::exchange(number_, -1); }

  // close(2) is never repeated after EINTR: on Linux the number is free even then, and may be somebody
  // else's.
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_ = -1;
};

}  // namespace posix_ipc
