#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "rounds.h"

// Called by `npm run fuzz`, which explains the options: SEED FROM MUTATIONS.
int main(int count, char** arguments) {
  if (count != 4) return 2;
  const auto number = [&](int index) { return std::strtoull(arguments[index], nullptr, 10); };
  const uint64_t from = number(2);
  const uint64_t to = from + number(3);
  fuzz::Rounds rounds(number(1));
  using fuzz::Rounds;
  uint64_t shown = fuzz::milliseconds();
  for (uint64_t step = from; step < to;) {
    const uint64_t round = step / Rounds::length;
    const uint64_t end = std::min((round + 1) * Rounds::length, to);
    // From its beginning: what stood there before is part of it.
    rounds.run(round, end - round * Rounds::length);
    step = end;
    if (fuzz::milliseconds() - shown < 5000) continue;
    shown = fuzz::milliseconds();
    std::fprintf(stderr, "step %lu of %lu\n", step, to);
  }
  const fuzz::Tally& tally = rounds.tally();
  std::printf("%lu calls succeeded, %lu were refused, %lu with an errno that none may give\n",
              tally.successes, tally.refusals, tally.unexpected);
  std::printf("%lu mutations, %lu crashes, %lu hangs\n", tally.mutations, tally.crashes, tally.hangs);
  return tally.failures() == 0 ? 0 : 1;
}
