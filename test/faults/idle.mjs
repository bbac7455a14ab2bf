// Holds many connections to a port of loopback on which nothing comes to an end. Arguments: port, how many, and what
// each sends: `silent` nothing, `slow` a header a second, `large` nearly 8 KiB of a head, `asking` a request with the token
// of the variable TOKEN, again a second after each answer. One that is closed is opened again two seconds later. Says `up`
// once each was open. Ends with its standard input.
import { connect } from 'node:net';
import { clearInterval, setInterval, setTimeout } from 'node:timers';

const [port, count, way] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const EACH_BATCH = 100;
const HEAD = 'GET /v1/credentials HTTP/1.1\r\nhost: 127.0.0.1\r\n';
const LARGE = `${HEAD}${Array.from({ length: 72 }, (_, i) => `x-${i}: ${'y'.repeat(90)}\r\n`).join('')}`;
const ASKING = `${HEAD}authorization: ${process.env.TOKEN}\r\n\r\n`;
const SENT = { silent: '', slow: HEAD, large: LARGE, asking: ASKING };
let opened = 0;

function open(first) {
  const socket = connect(port, '127.0.0.1');
  let drip;
  let wasOpen = false;
  socket
    .on('error', () => undefined)
    .on('close', () => {
      clearInterval(drip);
      // One that was reset before its connect was seen has not been open yet.
      setTimeout(open, 2000, first && !wasOpen);
    });
  socket.once('connect', () => {
    wasOpen = true;
    if (first && ++opened === count) console.log('up');
    socket.write(SENT[way]);
    if (way === 'slow') drip = setInterval(() => socket.write('x: y\r\n'), 1000);
  });
  // An answer comes whole, and in one piece.
  socket.on('data', () => way === 'asking' && setTimeout(() => socket.write(ASKING), 1000));
}

for (let i = 0; i < count; i += EACH_BATCH) {
  setTimeout(() => {
    for (let j = 0; j < Math.min(EACH_BATCH, count - i); j++) open(true);
  }, i / 5);
}
// With this process's parent, however that ends.
process.stdin.resume().once('end', () => process.exit());
