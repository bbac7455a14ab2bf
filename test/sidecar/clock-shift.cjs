// Makes the clock of a process wrong, as `--require`: ahead by as many milliseconds as the file that ROLECHAIN_TEST_CLOCK names
// has at the moment. Timers and performance.now stay as they are, as with a node whose clock is set.
const { readFileSync } = require('node:fs');

const RealDate = Date;
const now = () => RealDate.now() + Number(readFileSync(process.env.ROLECHAIN_TEST_CLOCK, 'utf8'));

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }

  static now() {
    return now();
  }
};
