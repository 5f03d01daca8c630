'use strict';

// What `npm run models` runs. `holds`: [title, settings, kind]; 'ltl' is the run under weak fairness, 'large' one whose
// states are compressed to stay within 1 GB. A model runs with 0, 1, ... kills, because a kill that may still come counts
// as a step that is possible, and so would hide that nothing else is.
// `broken`: [variant, settings, what the violated assertion says]. A settings word `KILLS=1` becomes -DKILLS=1.
module.exports = {
  creation: {
    holds: [
      ['3 creators', ''],
      ['3 creators, one killed and back', 'KILLS=1 RESTARTS=1'],
      ['3 creators, two killed and back', 'KILLS=2 RESTARTS=2'],
      ['3 creators, one killed', 'KILLS=1', 'ltl'],
    ],
    broken: [
      ['PUBLISH_FIRST', '', 'body=='],
      ['BYTE_FREED_FIRST', '', 'used==0'],
      ['NO_LOOK_UNDER_THE_BYTE', '', 'used==0'],
    ],
  },
  seat: {
    holds: [
      ['2 occupants, clean closes', ''],
      ['2 occupants, one killed and back', 'KILLS=1'],
      ['2 occupants, two killed', 'KILLS=2'],
      ['observer on the futex', 'KILLS=1 FUTEXES=1'],
      ['1 occupant, one killed and back', 'N=2 SEATS=2 KILLS=1', 'ltl'],
    ],
    broken: [
      ['EPOCH_IGNORED', '', 'waits'],
      ['ONE_LOOK_AT_ENTRY', '', 'fate[((1*8)'],
      ['UNLOCK_BEFORE_MARK', '', 'fate[((1*8)'],
      ['NUMBER_BEFORE_HOOK', 'KILLS=1', 'fate[((seat*8)'],
      ['SILENT_SEAT', 'KILLS=1', 'waits'],
      ['NO_TIMED_LOOK', 'KILLS=1', 'waits'],
    ],
  },
  bell: {
    holds: [
      ['2 ringers, 2 sleepers', ''],
      ['the same, one killed', 'KILLS=1'],
      ['the same, a ringer and a sleeper killed', 'KILLS=2 VICTIMS=9'],
      ['futex only, one killed', 'KILLS=1 FUTEXES=15'],
      ['inotify only, one killed', 'KILLS=1 FUTEXES=0'],
      ['2 ringers, 2 sleepers', '', 'ltl'],
    ],
    broken: [
      ['NO_SECOND_LOOK', '', 'finished=='],
      ['COUNT_FIRST', '', 'finished=='],
      ['NO_EXCHANGE', '', 'finished=='],
      ['WATCH_AFTER_FLAG', '', 'finished=='],
      ['RING_BEFORE_STORE', '', 'finished=='],
      ['NO_TIMED_LOOK', 'KILLS=1', 'finished=='],
      ['TIMED_LOOKS_AFTER_EVENT_ONLY', 'KILLS=1', 'finished=='],
    ],
  },
  mutex: {
    holds: [
      ['3 users', ''],
      ['3 users on the futex', 'FUTEXES=7'],
      ['3 users on inotify', 'FUTEXES=0'],
      ['3 users, one killed', 'KILLS=1'],
      ['3 users, the second killed and back', 'KILLS=1 RESTARTS=1 VICTIMS=2'],
      ['2 users, two killed and back', 'N=2 KILLS=2 RESTARTS=2'],
      ['3 users', '', 'ltl'],
      ['2 users, one killed and back', 'N=2 KILLS=1 RESTARTS=1', 'ltl'],
    ],
    broken: [
      ['NO_SECOND_LOOK', '', 'finished=='],
      ['COUNT_FIRST', '', 'finished=='],
      ['BUSY_AFTER_LOST_EXCHANGE', '', 'finished=='],
      ['BLIND_UNLOCK', '', 'finished=='],
      ['DEATH_UNREPORTED', 'KILLS=1', 'owed'],
      ['EPOCH_IGNORED', 'N=2 KILLS=1 RESTARTS=1', 'finished=='],
      ['NO_TIMED_LOOK', 'KILLS=1', 'finished=='],
      ['TIMED_LOOKS_AFTER_EVENT_ONLY', 'KILLS=1', 'finished=='],
    ],
  },
  'rw-lock': {
    holds: [
      ['1 writer, 2 readers', 'IMPATIENT=true'],
      ['2 writers, 1 reader', 'WRITERS=2 IMPATIENT=true'],
      ['1 writer, 2 readers on the futex', 'FUTEXES=7'],
      ['1 writer, 2 readers on inotify', 'FUTEXES=0'],
      ['1 writer, 2 readers, the writer killed', 'IMPATIENT=true KILLS=1 VICTIMS=1'],
      ['1 writer, 2 readers, a reader killed', 'IMPATIENT=true KILLS=1 VICTIMS=4'],
      ['2 writers, 1 reader, a writer killed', 'WRITERS=2 KILLS=1 VICTIMS=2'],
      ['1 writer, 1 reader, two killed and back', 'N=2 KILLS=2 RESTARTS=2 IMPATIENT=true'],
      ['1 writer, 2 readers', 'IMPATIENT=true', 'ltl'],
      ['1 writer, 1 reader, one killed and back', 'N=2 KILLS=1 RESTARTS=1 IMPATIENT=true', 'ltl'],
    ],
    broken: [
      ['NO_SECOND_WORD', '', 'reading['],
      ['SILENT_RETREAT', '', 'finished=='],
      ['SILENT_READ_UNLOCK', '', 'finished=='],
      ['BUSY_AFTER_RETREAT', 'WRITERS=2 IMPATIENT=true', 'finished=='],
      ['DEAD_READER_COUNTS', 'KILLS=1', 'finished=='],
      ['TIMEOUT_FORGETS', 'KILLS=1 VICTIMS=1 FUTEXES=0 IMPATIENT=true', 'owed'],
      ['DEATH_UNREPORTED', 'KILLS=1', 'owed'],
    ],
  },
  barrier: {
    holds: [
      ['3 members, timeouts', 'IMPATIENT=true'],
      ['3 members, 2 parties, one leaves', 'PARTIES=2 LEAVERS=1'],
      ['2 members, 2 rounds, one killed', 'N=2 ROUNDS=2 KILLS=1'],
      ['3 members, one killed', 'KILLS=1 VICTIMS=4', 'large'],
      ['2 members, 3 seats, one killed and back', 'N=2 SEATS=3 KILLS=1 RESTARTS=1 IMPATIENT=true LEAVERS=1'],
      ['2 members, two killed and back', 'N=2 KILLS=2 RESTARTS=2 IMPATIENT=true'],
      ['2 members, 2 rounds, timeouts', 'N=2 ROUNDS=2 IMPATIENT=true', 'ltl'],
      ['2 members, one killed and back', 'N=2 KILLS=1 RESTARTS=1', 'ltl'],
    ],
    broken: [
      ['NO_SECOND_LOOK', '', 'waiting[r]'],
      ['ONE_LOOK_AT_ENTRY', 'PARTIES=2 LEAVERS=1', 'deaths>0'],
      ['RESET_IS_A_GENERATION', 'KILLS=1 VICTIMS=4', 'opened'],
      ['RESET_WORD_FIRST', 'KILLS=1 VICTIMS=4', '<deaths'],
      ['RESET_OF_THE_WHOLE', 'PARTIES=2 KILLS=1 VICTIMS=2 ROUNDS=2', '<deaths'],
      ['MARK_CLEARED_BLINDLY', 'N=2 KILLS=2 RESTARTS=2', 'owed'],
      ['NO_HOOK', 'N=2 KILLS=1 RESTARTS=1', 'owed'],
    ],
  },
  condition: {
    holds: [
      ['1 signaller, 2 waiters', ''],
      ['the signaller killed', 'KILLS=1 VICTIMS=1', 'large'],
      ['a waiter on inotify killed', 'KILLS=1 VICTIMS=4'],
      ['1 signaller, 1 waiter, two killed', 'N=2 KILLS=2'],
      ['1 signaller, 1 waiter, one killed', 'N=2 KILLS=1', 'ltl'],
    ],
    broken: [
      ['NOTED_AFTER_UNLOCK', '', 'waiting[r]'],
      ['ONLY_THE_NUMBER', 'KILLS=1', 'owed'],
      ['SIGNAL_AFTER_UNLOCK', 'KILLS=1', 'come'],
    ],
  },
};
