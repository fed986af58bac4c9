import type { components, operations } from './generated.ts';

/** What the server's document says, under shorter names. */

type Operations = operations;
type OperationName = keyof Operations;
type JsonOf<Content> = Content extends { content: { 'application/json': infer Json } } ? Json : never;

/** The body that a route takes. */
export type BodyOf<Name extends OperationName> = JsonOf<NonNullable<Operations[Name]['requestBody']>>;

/** What a route takes in its query; what is undefined is left out. */
export type QueryOf<Name extends OperationName> = OrUndefined<
  NonNullable<Operations[Name]['parameters']['query']>
>;

type OrUndefined<Query> = { [Name in keyof Query]?: Query[Name] | undefined };

/** The body that a route answers with. */
export type AnswerOf<Name extends OperationName, Status extends keyof Operations[Name]['responses']> = JsonOf<
  Operations[Name]['responses'][Status]
>;

type Schemas = components['schemas'];

/** The body of any refusal or failure, by its `code`. Later versions of the server may have codes that are not here. */
export type Problem = Extract<Schemas[keyof Schemas], { code: string; detail: string; retryable: boolean }>;

export type Code = Problem['code'];
export type Severity = Problem['severity'];
