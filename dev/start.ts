/**
 * The development profile behind `npm start`: an embedded replica set, a simulated mint and the server, with a demo
 * wallet that pays one invoice. It stays up until Ctrl-C and leaves nothing running.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createEndings } from './profile/endings.ts';
import { sentenceFor } from './profile/failure.ts';
import { aborted, listenForInterruption } from './profile/interruption.ts';
import { startProfile } from './profile/profile.ts';
import { complain, guardScreen, print } from './profile/screen.ts';

/** How long the start gets to notice that it shall stop, before what it has started is ended under it. */
const noticeMs = 5_000;

guardScreen();
const signal = listenForInterruption();
const endings = createEndings();
const starting = startProfile(process.env, endings, signal);
try {
  await Promise.race([starting, aborted(signal)]);
  await aborted(signal);
  await Promise.race([starting.catch(() => {}), pause(noticeMs)]);
} catch (error) {
  if (!signal.aborted) {
    complain(sentenceFor(error));
    process.exitCode = 1;
  }
} finally {
  await endings.endAll();
  if (signal.aborted) print('Stopped.');
  process.exit();
}
