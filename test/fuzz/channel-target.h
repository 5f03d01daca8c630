#pragma once

#include <string>

#include "core/owned.h"
#include "core/segment/c.h"
#include "random.h"

namespace fuzz {

// The file of a channel, and the hand that spoils it: by pwrite(2), or through a mapping, faster than its
// users go from one look to the next. It is never cut: the header says what that does to a program in C.
class ChannelTarget {
 public:
  static constexpr uint32_t capacity = PIPC_LEAST_CAPACITY;

  ChannelTarget(const std::string& name, uint32_t flags);

  void spoil(Random& random);
  // Makes valid again what no call gets past any more, and now and then all of it.
  void heal(Random& random);

  const std::string& name() const { return name_; }
  void remove() const;

 private:
  void make();
  pipc_header present() const;
  bool lost() const;
  void flicker(Random& random) const;

  std::string name_;
  uint32_t flags_;
  posix_ipc::Descriptor descriptor_;
};

}  // namespace fuzz
