#pragma once

#include <semaphore.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/owned.h"
#include "core/segment/layout.h"
#include "garbage.h"

namespace fuzz {

constexpr uint32_t parties = 2;

// A file under live handles, and the hand that spoils it. Written by pwrite(2): nothing is mapped here, so
// nothing here depends on the guard.
class Target {
 public:
  // A segment of one lock.
  static Target lock(const std::string& name, posix_ipc::BlockKind kind);
  // Shared memory in which locks are placed, one of each kind.
  static Target memory(const std::string& name);
  static Target semaphore(const std::string& name);

  // Writes, truncates or replaces.
  void spoil(Random& random);
  // Makes valid again what cannot be opened any more, mostly; so that the next users come further.
  void heal(Random& random);

  const std::string& name() const { return name_; }
  std::string path() const;
  void remove() const;

  static constexpr uint64_t placed_at[] = {64, 4096 + 4032, 3 * 4096, 5 * 4096 + 128};
  static constexpr uint64_t memory_size = 8 * 4096;

 private:
  enum class What { lock, memory, semaphore };

  Target(What what, const std::string& name, uint64_t size) : what_(what), name_(name), size_(size) {}

  void make();
  void replace(Random& random);
  void write(const Write& write) const;
  posix_ipc::Block block_at(uint64_t offset) const;
  std::string pristine() const;

  What what_;
  std::string name_;
  uint64_t size_;
  posix_ipc::BlockKind kind_ = posix_ipc::BlockKind::mutex;
  posix_ipc::Descriptor descriptor_;
};

}  // namespace fuzz
