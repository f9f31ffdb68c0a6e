/** Some tests say more the longer they run: `npm run test:long` gives them more to do. */
export const isLong = process.env['TEST_TIER'] === 'long';

export const longer = (usual: number, long: number): number => (isLong ? long : usual);
