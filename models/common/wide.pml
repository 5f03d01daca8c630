/*
 * A number of 64 bits in words of 32 (here: of LOWBITS), stored by one process and read by all. Its low word is what
 * commits it. There are two high words, one for each value of the top bit of the low word: the one that is not in use is
 * stored before the low word moves to its half. So there is no moment, and no death, that leaves a number half stored.
 */
#ifndef LOWBITS
#define LOWBITS 2
#endif
#define LOW(n) ((n) & ((1 << LOWBITS) - 1))
#define HIGH(n) ((n) >> LOWBITS)
#define HALF(n) (LOW(n) >> (LOWBITS - 1))
#define JOINED(h, l) ((h) << LOWBITS | (l))

byte low[WIDES], high[2 * WIDES];

#ifdef BROKEN_ONE_HIGH
#define AT_HALF(x, half) high[2 * (x)]
#else
#define AT_HALF(x, half) high[2 * (x) + (half)]
#endif

/* Before the step that stores the low word. */
inline store_high(x, n) {
#ifdef BROKEN_HIGHS_AROUND
  if
  :: atomic { high[2 * (x) + 1] != HIGH(n) -> high[2 * (x) + 1] = HIGH(n) }
  :: atomic { high[2 * (x) + 1] == HIGH(n) }
  fi
#else
  if
  :: atomic { AT_HALF(x, HALF(n)) != HIGH(n) -> AT_HALF(x, HALF(n)) = HIGH(n) }
  :: atomic { AT_HALF(x, HALF(n)) == HIGH(n) }
  fi
#endif
}

/* After it, where a number is high, low, high again. */
inline store_other_high(x, n) {
#ifdef BROKEN_HIGHS_AROUND
  if
  :: atomic { high[2 * (x)] != HIGH(n) -> high[2 * (x)] = HIGH(n) }
  :: atomic { high[2 * (x)] == HIGH(n) }
  fi
#else
  skip
#endif
}

/* High, low, high again. The first look only says which half. Needs in the process: byte half, h, l. */
inline read_wide(x, n) {
#ifdef BROKEN_HIGHS_AROUND
  do
  :: h = high[2 * (x)];
     l = low[x];
     atomic {
       if
       :: high[2 * (x) + 1] == h -> n = JOINED(h, l); h = 0; l = 0; break
       :: else -> h = 0; l = 0
       fi
     }
  od
#else
  do
  :: half = HALF(low[x]);
     h = AT_HALF(x, half);
     l = low[x];
     atomic {
       if
       :: HALF(l) == half && AT_HALF(x, half) == h -> n = JOINED(h, l); half = 0; h = 0; l = 0; break
       :: else -> half = 0; h = 0; l = 0
       fi
     }
  od
#endif
}
