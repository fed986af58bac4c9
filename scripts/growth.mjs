/** `npm run growth`: what a wallet's balance, history and payments cost as it grows, and a server's start as it has more of them. */
import { growth } from '../bench/growth/main.ts';

process.exitCode = await growth(process.argv.slice(2));
