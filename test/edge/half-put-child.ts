/**
 * Child of the zombie test: opens a PUT of the edge config, sends half of its body, says so and waits.
 * The parent stops it (SIGSTOP) there and lets it go on (SIGCONT, then a line on stdin) later.
 */
import { connect } from 'node:net';

const [port = '', token = '', body = ''] = process.argv.slice(2);
const half = Math.floor(body.length / 2);
const socket = connect(Number(port), '127.0.0.1', () => {
  const head = [
    'PUT /__cutover/store HTTP/1.1',
    'host: edge',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, half)}`, () => console.log('half'));
});
process.stdin.once('data', () => socket.write(body.slice(half)));
let answer = '';
socket.on('data', (chunk) => {
  answer += chunk.toString();
  if (!answer.includes('\r\n')) return;
  console.log(answer.split('\r\n')[0]);
  // workerd lingers on a closed connection; the status line is all that is asked for.
  process.exit(0);
});
