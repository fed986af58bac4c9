import type { Operation } from '../../models/operation.ts';
import type { Driver, Handler } from './driver.ts';

/** A handler for each kind of operation. */
export type Handlers = { [Kind in Operation['kind']]: Handler<Extract<Operation, { kind: Kind }>> };

/** Advances an operation that somebody else has begun and left, whatever its kind; it must have been claimed. */
export function driveOn(
  driver: Driver,
  handlers: Handlers,
  operation: Operation,
  options: { untilMs: number },
): Promise<Operation> {
  switch (operation.kind) {
    case 'melt':
      return driver.drive(operation, handlers.melt, 'worker', options);
    case 'minting':
      return driver.drive(operation, handlers.minting, 'worker', options);
    case 'send':
      return driver.drive(operation, handlers.send, 'worker', options);
    case 'receive':
      return driver.drive(operation, handlers.receive, 'worker', options);
    case 'upkeep':
      return driver.drive(operation, handlers.upkeep, 'worker', options);
  }
}
