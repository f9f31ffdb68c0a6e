/** What the functions run on that work with contributions: the same as the others, and the store of contributions. */
import type { ContributionDependencies } from '../shared/application/contribution-ports.ts';
import { createContributionStore } from '../shared/persistence/contribution-store.ts';
import { dependencies, tableOptions } from './dependencies.ts';

let made: ContributionDependencies | undefined;

export function contributionDependencies(): ContributionDependencies {
  const { store, ...others } = dependencies();
  made ??= { ...others, store: { ...store, ...createContributionStore(tableOptions()) } };
  return made;
}
