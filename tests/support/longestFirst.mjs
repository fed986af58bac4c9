import Sequencer from '@jest/test-sequencer';

/** Layers by how long their files take. Without a record of earlier runs jest would go by size, and end on a long one. */
const layers = ['chaos', 'e2e', 'integration', 'property', 'unit'];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ context }) => layers.indexOf(context.config.displayName?.name);
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
