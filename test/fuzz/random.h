#pragma once

#include <cstddef>
#include <cstdint>

namespace fuzz {

// splitmix64: the same numbers from the same seed on every machine. Each step and each user has a stream of
// its own, so that a run can be entered in the middle.
class Random {
 public:
  Random(uint64_t seed, uint64_t stream) : state_(seed * 0x9e3779b97f4a7c15 + stream * 0xd1b54a32d192ed03) {
    (void)next();
  }

  uint64_t next() {
    uint64_t value = state_ += 0x9e3779b97f4a7c15;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
  }
  uint32_t word() { return static_cast<uint32_t>(next() >> 32); }
  uint32_t below(uint32_t limit) { return word() % limit; }
  bool one_in(uint32_t times) { return below(times) == 0; }
  template <typename T, size_t length>
  T& one_of(T (&values)[length]) {
    return values[below(length)];
  }

 private:
  uint64_t state_;
};

}  // namespace fuzz
