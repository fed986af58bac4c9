export default async function stopSharedReplicaSet() {
  await globalThis.stopSharedReplicaSet?.();
}
