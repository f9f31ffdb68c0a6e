/** What most tests of the application begin with: an engine for the whole file, and a world on it in which there is money. */
import { afterAll } from '@jest/globals';
import { startEngine, type TestEngine } from './engine.ts';
import { createWorld, usd, type World, type WorldOptions } from './world.ts';

/** To be awaited at the top of a test file; the engine is stopped after the file's tests. */
export async function engineOfFile(): Promise<TestEngine> {
  const engine = await startEngine();
  afterAll(() => engine.stop());
  return engine;
}

/** @returns a new world in which collective A has a million dollars, in cents */
export async function fundedWorld(engine: TestEngine, options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(engine, options);
  const { people, accounts } = world;
  await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1_000_000));
  return world;
}
