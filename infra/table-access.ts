import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { tableDefinition } from '../shared/persistence/table-definition.ts';

export type IndexName = (typeof tableDefinition)['indexes'][number]['name'];

/**
 * A transaction has no permission of its own: DynamoDB asks for the permission of each thing in it, so `TransactGetItems`
 * needs `GetItem`, and `TransactWriteItems` needs what its items do. Nothing here may scan or change the table itself.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 */
export function mayRead(table: Table): PolicyStatement {
  return allow(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'], [table.tableArn]);
}

export function mayWrite(table: Table): PolicyStatement {
  return allow(['dynamodb:ConditionCheckItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [table.tableArn]);
}

/** Apart from writing, because almost everything here is kept for ever. */
export function mayDelete(table: Table): PolicyStatement {
  return allow(['dynamodb:DeleteItem'], [table.tableArn]);
}

/** Each index is named, so that a function reads only the lists that it shows. */
export function mayQuery(table: Table, ...indexes: readonly IndexName[]): PolicyStatement {
  return allow(
    ['dynamodb:Query'],
    indexes.map((index) => `${table.tableArn}/index/${index}`),
  );
}

/**
 * Only for items whose partition key begins as one of these do. DynamoDB gives the keys of each request, and of each part of a
 * transaction, as `dynamodb:LeadingKeys`.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export function mayUseKeys(
  actions: readonly string[],
  table: Table,
  partitionKeys: readonly string[],
): PolicyStatement {
  const statement = allow(actions, [table.tableArn]);
  // "For all values" is also true of no values at all; the second condition asks that there are some.
  statement.addCondition('ForAllValues:StringLike', { 'dynamodb:LeadingKeys': [...partitionKeys] });
  statement.addCondition('Null', { 'dynamodb:LeadingKeys': 'false' });
  return statement;
}

export function allow(actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions: [...actions], resources: [...resources] });
}
