declare const brand: unique symbol;

/** Identity of a node for its whole life, whatever its name or place: a UUIDv7 in lower case. */
export type NodeId = string & { readonly [brand]: 'NodeId' };

const SHAPE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isNodeId(text: string): text is NodeId {
  return SHAPE.test(text);
}

/** The root directory of every file system. */
export const ROOT_ID: NodeId = '00000000-0000-7000-8000-000000000001' as NodeId;
