#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "board.h"

namespace fuzz {

struct Tally {
  uint64_t mutations = 0;
  uint64_t crashes = 0;
  uint64_t hangs = 0;
  uint64_t unexpected = 0;
  uint64_t successes = 0;
  uint64_t refusals = 0;

  uint64_t failures() const { return crashes + hangs + unexpected; }
};

// A run in rounds, each with new processes and new objects, so that it can be entered at any of them.
class Rounds {
 public:
  // Mutations of one round.
  static constexpr uint64_t length = 1000;

  explicit Rounds(uint64_t seed);
  void run(uint64_t round, uint64_t mutations);
  const Tally& tally() const { return tally_; }

 private:
  void live(uint64_t first, uint64_t mutations);
  void channels(uint64_t first, uint64_t mutations);
  void files(uint64_t first, uint64_t mutations);
  template <typename Targets>
  void spoil(Targets& targets, uint64_t first, uint64_t mutations);
  template <typename Body>
  void start(Body body);
  // Whether all processes go on, and the calls come back that were under way.
  bool all_well();
  // Asks all to end, and judges how they do; whether well.
  bool finish();
  void found(const char* what, const std::string& detail, uint64_t& count);
  void end_all();

  uint64_t seed_;
  std::string prefix_;
  Board& board_;
  std::vector<pid_t> processes_;
  Tally tally_;
};

}  // namespace fuzz
